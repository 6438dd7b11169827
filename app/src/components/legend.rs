//! What the colours and shapes of the dots mean, with how many of each are in view.

use leptos::prelude::*;

use super::live_map::MapState;
use crate::text::{self, Lang};

#[component]
pub fn Legend(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let rows = [
        ("driving", 1_usize),
        ("charging", 3),
        ("parked", 2),
        ("off", 4),
        ("unknown", 0),
    ];
    view! {
        <section class="legend" aria-label=text::LEGEND.shown()>
            <h2>{text::LEGEND.shown()}</h2>
            <ul>
                {rows
                    .map(|(class, code)| {
                        view! {
                            <li>
                                <i class=format!("swatch {class}")></i>
                                <span>{move || text::activity(code as u8).in_lang(lang.get())}</span>
                                <b>{move || text::count(state.picture.with(|picture| picture.in_view[code].into()))}</b>
                            </li>
                        }
                    })
                    .collect_view()}
                <li><i class="swatch alarm"></i><span>{text::ALARM.shown()}</span></li>
                <li><i class="swatch late"></i><span>{text::HOLLOW_LATE.shown()}</span></li>
            </ul>
        </section>
    }
    .into_any()
}
