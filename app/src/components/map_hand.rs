//! The page's hand on the map: what a component asks of the engine at once, where a signal would be a detour. On the
//! server, and before the engine has started, each of these does nothing.

use leptos::prelude::*;

use super::live_map::{MapState, Picked, PickedDot};
use crate::view_state::Place;

#[cfg(feature = "csr")]
use leptos::prelude::LocalStorage;

/// Dots of a list at most; the rest is counted.
pub const MOST_LISTED: usize = 100;

#[derive(Clone, Copy)]
pub struct MapHand {
    #[cfg(feature = "csr")]
    pub(super) engine: StoredValue<Option<dotmap::Engine>, LocalStorage>,
    /// The dots that `MapState::picked` shows, by their numbers.
    #[cfg(feature = "csr")]
    pub(super) picks: StoredValue<Vec<dotmap::Pick>, LocalStorage>,
}

impl MapHand {
    #[must_use]
    pub fn new() -> Self {
        Self {
            #[cfg(feature = "csr")]
            engine: StoredValue::new_local(None),
            #[cfg(feature = "csr")]
            picks: StoredValue::new_local(Vec::new()),
        }
    }

    #[cfg(feature = "csr")]
    fn with<T>(&self, ask: impl FnOnce(&dotmap::Engine) -> T) -> Option<T> {
        self.engine
            .try_with_value(|engine| engine.as_ref().map(ask))
            .flatten()
    }

    /// Where the camera stands.
    #[must_use]
    pub fn camera(&self) -> Option<Place> {
        #[cfg(feature = "csr")]
        return self.with(dotmap::Engine::camera).flatten().map(place);
        #[cfg(not(feature = "csr"))]
        None
    }

    /// Goes there without a flight.
    pub fn jump_to(&self, to: Place) {
        #[cfg(feature = "csr")]
        self.with(|engine| {
            engine.jump_to(dotmap::Place {
                lon: to.lon,
                lat: to.lat,
                zoom: to.zoom,
            });
        });
        #[cfg(not(feature = "csr"))]
        let _ = to;
    }

    pub fn fly_to(&self, to: Place) {
        #[cfg(feature = "csr")]
        self.with(|engine| engine.fly_to(to.lon, to.lat, Some(to.zoom)));
        #[cfg(not(feature = "csr"))]
        let _ = to;
    }

    /// Flies to a box in degrees (west, south, east, north), no nearer than `most_zoom`.
    pub fn fly_to_box(&self, sides: [f64; 4], most_zoom: f64) {
        #[cfg(feature = "csr")]
        self.with(|engine| engine.fly_to_box(sides, most_zoom));
        #[cfg(not(feature = "csr"))]
        let _ = (sides, most_zoom);
    }

    /// The camera follows the dot whose window is open.
    pub fn follow(&self, follow: bool) {
        #[cfg(feature = "csr")]
        self.with(|engine| engine.follow(follow));
        #[cfg(not(feature = "csr"))]
        let _ = follow;
    }

    /// Degrees (longitude, latitude) under a CSS pixel.
    #[must_use]
    pub fn place_of(&self, at_css: (f64, f64)) -> Option<(f64, f64)> {
        #[cfg(feature = "csr")]
        return self.with(|engine| engine.place_of(at_css));
        #[cfg(not(feature = "csr"))]
        {
            let _ = at_css;
            None
        }
    }

    /// The CSS pixel of a place in degrees.
    #[must_use]
    pub fn css_of(&self, (lon, lat): (f64, f64)) -> Option<(f64, f64)> {
        #[cfg(feature = "csr")]
        return self.with(|engine| engine.css_of(lon, lat));
        #[cfg(not(feature = "csr"))]
        {
            let _ = (lon, lat);
            None
        }
    }

    /// A drawing made for the camera as it stands keeps to the ground from now on.
    pub fn pin(&self, drawing: NodeRef<leptos::svg::G>) {
        #[cfg(feature = "csr")]
        {
            use wasm_bindgen::JsCast;
            let drawing = drawing
                .get_untracked()
                .map(|drawing| drawing.unchecked_into::<web_sys::Element>());
            self.with(|engine| engine.pin(drawing));
        }
        #[cfg(not(feature = "csr"))]
        let _ = drawing;
    }

    /// Counts the dots inside an outline with each report, `Picture::area`; fewer than three corners end that.
    pub fn set_area(&self, corners_css: &[(f64, f64)]) {
        #[cfg(feature = "csr")]
        self.with(|engine| engine.set_area(corners_css));
        #[cfg(not(feature = "csr"))]
        let _ = corners_css;
    }

    /// The dots in that area, or in view; those with alarms first. And how many more there are.
    #[must_use]
    pub fn list(&self) -> (Vec<PickedDot>, usize) {
        #[cfg(feature = "csr")]
        {
            let (dots, more) = self
                .with(|engine| engine.list(MOST_LISTED))
                .unwrap_or_default();
            let shown = dots.iter().enumerate();
            (
                shown
                    .map(|(number, pick)| super::live_map::shown_dot(number, pick, 0.0))
                    .collect(),
                more,
            )
        }
        #[cfg(not(feature = "csr"))]
        (Vec::new(), 0)
    }

    /// Opens the window of a dot of the last list, as a click on it would; false if it has gone.
    pub fn choose_listed(&self, state: MapState, number: usize) -> bool {
        #[cfg(feature = "csr")]
        {
            let Some(pick) = self.with(|engine| engine.listed(number)).flatten() else {
                return false;
            };
            state.close();
            let shown = super::live_map::shown_dot(0, &pick, 0.0);
            self.picks.set_value(vec![pick]);
            state.picked.set(Some(Picked {
                dots: vec![shown],
                more: 0,
            }));
            state.chosen.set(Some(0));
            true
        }
        #[cfg(not(feature = "csr"))]
        {
            let _ = (state, number, |dots| Picked { dots, more: 0 });
            false
        }
    }
}

impl Default for MapHand {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "csr")]
pub(super) fn place(at: dotmap::Place) -> Place {
    Place {
        lon: at.lon,
        lat: at.lat,
        zoom: at.zoom,
    }
}
