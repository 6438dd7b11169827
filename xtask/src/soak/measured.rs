//! What is measured, and what each of it may do. A rise outside noise is a failure where it is one of ours; what belongs to
//! the browser is shown and not judged.

use serde_json::Value;

use super::samples::{Begins, Samples};
use super::slope::{Slope, ends, slope};

/// A day of the wall's life in ticks of a second.
pub const TICKS_A_DAY: f64 = 86_400.0;

pub struct Measured {
    pub what: &'static str,
    /// Its growth as a figure of the bench, for the few that have one.
    pub growth_metric: Option<&'static str>,
    pub unit: &'static str,
    pub begins: Begins,
    /// The least growth over all that was measured that counts as one; none where it is not judged.
    pub least: Option<f64>,
    pub of: fn(&Value) -> Option<f64>,
}

/// In the order of table and plot.
pub const MEASURED: [Measured; 10] = [
    Measured {
        what: "server: resident memory",
        growth_metric: Some("soak_server_growth_mb"),
        unit: "MB",
        begins: Begins::Run,
        // What an allocator and the kernel's way of counting pages come to.
        least: Some(1.0),
        of: |line| line["server_rss_mb"].as_f64(),
    },
    Measured {
        what: "server: memory asked for and not given back",
        growth_metric: Some("soak_server_used_growth_mb"),
        unit: "MB",
        begins: Begins::Run,
        // What is under way between two ticks comes to a quarter of it, now more and now less.
        least: Some(0.5),
        of: |line| line["server_used_mb"].as_f64(),
    },
    Measured {
        what: "page: memory of its scripts' objects",
        growth_metric: Some("soak_objects_growth_mb"),
        unit: "MB",
        begins: Begins::Load,
        least: Some(0.1),
        of: |line| line["objects_mb"].as_f64(),
    },
    Measured {
        what: "page: JavaScript heap, compiled code and all",
        growth_metric: Some("soak_heap_growth_mb"),
        unit: "MB",
        begins: Begins::Load,
        // A browser compiles a function when it has been called often enough, and again for more speed: for hours.
        least: Some(1.0),
        of: |line| line["heap_mb"].as_f64(),
    },
    Measured {
        what: "page: WebAssembly memory",
        growth_metric: Some("soak_wasm_growth_mb"),
        unit: "MB",
        begins: Begins::Load,
        least: Some(0.0),
        of: |line| line["wasm_mb"].as_f64(),
    },
    Measured {
        what: "page: nodes of the document",
        growth_metric: None,
        unit: "",
        begins: Begins::Load,
        least: Some(5.0),
        of: |line| line["nodes"].as_f64(),
    },
    Measured {
        what: "page: event listeners",
        growth_metric: None,
        unit: "",
        begins: Begins::Load,
        least: Some(1.0),
        of: |line| line["listeners"].as_f64(),
    },
    Measured {
        what: "frames of 60 a second that were dropped",
        growth_metric: None,
        unit: "%",
        begins: Begins::Load,
        least: Some(1.0),
        of: |line| {
            let (frames, dropped) = (line["frames"].as_f64()?, line["dropped"].as_f64()?);
            (frames > 0.0).then(|| 100.0 * dropped / (frames + dropped))
        },
    },
    Measured {
        what: "vehicles registered and not drawn in the whole city",
        growth_metric: None,
        unit: "%",
        begins: Begins::Load,
        least: Some(0.1),
        of: |line| {
            let (drawn, registered) = (line["drawn"].as_f64()?, line["registered"].as_f64()?);
            (registered > 0.0).then(|| 100.0 * (registered - drawn) / registered)
        },
    },
    Measured {
        what: "browser: resident memory of all its processes",
        growth_metric: None,
        unit: "MB",
        begins: Begins::Run,
        least: None,
        of: |line| line["browser_rss_mb"].as_f64(),
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Level,
    Rises,
    TooShort,
    NotJudged,
}

pub struct Judged {
    /// Levels at the ends of the longest segment, after warming up.
    pub ends: Option<(f64, f64)>,
    pub slope: Option<Slope>,
    pub verdict: Verdict,
}

impl Measured {
    pub fn judge(&self, samples: &Samples) -> Judged {
        let segments = samples.series(self.of, self.begins, true);
        let slope = slope(&segments);
        let verdict = match (self.least, slope) {
            (None, _) => Verdict::NotJudged,
            (Some(_), None) => Verdict::TooShort,
            (Some(least), Some(slope)) if slope.rises(least) => Verdict::Rises,
            _ => Verdict::Level,
        };
        let longest = segments.iter().max_by_key(|segment| segment.len());
        Judged {
            ends: longest.and_then(|segment| ends(segment)),
            slope,
            verdict,
        }
    }

    /// The most that any segment grew after warming up, from level to level.
    pub fn growth(&self, samples: &Samples) -> Option<f64> {
        let segments = samples.series(self.of, self.begins, true);
        let growths = segments.iter().filter_map(|segment| ends(segment));
        growths.map(|(first, last)| last - first).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn soaked(heap: impl Fn(u32) -> f64) -> Samples {
        let runs = [1, 2].map(|number| super::super::samples::Run {
            number,
            samples: (0..120)
                .map(|n| json!({"s": 20 * n, "ticks": 400 * n, "load": 1, "objects_mb": heap(n)}))
                .collect(),
            ..Default::default()
        });
        Samples { runs: runs.into() }
    }

    #[test]
    fn a_heap_that_grows_in_each_run_fails_and_one_that_trembles_does_not() {
        let heap = &MEASURED[2];
        let trembling = soaked(|n| 9.0 + f64::from(n * 7919 % 13) / 50.0);
        assert_eq!(heap.judge(&trembling).verdict, Verdict::Level);
        assert!(heap.growth(&trembling).unwrap().abs() < 0.2);
        let leaking = soaked(|n| 9.0 + f64::from(n) / 60.0 + f64::from(n * 7919 % 13) / 50.0);
        let judged = heap.judge(&leaking);
        assert_eq!(judged.verdict, Verdict::Rises);
        let a_day = judged.slope.unwrap().per_x * TICKS_A_DAY;
        assert!(
            (3.0..4.2).contains(&a_day),
            "{a_day} MB a day of 216 times 400 ticks"
        );
        assert!((1.2..1.7).contains(&heap.growth(&leaking).unwrap()));
        assert_eq!(heap.judge(&Samples::default()).verdict, Verdict::TooShort);
    }

    #[test]
    fn every_figure_is_read_from_what_is_written() {
        let line = json!({
            "server_rss_mb": 1.0, "server_used_mb": 1.5, "objects_mb": 1.8, "heap_mb": 2.0, "wasm_mb": 3.0, "nodes": 4, "listeners": 5, "frames": 75, "dropped": 25,
            "drawn": 90, "registered": 120, "browser_rss_mb": 6.0
        });
        let values = MEASURED.map(|measured| (measured.of)(&line).unwrap());
        assert_eq!(values, [1.0, 1.5, 1.8, 2.0, 3.0, 4.0, 5.0, 25.0, 25.0, 6.0]);
    }
}
