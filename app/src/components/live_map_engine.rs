//! Leads between the engine, which knows no signals, and the page, which knows no engine.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use dotmap::{Connection, Engine, EngineReport, Options, Pick};
use js_sys::Promise;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wire::{Bye, Handle, Refused};

use super::super::map_hand::place;
use super::super::measure::MOST_POINTS;
use super::{
    Aim, ColourBy, Hidden, InView, Light, Link, MapState, Picked, PickedDot, Picture, Pushed,
};
use crate::api::ApiError;
use crate::text::Lang;

/// How near the map goes to a vehicle that was found.
const FOUND_ZOOM: f64 = 15.0;
/// While the server is away, this often it is asked whether it is the session that is gone.
const ASK_EVERY_S: u32 = 4;
/// And once it is gone, whether somebody has signed in again.
const ASK_AGAIN_EVERY_S: u32 = 30;
/// WebAssembly never gives memory back; a page that has come so far begins anew. A country takes a tenth of it.
const MOST_MEMORY_BYTES: u32 = 1 << 30;
/// How long a wall shows its name.
const GREETING_S: u64 = 8;
/// The width of screen for which labels have the size of the style.
const LABELS_FOR_CSS: f64 = 1920.0;
/// What panels cover of a wall at its left, top, right and bottom edge.
const COVERED: [f64; 4] = [0.14, 0.02, 0.21, 0.09];

/// Starts the engine once its elements are there, and ends it with the component.
pub fn run(
    state: MapState,
    ground: NodeRef<Div>,
    dots: NodeRef<Canvas>,
    anchor: NodeRef<Div>,
    still: bool,
) {
    let lang = expect_context::<RwSignal<Lang>>();
    let beats = StoredValue::new(0_u32);
    let (engine, picks) = (state.hand.engine, state.hand.picks);
    // The number of the question that the page still waits for.
    let asked = StoredValue::new_local(None::<u32>);

    let started = StoredValue::new_local(false);
    Effect::new(move || {
        let (Some(ground), Some(canvas)) = (ground.get(), dots.get()) else {
            return;
        };
        if started.get_value() {
            return;
        }
        started.set_value(true);
        let awaits_frame = Rc::new(Cell::new(false));
        let options = Options {
            canvas,
            ground: ground.unchecked_into(),
            socket_url: "/ws".to_owned(),
            renderer: state.renderer.get_value().map(str::to_owned),
            start: state
                .start
                .get_value()
                .map(|place| (place.lon, place.lat, place.zoom)),
            still,
            site: site_of_document(),
            on_tick: Box::new(move |unix_ms| state.server_unix_ms.set(unix_ms)),
            on_report: Box::new(move |report| {
                let outgrown = report.memory_bytes > MOST_MEMORY_BYTES;
                if report.camera.is_some() && report.cells_missing == 0 && report.drawn > 0 {
                    mark("data-whole", "");
                }
                let mut picture = picture(report);
                beats.update_value(|beats| *beats = beats.wrapping_add(1));
                let beat = beats.get_value();
                beat_with_frame(&awaits_frame, beat);
                if let Link::Away { .. } = picture.link {
                    if beat % ASK_EVERY_S == 1 {
                        spawn_local(ask_who_is_here(state));
                    }
                    if state.signed_out.get_untracked() {
                        picture.link = Link::SignedOut;
                    }
                } else if picture.link == Link::SignedOut && beat.is_multiple_of(ASK_AGAIN_EVERY_S)
                {
                    spawn_local(reload_when_signed_in());
                }
                if still && picture.link == Link::SignedOut && beat % ASK_EVERY_S == 1 {
                    spawn_local(reload_with_a_key());
                }
                if picture.link == Link::OtherVersion || outgrown {
                    mark("data-reload", "");
                }
                // Nothing of a vehicle stays on the screen of somebody whose session is over.
                if picture.link == Link::SignedOut && state.shows_something() {
                    state.close();
                }
                state.picture.set(picture);
            }),
            on_pick: Box::new(move |picked| {
                if state.measuring.get_untracked() {
                    let place = state.hand.place_of(picked.at_css);
                    state.points.update(|points| {
                        if points.len() < MOST_POINTS {
                            points.extend(place);
                        }
                    });
                    return;
                }
                state.close();
                let shown = picked
                    .dots
                    .iter()
                    .enumerate()
                    .map(|(number, pick)| shown_dot(number, pick, picked.metres_per_css))
                    .collect();
                let only_one = picked.dots.len() == 1;
                let any = !picked.dots.is_empty();
                picks.set_value(picked.dots);
                state.picked.set(any.then_some(Picked {
                    dots: shown,
                    more: picked.more,
                }));
                state.chosen.set(only_one.then_some(0));
            }),
            on_handle: Box::new(move |ask, result| {
                if asked.get_value() == Some(ask) {
                    state.handle.set(Some(result.map(text_of).map_err(refusal)));
                }
            }),
            before_connect: still.then_some(prove as fn() -> Promise),
            on_greeting: Box::new(move |name| greet(state.greeting, name)),
            on_card: Box::new(move |handle, json| {
                if state.watched.get_untracked() == Some(text_of(handle)) {
                    let is_over = json.is_empty();
                    let pushed = if is_over {
                        Pushed::Over
                    } else {
                        Pushed::Card(json)
                    };
                    state.pushed.set(Some(pushed));
                }
            }),
        };
        spawn_local(async move {
            match Engine::start(options).await {
                Ok(started) => {
                    started
                        .follow_with(anchor.get_untracked().map(|anchor| anchor.unchecked_into()));
                    show_looks(
                        &started,
                        state.colour_by.get_untracked(),
                        state.hidden.get_untracked(),
                    );
                    show_light(&started, state.light.get_untracked());
                    show_aim(&started, state.aim.get_untracked());
                    started.labels(label_lang(lang.get_untracked()), label_scale(still));
                    // The page may have gone while the ground was loading.
                    let _ = engine.try_set_value(Some(started));
                }
                Err(error) => {
                    leptos::logging::error!("the map cannot start: {error:?}");
                    state.picture.update(|picture| picture.link = Link::NoMap);
                }
            }
        });
    });

    // It is there later than the map where what it belongs to comes in a part of its own.
    Effect::new(move || {
        let anchor = anchor.get();
        engine.with_value(|engine| {
            if let Some(engine) = engine {
                engine.follow_with(anchor.map(|anchor| anchor.unchecked_into()));
            }
        });
    });

    Effect::new(move || {
        let (colour_by, hidden) = (state.colour_by.get(), state.hidden.get());
        engine.with_value(|engine| {
            if let Some(engine) = engine {
                show_looks(engine, colour_by, hidden);
            }
        });
    });

    Effect::new(move || {
        let light = state.light.get();
        engine.with_value(|engine| {
            if let Some(engine) = engine {
                show_light(engine, light);
            }
        });
    });

    Effect::new(move || {
        let aim = state.aim.get();
        engine.with_value(|engine| {
            if let Some(engine) = engine {
                show_aim(engine, aim);
            }
        });
    });

    // Labels are laid out anew only for another language.
    let spoken = Memo::new(move |_| lang.get());
    Effect::new(move || {
        let lang = spoken.get();
        engine.with_value(|engine| {
            if let Some(engine) = engine {
                engine.labels(label_lang(lang), label_scale(still));
            }
        });
    });

    Effect::new(move || {
        let place = state
            .found
            .with(|found| found.as_ref().and_then(|found| found.card.position));
        engine.with_value(|engine| {
            if let (Some(engine), Some((lon, lat))) = (engine, place) {
                engine.fly_to(lon, lat, Some(FOUND_ZOOM));
            }
        });
    });

    // The chosen dot, or else the first of several, carries the window.
    Effect::new(move || {
        let chosen = state.chosen.get();
        let carrying = state
            .picked
            .with(Option::is_some)
            .then(|| chosen.unwrap_or(0));
        engine.with_value(|engine| {
            let Some(engine) = engine else { return };
            picks.with_value(|picks| {
                engine.select(carrying.and_then(|number| picks.get(number)));
                asked.set_value(
                    chosen
                        .and_then(|number| picks.get(number))
                        .map(|pick| engine.ask(pick)),
                );
            });
        });
    });

    Effect::new(move |before: Option<Option<String>>| {
        let now = state.watched.get();
        engine.with_value(|engine| {
            let Some(engine) = engine else { return };
            if let Some(handle) = before.flatten().as_deref().and_then(handle_of) {
                engine.unwatch(handle);
            }
            if let Some(handle) = now.as_deref().and_then(handle_of) {
                engine.watch(handle);
            }
        });
        now
    });

    on_cleanup(move || engine.set_value(None));
}

#[wasm_bindgen(module = "/js/screen.mjs")]
extern "C" {
    /// How a wall that was paired shows that it is the one.
    fn prove() -> Promise;
}

/// A wall that has a key of its own begins anew when its session is over: with another session, or with a code to be paired
/// again.
async fn reload_with_a_key() {
    let outcome = JsFuture::from(prove()).await.ok();
    let outcome = outcome.and_then(|outcome| outcome.as_string());
    if let Some("proved" | "unknown") = outcome.as_deref() {
        mark("data-reload", "");
    }
}

/// Shows for some seconds what this wall is called.
fn greet(greeting: RwSignal<Option<String>>, name: String) {
    greeting.set(Some(name));
    set_timeout(
        move || drop(greeting.try_set(None)),
        Duration::from_secs(GREETING_S),
    );
}

/// Somebody may have signed in again in this browser; nobody is at a wall to reload it.
async fn reload_when_signed_in() {
    if crate::api::who_am_i().await.is_ok() {
        mark("data-reload", "");
    }
}

/// Says that the map runs, once the screen has got a frame: a browser that shows nothing any more goes on with its timers.
fn beat_with_frame(awaits_frame: &Rc<Cell<bool>>, beat: u32) {
    if awaits_frame.replace(true) {
        return;
    }
    let awaits_frame = Rc::clone(awaits_frame);
    request_animation_frame(move || {
        awaits_frame.set(false);
        mark("data-beat", &beat.to_string());
    });
}

/// Leaves a word on the document for `watch.mjs`.
fn mark(name: &str, value: &str) {
    if let Some(html) = document().document_element() {
        // An attribute of these names can always be set.
        let _ = html.set_attribute(name, value);
    }
}

/// A refused socket looks like any other closed one; only an ordinary question tells that the session has ended.
async fn ask_who_is_here(state: MapState) {
    let ended = match crate::api::who_am_i().await {
        Ok(_) | Err(ApiError::Unreachable) => false,
        Err(_) => true,
    };
    let _ = state.signed_out.try_set(ended);
}

fn picture(report: EngineReport) -> Picture {
    let now_unix_ms = js_sys::Date::now() as i64;
    let for_s =
        |since_unix_ms: i64| u32::try_from((now_unix_ms - since_unix_ms) / 1000).unwrap_or(0);
    Picture {
        status: report.status,
        districts: report.districts,
        ground_is_plain: report.ground_is_plain,
        gpu_gave_up: report.fell_back,
        link: match report.connection {
            Connection::Connecting => Link::Connecting,
            Connection::Live => Link::Live,
            Connection::Stale { since_unix_ms } => Link::Stale {
                for_s: for_s(since_unix_ms),
            },
            Connection::Away { since_unix_ms } => Link::Away {
                for_s: for_s(since_unix_ms),
            },
            Connection::Refused(Bye::Reload) => Link::OtherVersion,
            Connection::Refused(_) => Link::SignedOut,
        },
        drawn: report.drawn,
        frames_per_s: report.fps,
        frame_ms: report.frame_ms,
        renderer: report.renderer.to_owned(),
        light_shed: report.light_shed,
        level: report.level,
        for_visitors: report.scope == wire::VISITOR_SCOPE,
        in_view: in_view(&report.census.counts),
        camera: report.camera.map(place),
        area: report.area.as_ref().map(|area| in_view(&area.counts)),
        area_drawn: report.area.map_or(0, |area| area.drawn),
        listed: report.listed,
    }
}

fn in_view(counts: &dotmap::style::Counts) -> InView {
    InView {
        activity: firsts(&counts.activity),
        freshness: counts.freshness,
        alarm: firsts(&counts.alarm),
        charge: firsts(&counts.charge),
    }
}

/// The counts of the codes that have a meaning; the rest of the table is for bits that are never set.
fn firsts<const N: usize>(counts: &[u32]) -> [u32; N] {
    std::array::from_fn(|code| counts[code])
}

fn show_looks(engine: &Engine, colour_by: ColourBy, hidden: Hidden) {
    let shown = !hidden;
    let mut filter = dotmap::Filter::default();
    let colour_by = match colour_by {
        ColourBy::Activity => {
            filter.activity = shown as u8;
            dotmap::ColourBy::Activity
        }
        ColourBy::Charge => {
            filter.charge = shown;
            dotmap::ColourBy::Charge
        }
        ColourBy::Alarm => {
            filter.alarm = shown as u8;
            dotmap::ColourBy::Alarm
        }
        ColourBy::Freshness => {
            filter.freshness = shown as u8;
            dotmap::ColourBy::Freshness
        }
    };
    engine.colour_by(colour_by);
    engine.filter(filter);
}

fn show_light(engine: &Engine, Light { afterglow, density }: Light) {
    engine.light(dotmap::Light { afterglow, density });
}

fn show_aim(engine: &Engine, aim: Option<Aim>) {
    let subject = |of: Option<[u32; 4]>| match of {
        Some([x0, y0, x1, y1]) => dotmap::Subject::Box { x0, y0, x1, y1 },
        None => dotmap::Subject::Home,
    };
    engine.show(aim.map(|aim| dotmap::Shot {
        of: subject(aim.of),
        tile: dotmap::Tile {
            columns: aim.screen.columns,
            rows: aim.screen.rows,
            number: aim.screen.number,
        },
        covered: COVERED,
        drift_css: aim.drift_css,
    }));
}

fn label_lang(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

/// Labels of a wall grow with it.
fn label_scale(still: bool) -> f64 {
    let width_css = window().inner_width().ok().and_then(|width| width.as_f64());
    match width_css {
        Some(width_css) if still => (width_css / LABELS_FOR_CSS).clamp(1.0, 4.0),
        _ => 1.0,
    }
}

/// Which files the document was made with.
fn site_of_document() -> Option<u64> {
    let meta = document().query_selector("meta[name=evwall-site]").ok()??;
    meta.get_attribute("content")?.parse().ok()
}

pub fn shown_dot(number: usize, pick: &Pick, metres_per_css: f64) -> PickedDot {
    PickedDot {
        distance_m: pick.distance_css * metres_per_css,
        ..PickedDot::of(number, pick.look)
    }
}

fn refusal(refused: Refused) -> ApiError {
    match refused {
        Refused::NotAllowed => ApiError::NotAllowed,
        Refused::TooMany => ApiError::BudgetSpent,
        Refused::NotYours | Refused::TooOld | Refused::NoSuchDot => ApiError::HandleExpired,
    }
}

/// A handle as server functions take it: 32 hexadecimal digits.
fn text_of(handle: Handle) -> String {
    use std::fmt::Write;
    handle
        .0
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn handle_of(text: &str) -> Option<Handle> {
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(Handle(bytes))
}
