//! Finding a vehicle by its VIN, for a supervisor with a purpose. The answer names makes and models; which vehicle and
//! where it is stands on the card, and opening that is a record of its own. The page that holds this box decides what
//! happens with an opened card: it has its position, so that the map can fly there.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::why_not::WhyNot;
use crate::api::{self, ApiError, Explained, Me, SearchHits};
use crate::card::{Card, Words};
use crate::text::{self, Lang, desk};

/// A hit whose card was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub handle: String,
    pub card: Card,
    pub words: Words,
}

/// The box. `found` is set each time a hit was opened.
#[component]
pub fn VinSearch(me: Me, found: RwSignal<Option<Found>>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let vin = RwSignal::new(String::new());
    let make = RwSignal::new(String::new());
    let purpose = RwSignal::new(String::new());
    let case_number = RwSignal::new(String::new());
    let hits = RwSignal::new(None::<SearchHits>);
    let explained = RwSignal::new(None::<Explained>);
    let problem = RwSignal::new(None::<ApiError>);
    let purposes = StoredValue::new(me.purposes);
    let needs_case = move || {
        purposes.with_value(|all| {
            all.iter()
                .any(|choice| choice.needs_case && purpose.with(|code| *code == choice.code))
        })
    };
    // A purpose without a case number refuses one that is left from another choice.
    let why = move || {
        let case = untrack(needs_case).then(|| case_number.get_untracked());
        (purpose.get_untracked(), case.unwrap_or_default())
    };
    let search = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        problem.set(None);
        hits.set(None);
        explained.set(None);
        let (purpose, case) = why();
        let (vin, make) = (vin.get_untracked(), make.get_untracked());
        let asks_why = is_of(&event, "why");
        spawn_local(async move {
            if asks_why {
                match api::explain_vin(vin, purpose, case).await {
                    Ok(answer) => explained.set(Some(answer)),
                    Err(error) => problem.set(Some(error)),
                }
                return;
            }
            match api::search_vin(vin, make, purpose, case).await {
                Ok(answer) => hits.set(Some(answer)),
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    let open = move |handle: String| {
        let (purpose, case) = why();
        spawn_local(async move {
            match api::open_card(handle.clone(), purpose, case).await {
                Ok(opened) => {
                    hits.set(None);
                    explained.set(None);
                    found.set(Some(Found {
                        handle,
                        words: opened.words(),
                        card: opened.card,
                    }));
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    let choices = purposes.with_value(|all| {
        all.iter()
            .map(|choice| {
                let code = choice.code.clone();
                let words = {
                    let code = code.clone();
                    move || {
                        text::purpose(&code).map_or_else(
                            || code.clone(),
                            |words| words.in_lang(lang.get()).to_owned(),
                        )
                    }
                };
                view! { <option value=code>{words}</option> }
            })
            .collect_view()
    });
    view! {
        <details class="search" data-testid="search">
            <summary>{text::SEARCH.shown()}</summary>
            <form on:submit=search>
                <input
                    name="vin"
                    aria-label=text::SEARCH_VIN.shown()
                    placeholder=text::SEARCH_VIN.shown()
                    maxlength="17"
                    required
                    autocomplete="off"
                    on:input:target=move |event| vin.set(event.target().value())
                />
                <input
                    name="make"
                    aria-label=text::SEARCH_MAKE.shown()
                    placeholder=text::SEARCH_MAKE.shown()
                    maxlength="40"
                    on:input:target=move |event| make.set(event.target().value())
                />
                <select
                    name="purpose"
                    required
                    aria-label=text::WHY.shown()
                    on:change:target=move |event| purpose.set(event.target().value())
                >
                    <option value="">{text::WHY.shown()}</option>
                    {choices}
                </select>
                <Show when=needs_case>
                    <input
                        name="case"
                        aria-label=text::CASE_NUMBER.shown()
                        placeholder=text::CASE_NUMBER.shown()
                        maxlength="40"
                        required
                        on:input:target=move |event| case_number.set(event.target().value())
                    />
                </Show>
                <button type="submit">{text::SEARCH.shown()}</button>
                <button type="submit" name="why" data-testid="ask-why">{desk::WHY_NOT.shown()}</button>
            </form>
            <p class="hint">{text::SEARCH_WHY.shown()}</p>
            {move || {
                problem
                    .get()
                    .map(|error| {
                        view! { <p class="hint refused" role="alert">{move || text::refusal(error).in_lang(lang.get())}</p> }
                    })
            }}
            {move || explained.get().map(|explained| view! { <WhyNot explained open /> })}
            {move || hits.get().map(|answer| view! { <HitList answer open /> })}
        </details>
    }
    .into_any()
}

/// Whether a form was sent with the button of this name.
fn is_of(event: &leptos::ev::SubmitEvent, name: &str) -> bool {
    event
        .submitter()
        .is_some_and(|button| button.get_attribute("name").as_deref() == Some(name))
}

#[component]
fn HitList(
    answer: SearchHits,
    open: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let none = answer.hits.is_empty();
    let hits = answer
        .hits
        .into_iter()
        .map(|hit| {
            let words = [Some(hit.vin_hint), hit.make, hit.model];
            let words = words.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let handle = hit.handle;
            view! {
                <li>
                    <button data-testid="hit" on:click=move |_| open(handle.clone())>{words}</button>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="choices" data-testid="hits">{hits}</ul>
        {none.then(|| view! { <p class="hint">{text::SEARCH_NONE.shown()}</p> })}
        {answer.more.then(|| view! { <p class="hint">{text::SEARCH_MORE.shown()}</p> })}
    }
    .into_any()
}
