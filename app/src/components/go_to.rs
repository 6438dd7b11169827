//! Going to a place by its name, in either language: districts with their extent, towns, landmarks.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::live_map::MapState;
use crate::api::{self, NamedPlace};
use crate::text::{Lang, desk};

/// Names that are shown at once.
const MOST: usize = 16;

#[component]
pub fn GoTo(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let wanted = RwSignal::new(String::new());
    // None until they have come from the server.
    let places = RwSignal::new(None::<Vec<NamedPlace>>);
    let is_refused = RwSignal::new(false);
    // Enter was pressed before they came.
    let is_asked = StoredValue::new(false);
    let field = NodeRef::<Input>::new();
    field.on_load(|field| {
        let _ = field.focus();
    });
    let found = Memo::new(move |_| {
        places.with(|places| wanted.with(|wanted| found(places.as_deref().unwrap_or(&[]), wanted)))
    });
    let go = move |place: &NamedPlace| {
        let [west, south, east, north] = place.sides;
        if west < east && south < north {
            state.hand.fly_to_box(place.sides, place.zoom);
        } else {
            state.hand.fly_to(crate::view_state::Place {
                lon: west,
                lat: south,
                zoom: place.zoom,
            });
        }
    };
    let go_to_first = move || {
        if let Some(first) = found.with_untracked(|found| found.first().cloned()) {
            go(&first);
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        is_asked.set_value(places.with_untracked(Option::is_none));
        go_to_first();
    };
    // Once, when the panel opens in a browser.
    Effect::new(move || {
        spawn_local(async move {
            let all = api::gazetteer().await;
            let _ = is_refused.try_set(all.is_err());
            // The panel may have been closed meanwhile.
            if let Ok(all) = all
                && places.try_set(Some(all)).is_none()
                && is_asked.get_value()
            {
                go_to_first();
            }
        });
    });
    view! {
        <form class="go-to" on:submit=submit>
            <input
                node_ref=field
                type="search"
                maxlength="40"
                autocomplete="off"
                aria-label=desk::GO_TO_HINT.shown()
                placeholder=desk::GO_TO_HINT.shown()
                on:input:target=move |event| wanted.set(event.target().value())
            />
        </form>
        <ul class="choices" data-testid="places">
            {move || {
                found
                    .get()
                    .into_iter()
                    .map(|place| {
                        let (en, zh, kind) = (place.en.clone(), place.zh.clone(), desk::place_kind(&place.kind));
                        let name = move || match lang.get() {
                            Lang::En => en.clone(),
                            Lang::Zh => zh.clone(),
                        };
                        view! {
                            <li>
                                <button on:click=move |_| go(&place)>
                                    <span>{name}</span>
                                    <small>{kind.shown()}</small>
                                </button>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
        <Show when=move || places.with(Option::is_some) && found.with(Vec::is_empty)>
            <p class="hint">{desk::GO_TO_NONE.shown()}</p>
        </Show>
        <Show when=move || is_refused.get()>
            <p class="hint">{desk::GO_TO_REFUSED.shown()}</p>
        </Show>
    }
    .into_any()
}

/// Names that begin with what was typed, then those that hold it; districts first, as they come.
fn found(places: &[NamedPlace], wanted: &str) -> Vec<NamedPlace> {
    let wanted = wanted.trim().to_lowercase();
    let begins = |place: &&NamedPlace| {
        place.en.to_lowercase().starts_with(&wanted) || place.zh.starts_with(&wanted)
    };
    let holds = |place: &&NamedPlace| {
        place.en.to_lowercase().contains(&wanted) || place.zh.contains(&wanted)
    };
    let first = places.iter().filter(begins);
    let then = places.iter().filter(|place| holds(place) && !begins(place));
    first.chain(then).take(MOST).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(en: &str, zh: &str) -> NamedPlace {
        NamedPlace {
            en: en.to_owned(),
            zh: zh.to_owned(),
            kind: "town".to_owned(),
            sides: [0.0; 4],
            zoom: 12.0,
        }
    }

    #[test]
    fn a_place_is_found_by_any_part_of_either_name_and_by_its_beginning_first() {
        let places = [
            place("New Jiangwan", "新江湾"),
            place("Jiangwan", "江湾"),
            place("Pudong", "浦东新区"),
        ];
        let names = |wanted: &str| {
            found(&places, wanted)
                .into_iter()
                .map(|place| place.en)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("JIANG"), ["Jiangwan", "New Jiangwan"]);
        assert_eq!(names("浦东"), ["Pudong"]);
        assert_eq!(names("").len(), 3);
        assert!(names("nowhere").is_empty());
    }
}
