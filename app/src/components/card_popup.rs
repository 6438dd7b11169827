//! The window of one vehicle: first what the dot looks like, then why it is opened, then its card.
//!
//! Nothing of a card is in the page before the server has written who asked for it and why. The question why does not
//! wait for the server's answer to the click: it needs nothing of the vehicle, and in Chromium without a GPU that answer
//! reaches the page late, by what looks like the next picture. The window follows the dot; Escape and the button close
//! it, which tells the server.

use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::card_sheet::CardSheet;
use super::live_map::{Link, MapState, PickedDot, Pushed};
use super::track::Track;
use crate::api::{self, ApiError, Me};
use crate::card::{Card, Words};
use crate::text::{self, Lang};

/// How far the window has come.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// This role sees looks only, or is not known yet.
    Look,
    /// A purpose is asked for; the handle may still be on its way.
    Purpose,
    /// The purpose is given; the server answers the click, or opens the card.
    Opening,
    /// The card is in a signal of its own: a newer one changes the sheet and does not make a new one.
    Open,
    /// The time for this purpose is over.
    Over,
    Refused(ApiError),
}

#[component]
pub fn CardPopup(state: MapState, me: Signal<Option<Me>>, anchor: NodeRef<Div>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let step = RwSignal::new(Step::Look);
    let card = RwSignal::new(None::<Arc<Card>>);
    let words = RwSignal::new(Arc::<Words>::default());
    let tracks = Signal::derive(move || me.get().is_some_and(|me| me.may_show_track));

    // Purpose and case number that were given before the handle was there.
    let waiting = RwSignal::new(None::<(String, String)>);
    let may_open = move |me: Option<Me>| me.is_some_and(|me| me.may_open_cards);

    Effect::new(move || {
        let is_chosen = state.chosen.get().is_some();
        waiting.set(None);
        if is_chosen {
            let asks = may_open(me.get_untracked());
            step.set(if asks { Step::Purpose } else { Step::Look });
        }
    });
    // A vehicle that was found by its VIN is open already.
    Effect::new(move || {
        if let Some(found) = state.found.get() {
            state.track.set(Track::default());
            words.set(Arc::new(found.words));
            card.set(Some(Arc::new(found.card)));
            step.set(Step::Open);
            state.watched.set(Some(found.handle));
        }
    });
    Effect::new(move || {
        // Read first: an effect that returned before would never run again.
        let pushed = state.pushed.get();
        if step.get_untracked() != Step::Open {
            return;
        }
        match pushed {
            Some(Pushed::Card(json)) => {
                // One that cannot be read is a fault of the server; the older one stays.
                if let Ok(newer) = serde_json::from_str::<Card>(&json) {
                    card.set(Some(Arc::new(newer)));
                }
            }
            Some(Pushed::Over) => {
                step.set(Step::Over);
                state.watched.set(None);
            }
            None => {}
        }
    });

    // Each card says where the vehicle is: one after the other is its track.
    Effect::new(move || {
        let place = card.with(|card| card.as_ref().and_then(|card| card.position));
        let is_open = step.with(|step| *step == Step::Open);
        if let (true, true, Some(place)) = (is_open, tracks.get(), place) {
            let mut track = state.track.get_untracked();
            if track.add(place) {
                state.track.set(track);
            }
        }
    });

    let open_with = move |handle: String, purpose: String, case_number: String| {
        step.set(Step::Opening);
        spawn_local(async move {
            match api::open_card(handle.clone(), purpose, case_number).await {
                Ok(opened) => {
                    words.set(Arc::new(opened.words()));
                    card.set(Some(Arc::new(opened.card)));
                    step.set(Step::Open);
                    state.watched.set(Some(handle));
                }
                Err(error) => step.set(Step::Refused(error)),
            }
        });
    };
    let open = move |purpose: String, case_number: String| match state.handle.get_untracked() {
        Some(Ok(handle)) => open_with(handle, purpose, case_number),
        Some(Err(error)) => step.set(Step::Refused(error)),
        None => {
            step.set(Step::Opening);
            waiting.set(Some((purpose, case_number)));
        }
    };
    Effect::new(move || {
        let (handle, may_open) = (state.handle.get(), may_open(me.get()));
        match handle {
            Some(Ok(handle)) if may_open => {
                if let Some((purpose, case_number)) = waiting.get_untracked() {
                    waiting.set(None);
                    open_with(handle, purpose, case_number);
                // A question that stands is not made anew: somebody may be answering it.
                } else if state.asked_for.get_untracked() || step.get_untracked() == Step::Look {
                    step.set(Step::Purpose);
                }
            }
            Some(Err(error)) => {
                waiting.set(None);
                step.set(Step::Refused(error));
            }
            _ => {}
        }
    });
    // The answer to a click does not outlive its connection.
    let is_away = Memo::new(move |_| {
        state
            .picture
            .with(|picture| !matches!(picture.link, Link::Live | Link::Stale { .. }))
    });
    Effect::new(move || {
        let (is_away, waits) = (is_away.get(), waiting.with(Option::is_some));
        if is_away && waits {
            waiting.set(None);
            step.set(Step::Refused(ApiError::Unreachable));
        }
    });
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

    let more = move || {
        state
            .picked
            .with(|picked| picked.as_ref().map_or(0, |picked| picked.more))
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
                                    <small>{text::distance(dot.distance_m)}</small>
                                </button>
                            </li>
                        </For>
                    </ul>
                    <Show when=move || { more() > 0 }>
                        <p class="hint">
                            {move || format!("+ {} · {}", more(), text::card::LOOK_CLOSER.in_lang(lang.get()))}
                        </p>
                    </Show>
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
                        Step::Open => view! { <CardSheet state card words tracks /> }.into_any(),
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
