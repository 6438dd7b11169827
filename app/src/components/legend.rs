//! What the colours of the dots mean, how many of each are in view, and a switch for each.
//!
//! Colour and filter are the engine's tables: switching them asks nothing of the server.

use leptos::prelude::*;

use super::live_map::{ColourBy, InView, MapState};
use crate::text::{self, Lang, Text};

const COLOURINGS: [(ColourBy, &str, Text); 4] = [
    (ColourBy::Activity, "activity", text::BY_ACTIVITY),
    (ColourBy::Charge, "charge", text::BY_CHARGE),
    (ColourBy::Alarm, "alarm", text::BY_ALARM),
    (ColourBy::Freshness, "freshness", text::BY_FRESHNESS),
];

/// `fixed`: nothing to touch, as on a wall.
#[component]
pub fn Legend(state: MapState, #[prop(optional)] fixed: bool) -> impl IntoView {
    let choose = move |name: String| {
        if let Some((colour_by, ..)) = COLOURINGS.iter().find(|(_, value, _)| *value == name) {
            state.hidden.set(0);
            state.colour_by.set(*colour_by);
        }
    };
    view! {
        <section class="legend" aria-label=text::LEGEND.shown()>
            <h2>{text::LEGEND.shown()}</h2>
            <Show when=move || !fixed>
                <label class="colour-by">
                    {text::COLOUR_BY.shown()}
                    <select
                        data-testid="colour-by"
                        prop:value=move || name_of(state.colour_by.get())
                        on:change:target=move |event| choose(event.target().value())>
                        {COLOURINGS
                            .map(|(_, value, words)| view! { <option value=value>{words.shown()}</option> })
                            .collect_view()}
                    </select>
                </label>
            </Show>
            <ul>
                {match fixed {
                    true => fixed_rows(state).into_any(),
                    false => (move || rows(state.colour_by.get()).map(|row| view! { <Switch state row /> }).collect_view()).into_any(),
                }}
            </ul>
            <Show when=move || !fixed>
                <Lights state />
            </Show>
        </section>
    }
    .into_any()
}

/// Switches for what is drawn besides the dots, and a word where there is no time for it.
#[component]
fn Lights(state: MapState) -> impl IntoView {
    let light = state.light;
    let shed = move || state.picture.with(|picture| picture.light_shed);
    view! {
        <div class="lights">
            <button
                class="row"
                data-testid="afterglow"
                aria-pressed=move || light.get().afterglow.to_string()
                on:click=move |_| light.update(|light| light.afterglow ^= true)
            >
                {text::AFTERGLOW.shown()}
            </button>
            <button
                class="row"
                data-testid="density"
                aria-pressed=move || light.get().density.to_string()
                on:click=move |_| light.update(|light| light.density ^= true)
            >
                {text::DENSITY.shown()}
            </button>
            <Show when=shed>
                <small>{text::LIGHT_SHED.shown()}</small>
            </Show>
        </div>
    }
    .into_any()
}

fn name_of(colour_by: ColourBy) -> &'static str {
    let known = COLOURINGS.iter().find(|(by, ..)| *by == colour_by);
    known.map_or("", |(_, name, _)| *name)
}

/// A line of a legend with its count.
pub struct CountRow {
    code: usize,
    swatch: String,
    words: String,
    count: String,
}

impl CountRow {
    pub fn line(self) -> impl IntoView {
        view! {
            <li class="row">
                <i class=self.swatch></i>
                <span>{self.words}</span>
                <b>{self.count}</b>
            </li>
        }
    }
}

/// The lines of the colouring for counts of some part of the picture.
pub fn count_rows(state: MapState, counts: &InView, lang: Lang) -> impl Iterator<Item = CountRow> {
    rows(state.colour_by.get()).map(move |row| CountRow {
        code: row.code,
        swatch: row.swatch(),
        words: row.words(lang),
        count: row.told(state, counts, lang),
    })
}

/// One line: a code, the class of its swatch, its words.
#[derive(Clone, Copy)]
struct Row {
    colour_by: ColourBy,
    code: usize,
}

/// The codes of a colouring, in the order in which they are read.
fn rows(colour_by: ColourBy) -> impl Iterator<Item = Row> {
    let order: &[usize] = match colour_by {
        ColourBy::Activity => &[1, 3, 2, 4, 0],
        ColourBy::Charge => &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        ColourBy::Alarm => &[4, 3, 2, 1, 0],
        ColourBy::Freshness => &[0, 1, 2, 3],
    };
    order.iter().map(move |code| Row {
        colour_by,
        code: *code,
    })
}

impl Row {
    fn swatch(self) -> String {
        let kind = match self.colour_by {
            ColourBy::Activity => "activity",
            ColourBy::Charge => "charge",
            ColourBy::Alarm => "alarm",
            ColourBy::Freshness => "fresh",
        };
        format!("swatch {kind}-{}", self.code)
    }

    fn words(self, lang: Lang) -> String {
        match self.colour_by {
            ColourBy::Activity => text::activity(self.code as u8).in_lang(lang).to_owned(),
            ColourBy::Charge => format!("{}–{} %", self.code * 10, self.code * 10 + 10),
            ColourBy::Alarm if self.code == 0 => text::NO_ALARM.in_lang(lang).to_owned(),
            ColourBy::Alarm => format!("{} {}", text::LEVEL.in_lang(lang), self.code),
            ColourBy::Freshness => [text::LIVE, text::LATE, text::SILENT, text::CUT_OFF][self.code]
                .in_lang(lang)
                .to_owned(),
        }
    }

    /// Alarms are told one by one to everybody, wherever they are, and so they are here.
    fn told(self, state: MapState, counts: &InView, lang: Lang) -> String {
        let count = self.count(counts);
        match self.colour_by {
            ColourBy::Alarm if self.code > 0 => text::count(count.into()),
            _ => state.told(count, lang),
        }
    }

    fn count(self, in_view: &InView) -> u32 {
        match self.colour_by {
            ColourBy::Activity => in_view.activity[self.code],
            ColourBy::Charge => in_view.charge[self.code],
            ColourBy::Alarm => in_view.alarm[self.code],
            ColourBy::Freshness => in_view.freshness[self.code],
        }
    }
}

/// Where nobody can switch them on again, what is not drawn is not explained either. Scenes change for months: no line may
/// read a signal.
fn fixed_rows(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    move || {
        let hidden = state.hidden.get();
        let in_view = state.picture.with(|picture| picture.in_view);
        count_rows(state, &in_view, lang.get())
            .filter(|row| hidden >> row.code & 1 == 0)
            .map(CountRow::line)
            .collect_view()
    }
}

#[component]
fn Switch(state: MapState, row: Row) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let bit = 1 << row.code;
    let is_shown = move || state.hidden.get() & bit == 0;
    let count = move || {
        let in_view = state.picture.with(|picture| picture.in_view);
        row.told(state, &in_view, lang.get())
    };
    view! {
        <li>
            <button
                class="row"
                aria-pressed=move || is_shown().to_string()
                on:click=move |_| state.hidden.update(|hidden| *hidden ^= bit)
            >
                <i class=row.swatch()></i>
                <span>{move || row.words(lang.get())}</span>
                <b>{count}</b>
            </button>
        </li>
    }
    .into_any()
}
