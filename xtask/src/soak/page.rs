//! `docs/soak.md`: what was run, what it came to, the table, the plot, and how the judgement is made.

use std::fmt::Write;

use serde_json::{Value, json};

use super::measured::{Judged, MEASURED, Measured, TICKS_A_DAY, Verdict};
use super::samples::Samples;

/// The figures that have a bar of their own, as a bench prints them.
pub fn figures(samples: &Samples) -> Vec<Value> {
    let figure = |metric: &str, value: f64, unit: &str| json!({"bench": "soak", "metric": metric, "value": value, "unit": unit});
    let mut figures = vec![
        figure("soak_ticks", samples.total("ticks"), "1"),
        figure("soak_updates", samples.total("changes"), "1"),
    ];
    for measured in &MEASURED {
        let growth = measured.growth_metric.zip(measured.growth(samples));
        figures.extend(growth.map(|(metric, growth)| figure(metric, growth, "MB")));
    }
    figures
}

/// What speaks against this soak, a sentence each.
pub fn faults(samples: &Samples) -> Vec<String> {
    let mut faults = Vec::new();
    for measured in &MEASURED {
        match measured.judge(samples).verdict {
            Verdict::Rises => faults.push(format!("{} rises", measured.what)),
            Verdict::TooShort => faults.push(format!("too short to judge {}", measured.what)),
            Verdict::Level | Verdict::NotJudged => {}
        }
    }
    let complaints: Vec<&str> = samples
        .runs
        .iter()
        .flat_map(|run| run.complaints.iter().map(String::as_str))
        .collect();
    if let Some(first) = complaints.first() {
        faults.push(format!(
            "the page complained {} times, first: {first}",
            complaints.len()
        ));
    }
    faults
}

pub fn page(samples: &Samples, day: &str, machine: &str, plot: &str) -> String {
    let last = samples.runs.last().map(|run| &run.head);
    let told = |name: &str| match last.map(|head| &head[name]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "?".to_owned(),
    };
    let hours = samples.total("s") / 3600.0;
    let wall_hours = samples.total("ticks") / 3600.0;
    let loads: usize = samples
        .runs
        .iter()
        .map(|run| run.samples.chunk_by(|a, b| a["load"] == b["load"]).count())
        .sum();
    let mut out = format!(
        "# Soak\n\nWritten by `cargo xtask soak` on {day}; not by hand. {machine}; Chromium {} without a GPU, 1920×1080;\n\
         programs of profile {}, commit {}.\n\n\
         A stream of {} vehicles, the server, and a wall that goes through all its scenes, with ticks of {} ms: {hours:.1} h, which\n\
         are **{} ticks, {wall_hours:.1} h of the wall's life**. Starts of the programs: {}; loads of the page: {loads}. The page was sent\n\
         {} changes of dots in {} messages of {:.0} MB; of all ticks {} were skipped because it had not acknowledged two.\n\n",
        told("browser"),
        told("profile"),
        told("commit"),
        told("vehicles"),
        told("tick_ms"),
        thousands(samples.total("ticks")),
        samples.runs.len(),
        thousands(samples.total("changes")),
        thousands(samples.total_of_page("page_messages")),
        samples.total_of_page("page_bytes") / 1e6,
        thousands(samples.total("skipped_ticks")),
    );
    let faults = faults(samples);
    if faults.is_empty() {
        out += "**Nothing rises.**\n\n";
    } else {
        for fault in &faults {
            let _ = writeln!(out, "- **{fault}**");
        }
        out.push('\n');
    }
    out += "| what | first | last | a day of the wall's life | 99 % between | over the soak | rises |\n|---|---|---|---|---|---|---|\n";
    for measured in &MEASURED {
        out += &row(measured, &measured.judge(samples));
    }
    let _ = write!(
        out,
        "\n![Everything measured, over the wall's life]({plot})\n\n\
         Looks: {}. *First* and *last* are medians of the first and the last tenth of the longest segment; a segment is one start of\n\
         the programs or, of what belongs to the page, one load of it. What comes within ten minutes of its beginning, or within its\n\
         first quarter where it is shorter, is warming up and is not judged. The slope is that of Theil and Sen, of pairs within a\n\
         segment; its bounds of 99 % are Sen's, widened by how alike neighbouring rests are. A thing *rises* when the whole interval is\n\
         above zero and the growth is more than can be told from nothing: {}.\n",
        thousands(samples.count() as f64),
        MEASURED
            .iter()
            .filter_map(|measured| Some(format!(
                "{} {}",
                measured.what,
                amount(measured.least?, measured.unit)
            )))
            .collect::<Vec<_>>()
            .join("; "),
    );
    out
}

fn row(measured: &Measured, judged: &Judged) -> String {
    let unit = measured.unit;
    let ends = judged.ends.map_or_else(
        || "– | –".to_owned(),
        |(first, last)| format!("{} | {}", amount(first, unit), amount(last, unit)),
    );
    let slope = judged.slope.map_or_else(
        || "– | – | –".to_owned(),
        |slope| {
            let a_day = |per_x: f64| per_x * TICKS_A_DAY;
            format!(
                "{} | {} … {} | {}",
                amount(a_day(slope.per_x), unit),
                amount(a_day(slope.low), ""),
                amount(a_day(slope.high), unit),
                amount(slope.growth(), unit)
            )
        },
    );
    let verdict = match judged.verdict {
        Verdict::Level => "no",
        Verdict::Rises => "**yes**",
        Verdict::TooShort => "**too short**",
        Verdict::NotJudged => "not judged: the browser's own",
    };
    format!("| {} | {ends} | {slope} | {verdict} |\n", measured.what)
}

fn amount(value: f64, unit: &str) -> String {
    // No minus before a zero.
    let value = if value.abs() < 5e-4 { 0.0 } else { value };
    let text = match value.abs() {
        v if v >= 100.0 || v == v.trunc() => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    format!("{text} {unit}").trim_end().to_owned()
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut apart = String::new();
    for (ix, digit) in digits.chars().enumerate() {
        if ix > 0 && (digits.len() - ix).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::super::samples::Run;
    use super::*;

    fn soaked(heap: fn(u32) -> f64) -> Samples {
        let run = Run {
            number: 1,
            head: json!({"browser": "1.2", "vehicles": 5000, "tick_ms": 50, "profile": "release", "commit": "abc"}),
            samples: (0..200)
                .map(|n| {
                    json!({
                        "s": 20 * n, "ticks": 400 * n, "load": 1, "changes": 60_000 * n, "server_rss_mb": 50.0, "server_used_mb": 16.0,
                        "objects_mb": heap(n), "heap_mb": heap(n),
                        "wasm_mb": 11.4, "nodes": 300, "listeners": 40, "frames": 600, "dropped": 9, "drawn": 4900, "registered": 5000,
                        "browser_rss_mb": 300.0, "page_messages": 400 * n, "page_bytes": 1000 * n, "skipped_ticks": 0
                    })
                })
                .collect(),
            ..Run::default()
        };
        Samples { runs: vec![run] }
    }

    #[test]
    fn a_quiet_soak_has_no_fault_and_says_how_much_was_done() {
        let quiet = soaked(|n| 9.0 + f64::from(n * 7919 % 13) / 100.0);
        assert!(faults(&quiet).is_empty(), "{:?}", faults(&quiet));
        let page = page(&quiet, "2026-11-22", "2 cores", "soak.svg");
        assert!(
            page.contains("**79,600 ticks, 22.1 h of the wall's life**"),
            "{page}"
        );
        assert!(page.contains("11,940,000 changes") && page.contains("**Nothing rises.**"));
        assert!(
            page.contains(
                "| page: WebAssembly memory | 11.4 MB | 11.4 MB | 0 MB | 0 … 0 MB | 0 MB | no |"
            ),
            "{page}"
        );
        let value = |metric: &str| {
            let figures = figures(&quiet);
            let found = figures.iter().find(|figure| figure["metric"] == metric);
            found.and_then(|figure| figure["value"].as_f64()).unwrap()
        };
        assert_eq!(value("soak_ticks"), 79_600.0);
        assert_eq!(value("soak_updates"), 11_940_000.0);
        assert_eq!(value("soak_wasm_growth_mb"), 0.0);
        assert!(value("soak_heap_growth_mb").abs() < 0.1);
    }

    #[test]
    fn a_leak_and_a_complaint_are_faults() {
        let mut leaking = soaked(|n| 9.0 + f64::from(n) / 100.0);
        leaking.runs[0].complaints.push("error: oh".to_owned());
        let faults = faults(&leaking);
        assert_eq!(
            faults,
            [
                "page: memory of its scripts' objects rises",
                "page: JavaScript heap, compiled code and all rises",
                "the page complained 1 times, first: error: oh"
            ]
        );
        let page = page(&leaking, "2026-11-22", "2 cores", "soak.svg");
        assert!(
            page.contains("- **page: memory of its scripts' objects rises**")
                && page.contains("**yes**")
        );
    }
}
