//! Keeps the address of the page and what is seen at one: what is set or moved is written into the query, and going back
//! brings the view back. Reads at the start what the address asks for.

use super::live_map::MapState;
use crate::text::LangSwitch;

/// To be called while the page is made, before its map is.
pub fn keep(state: MapState, switch: LangSwitch) {
    #[cfg(feature = "csr")]
    browser::keep(state, switch);
    #[cfg(not(feature = "csr"))]
    let _ = (state, switch);
}

#[cfg(feature = "csr")]
mod browser {
    use super::{LangSwitch, MapState};
    use crate::view_state::{Place, ViewState};
    use leptos::prelude::*;
    use wasm_bindgen::JsValue;

    /// What the address says, and what the step of the history before it began with.
    #[derive(Default, Clone)]
    struct Written {
        query: String,
        /// The view with which the present step began.
        step: Option<ViewState>,
        /// The camera at the last report: one that is elsewhere at the next is under way.
        seen: Option<Place>,
        /// Where it stood still last.
        still: Option<Place>,
    }

    pub fn keep(state: MapState, switch: LangSwitch) {
        let asked = ViewState::read(&search());
        state.start.set_value(asked.place);
        state.renderer.set_value(asked.renderer);
        let written = StoredValue::new(Written {
            query: search(),
            ..Written::default()
        });
        let look = move |view: &ViewState| {
            state.colour_by.set(view.colour_by);
            state.hidden.set(view.hidden);
            state.light.set(view.light);
        };
        look(&asked);

        Effect::new(move || {
            let mut view = ViewState {
                place: None,
                colour_by: state.colour_by.get(),
                hidden: state.hidden.get(),
                light: state.light.get(),
                lang: switch.chosen.get(),
                renderer: asked.renderer,
            };
            state.picture.track();
            let camera = state.hand.camera();
            let Some(mut now) = written.try_get_value() else {
                return;
            };
            if camera.is_some() && camera == now.seen {
                now.still = camera;
            }
            now.seen = camera;
            view.place = now.still;
            let query = view.write();
            if view.place.is_some() && query != now.query {
                let is_step = now.step.is_some_and(|step| view.is_far_from(&step));
                write(&query, is_step);
                now.query = query;
                if is_step || now.step.is_none() {
                    now.step = Some(view);
                }
            }
            written.set_value(now);
        });

        let back = window_event_listener(leptos::ev::popstate, move |_| {
            let view = ViewState::read(&search());
            if let Some(place) = view.place {
                state.hand.jump_to(place);
            }
            let camera = state.hand.camera();
            written.set_value(Written {
                query: view.write(),
                step: Some(view),
                seen: camera,
                still: view.place,
            });
            switch.choose(view.lang);
            look(&view);
        });
        on_cleanup(move || back.remove());
    }

    fn search() -> String {
        window().location().search().unwrap_or_default()
    }

    fn write(query: &str, is_step: bool) {
        let location = window().location();
        let (Ok(history), Ok(path)) = (window().history(), location.pathname()) else {
            return;
        };
        let address = format!("{path}{query}");
        // The browser refuses more than a hundred in half a minute; the next one says the same and more.
        let _ = if is_step {
            history.push_state_with_url(&JsValue::NULL, "", Some(&address))
        } else {
            history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
        };
    }
}
