//! A box or a lasso drawn over the map: how many dots are inside and what they are like, and for whoever may, the list of
//! them. It keeps to the ground while the camera moves.

use leptos::html::Div;
use leptos::prelude::*;

use super::desk_tools::Shape;
use super::dot_list::DotList;
use super::legend::{CountRow, count_rows};
use super::live_map::MapState;
use crate::api::Me;
use crate::text::{Lang, desk};

/// Corners of a drawing hand, in pixels from the one before.
const STEP_PX: f64 = 4.0;
/// Corners of a lasso; it is closed at the bound.
const MOST_CORNERS: usize = 2_000;

#[component]
pub fn AreaPanel(state: MapState, me: Signal<Option<Me>>, shape: Shape) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    state.drawing.set(Some(shape));
    let clear = move || {
        let _ = state.area.try_set(Vec::new());
        state.hand.set_area(&[]);
    };
    clear();
    on_cleanup(move || {
        let _ = state.drawing.try_set(None);
        clear();
    });
    let whole = move |_| {
        let (width, height) = window_size();
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        enclose(state, &corners);
    };
    let counted = Memo::new(move |_| state.picture.with(|picture| picture.area));
    let has_area =
        move || state.area.with(|area| !area.is_empty()) && counted.with(Option::is_some);
    let total = move || {
        counted
            .get()
            .map_or(0, |counted| counted.freshness.iter().sum::<u32>())
    };
    let hidden = move || {
        let drawn = state.picture.with(|picture| picture.area_drawn);
        total().saturating_sub(drawn)
    };
    // In tens even that nothing is hidden would be a figure.
    let in_tens = move || state.told_from() > 0;
    let hides = move || {
        if in_tens() {
            state.hidden.get() != 0
        } else {
            hidden() > 0
        }
    };
    let may_list = move || me.with(|me| me.as_ref().is_some_and(|me| me.may_list_area));
    view! {
        <p class="hint">{desk::AREA_DRAW.shown()}</p>
        <p class="buttons">
            <button
                aria-pressed=move || (state.drawing.get() == Some(Shape::Box)).to_string()
                on:click=move |_| state.drawing.set(Some(Shape::Box))
            >
                {desk::BOX.shown()}
            </button>
            <button
                aria-pressed=move || (state.drawing.get() == Some(Shape::Lasso)).to_string()
                on:click=move |_| state.drawing.set(Some(Shape::Lasso))
            >
                {desk::LASSO.shown()}
            </button>
            <button data-testid="area-view" on:click=whole>{desk::AREA_VIEW.shown()}</button>
            <button on:click=move |_| clear()>{desk::AREA_CLEAR.shown()}</button>
        </p>
        <Show when=has_area>
            <p class="total" role="status">
                <b data-testid="area-count">{move || state.told(total(), lang.get())}</b>
                " "
                {desk::AREA_COUNT.shown()}
            </p>
            <Show when=hides>
                <p class="hint">{move || state.told(hidden(), lang.get())} " " {desk::AREA_HIDDEN.shown()}</p>
            </Show>
            <ul class="counts">
                {move || {
                    let in_area = counted.get().unwrap_or_default();
                    count_rows(state, &in_area, lang.get()).map(CountRow::line).collect_view()
                }}
            </ul>
            <Show when=in_tens>
                <p class="hint" data-testid="in-tens">{desk::AREA_IN_TENS.shown()}</p>
            </Show>
            <Show when=may_list>
                <DotList state />
            </Show>
        </Show>
    }
    .into_any()
}

/// From now on this outline, in CSS pixels, is the area.
fn enclose(state: MapState, corners_css: &[(f64, f64)]) {
    let places = corners_css
        .iter()
        .filter_map(|corner| state.hand.place_of(*corner));
    state.area.set(places.collect());
    state.hand.set_area(corners_css);
}

/// Lies over the map while something is to be drawn, and takes the pointer.
#[component]
pub fn DrawingHand(state: MapState) -> impl IntoView {
    let sheet = NodeRef::<Div>::new();
    let corners = StoredValue::new(None::<Vec<(f64, f64)>>);
    let begin = move |event: leptos::ev::PointerEvent| {
        if let Some(sheet) = sheet.get_untracked() {
            // Without it a drawing that leaves the window would never end.
            let _ = sheet.set_pointer_capture(event.pointer_id());
        }
        corners.set_value(Some(vec![at(&event)]));
        state.area.set(Vec::new());
        state.hand.set_area(&[]);
    };
    let go_on = move |event: leptos::ev::PointerEvent| {
        let Some(shape) = state.drawing.get_untracked() else {
            return;
        };
        let to = at(&event);
        let outline = corners.try_update_value(|corners| {
            let corners = corners.as_mut()?;
            match shape {
                Shape::Box => {
                    corners.truncate(1);
                    let from = *corners.first()?;
                    corners.extend([(to.0, from.1), to, (from.0, to.1)]);
                }
                Shape::Lasso => {
                    let last = *corners.last()?;
                    let far = (to.0 - last.0).hypot(to.1 - last.1) >= STEP_PX;
                    if far && corners.len() < MOST_CORNERS {
                        corners.push(to);
                    }
                }
            }
            Some(corners.clone())
        });
        if let Some(Some(outline)) = outline {
            let places = outline
                .iter()
                .filter_map(|corner| state.hand.place_of(*corner));
            state.area.set(places.collect());
        }
    };
    let end = move |_| {
        let outline = corners
            .try_update_value(Option::take)
            .flatten()
            .unwrap_or_default();
        if outline.len() >= 3 {
            enclose(state, &outline);
            state.drawing.set(None);
        } else {
            state.area.set(Vec::new());
        }
    };
    view! {
        <Show when=move || state.drawing.with(Option::is_some)>
            <div
                class="drawing-hand"
                node_ref=sheet
                data-testid="drawing-hand"
                on:pointerdown=begin
                on:pointermove=go_on
                on:pointerup=end
                on:pointercancel=end
            ></div>
        </Show>
    }
    .into_any()
}

fn at(event: &leptos::ev::PointerEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

fn window_size() -> (f64, f64) {
    let size =
        |size: Result<leptos::wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64());
    (
        size(window().inner_width()).unwrap_or(0.0),
        size(window().inner_height()).unwrap_or(0.0),
    )
}
