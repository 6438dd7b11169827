//! The live alarms, worst first: level, kind, age, district. A key goes to the next, Escape returns; acknowledging one is a
//! record with a comment; one of level 4 stays until that, and can be heard.
//!
//! The list names no vehicle. Opening one gives a handle, and what follows is what follows a click on a dot.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::live_map::{MapState, is_unseen, now_ms};
use crate::api::{self, Alarm, Alarms, ApiError, Me};
use crate::text::{self, Lang, alarms};
use crate::view_state::Place;

/// How near the map goes to an alarm.
const ZOOM: f64 = 15.0;
const DISTRICT_ZOOM: f64 = 12.0;

/// What the desk knows of alarms; it is asked for while the desk is open, not only while the list is.
#[derive(Clone, Copy)]
pub struct AlarmDesk {
    pub alarms: RwSignal<Alarms>,
    pub failed: RwSignal<bool>,
    /// The server's clock minus the page's, milliseconds.
    ahead_ms: RwSignal<i64>,
    /// The one that the map was brought to last.
    pub at: RwSignal<Option<u64>>,
    /// Where the map stood before the first.
    before: RwSignal<Option<Place>>,
    pub sound: RwSignal<bool>,
}

impl AlarmDesk {
    #[must_use]
    pub fn new() -> Self {
        Self {
            alarms: RwSignal::new(Alarms::default()),
            failed: RwSignal::new(false),
            ahead_ms: RwSignal::new(0),
            at: RwSignal::new(None),
            before: RwSignal::new(None),
            sound: RwSignal::new(false),
        }
    }

    fn ask(self) {
        spawn_local(async move {
            let answer = api::list_alarms().await;
            let _ = self.failed.try_set(answer.is_err());
            if let Ok(alarms) = answer {
                let _ = self.ahead_ms.try_set(alarms.now_unix_ms - now_ms() as i64);
                let _ = self.alarms.try_set(alarms);
            }
        });
    }

    /// Brings the map to an alarm; a role without exact positions to the middle of its district.
    fn go(self, state: MapState, alarm: &Alarm) {
        if self.before.with_untracked(Option::is_none) {
            self.before.set(state.hand.camera());
        }
        self.at.set(Some(alarm.id));
        if let Some((lon, lat)) = alarm.place {
            let zoom = state
                .hand
                .camera()
                .map_or(ZOOM, |camera| camera.zoom.max(ZOOM));
            state.hand.fly_to(Place { lon, lat, zoom });
        } else if let Some((en, _)) = alarm.district.clone() {
            spawn_local(async move {
                let places = api::gazetteer().await.unwrap_or_default();
                if let Some(place) = places
                    .iter()
                    .find(|place| place.kind == "district" && place.en == en)
                {
                    state.hand.fly_to_box(place.sides, DISTRICT_ZOOM);
                }
            });
        }
    }

    /// The one after the last in the list, or the first.
    fn go_to_next(self, state: MapState) {
        let next = self.alarms.with_untracked(|alarms| {
            let last = alarms
                .list
                .iter()
                .position(|alarm| Some(alarm.id) == self.at.get_untracked());
            let next = last.map_or(0, |last| last + 1);
            alarms.list.get(next).or(alarms.list.first()).cloned()
        });
        if let Some(next) = next {
            self.go(state, &next);
        }
    }

    /// Back to where the map stood before the first.
    fn go_back(self, state: MapState) {
        if let Some(before) = self.before.get_untracked() {
            state.hand.fly_to(before);
        }
        self.before.set(None);
        self.at.set(None);
    }
}

impl Default for AlarmDesk {
    fn default() -> Self {
        Self::new()
    }
}

/// Asks for the alarms, answers the keys, sounds. Shows how many of level 4 wait, whatever panel is open.
#[component]
pub fn AlarmWatch(state: MapState, me: Signal<Option<Me>>) -> impl IntoView {
    let desk = expect_context::<AlarmDesk>();
    state.while_live(move || {
        let may = me.with_untracked(|me| me.as_ref().is_some_and(|me| me.may_see_alarms));
        if may && !is_unseen() {
            desk.ask();
        }
    });
    Effect::new(move |before: Option<u32>| {
        let asked = state.next_alarm.get();
        if before.is_some_and(|before| before != asked) {
            desk.go_to_next(state);
        }
        asked
    });
    let escape = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && desk.before.with_untracked(Option::is_some) {
            desk.go_back(state);
        }
    });
    on_cleanup(move || escape.remove());
    let unanswered = Memo::new(move |_| desk.alarms.with(|alarms| alarms.unanswered));
    Effect::new(move || {
        state.picture.track();
        if unanswered.get() > 0 && desk.sound.get() {
            super::sound::warn();
        }
    });
    let waits = move || unanswered.get() > 0;
    view! {
        <Show when=waits>
            <p class="unanswered" role="alert" data-testid="unanswered">
                <b>{move || text::count(unanswered.get().into())}</b>
                " "
                {alarms::UNANSWERED.shown()}
            </p>
        </Show>
    }
    .into_any()
}

#[component]
pub fn AlarmList(state: MapState, me: Signal<Option<Me>>) -> impl IntoView {
    let desk = expect_context::<AlarmDesk>();
    let ids = Memo::new(move |_| {
        desk.alarms
            .with(|alarms| alarms.list.iter().map(|alarm| alarm.id).collect::<Vec<_>>())
    });
    let more = move || desk.alarms.with(|alarms| alarms.more);
    let has_more = move || more() > 0;
    let tour = move || desk.before.with(Option::is_some);
    view! {
        <p class="buttons">
            <button on:click=move |_| desk.go_to_next(state)>{alarms::NEXT.shown()}</button>
            <Show when=tour>
                <button data-testid="alarm-return" on:click=move |_| desk.go_back(state)>{alarms::RETURN.shown()}</button>
            </Show>
        </p>
        <label class="check">
            <input
                type="checkbox"
                data-testid="sound"
                prop:checked=desk.sound
                on:change:target=move |event| {
                    let wanted = event.target().checked();
                    super::sound::allow(wanted);
                    desk.sound.set(wanted);
                }
            />
            {alarms::SOUND.shown()}
        </label>
        <Show when=move || desk.failed.get()>
            <p class="hint refused" role="alert">{alarms::FAILED.shown()}</p>
        </Show>
        <Show when=move || ids.with(Vec::is_empty) && !desk.failed.get()>
            <p class="hint">{alarms::NONE.shown()}</p>
        </Show>
        <ol class="alarms" data-testid="alarm-list">
            <For each=move || ids.get() key=|id| *id let:id>
                <AlarmRow state me id />
            </For>
        </ol>
        <Show when=has_more>
            <p class="hint">{move || text::count(more().into())} " " {alarms::MORE.shown()}</p>
        </Show>
    }
    .into_any()
}

#[component]
fn AlarmRow(state: MapState, me: Signal<Option<Me>>, id: u64) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let desk = expect_context::<AlarmDesk>();
    let alarm = Memo::new(move |_| {
        desk.alarms
            .with(|alarms| alarms.list.iter().find(|alarm| alarm.id == id).cloned())
    });
    let read = move |read: fn(&Alarm, Lang) -> String| {
        move || alarm.with(|alarm| alarm.as_ref().map(|alarm| read(alarm, lang.get())))
    };
    let age = move || {
        state.picture.track();
        let now_unix_ms = now_ms() as i64 + desk.ahead_ms.get();
        let began = alarm.with(|alarm| alarm.as_ref().map(|alarm| alarm.began_unix_ms));
        began.map(|began| text::age(u64::try_from(now_unix_ms - began).unwrap_or(0), lang.get()))
    };
    let level = move || alarm.with(|alarm| alarm.as_ref().map_or(0, |alarm| alarm.level));
    let is_acknowledged = move || {
        alarm.with(|alarm| {
            alarm
                .as_ref()
                .is_none_or(|alarm| alarm.acknowledged.is_some())
        })
    };
    let may = move |may: fn(&Me) -> bool| move || me.with(|me| me.as_ref().is_some_and(may));
    let may_acknowledge = may(|me| me.may_acknowledge);
    let writing = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let show = move |_| {
        if let Some(alarm) = alarm.get_untracked() {
            desk.go(state, &alarm);
        }
    };
    let open = move |_| {
        show(());
        spawn_local(async move {
            match api::pick_alarm(id).await {
                Ok(handle) => state.open_handle(handle),
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    view! {
        <li
            data-testid="alarm"
            data-level=level
            class:at=move || desk.at.get() == Some(id)
            class:answered=is_acknowledged
        >
            <p class="what">
                <b class=move || format!("level alarm-{}", level())>{level}</b>
                <span>{read(kinds)}</span>
            </p>
            <p class="where">
                <span data-testid="alarm-age">{age}</span>
                " · "
                <span>{read(district)}</span>
                {move || alarm.with(|alarm| alarm.as_ref().is_some_and(|alarm| alarm.over)).then(|| view! { " · " {alarms::OVER.shown()} })}
            </p>
            {move || {
                alarm
                    .with(|alarm| alarm.as_ref().and_then(|alarm| alarm.acknowledged.clone()))
                    .map(|(by, comment)| {
                        let comment = move || {
                            alarms::comment(&comment).map_or(comment.clone(), |words| words.in_lang(lang.get()).to_owned())
                        };
                        view! { <p class="where">{alarms::ACKNOWLEDGED_BY.shown()} " " {by} " · " {comment}</p> }
                    })
            }}
            <p class="buttons">
                <button on:click=move |_| show(())>{alarms::SHOW.shown()}</button>
                <Show when=may(|me| me.may_open_cards)>
                    <button on:click=open>{alarms::OPEN.shown()}</button>
                </Show>
                <Show when=move || may_acknowledge() && !is_acknowledged()>
                    <button
                        aria-expanded=move || writing.get().to_string()
                        on:click=move |_| writing.update(|writing| *writing ^= true)
                    >
                        {alarms::ACKNOWLEDGE.shown()}
                    </button>
                </Show>
            </p>
            {move || {
                problem
                    .get()
                    .map(|error| view! { <p class="hint refused" role="alert">{move || text::refusal(error).in_lang(lang.get())}</p> })
            }}
            <Show when=move || writing.get() && !is_acknowledged()>
                <Acknowledge id problem done=move || { writing.set(false); desk.ask(); } />
            </Show>
        </li>
    }
    .into_any()
}

#[component]
fn Acknowledge(
    id: u64,
    problem: RwSignal<Option<ApiError>>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let comment = RwSignal::new(String::new());
    let reference = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        problem.set(None);
        spawn_local(async move {
            let (comment, reference) = (comment.get_untracked(), reference.get_untracked());
            match api::acknowledge_alarm(id, comment, reference).await {
                Ok(()) => done(),
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    let choices = alarms::COMMENTS
        .map(|(code, words)| view! { <option value=code>{words.shown()}</option> })
        .collect_view();
    view! {
        <form class="acknowledge" on:submit=submit>
            <select
                name="comment"
                required
                aria-label=alarms::COMMENT.shown()
                on:change:target=move |event| comment.set(event.target().value())
            >
                <option value="">{alarms::COMMENT.shown()}</option>
                {choices}
            </select>
            <input
                name="reference"
                maxlength="40"
                autocomplete="off"
                aria-label=alarms::REFERENCE.shown()
                placeholder=alarms::REFERENCE.shown()
                on:input:target=move |event| reference.set(event.target().value())
            />
            <button type="submit">{alarms::ACKNOWLEDGE.shown()}</button>
            <p class="hint">{alarms::ACKNOWLEDGE_WHY.shown()}</p>
        </form>
    }
    .into_any()
}

fn kinds(alarm: &Alarm, lang: Lang) -> String {
    let mut words: Vec<String> = alarm
        .kinds
        .iter()
        .map(|kind| match lang {
            Lang::En => kind.en.clone(),
            Lang::Zh => kind.zh.clone(),
        })
        .collect();
    if alarm.faults > 0 {
        words.push(format!("{} {}", alarm.faults, alarms::FAULTS.in_lang(lang)));
    }
    if words.is_empty() {
        words.push(alarms::UNNAMED.in_lang(lang).to_owned());
    }
    words.join(", ")
}

fn district(alarm: &Alarm, lang: Lang) -> String {
    match (&alarm.district, lang) {
        (Some((en, _)), Lang::En) => en.clone(),
        (Some((_, zh)), Lang::Zh) => zh.clone(),
        (None, _) => alarms::NO_DISTRICT.in_lang(lang).to_owned(),
    }
}
