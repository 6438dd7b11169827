//! Measuring a distance: points are clicked, or taken from the middle of the map by Enter; lengths are those of the
//! shortest way on the ellipsoid of WGS-84.

use geographiclib_rs::{Geodesic, InverseGeodesic};
use leptos::prelude::*;

use super::live_map::MapState;
use crate::text::{self, Lang, desk};

/// Points of a way; at the bound no more are taken.
pub const MOST_POINTS: usize = 200;

#[component]
pub fn MeasurePanel(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let points = state.points;
    state.measuring.set(true);
    on_cleanup(move || {
        let _ = state.measuring.try_set(false);
        let _ = points.try_set(Vec::new());
    });
    let length = move || points.with(|points| length_m(points));
    let last = move || points.with(|points| length_m(&points[points.len().saturating_sub(2)..]));
    view! {
        <p class="hint">{desk::MEASURE_HINT.shown()}</p>
        <dl class="figures" aria-live="polite">
            <div>
                <dt>{desk::MEASURE_TOTAL.shown()}</dt>
                <dd data-testid="measured">{move || desk::distance(length(), lang.get())}</dd>
            </div>
            <div>
                <dt>{desk::MEASURE_LAST.shown()}</dt>
                <dd>{move || desk::distance(last(), lang.get())}</dd>
            </div>
            <div>
                <dt>{desk::MEASURE_POINTS.shown()}</dt>
                <dd>
                    <span data-testid="measured-points">{move || text::count(points.with(Vec::len) as u64)}</span>
                    {format!(" / {MOST_POINTS}")}
                </dd>
            </div>
        </dl>
        <p class="buttons">
            <button on:click=move |_| points.update(|points| { points.pop(); })>{desk::MEASURE_UNDO.shown()}</button>
            <button on:click=move |_| points.set(Vec::new())>{desk::AREA_CLEAR.shown()}</button>
        </p>
    }
    .into_any()
}

/// Length of a way through places in degrees, longitude first; metres.
fn length_m(points: &[(f64, f64)]) -> f64 {
    let earth = Geodesic::wgs84();
    points
        .windows(2)
        .map(|two| -> f64 { earth.inverse(two[0].1, two[0].0, two[1].1, two[1].0) })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_ellipsoid() {
        // The example of Karney's GeodSolve: from New York to Singapore, 15,347,628 m.
        let far = length_m(&[(-73.778_889, 40.639_722), (103.989_444, 1.359_167)]);
        assert!((far - 15_347_628.0).abs() < 1.0, "{far}");
        // A quarter of the meridian, and back again.
        let quarter = length_m(&[(0.0, 0.0), (0.0, 90.0), (0.0, 0.0)]);
        assert!((quarter - 2.0 * 10_001_965.729).abs() < 0.01, "{quarter}");
        assert_eq!(length_m(&[]), 0.0);
        assert_eq!(length_m(&[(121.0, 31.0)]), 0.0);
    }
}
