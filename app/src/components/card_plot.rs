//! Bars for a row of equal sensors: cell voltages, temperatures. A picture of where one differs from the others: the bars
//! stand on a floor near the lowest value, not on zero, and the floor is written beside them.

use leptos::prelude::*;

use crate::card::Plot;
use crate::text::{self, Lang, card as words};

/// The picture's own units; it is stretched over the width of the card.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// Part of the spread of the values that lies beneath the lowest bar.
const FLOOR: f64 = 0.25;
/// A spread of fewer steps than this is drawn as if it were as large: noise of one step is no difference.
const LEAST_SPREAD: i32 = 8;

/// Where the bars stand and how high the picture goes, in steps; and the first lowest and highest sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    floor: f64,
    top: f64,
    lowest: (usize, i32),
    highest: (usize, i32),
}

impl Range {
    fn of(values: &[Option<i32>]) -> Option<Self> {
        let there = || {
            values
                .iter()
                .enumerate()
                .filter_map(|(ix, value)| Some((ix, (*value)?)))
        };
        let lowest = there().min_by_key(|(_, value)| *value)?;
        // The first of equals, as for the lowest.
        let highest = there().rev().max_by_key(|(_, value)| *value)?;
        let spread = f64::from((highest.1 - lowest.1).max(LEAST_SPREAD));
        Some(Self {
            floor: f64::from(lowest.1) - spread * FLOOR,
            top: f64::from(lowest.1) + spread,
            lowest,
            highest,
        })
    }

    fn height(&self, value: i32) -> f64 {
        (f64::from(value) - self.floor) / (self.top - self.floor) * HEIGHT
    }
}

/// The bars of the sensors that `wanted` picks, as one SVG path.
fn bars(values: &[Option<i32>], range: &Range, wanted: impl Fn(usize) -> bool) -> String {
    use std::fmt::Write;
    let step = WIDTH / values.len() as f64;
    // Few bars stand apart; many become a skyline.
    let bar = if values.len() > 250 { step } else { step * 0.8 };
    let mut path = String::new();
    for (ix, value) in values.iter().enumerate().filter(|(ix, _)| wanted(*ix)) {
        let Some(value) = value else { continue };
        let (x, y) = (ix as f64 * step, HEIGHT - range.height(*value));
        let _ = write!(path, "M{x:.1} {HEIGHT}V{y:.1}h{bar:.2}V{HEIGHT}z");
    }
    path
}

fn number(steps: f64, plot: &Plot) -> String {
    let value = steps / 10f64.powi(i32::from(plot.decimals));
    format!("{value:.*} {}", usize::from(plot.decimals), plot.unit)
}

/// Lowest, highest, how many, in one line.
fn summary(plot: &Plot, range: &Range, lang: Lang) -> String {
    let end = |(ix, value): (usize, i32)| {
        format!(
            "{} (#{})",
            number(f64::from(value), plot),
            plot.first as usize + ix
        )
    };
    let missing = plot.values.iter().filter(|value| value.is_none()).count();
    let mut line = format!(
        "{} {} · {} {}",
        words::LOWEST.in_lang(lang),
        end(range.lowest),
        words::HIGHEST.in_lang(lang),
        end(range.highest)
    );
    if missing > 0 {
        line += &format!(" · {missing} {}", words::MARKED.in_lang(lang));
    }
    if plot.more > 0 {
        line += &format!(" · {} {}", plot.more, words::MORE_SENSORS.in_lang(lang));
    }
    line
}

/// One picture; it changes with the values and stays the same element.
#[component]
pub fn CardPlot(plot: Signal<Option<Plot>>, name: Signal<String>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let shows_numbers = RwSignal::new(false);
    let drawn = Memo::new(move |_| {
        plot.with(|plot| {
            let plot = plot.as_ref()?;
            let range = Range::of(&plot.values)?;
            Some((plot.clone(), range))
        })
    });
    let of_drawn = move |read: fn(&Plot, &Range) -> String| {
        move || drawn.with(|drawn| drawn.as_ref().map(|(plot, range)| read(plot, range)))
    };
    let title = move || {
        let of = plot.with(|plot| {
            plot.as_ref()
                .map(|plot| plot.of.clone())
                .unwrap_or_default()
        });
        format!("{} {of}", name.get()).trim_end().to_owned()
    };
    let line = move || {
        drawn.with(|drawn| {
            drawn.as_ref().map_or_else(
                || text::MARKED_INVALID.in_lang(lang.get()).to_owned(),
                |(plot, range)| summary(plot, range, lang.get()),
            )
        })
    };
    let is_old = move || plot.with(|plot| plot.as_ref().is_some_and(|plot| plot.old));
    view! {
        <figure class="plot" class:old=is_old data-testid="plot">
            <figcaption>
                <b>{title}</b>
                <Show when=is_old>
                    <i class="mark">{words::OLD.shown()}</i>
                </Show>
            </figcaption>
            <div class="bars">
                <span class="top">{of_drawn(|plot, range| number(range.top, plot))}</span>
                <svg
                    viewBox="0 0 1000 100"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=move || format!("{}: {}", title(), line())
                >
                    <path d=of_drawn(|plot, range| {
                        bars(&plot.values, range, |ix| ix != range.lowest.0 && ix != range.highest.0)
                    }) />
                    <path class="lowest" d=of_drawn(|plot, range| bars(&plot.values, range, |ix| ix == range.lowest.0)) />
                    <path class="highest" d=of_drawn(|plot, range| bars(&plot.values, range, |ix| ix == range.highest.0)) />
                </svg>
                <span class="floor">{of_drawn(|plot, range| number(range.floor, plot))}</span>
            </div>
            <p>{line}</p>
            <button
                class="more"
                aria-expanded=move || shows_numbers.get().to_string()
                on:click=move |_| shows_numbers.update(|shows| *shows = !*shows)
            >
                {words::NUMBERS.shown()}
            </button>
            <Show when=move || shows_numbers.get()>
                <p class="numbers" data-testid="numbers">
                    {move || plot.with(|plot| plot.as_ref().map(listed))}
                </p>
            </Show>
        </figure>
    }
    .into_any()
}

/// Every value, each with the number of its sensor.
fn listed(plot: &Plot) -> String {
    let scale = 10f64.powi(i32::from(plot.decimals));
    let values = plot.values.iter().zip(plot.first..);
    let texts = values.map(|(value, number)| match value {
        Some(value) => {
            let value = f64::from(*value) / scale;
            format!("#{number} {value:.*}", usize::from(plot.decimals))
        }
        None => format!("#{number} –"),
    });
    texts.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_bar_within_the_picture_and_a_marked_one_has_none() {
        let values = [Some(3700), None, Some(3650), Some(3700), Some(3690)];
        let range = Range::of(&values).unwrap();
        assert_eq!((range.lowest, range.highest), ((2, 3650), (0, 3700)));
        assert_eq!(bars(&values, &range, |_| true).matches('M').count(), 4);
        for value in values.into_iter().flatten() {
            assert!((0.0..=HEIGHT).contains(&range.height(value)));
        }
        assert!(range.height(3650) > 10.0, "the lowest can be seen");
        assert_eq!(Range::of(&[None]), None);
    }

    #[test]
    fn equal_values_are_no_cliff() {
        let range = Range::of(&[Some(40), Some(40), Some(41)]).unwrap();
        assert!(range.height(41) - range.height(40) < HEIGHT / 8.0);
    }
}
