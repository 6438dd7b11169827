//! The file of samples: a line for each start (`run`), each look (`sample`), each word of complaint on the page's console.
//! Lines → what was done in all, and for each thing measured a series in segments.
//!
//! A run is one start of all programs. What was done adds up over runs: that is how a soak is stopped and goes on.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::slope::Segment;

/// What is left out after each start, while memory fills: so long, but no more than a quarter of what there is.
const WARM_UP_S: f64 = 600.0;
const WARM_UP_SHARE: f64 = 0.25;

/// What was looked at, of one start of the programs.
#[derive(Debug, Default)]
pub struct Run {
    pub number: u64,
    /// The line with which it began: settings, browser, time.
    pub head: Value,
    pub samples: Vec<Value>,
    pub complaints: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Samples {
    pub runs: Vec<Run>,
}

/// Where a series begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// With each start of the programs.
    Run,
    /// Also with each load of the page.
    Load,
}

impl Samples {
    /// Nothing where there is no file. A last line that was cut off is left out: whoever wrote it was killed.
    pub fn read(file: &Path) -> Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => Self::of(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context("the samples cannot be read"),
        }
    }

    fn of(text: &str) -> Result<Self> {
        let mut runs: Vec<Run> = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else {
                break;
            };
            let line: Value = serde_json::from_str(line)
                .with_context(|| format!("line {} of the samples", number + 1))?;
            let of_run = line["run"].as_u64().unwrap_or(0);
            if runs.last().is_none_or(|run| run.number != of_run) {
                runs.push(Run {
                    number: of_run,
                    ..Run::default()
                });
            }
            let run = runs.last_mut().context("there is a run now")?;
            match line["kind"].as_str() {
                Some("run") => run.head = line,
                Some("sample") => run.samples.push(line),
                Some("complaint") => {
                    let text = line["text"].as_str().unwrap_or_default();
                    run.complaints.push(text.to_owned());
                }
                _ => bail!("line {} of the samples is of no known kind", number + 1),
            }
        }
        // A start that was stopped before its first look says nothing.
        runs.retain(|run| !run.samples.is_empty() || !run.complaints.is_empty());
        Ok(Self { runs })
    }

    pub fn next_run(&self) -> u64 {
        self.runs.last().map_or(1, |run| run.number + 1)
    }

    /// Of a number that only grows within a run: all of them together.
    pub fn total(&self, name: &str) -> f64 {
        let last = |run: &Run| {
            run.samples
                .iter()
                .rev()
                .find_map(|line| line[name].as_f64())
        };
        self.runs.iter().filter_map(last).sum()
    }

    /// The same of one that begins anew with each load of the page.
    pub fn total_of_page(&self, name: &str) -> f64 {
        let loads = self.runs.iter().flat_map(|run| {
            let mut loads = run.samples.chunk_by(|a, b| a["load"] == b["load"]);
            std::iter::from_fn(move || loads.next())
        });
        loads.filter_map(|load| load.last()?[name].as_f64()).sum()
    }

    /// By ticks done since the first start of all, in segments; without what comes while they warm up, if so wished.
    pub fn series(
        &self,
        of: impl Fn(&Value) -> Option<f64>,
        begins: Begins,
        warm: bool,
    ) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut before = 0.0;
        for run in &self.runs {
            let same = |a: &Value, b: &Value| begins == Begins::Run || a["load"] == b["load"];
            for samples in run.samples.chunk_by(|a, b| same(a, b)) {
                let s = |line: Option<&Value>| line.and_then(|line| line["s"].as_f64());
                let from_s = s(samples.first()).unwrap_or(0.0);
                let length_s = s(samples.last()).unwrap_or(0.0) - from_s;
                let begin_s = match warm {
                    true => from_s + WARM_UP_S.min(length_s * WARM_UP_SHARE),
                    false => from_s,
                };
                let segment: Segment = samples
                    .iter()
                    .filter(|line| s(Some(line)).is_some_and(|s| s >= begin_s))
                    .filter_map(|line| Some((before + line["ticks"].as_f64()?, of(line)?)))
                    .collect();
                segments.push(segment);
            }
            let last = run.samples.last();
            before += last.and_then(|line| line["ticks"].as_f64()).unwrap_or(0.0);
        }
        segments
    }

    pub fn count(&self) -> usize {
        self.runs.iter().map(|run| run.samples.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(lines: &[Value]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn sample(run: u64, s: f64, load: u64, heap: f64) -> Value {
        json!({"run": run, "kind": "sample", "s": s, "ticks": s * 20.0, "load": load, "heap_mb": heap, "page_bytes": 100.0 * s})
    }

    #[test]
    fn runs_add_up_and_loads_of_the_page_are_segments_of_their_own() {
        let text = lines(&[
            json!({"run": 1, "kind": "run", "vehicles": 5}),
            sample(1, 10.0, 1, 8.0),
            sample(1, 20.0, 1, 9.0),
            json!({"run": 1, "kind": "complaint", "text": "oh"}),
            sample(1, 30.0, 2, 7.0),
            json!({"run": 2, "kind": "run", "vehicles": 5}),
            json!({"run": 3, "kind": "run", "vehicles": 5}),
            sample(3, 5.0, 1, 8.5),
        ]);
        // The start after that was killed in the middle of a line.
        let samples = Samples::of(&(text + "{\"run\":4,\"ki")).unwrap();
        assert_eq!(
            (samples.runs.len(), samples.count(), samples.next_run()),
            (2, 4, 4)
        );
        assert_eq!(samples.runs[0].head["vehicles"], 5);
        assert_eq!(samples.runs[0].complaints, ["oh"]);
        assert_eq!(samples.total("ticks"), 600.0 + 100.0);
        assert_eq!(samples.total_of_page("page_bytes"), 2000.0 + 3000.0 + 500.0);
        let heap = |line: &Value| line["heap_mb"].as_f64();
        assert_eq!(
            samples.series(heap, Begins::Load, false),
            [
                vec![(200.0, 8.0), (400.0, 9.0)],
                vec![(600.0, 7.0)],
                vec![(700.0, 8.5)]
            ]
        );
        assert_eq!(samples.series(heap, Begins::Run, false).len(), 2);
    }

    #[test]
    fn warming_up_is_ten_minutes_or_a_quarter() {
        let long: Vec<Value> = (0..=100)
            .map(|n| sample(1, 60.0 * f64::from(n), 1, 1.0))
            .collect();
        let heap = |line: &Value| line["heap_mb"].as_f64();
        let series = Samples::of(&lines(&long))
            .unwrap()
            .series(heap, Begins::Load, true);
        assert_eq!(series[0].first(), Some(&(600.0 * 20.0, 1.0)));
        let short = &long[..=8];
        let series = Samples::of(&lines(short))
            .unwrap()
            .series(heap, Begins::Load, true);
        assert_eq!(series[0].first(), Some(&(120.0 * 20.0, 1.0)));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let error = Samples::of("{\"run\":1,\"kind\":\"sample\"}\nnothing\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(Samples::of("{\"run\":1}\n").is_err());
        assert_eq!(Samples::of("").unwrap().next_run(), 1);
    }
}
