//! The map: the ground, the canvas of the dots above it, and the signals through which the engine reports.
//!
//! The engine itself (`dotmap`) exists in the browser only. It reports at most once a second and never
//! writes a signal inside its frame loop; the pop-up's anchor is moved by the frame loop directly.

use leptos::html::{Canvas, Div};
use leptos::prelude::*;

use crate::card::Card;

/// What the engine says about the picture, once a second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    pub status: Option<wire::Status>,
    pub link: Link,
    /// Dots on the canvas in the last frame.
    pub drawn: u32,
    pub frames_per_s: f32,
    pub frame_ms: f32,
    pub renderer: String,
    pub level: u8,
    /// Counts by activity code among the dots in view.
    pub in_view: [u32; 5],
}

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
}

/// What lay under the pointer when it was clicked.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    /// Nearest first.
    pub dots: Vec<PickedDot>,
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
    pub distance_px: f64,
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
    /// A newer card of the watched vehicle, as the server pushes it.
    pub pushed_card: RwSignal<Option<Card>>,
    /// The handle that the engine should watch.
    pub watched: RwSignal<Option<String>>,
}

impl MapState {
    #[must_use]
    pub fn new() -> Self {
        Self {
            picture: RwSignal::new(Picture::default()),
            picked: RwSignal::new(None),
            chosen: RwSignal::new(None),
            handle: RwSignal::new(None),
            pushed_card: RwSignal::new(None),
            watched: RwSignal::new(None),
        }
    }

    /// Closes whatever is open on the map.
    pub fn close(&self) {
        self.picked.set(None);
        self.chosen.set(None);
        self.handle.set(None);
        self.pushed_card.set(None);
        self.watched.set(None);
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

/// A stream counts as silent when its newest report is older than this.
pub const SILENT_STREAM_MS: u32 = 5_000;

#[must_use]
pub fn stream_is_silent(status: &wire::Status) -> bool {
    status
        .newest_report_age_ms
        .is_none_or(|age_ms| age_ms >= SILENT_STREAM_MS)
}

/// Ground and dots. `anchor` is moved to the chosen dot in every frame.
#[component]
pub fn LiveMap(state: MapState, anchor: NodeRef<Div>) -> impl IntoView {
    let ground = NodeRef::<Div>::new();
    let dots = NodeRef::<Canvas>::new();
    let stale = move || !state.is_current();
    #[cfg(feature = "hydrate")]
    engine::run(state, ground, dots, anchor);
    #[cfg(not(feature = "hydrate"))]
    let _ = anchor;
    view! {
        <div class="map" class:stale=stale data-testid="map">
            <div class="ground" node_ref=ground></div>
            <canvas class="dots" node_ref=dots data-testid="dots"></canvas>
        </div>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
#[path = "live_map_engine.rs"]
mod engine;
