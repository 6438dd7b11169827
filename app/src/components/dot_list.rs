//! The dots as a list, for whoever cannot use the canvas, or wants to read what lies in an area: looks, no names. It is
//! made anew every few seconds, but never while somebody is in it; a row that is chosen is still the same dot.

use leptos::prelude::*;

use super::live_map::{MapState, PickedDot};
use super::map_hand::MOST_LISTED;
use crate::text::{self, Lang, desk};

/// Reports of the engine, one a second, from one list to the next.
const ANEW_EVERY: u32 = 3;

#[component]
pub fn DotList(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let rows = RwSignal::new((Vec::<PickedDot>::new(), 0usize));
    let is_in_use = RwSignal::new(false);
    let anew = move || rows.set(state.hand.list());
    let reports = StoredValue::new(0u32);
    Effect::new(move || {
        state.picture.track();
        state.area.track();
        let count = reports.with_value(|count| *count);
        reports.set_value(count + 1);
        if count.is_multiple_of(ANEW_EVERY) && !is_in_use.get_untracked() {
            anew();
        }
    });
    let count = move || rows.with(|(dots, _)| dots.len());
    let lost = RwSignal::new(None::<usize>);
    let line = move |number: usize| {
        let words = move || {
            let now = state
                .picture
                .with(|picture| picture.listed.get(number).copied());
            let listed = rows.with(|(dots, _)| dots.get(number).cloned());
            listed.map(|dot| match now {
                // The engine has not reported since the list was made.
                None => look_words(&dot, lang.get()),
                Some(None) => desk::LIST_GONE.in_lang(lang.get()).to_owned(),
                Some(Some(look)) => look_words(&PickedDot::of(number, look), lang.get()),
            })
        };
        let swatch = move || {
            let activity = rows.with(|(dots, _)| dots.get(number).map_or(0, |dot| dot.activity));
            format!("swatch activity-{activity}")
        };
        let choose = move |_| {
            let is_lost = !state.hand.choose_listed(state, number);
            lost.set(is_lost.then_some(number));
        };
        view! {
            <li>
                <button data-testid="listed" aria-invalid=move || (lost.get() == Some(number)).to_string() on:click=choose>
                    <i class=swatch></i>
                    {words}
                </button>
            </li>
        }
    };
    let numbers = Memo::new(move |_| count());
    view! {
        <p class="hint">{desk::LIST_WHY.shown()}</p>
        <p class="buttons">
            <button data-testid="list-anew" on:click=move |_| anew()>{desk::LIST_AGAIN.shown()}</button>
        </p>
        <ul
            class="choices dots-listed"
            data-testid="dot-list"
            on:focusin=move |_| is_in_use.set(true)
            on:focusout=move |_| is_in_use.set(false)
            on:pointerenter=move |_| is_in_use.set(true)
            on:pointerleave=move |_| is_in_use.set(false)
        >
            <For each=move || 0..numbers.get().min(MOST_LISTED) key=|number| *number children=line />
        </ul>
        <Show when=move || count() == 0>
            <p class="hint">{desk::LIST_EMPTY.shown()}</p>
        </Show>
        {move || {
            let more = rows.with(|(_, more)| *more);
            (more > 0).then(|| view! { <p class="hint">"+ " {text::count(more as u64)}</p> })
        }}
    }
    .into_any()
}

/// `driving · live · 60–70 % · alarm 2`
fn look_words(dot: &PickedDot, lang: Lang) -> String {
    let freshness =
        [text::LIVE, text::LATE, text::SILENT, text::CUT_OFF][usize::from(dot.freshness).min(3)];
    let mut words = vec![
        text::activity(dot.activity).in_lang(lang).to_owned(),
        freshness.in_lang(lang).to_owned(),
    ];
    words.extend(
        dot.charge_step
            .map(|step| format!("{}–{} %", step * 10, step * 10 + 10)),
    );
    if let Some(level) = dot.alarm_level.filter(|level| *level > 0) {
        words.push(format!("{} {level}", text::ALARM.in_lang(lang)));
    }
    words.join(" · ")
}
