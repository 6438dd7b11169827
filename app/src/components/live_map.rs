//! The map: the ground, the canvas of the dots above it, and the signals through which the engine reports.
//!
//! The engine itself (`dotmap`) exists in the browser only. It reports at most once a second and never
//! writes a signal inside its frame loop; the pop-up's anchor is moved by the frame loop directly.

use std::sync::Arc;

use leptos::html::{Canvas, Div};
use leptos::prelude::*;

use super::desk_tools::{Panel, Shape};
use super::map_hand::MapHand;
use super::track::Track;
use super::vin_search::Found;
use super::wall::scene::Screen;
use crate::text::{self, Lang};
use crate::view_state::Place;

/// What the engine says about the picture, once a second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    pub status: Option<wire::Status>,
    /// Of `status.districts`, in the same order.
    pub districts: Arc<[wire::DistrictName]>,
    pub link: Link,
    /// Dots on the canvas in the last frame.
    pub drawn: u32,
    pub frames_per_s: f32,
    pub frame_ms: f32,
    pub renderer: String,
    /// Afterglow or density was asked for, but frames took too long with it.
    pub light_shed: bool,
    /// The browser gave the ground no WebGL.
    pub ground_is_plain: bool,
    /// WebGL2 failed for good while it drew the dots.
    pub gpu_gave_up: bool,
    pub level: u8,
    /// Coarse places and looks are shown.
    pub for_visitors: bool,
    /// The dots in view, filtered ones included.
    pub in_view: InView,
    pub camera: Option<Place>,
    /// The dots in the area that was drawn, filtered ones included; and how many of them are drawn.
    pub area: Option<InView>,
    pub area_drawn: u32,
    /// The looks of the dots of the last list; none for one that has gone.
    pub listed: Vec<Option<wire::Look>>,
}

/// Counts of the dots in view by each thing a look tells, in the order of its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InView {
    /// Unknown, driving, parked, charging, off.
    pub activity: [u32; 5],
    /// Live, late, silent, platform away.
    pub freshness: [u32; 4],
    /// Levels 0–4.
    pub alarm: [u32; 5],
    /// Tenths of a full battery.
    pub charge: [u32; 10],
}

/// What the colour of a dot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourBy {
    #[default]
    Activity,
    Charge,
    Alarm,
    Freshness,
}

/// What is drawn besides the dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Light {
    pub afterglow: bool,
    /// Far out only.
    pub density: bool,
}

/// Where the camera of a wall is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// The box of the world to show; without one the whole city.
    pub of: Option<[u32; 4]>,
    pub screen: Screen,
    /// See [`super::wall::scene::drift_css`].
    pub drift_css: (f64, f64),
}

/// Which codes of the thing that colours tell are hidden; a bit for each.
pub type Hidden = u16;

/// How things stand between this page and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    #[default]
    Connecting,
    Live,
    /// The socket is open but no tick has come for this long.
    Stale {
        for_s: u32,
    },
    /// There is no connection; the page is trying again.
    Away {
        for_s: u32,
    },
    /// The session has ended; only signing in again helps.
    SignedOut,
    /// The server speaks another version; the page reloads.
    OtherVersion,
    /// The map could not be started.
    NoMap,
}

/// What lay under the pointer when it was clicked.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    /// Nearest first.
    pub dots: Vec<PickedDot>,
    /// Dots in reach that are not among them.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PickedDot {
    /// Its place in the list.
    pub number: usize,
    pub activity: u8,
    pub freshness: u8,
    pub alarm_level: Option<u8>,
    /// Tenths of a full battery, 0–9.
    pub charge_step: Option<u8>,
    /// From the place that was clicked to where it is drawn, metres on the ground.
    pub distance_m: f64,
}

impl PickedDot {
    /// A dot of this look, at no distance.
    #[must_use]
    pub fn of(number: usize, look: wire::Look) -> Self {
        Self {
            number,
            activity: look.activity() as u8,
            freshness: look.freshness() as u8,
            alarm_level: look.alarm_level(),
            charge_step: look.charge_step(),
            distance_m: 0.0,
        }
    }
}

/// What the server sends of a vehicle whose card is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Pushed {
    /// A newer card, in JSON: what reads it comes with the desk's part of the page.
    Card(String),
    /// The card may no longer be shown.
    Over,
}

/// Everything that flows between the engine and the page.
#[derive(Clone, Copy)]
pub struct MapState {
    pub picture: RwSignal<Picture>,
    pub picked: RwSignal<Option<Picked>>,
    /// The dot whose pop-up is open: its number in `picked`.
    pub chosen: RwSignal<Option<usize>>,
    /// The server's answer to the choice: a handle, or the refusal.
    pub handle: RwSignal<Option<Result<String, crate::api::ApiError>>>,
    /// What the server says of the watched vehicle.
    pub pushed: RwSignal<Option<Pushed>>,
    /// The server answers, but not to this session any more.
    pub signed_out: RwSignal<bool>,
    pub colour_by: RwSignal<ColourBy>,
    /// Choosing another colouring shows everything again.
    pub hidden: RwSignal<Hidden>,
    pub light: RwSignal<Light>,
    /// The time of the server's clock, once for each tick.
    pub server_unix_ms: RwSignal<i64>,
    /// Where the camera is kept, and how much larger labels are; nobody but a wall says so.
    pub aim: RwSignal<Option<Aim>>,
    /// A vehicle that was found by its VIN and opened; it may have no dot.
    pub found: RwSignal<Option<Found>>,
    /// The handle that the engine should watch.
    pub watched: RwSignal<Option<String>>,
    /// A window is open for a vehicle of which only a handle is known, and no dot.
    pub asked_for: RwSignal<bool>,
    /// What this wall is called, while it is to say so.
    pub greeting: RwSignal<Option<String>>,
    pub hand: MapHand,
    /// Where the camera stands at first, and which renderer is asked for, if the address says so.
    pub start: StoredValue<Option<Place>>,
    pub renderer: StoredValue<Option<&'static str>>,
    pub panel: RwSignal<Option<Panel>>,
    /// Clicks are points of a way, longitude and latitude.
    pub measuring: RwSignal<bool>,
    pub points: RwSignal<Vec<(f64, f64)>>,
    /// What the pointer draws now, and the outline that was drawn, longitude and latitude.
    pub drawing: RwSignal<Option<Shape>>,
    pub area: RwSignal<Vec<(f64, f64)>>,
    /// The camera follows the dot whose card is open.
    pub following: RwSignal<bool>,
    /// How often the next alarm was asked for.
    pub next_alarm: RwSignal<u32>,
    /// Where the vehicle of the open card has been since it was opened. Nowhere else, and gone with the card.
    pub track: RwSignal<Track>,
}

impl MapState {
    #[must_use]
    pub fn new() -> Self {
        Self {
            picture: RwSignal::new(Picture::default()),
            picked: RwSignal::new(None),
            chosen: RwSignal::new(None),
            handle: RwSignal::new(None),
            pushed: RwSignal::new(None),
            signed_out: RwSignal::new(false),
            colour_by: RwSignal::new(ColourBy::default()),
            hidden: RwSignal::new(0),
            light: RwSignal::new(Light::default()),
            server_unix_ms: RwSignal::new(0),
            aim: RwSignal::new(None),
            found: RwSignal::new(None),
            watched: RwSignal::new(None),
            asked_for: RwSignal::new(false),
            greeting: RwSignal::new(None),
            hand: MapHand::new(),
            start: StoredValue::new(None),
            renderer: StoredValue::new(None),
            panel: RwSignal::new(None),
            measuring: RwSignal::new(false),
            points: RwSignal::new(Vec::new()),
            drawing: RwSignal::new(None),
            area: RwSignal::new(Vec::new()),
            following: RwSignal::new(false),
            next_alarm: RwSignal::new(0),
            track: RwSignal::new(Track::default()),
        }
    }

    /// Asks the server something at once and again with every other report of the engine, of which one comes a second.
    /// Not while the server is away: every question would only be one more complaint of the browser.
    pub fn while_live(&self, ask: impl Fn() + 'static) {
        let picture = self.picture;
        Effect::new(move |reports: Option<u32>| {
            if picture.with(|picture| picture.link != Link::Live) {
                return 0;
            }
            let reports = reports.unwrap_or(0);
            if reports.is_multiple_of(2) {
                ask();
            }
            reports.wrapping_add(1)
        });
    }

    /// [`Status::told_from`]; until the server has said so nothing small is told.
    #[must_use]
    pub fn told_from(&self) -> u32 {
        self.picture.with(|picture| {
            picture
                .status
                .as_ref()
                .map_or(10, |status| status.told_from)
        })
    }

    /// How many dots there are of something that the page counts itself, as this person is told it.
    #[must_use]
    pub fn told(&self, count: u32, lang: Lang) -> String {
        match self.told_from() {
            0 => text::count(count.into()),
            from => text::in_tens(count, from, lang),
        }
    }

    /// Opens the window for a vehicle that has no dot here, as if it had been clicked: its purpose is asked for next.
    pub fn open_handle(&self, handle: String) {
        self.close();
        self.asked_for.set(true);
        self.handle.set(Some(Ok(handle)));
    }

    /// Closes whatever is open on the map.
    pub fn close(&self) {
        self.asked_for.set(false);
        self.picked.set(None);
        self.chosen.set(None);
        self.handle.set(None);
        self.pushed.set(None);
        self.found.set(None);
        self.watched.set(None);
        self.track.set(Track::default());
    }

    /// Whether a window is open on the map.
    #[must_use]
    pub fn shows_something(&self) -> bool {
        self.picked.with_untracked(Option::is_some)
            || self.found.with_untracked(Option::is_some)
            || self.asked_for.get_untracked()
    }

    /// Whether what is drawn can be taken for now.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.picture.with(|picture| {
            picture.link == Link::Live
                && picture
                    .status
                    .as_ref()
                    .is_some_and(|status| !stream_is_silent(status))
        })
    }
}

impl Default for MapState {
    fn default() -> Self {
        Self::new()
    }
}

/// The browser's clock, milliseconds; 0 on the server, which draws no ages.
#[must_use]
pub fn now_ms() -> f64 {
    #[cfg(feature = "csr")]
    return js_sys::Date::now();
    #[cfg(not(feature = "csr"))]
    0.0
}

/// A vehicle reports at least this often while it reports at all (GB/T 32960.3 clause 5.2).
const LONGEST_INTERVAL_MS: u32 = 30_000;
/// Shorter gaps than this say nothing about any fleet.
const SHORTEST_SILENCE_MS: u32 = 3_500;

/// Whether the reports have stopped: every source is away, or none has brought anything for a time in which this many
/// live vehicles would almost certainly have reported. (Fourteen mean gaps: once in a million by chance.)
#[must_use]
pub fn stream_is_silent(status: &wire::Status) -> bool {
    let all_away =
        !status.sources.is_empty() && status.sources.iter().all(|source| !source.connected);
    let mean_gap_ms = LONGEST_INTERVAL_MS / status.live.max(1);
    let patience_ms = (mean_gap_ms * 14).clamp(SHORTEST_SILENCE_MS, LONGEST_INTERVAL_MS + 5_000);
    all_away
        || status
            .newest_report_age_ms
            .is_none_or(|age_ms| age_ms >= patience_ms)
}

/// Ground and dots. `anchor` is moved to the chosen dot in every frame.
#[component]
pub fn LiveMap(
    state: MapState,
    anchor: NodeRef<Div>,
    /// Nobody is at this screen.
    #[prop(optional)]
    still: bool,
) -> impl IntoView {
    let ground = NodeRef::<Div>::new();
    let dots = NodeRef::<Canvas>::new();
    let stale = move || !state.is_current();
    #[cfg(feature = "csr")]
    engine::run(state, ground, dots, anchor, still);
    #[cfg(not(feature = "csr"))]
    let _ = (anchor, still);
    view! {
        <div class="map" class:stale=stale data-testid="map">
            <div class="ground" node_ref=ground></div>
            <canvas class="dots" node_ref=dots data-testid="dots"></canvas>
        </div>
        <script type="module" src="/pkg/watch.mjs"></script>
    }
    .into_any()
}

/// Whether the page is in a tab that nobody sees.
#[must_use]
pub fn is_unseen() -> bool {
    #[cfg(feature = "csr")]
    return document().hidden();
    #[cfg(not(feature = "csr"))]
    false
}

#[cfg(feature = "csr")]
#[path = "live_map_engine.rs"]
mod engine;
#[cfg(feature = "csr")]
pub(super) use engine::shown_dot;

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{SourceStatus, Status};

    fn status(live: u32, age_ms: u32, connected: bool) -> Status {
        Status {
            live,
            newest_report_age_ms: Some(age_ms),
            sources: vec![SourceStatus {
                connected,
                ..SourceStatus::default()
            }],
            ..Status::default()
        }
    }

    #[test]
    fn a_city_that_says_nothing_for_four_seconds_is_silent_and_a_single_car_is_not() {
        assert!(stream_is_silent(&status(222_000, 4_000, true)));
        assert!(!stream_is_silent(&status(222_000, 1_000, true)));
        assert!(!stream_is_silent(&status(1, 30_000, true)));
        assert!(stream_is_silent(&status(1, 36_000, true)));
    }

    #[test]
    fn a_stream_that_is_not_connected_is_silent_at_once() {
        assert!(stream_is_silent(&status(222_000, 100, false)));
    }
}
