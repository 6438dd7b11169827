//! How many looks a person may take. Above the first line the privacy officer is told; above the second the answer
//! is a refusal. Counted from the log itself, so that a restart forgets nothing.

/// Looks are vehicles shown, not permits: a permit for twenty counts twenty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    pub notice_looks_per_hour: u32,
    pub refuse_looks_per_hour: u32,
    pub notice_looks_per_day: u32,
    pub refuse_looks_per_day: u32,
    /// Searches that found nothing: guessing looks like this.
    pub notice_misses_per_hour: u32,
    pub refuse_misses_per_hour: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            notice_looks_per_hour: 30,
            refuse_looks_per_hour: 120,
            notice_looks_per_day: 100,
            refuse_looks_per_day: 400,
            notice_misses_per_hour: 5,
            refuse_misses_per_hour: 20,
        }
    }
}
