//! Sending what the desk shows to a wall, and the wall's end of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::WorldPoint;

use super::live_map::MapState;
use crate::api::{self, ApiError, WallOrder, WallThere};
use crate::text::{self, Lang, Text, walls};
use crate::view_state::{Place, ViewState};

const MOST_ZOOM: f64 = 22.0;
/// Screens and windows differ in size: a view is sent as the zoom at which a window of this size shows what the desk shows.
const NOMINAL_CSS: (f64, f64) = (1280.0, 720.0);

/// How long a wall may show what it was sent, in minutes; the first is offered first.
const MINUTES: [u32; 4] = [10, 1, 30, 60];

/// The walls that are there; one is sent the view of this moment, or given back to its scenes.
#[component]
pub fn ToWall(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let there = RwSignal::new(None::<Vec<WallThere>>);
    let answer = RwSignal::new(None::<Result<Text, ApiError>>);
    let minutes = RwSignal::new(MINUTES[0]);
    let look = move || {
        spawn_local(async move {
            // The same list is not made anew: somebody may be on one of its buttons.
            if let Ok(all) = api::walls().await.map(Some)
                && there.try_with_untracked(|before| *before != all) == Some(true)
            {
                let _ = there.try_set(all);
            }
        });
    };
    // Walls come and go while this is open.
    state.while_live(look);
    // For 0 minutes it is given back.
    let send = move |name: String, minutes: u32| {
        let view = of_now(state);
        answer.set(None);
        spawn_local(async move {
            let sent = api::send_to_wall(name, view.write(), minutes).await;
            let words = if minutes == 0 {
                walls::BACK
            } else {
                walls::SENT
            };
            let _ = answer.try_set(Some(sent.map(|()| words)));
            look();
        });
    };
    let row = move |wall: WallThere| {
        let (name, again) = (wall.name.clone(), wall.name.clone());
        view! {
            <li>
                <button on:click=move |_| send(name.clone(), minutes.get_untracked())>{wall.name}</button>
                {wall
                    .shows_sent
                    .then(|| {
                        view! {
                            <button class="small" on:click=move |_| send(again.clone(), 0)>{walls::GIVE_BACK.shown()}</button>
                        }
                    })}
            </li>
        }
    };
    view! {
        <p class="hint">{walls::WHY.shown()}</p>
        <label class="minutes">
            {walls::MINUTES.shown()}
            <select
                data-testid="wall-minutes"
                on:change=move |event| minutes.set(event_target_value(&event).parse().unwrap_or(MINUTES[0]))
            >
                {MINUTES.map(|of| view! { <option value=of>{of}</option> }).collect_view()}
            </select>
        </label>
        <ul class="choices walls" data-testid="walls">
            {move || there.get().unwrap_or_default().into_iter().map(row).collect_view()}
        </ul>
        <Show when=move || there.with(|there| there.as_ref().is_some_and(Vec::is_empty))>
            <p class="hint">{walls::NONE.shown()}</p>
        </Show>
        <p class="hint" role="status">
            {move || match answer.get() {
                None => "",
                Some(Ok(words)) => words.in_lang(lang.get()),
                Some(Err(error)) => text::refusal(error).in_lang(lang.get()),
            }}
        </p>
    }
    .into_any()
}

/// What is seen at this moment.
fn of_now(state: MapState) -> ViewState {
    ViewState {
        place: state.hand.camera().map(|place| Place {
            zoom: place.zoom - larger_than_nominal().log2(),
            ..place
        }),
        colour_by: state.colour_by.get_untracked(),
        hidden: state.hidden.get_untracked(),
        light: state.light.get_untracked(),
        ..ViewState::default()
    }
}

/// How many times larger this window is than the nominal one, by the side that shows more.
fn larger_than_nominal() -> f64 {
    #[cfg(feature = "csr")]
    {
        let side = |size: Result<_, _>| {
            size.ok()
                .and_then(|size: leptos::wasm_bindgen::JsValue| size.as_f64())
        };
        let (width, height) = (side(window().inner_width()), side(window().inner_height()));
        if let (Some(width), Some(height)) = (width, height) {
            return (width / NOMINAL_CSS.0).max(height / NOMINAL_CSS.1).max(0.1);
        }
    }
    1.0
}

/// What of the world a place that was sent shows: west, north, east and south edge.
#[must_use]
pub fn box_of(place: Place) -> [u32; 4] {
    let middle = WorldPoint::from_lon_lat(place.lon, place.lat);
    let units_per_css = (23.0 - place.zoom.clamp(0.0, MOST_ZOOM)).exp2();
    // The whole world is 2^32 units: half of a wider picture would not be a box any more.
    let half = |css: f64| (css / 2.0 * units_per_css).min(f64::from(u32::MAX / 2)) as u32;
    let (x, y) = (half(NOMINAL_CSS.0), half(NOMINAL_CSS.1));
    [
        middle.x.wrapping_sub(x),
        middle.y.saturating_sub(y),
        middle.x.wrapping_add(x),
        middle.y.saturating_add(y),
    ]
}

/// What a wall was sent, while that is to be shown. Asks while the wall is connected.
#[must_use]
pub fn ordered(state: MapState) -> Signal<Option<ViewState>> {
    let order = RwSignal::new(None::<WallOrder>);
    state.while_live(move || {
        spawn_local(async move {
            // A server that does not answer leaves the wall as it is.
            if let Ok(now) = api::ask_wall_order().await
                && order.try_with_untracked(|before| *before != now) == Some(true)
            {
                let _ = order.try_set(now);
            }
        });
    });
    Signal::derive(move || {
        order.with(|order| order.as_ref().map(|order| ViewState::read(&order.query)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_a_box_round_its_place_that_halves_with_each_zoom() {
        let place = |zoom| Place {
            lon: 121.5,
            lat: 31.2,
            zoom,
        };
        let middle = WorldPoint::from_lon_lat(121.5, 31.2);
        let [x0, y0, x1, y1] = box_of(place(12.0));
        assert_eq!((x1 - x0, y1 - y0), (1280 * 2048, 720 * 2048));
        assert_eq!((x0 + 640 * 2048, y0 + 360 * 2048), (middle.x, middle.y));
        let [x0, _, x1, _] = box_of(place(13.0));
        assert_eq!(x1 - x0, 1280 * 1024);
        // Far out it is the world and no more.
        let [_, y0, _, y1] = box_of(place(0.0));
        assert!(y0 < middle.y && middle.y < y1);
    }
}
