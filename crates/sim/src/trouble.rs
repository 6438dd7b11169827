//! `--trouble`: faults at given rates, and how many of each were injected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many faults of each kind were injected; shared with the truth feed.
#[derive(Clone, Debug, Default)]
pub struct Injected {
    counts: Arc<[AtomicU64; KINDS.len()]>,
}

/// Names of the kinds, as they are written in `--trouble` and in the counters.
pub const KINDS: [&str; 8] = [
    "cut",
    "flipped",
    "duplicated",
    "delayed",
    "reordered",
    "future",
    "frozen",
    "lost",
];

impl Injected {
    pub fn add(&self, kind: usize, times: u64) {
        self.counts[kind].fetch_add(times, Ordering::Relaxed);
    }

    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        KINDS
            .iter()
            .zip(self.counts.iter())
            .map(|(&kind, count)| (kind, count.load(Ordering::Relaxed)))
            .collect()
    }
}
