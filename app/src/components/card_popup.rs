//! The window of one vehicle: first what the dot looks like, then why it is opened, then its card.
//!
//! Nothing of a card is in the page before the server has written who asked for it and why. The window
//! follows the dot; Escape and the button close it, which tells the server.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::live_map::{MapState, PickedDot, Pushed, now_ms};
use crate::api::{self, ApiError, Me};
use crate::card::{Card, Group, Shown};
use crate::text::{self, Lang, Text};

/// How far the window has come.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// The server has not answered the click yet, or this role sees looks only.
    Look,
    /// A handle is held; a purpose is asked for.
    Purpose,
    Opening,
    Open(Box<Card>),
    /// The time for this purpose is over.
    Over,
    Refused(ApiError),
}

#[component]
pub fn CardPopup(state: MapState, me: Signal<Option<Me>>, anchor: NodeRef<Div>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let step = RwSignal::new(Step::Look);

    // A new choice starts from the look; the handle, when it comes, leads to the purpose.
    Effect::new(move || {
        if state.chosen.get().is_some() {
            step.set(Step::Look);
        }
    });
    // A vehicle that was found by its VIN is open already.
    Effect::new(move || {
        if let Some(found) = state.found.get() {
            step.set(Step::Open(Box::new(found.card)));
            state.watched.set(Some(found.handle));
        }
    });
    Effect::new(move || match state.handle.get() {
        Some(Ok(_)) if me.get().is_some_and(|me| me.may_open_cards) => step.set(Step::Purpose),
        Some(Err(error)) => step.set(Step::Refused(error)),
        _ => {}
    });
    Effect::new(move || {
        // Read first: an effect that returned before would never run again.
        let pushed = state.pushed.get();
        if !matches!(step.get_untracked(), Step::Open(_)) {
            return;
        }
        match pushed {
            Some(Pushed::Card(card)) => step.set(Step::Open(card)),
            Some(Pushed::Over) => {
                step.set(Step::Over);
                state.watched.set(None);
            }
            None => {}
        }
    });

    let open = move |purpose: String, case_number: String| {
        let Some(Ok(handle)) = state.handle.get_untracked() else {
            return;
        };
        step.set(Step::Opening);
        spawn_local(async move {
            match api::open_card(handle.clone(), purpose, case_number).await {
                Ok(opened) => {
                    step.set(Step::Open(Box::new(opened.card)));
                    state.watched.set(Some(handle));
                }
                Err(error) => step.set(Step::Refused(error)),
            }
        });
    };
    // The window is gone either way; where this is lost the server ends the permit by itself.
    Effect::new(move |before: Option<Option<String>>| {
        let now = state.watched.get();
        if let Some(Some(before)) = before
            && now.as_ref() != Some(&before)
        {
            spawn_local(async move {
                let _ = api::close_card(before).await;
            });
        }
        now
    });
    let close = move || state.close();
    let escape = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" {
            close();
        }
    });
    on_cleanup(move || escape.remove());

    let chosen_dot = move || {
        let number = state.chosen.get()?;
        state
            .picked
            .with(|picked| picked.as_ref()?.dots.get(number).cloned())
    };
    let several = move || {
        state.chosen.get().is_none()
            && state
                .picked
                .with(|picked| picked.as_ref().is_some_and(|picked| picked.dots.len() > 1))
    };

    let is_docked = move || state.found.with(Option::is_some) || state.asked_for.get();
    let is_shown = move || chosen_dot().is_some() || is_docked();
    view! {
        <div class="anchor" class:docked=is_docked node_ref=anchor>
            <Show when=several>
                <div class="popup" role="dialog" aria-label=text::DOTS_HERE.shown() data-testid="overlap">
                    <header>
                        <h2>{text::DOTS_HERE.shown()}</h2>
                        <button class="close" aria-label=text::CLOSE.shown() on:click=move |_| close()>"×"</button>
                    </header>
                    <ul class="choices">
                        <For
                            each=move || state.picked.get().map(|picked| picked.dots).unwrap_or_default()
                            key=|dot| dot.number
                            let:dot
                        >
                            <li>
                                <button on:click=move |_| state.chosen.set(Some(dot.number))>
                                    <LookWords dot=dot.clone() />
                                </button>
                            </li>
                        </For>
                    </ul>
                </div>
            </Show>
            <Show when=is_shown>
                <div class="popup" role="dialog" aria-label=text::VEHICLE.shown() data-testid="popup">
                    <header>
                        {move || chosen_dot().map(|dot| view! { <LookWords dot /> })}
                        <button class="close" aria-label=text::CLOSE.shown() on:click=move |_| close()>"×"</button>
                    </header>
                    {move || match step.get() {
                        Step::Look => {
                            let only_look = me.get().is_some_and(|me| !me.may_open_cards);
                            only_look
                                .then(|| view! { <p class="hint" data-testid="look-only">{text::LOOKS_ONLY.shown()}</p> })
                                .into_any()
                        }
                        Step::Purpose => view! { <PurposeForm me open /> }.into_any(),
                        Step::Opening => view! { <p class="hint">{text::OPENING.shown()}</p> }.into_any(),
                        Step::Open(_) => view! { <CardFields state step /> }.into_any(),
                        Step::Over => {
                            view! { <p class="hint" role="alert" data-testid="over">{text::CARD_OVER.shown()}</p> }.into_any()
                        }
                        Step::Refused(error) => {
                            view! {
                                <p class="hint refused" role="alert" data-testid="refused">
                                    {move || text::refusal(error).in_lang(lang.get())}
                                </p>
                            }
                                .into_any()
                        }
                    }}
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The look of a dot in words; all that a viewer gets.
#[component]
fn LookWords(dot: PickedDot) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let freshness = match dot.freshness {
        0 => text::LIVE,
        1 => text::LATE,
        _ => text::SILENT,
    };
    let charge = dot
        .charge_step
        .map(|step| format!("{}–{} %", step * 10, step * 10 + 10));
    let alarm = dot.alarm_level.filter(|level| *level > 0);
    view! {
        <span class="look" data-testid="look">
            <i class=format!("swatch activity-{}", dot.activity)></i>
            {move || text::activity(dot.activity).in_lang(lang.get())}
            " · "
            {move || freshness.in_lang(lang.get())}
            {charge.map(|charge| format!(" · {charge}"))}
            {alarm.map(|level| view! { <b class="alarm">" · "{text::ALARM.shown()}" "{level}</b> })}
        </span>
    }
    .into_any()
}

#[component]
fn PurposeForm(
    me: Signal<Option<Me>>,
    open: impl Fn(String, String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let case_number = RwSignal::new(String::new());
    // The purpose that waits for its case number.
    let pending = RwSignal::new(None::<String>);
    view! {
        <div class="purpose" data-testid="purpose">
            <p class="hint">{text::WHY_OPEN.shown()}</p>
            <Show
                when=move || pending.get().is_some()
                fallback=move || {
                    view! {
                        <ul class="choices">
                            {me
                                .get()
                                .map(|me| me.purposes)
                                .unwrap_or_default()
                                .into_iter()
                                .map(|choice| {
                                    let code = choice.code.clone();
                                    let words = move || {
                                        text::purpose(&choice.code)
                                            .map_or(choice.code.clone(), |text| text.in_lang(lang.get()).to_owned())
                                    };
                                    view! {
                                        <li>
                                            <button
                                                data-purpose=code.clone()
                                                on:click=move |_| {
                                                    if choice.needs_case {
                                                        pending.set(Some(code.clone()));
                                                    } else {
                                                        open(code.clone(), String::new());
                                                    }
                                                }
                                            >
                                                {words}
                                            </button>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    }
                }
            >
                <form on:submit=move |event| {
                    event.prevent_default();
                    if let Some(code) = pending.get() {
                        open(code, case_number.get());
                    }
                }>
                    <label>
                        {text::CASE_NUMBER.shown()} <input maxlength="40" required prop:value=case_number on:input:target=move |event| case_number.set(event.target().value()) />
                    </label>
                    <button type="submit">{text::OPEN.shown()}</button>
                </form>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn CardFields(state: MapState, step: RwSignal<Step>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let card = Memo::new(move |_| match step.get() {
        Step::Open(card) => Some(*card),
        _ => None,
    });
    let field = move |read: fn(&Card, Lang) -> String| {
        move || {
            card.with(|card| {
                card.as_ref()
                    .map(|card| read(card, lang.get()))
                    .unwrap_or_default()
            })
        }
    };
    // The age runs on between pushes, once a second: it counts from the moment the newest card came.
    let came_ms = Memo::new(move |_| {
        card.track();
        now_ms()
    });
    let shown_age = move || {
        state.picture.track();
        let since_ms = (now_ms() - came_ms.get()).max(0.0) as u64;
        card.with(|card| {
            card.as_ref().and_then(|card| card.age_ms).map_or_else(
                || text::NO_REPORT_YET.in_lang(lang.get()).to_owned(),
                |age_ms| text::age(age_ms + since_ms, lang.get()),
            )
        })
    };
    let groups = move || {
        card.with(|card| {
            card.as_ref()
                .map(|card| card.groups.clone())
                .unwrap_or_default()
        })
    };
    view! {
        <dl class="card" data-testid="card">
            <Row words=text::VIN id="vin" value=field(|card, _| card.vin.clone()) />
            <Row words=text::MAKE id="make" value=field(|card, lang| or_unknown(card.make.clone(), lang)) />
            <Row words=text::MODEL id="model" value=field(|card, lang| or_unknown(card.model.clone(), lang)) />
            <Row words=text::MILEAGE id="mileage" value=field(|card, lang| km(card.mileage_km, "km", lang)) />
            <Row
                words=text::CHARGE
                id="charge"
                value=field(|card, lang| text::reading(card.charge_pct.map(|pct| pct.to_string()), "%", lang))
            />
            <Row words=text::SPEED id="speed" value=field(|card, lang| km(card.speed_kmh, "km/h", lang)) />
            <Row words=text::STATE id="state" value=field(|card, lang| text::activity(card.activity).in_lang(lang).to_owned()) />
            <Row
                words=text::ALARM_LEVEL
                id="alarm"
                value=field(|card, lang| text::reading(card.alarm_level.map(|level| level.to_string()), "", lang))
            />
            <Row words=text::REPORTED id="age" value=shown_age />
            <Row words=text::SOURCE id="source" value=field(|card, lang| or_unknown(card.source.clone(), lang)) />
        </dl>
        <Show when=move || !groups().is_empty()>
            <details>
                <summary>{text::MORE_FIELDS.shown()}</summary>
                {move || groups().into_iter().map(|group| view! { <GroupRows group /> }).collect_view()}
            </details>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(
    words: Text,
    id: &'static str,
    value: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div>
            <dt>{words.shown()}</dt>
            <dd data-testid=id>{value}</dd>
        </div>
    }
    .into_any()
}

#[component]
fn GroupRows(group: Group) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    view! {
        <h3>{group.key}</h3>
        <dl class="card small">
            {group
                .fields
                .into_iter()
                .map(|row| {
                    view! {
                        <div>
                            <dt>{row.key}</dt>
                            <dd>{move || text::reading(row.shown.clone(), &row.unit, lang.get())}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
    .into_any()
}

fn or_unknown(value: Option<String>, lang: Lang) -> String {
    value.unwrap_or_else(|| text::UNKNOWN.in_lang(lang).to_owned())
}

fn km(shown: Shown<f64>, unit: &str, lang: Lang) -> String {
    text::reading(shown.map(text::decimal), unit, lang)
}
