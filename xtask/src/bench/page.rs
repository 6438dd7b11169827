//! `docs/performance.md`: one section a bench, between two marks, made from its figures and the bars; what lies outside the
//! marks belongs to whoever wrote it. A row carries the date of its figure: a run that took only some of them leaves the
//! others standing.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use serde_json::Value;

use super::bars::{self, Side};
use super::table::tables;
use crate::{marks, root};

const INTRO: &str = "# Performance

Written by `cargo xtask bench NAME --write`; not by hand. Each row has the date on which its figure was taken. A figure
without a bar stands there for comparison.
";
const HEAD: &str =
    "| what | metric | bar | measured | reached | taken |\n|---|---|---|---|---|---|\n";

/// Puts a bench's figures into its section of the page.
pub fn write(bench: &str, figures: &[Value]) -> Result<()> {
    let file = root::root().join("docs/performance.md");
    let before = fs::read_to_string(&file).unwrap_or_else(|_| INTRO.to_owned());
    let day = marks::today()?;
    fs::write(
        &file,
        with_section(&before, bench, figures, &day, &machine()),
    )?;
    eprintln!("  section `{bench}` of {}", root::shown(&file));
    Ok(())
}

/// The machine in a few words; what cannot be found out is left out.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let line = |file: &str, name: &str| {
        let text = fs::read_to_string(file).ok()?;
        let found = text.lines().find(|line| line.starts_with(name))?;
        Some(found.split_once(':')?.1.trim().to_owned())
    };
    let mut words = vec![format!("{cores} cores")];
    words.extend(line("/proc/cpuinfo", "model name"));
    let kb = line("/proc/meminfo", "MemTotal")
        .and_then(|total| total.trim_end_matches(" kB").parse::<f64>().ok());
    words.extend(kb.map(|kb| format!("{:.0} GB of memory", kb / 1e6)));
    words.join(", ")
}

/// The page with one section made anew. Rows of the old one whose metric has no new figure are kept as they are.
fn with_section(page: &str, bench: &str, figures: &[Value], day: &str, machine: &str) -> String {
    let begin = format!("<!-- bench {bench}: begin -->\n");
    let end = format!("<!-- bench {bench}: end -->\n");
    let (head, old, tail) = match (page.find(&begin), page.find(&end)) {
        (Some(from), Some(to)) if from < to => {
            (&page[..from], &page[from..to], &page[to + end.len()..])
        }
        _ => (page, "", ""),
    };
    let mut rows: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    let known: Vec<_> = bars::of(bench).collect();
    let place = |metric: &str| {
        let found = known.iter().position(|bar| bar.metric == metric);
        found.unwrap_or(known.len())
    };
    let mut put = |metric: String, row: String| {
        let there = rows.entry(place(&metric)).or_default();
        match there.iter_mut().find(|(name, _)| *name == metric) {
            Some(known) => known.1 = row,
            None => there.push((metric, row)),
        }
    };
    for row in old.lines() {
        if let Some(metric) = metric_of(row) {
            put(metric.to_owned(), row.to_owned());
        }
    }
    for figure in figures {
        let (Some(metric), Some(value)) = (figure["metric"].as_str(), figure["value"].as_f64())
        else {
            continue;
        };
        let bar = known.iter().find(|bar| bar.metric == metric);
        put(
            metric.to_owned(),
            row(metric, bar.copied(), value, figure, day),
        );
    }
    let mut contexts: Vec<&str> = vec![machine];
    contexts.extend(figures.iter().filter_map(|line| line["context"].as_str()));
    let mut section = format!(
        "{begin}## `{bench}`\n\nLast run {day} on {}.\n\n{HEAD}",
        contexts.join("; ")
    );
    for (_, row) in rows.into_values().flatten() {
        section.push_str(&row);
        section.push('\n');
    }
    section.push_str(&tables(old, figures, day));
    let gap = if old.is_empty() { "\n" } else { "" };
    format!("{head}{gap}{section}{end}{tail}")
}

/// The metric of a row of such a section: what stands alone between backticks in the second column.
fn metric_of(row: &str) -> Option<&str> {
    let name = row.split('|').nth(2)?.trim();
    name.strip_prefix('`')?.strip_suffix('`')
}

fn row(metric: &str, bar: Option<&bars::Bar>, value: f64, figure: &Value, day: &str) -> String {
    let side = bar.map_or(Side::Shown, |bar| bar.side);
    let asked = match side {
        Side::AtMost(most) => format!("≤ {}", readable(most)),
        Side::AtLeast(least) => format!("≥ {}", readable(least)),
        Side::Shown => String::new(),
    };
    let reached = match side.reached(value) {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    };
    let unit = figure["unit"]
        .as_str()
        .filter(|unit| *unit != "1")
        .unwrap_or_default();
    let on = figure["on"]
        .as_str()
        .map(|on| format!(" ({on})"))
        .unwrap_or_default();
    format!(
        "| {} | `{metric}` | {asked} | {}{on} | {reached} | {day} |",
        bar.map_or("", |bar| bar.what),
        format!("{} {unit}", readable(value)).trim_end(),
    )
}

/// Three digits that matter, thousands apart.
fn readable(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == v.trunc() => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut apart = String::new();
    for (ix, digit) in whole.chars().enumerate() {
        if ix > 0 && (whole.len() - ix).is_multiple_of(3) && !apart.ends_with('-') {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn figure(metric: &str, value: f64) -> Value {
        figure_of("tick", metric, value)
    }

    fn figure_of(bench: &str, metric: &str, value: f64) -> Value {
        json!({"bench": bench, "metric": metric, "value": value, "unit": "ms"})
    }

    #[test]
    fn a_first_run_makes_a_section_with_bars() {
        let figures = [
            json!({"context": "a browser"}),
            figure("tick_ms_222k", 17.25),
            figure("new", 1.0),
        ];
        let page = with_section("# Performance\n", "tick", &figures, "2026-11-22", "2 cores");
        assert!(page.starts_with("# Performance\n\n<!-- bench tick: begin -->\n"));
        assert!(page.contains("Last run 2026-11-22 on 2 cores; a browser."));
        assert!(page.contains("| `tick_ms_222k` | ≤ 15 | 17.2 ms | **no** | 2026-11-22 |"));
        assert!(page.contains("|  | `new` |  | 1 ms |  | 2026-11-22 |"));
    }

    #[test]
    fn a_run_of_some_figures_leaves_the_others_and_other_sections_alone() {
        let page = with_section(
            "# P\n",
            "tick",
            &[figure("tick_ms_1100k", 90.0), figure("tick_ms_222k", 1.0)],
            "2026-01-01",
            "m",
        );
        let page =
            with_section(&page, "wire", &[figure("other", 2.0)], "2026-01-02", "m") + "By hand.\n";
        let again = with_section(
            &page,
            "tick",
            &[figure("tick_ms_222k", 14.0)],
            "2026-01-03",
            "m",
        );
        assert!(again.contains("| 90 ms | yes | 2026-01-01 |"));
        assert!(again.contains("| 14 ms | yes | 2026-01-03 |"));
        assert!(!again.contains("| 1 ms |"));
        assert!(
            again.find("tick_ms_222k") < again.find("tick_ms_1100k"),
            "the order is that of the bars"
        );
        assert!(again.contains("`other`") && again.ends_with("By hand.\n"));
        let same = with_section(
            &again,
            "tick",
            &[figure("tick_ms_222k", 14.0)],
            "2026-01-03",
            "m",
        );
        assert_eq!(same, again);
    }

    #[test]
    fn a_row_whose_words_hold_code_is_made_anew_too() {
        let taken = |value| [figure_of("registry", "registry_import_s", value)];
        let page = with_section("# P\n", "registry", &taken(2.0), "2026-01-01", "m");
        let again = with_section(&page, "registry", &taken(3.0), "2026-01-02", "m");
        assert_eq!(again.matches("`registry_import_s`").count(), 1, "{again}");
        assert!(again.contains("| 3 ms | yes | 2026-01-02 |"), "{again}");
    }

    #[test]
    fn numbers_are_readable() {
        for (value, text) in [
            (3_200_000.0, "3,200,000"),
            (17.25, "17.2"),
            (0.5, "0.500"),
            (4.0, "4"),
            (1234.6, "1,235"),
            (-100.0, "-100"),
        ] {
            assert_eq!(readable(value), text);
        }
    }
}
