//! Says to whoever listens instead of looking what the picture holds: how many vehicles are in view and how many of them
//! have an alarm, when the map has come to rest elsewhere and else once a minute. What the connection does is said by the
//! status line.

use leptos::prelude::*;

use super::live_map::MapState;
use crate::text::{self, Lang, desk};

/// Reports of the engine, one a second.
const EVERY: u32 = 60;

#[component]
pub fn Announcer(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let said = RwSignal::new(String::new());
    let before = StoredValue::new((None, None, 0u32));
    Effect::new(move || {
        let (camera, vehicles, alarms) = state.picture.with(|picture| {
            let vehicles: u32 = picture.in_view.freshness.iter().sum();
            (
                picture.camera,
                vehicles,
                picture.in_view.alarm[1..].iter().sum::<u32>(),
            )
        });
        let lang = lang.get();
        let vehicles_told = state.told(vehicles, lang);
        let (seen, spoken, age) = before.get_value();
        let rests_elsewhere = camera.is_some() && camera == seen && camera != spoken;
        if vehicles == 0 || !(rests_elsewhere || age >= EVERY) {
            before.set_value((camera, spoken, age + 1));
            return;
        }
        before.set_value((camera, camera, 0));
        said.set(format!(
            "{} {}, {} {}",
            vehicles_told,
            desk::ANNOUNCE_IN_VIEW.in_lang(lang),
            text::count(alarms.into()),
            desk::ANNOUNCE_ALARMS.in_lang(lang)
        ));
    });
    view! { <p class="unseen" role="status" aria-live="polite" data-testid="announcer">{said}</p> }
        .into_any()
}
