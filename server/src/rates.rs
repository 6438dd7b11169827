//! How fast a session may ask: a bucket of requests that fills by the second. It holds what a page loads at once many
//! times over; at the bound the newest request is refused and the session goes on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use access::SessionId;

/// A page is some fifty files.
const BURST: u64 = 600;
const PER_S: u64 = 40;
/// Beyond this many, buckets that are full again are forgotten.
const BUCKETS_KEPT: usize = 1024;

#[derive(Default)]
pub struct Rates {
    // A blocking lock: nothing is awaited while it is held and it covers a look-up.
    buckets: Mutex<HashMap<SessionId, Bucket>>,
}

struct Bucket {
    /// Thousandths of a request, so that a fill of some milliseconds counts.
    left_milli: u64,
    filled_mono_ms: u64,
}

impl Rates {
    /// Whether this request is within the session's rate; it counts if it is.
    pub fn allow(&self, session: SessionId, now_mono_ms: u64) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_KEPT && !buckets.contains_key(&session) {
            buckets.retain(|_, bucket| {
                bucket.fill(now_mono_ms);
                bucket.left_milli < BURST * 1000
            });
        }
        let bucket = buckets.entry(session).or_insert(Bucket {
            left_milli: BURST * 1000,
            filled_mono_ms: now_mono_ms,
        });
        bucket.fill(now_mono_ms);
        match bucket.left_milli.checked_sub(1000) {
            Some(left_milli) => {
                bucket.left_milli = left_milli;
                true
            }
            None => false,
        }
    }
}

impl Bucket {
    fn fill(&mut self, now_mono_ms: u64) {
        let since_ms = now_mono_ms.saturating_sub(self.filled_mono_ms);
        self.left_milli = (self.left_milli + since_ms * PER_S).min(BURST * 1000);
        self.filled_mono_ms = now_mono_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_asks_too_fast_waits_and_no_other_does() {
        let rates = Rates::default();
        let (loud, quiet) = (SessionId(1), SessionId(2));
        let allowed = (0..2 * BURST).filter(|_| rates.allow(loud, 0)).count() as u64;
        assert_eq!(allowed, BURST);
        assert!(rates.allow(quiet, 0));
        let later = (0..2 * BURST).filter(|_| rates.allow(loud, 1000)).count() as u64;
        assert_eq!(later, PER_S);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let rates = Rates::default();
        for id in 0..5000 {
            assert!(rates.allow(SessionId(id), id as u64 * 100));
        }
        assert!(rates.buckets.lock().unwrap().len() <= BUCKETS_KEPT);
    }
}
