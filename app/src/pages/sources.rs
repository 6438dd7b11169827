//! `/sources` — every maker's platform and every stream over the last minute, for staff: who is away, and whose reports are
//! late, invalid, repeated, or of a clock or an odometer that is wrong. It names no vehicle.

use std::cmp::Ordering;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{OfficeFrame, Problem};
use crate::api::{self, ApiError, SourceLine, SourceState};
use crate::text::sources as words;
use crate::text::{Lang, Text};

const EVERY: Duration = Duration::from_secs(2);
/// From here on a figure stands out: a share, the clock in seconds, the odometer against positions.
const MUCH: f64 = 0.05;
const MOST_SKEW_S: u64 = 30;
const RIGHT_RATIO: std::ops::RangeInclusive<f64> = 0.9..=1.5;

/// What the table is sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    State,
    Silent,
    Rate,
    Late,
    Invalid,
    Duplicates,
    Skew,
    Odometer,
}

const COLUMNS: [(Column, Text, Option<Text>); 9] = [
    (Column::Name, words::NAME, None),
    (Column::State, words::STATE, None),
    (Column::Silent, words::SILENT, None),
    (Column::Rate, words::RATE, None),
    (Column::Late, words::LATE, Some(words::LATE_WHY)),
    (Column::Invalid, words::INVALID, Some(words::INVALID_WHY)),
    (
        Column::Duplicates,
        words::DUPLICATES,
        Some(words::DUPLICATES_WHY),
    ),
    (Column::Skew, words::SKEW, Some(words::SKEW_WHY)),
    (Column::Odometer, words::ODOMETER, Some(words::ODOMETER_WHY)),
];

impl Column {
    /// What is wrong comes first when a column of figures is chosen.
    fn begins_descending(self) -> bool {
        !matches!(self, Self::Name | Self::State)
    }

    fn compare(self, a: &SourceLine, b: &SourceLine) -> Ordering {
        let figures = |of: fn(&SourceLine) -> Option<f64>| {
            let figure = |line| of(line).unwrap_or(f64::NEG_INFINITY);
            figure(a).total_cmp(&figure(b))
        };
        match self {
            Self::Name => a.name.cmp(&b.name),
            Self::State => a.state.cmp(&b.state),
            // One that never sent anything has been silent longest.
            Self::Silent => a
                .silent_s
                .unwrap_or(u32::MAX)
                .cmp(&b.silent_s.unwrap_or(u32::MAX)),
            Self::Rate => a.reports_per_s.total_cmp(&b.reports_per_s),
            Self::Late => figures(|line| line.late),
            Self::Invalid => figures(|line| line.invalid),
            Self::Duplicates => figures(|line| line.duplicates),
            Self::Skew => figures(|line| line.skew_s.map(|skew| skew.unsigned_abs() as f64)),
            Self::Odometer => figures(|line| line.odometer_by_gps),
        }
    }
}

#[component]
pub fn SourcesPage() -> impl IntoView {
    let lines = RwSignal::new(Vec::<SourceLine>::new());
    let loaded = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let order = RwSignal::new((Column::State, false));
    let load = move || {
        spawn_local(async move {
            match api::list_sources().await {
                Ok(all) => {
                    problem.set(None);
                    lines.set(all);
                    loaded.set(true);
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    Effect::new(move || {
        load();
        if let Ok(timer) = set_interval_with_handle(load, EVERY) {
            on_cleanup(move || timer.clear());
        }
    });
    let sorted = move || {
        let (column, descending) = order.get();
        let mut all = lines.get();
        all.sort_by(|a, b| {
            let by = column.compare(a, b);
            let by = if descending { by.reverse() } else { by };
            by.then_with(|| a.name.cmp(&b.name))
        });
        all
    };
    view! {
        <OfficeFrame title=words::SOURCES>
            <Problem problem />
            <p class="hint">
                {words::WHAT.shown()} " "
                <a href="/sources.csv" download="evwall-sources.csv" rel="external">{words::EXPORT.shown()}</a>
            </p>
            <table class="sources" data-testid="sources">
                <thead>
                    <tr>
                        {COLUMNS
                            .into_iter()
                            .map(|(column, title, why)| view! { <Heading column title why order /> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>{move || sorted().into_iter().map(|line| view! { <Line line /> }).collect_view()}</tbody>
            </table>
            <Show when=move || loaded.get() && lines.with(Vec::is_empty)>
                <p class="hint">{words::NONE.shown()}</p>
            </Show>
        </OfficeFrame>
    }
}

#[component]
fn Heading(
    column: Column,
    title: Text,
    why: Option<Text>,
    order: RwSignal<(Column, bool)>,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let sort = move || match order.get() {
        (by, true) if by == column => "descending",
        (by, false) if by == column => "ascending",
        _ => "none",
    };
    let turn = move |_| {
        order.update(|(by, descending)| {
            *descending = if *by == column {
                !*descending
            } else {
                column.begins_descending()
            };
            *by = column;
        });
    };
    view! {
        <th aria-sort=sort>
            <button type="button" on:click=turn title=move || why.map(|why| why.in_lang(lang.get()))>
                {title.shown()}
            </button>
        </th>
    }
    .into_any()
}

#[component]
fn Line(line: SourceLine) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let class = match line.state {
        SourceState::Online => "",
        SourceState::Silent | SourceState::Away => "bad",
    };
    let share = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    let much = |share: Option<f64>| share.is_some_and(|share| share > MUCH);
    // Each with whether somebody should ask the maker about it.
    let figures = [
        (format!("{:.1}", line.reports_per_s), false),
        (share(line.late), much(line.late)),
        (share(line.invalid), much(line.invalid)),
        (share(line.duplicates), much(line.duplicates)),
        (
            line.skew_s
                .map_or("–".to_owned(), |skew| format!("{skew} s")),
            line.skew_s
                .is_some_and(|skew| skew.unsigned_abs() > MOST_SKEW_S),
        ),
        (
            line.odometer_by_gps
                .map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
            line.odometer_by_gps
                .is_some_and(|ratio| !RIGHT_RATIO.contains(&ratio)),
        ),
    ];
    let silent_s = line.silent_s;
    view! {
        <tr data-testid="source" class=class>
            <td>{line.name}</td>
            <td class="state">{words::state(line.state).shown()}</td>
            <td class="number">{move || words::ago(silent_s, lang.get())}</td>
            {figures
                .into_iter()
                .map(|(figure, wrong)| view! { <td class="number" class:wrong=wrong>{figure}</td> })
                .collect_view()}
        </tr>
    }
    .into_any()
}
