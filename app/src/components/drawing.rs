//! What a person has drawn over the map, a measured way and an outline, and where the vehicle of an open card has been, as
//! lines that keep to the ground. The engine moves
//! the whole drawing in every frame; here it is made anew when it changes or the camera has come nearer.

use leptos::prelude::*;
use leptos::svg::G;

use super::live_map::MapState;

#[component]
pub fn Drawing(state: MapState) -> impl IntoView {
    let group = NodeRef::<G>::new();
    let lines = RwSignal::new((String::new(), String::new(), String::new()));
    // Numbers of a drawing made far out are too coarse near the ground.
    let zoom = Memo::new(move |_| {
        state.picture.with(|picture| {
            picture
                .camera
                .map_or(0, |camera| camera.zoom.round() as i32)
        })
    });
    Effect::new(move || {
        // A memo that is only tracked and never read does not follow what it is made of.
        zoom.get();
        let way = state.points.with(|points| path(state, points, false));
        let area = state.area.with(|area| path(state, area, true));
        let track = state.track.with(|track| path(state, track.places(), false));
        lines.set((way, area, track));
        state.hand.pin(group);
    });
    view! {
        <svg class="drawing" aria-hidden="true">
            <g node_ref=group>
                <path class="track" data-testid="track" d=move || lines.with(|lines| lines.2.clone())></path>
                <path class="area" d=move || lines.with(|lines| lines.1.clone())></path>
                <path class="way" data-testid="way" d=move || lines.with(|lines| lines.0.clone())></path>
                <path class="points" d=move || lines.with(|lines| points_of(&lines.0))></path>
            </g>
        </svg>
    }
    .into_any()
}

/// The path through places in degrees.
fn path(state: MapState, places: &[(f64, f64)], closed: bool) -> String {
    let mut path = String::new();
    for (x, y) in places.iter().filter_map(|place| state.hand.css_of(*place)) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        path.push_str(&format!("{letter}{x:.2} {y:.2}"));
    }
    if closed && !path.is_empty() {
        path.push('Z');
    }
    path
}

/// The corners of a path, each a line without length, which round ends make a spot.
fn points_of(path: &str) -> String {
    path.split(['M', 'L'])
        .filter(|at| !at.is_empty())
        .map(|at| format!("M{at}h0"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corner_of_a_way_is_a_spot() {
        assert_eq!(
            points_of("M1.00 2.00L3.00 4.00"),
            "M1.00 2.00h0M3.00 4.00h0"
        );
        assert_eq!(points_of(""), "");
    }
}
