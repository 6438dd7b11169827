//! How fast a session may ask: a bucket of requests that fills by the second. It holds what a page loads at once many
//! times over; at the bound the newest request is refused and the session goes on.

use std::collections::HashMap;
use std::net::IpAddr;
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

/// Requests that need no session, in one second: of an address, which may be a room full of walls, and of all.
const OF_AN_ADDRESS_PER_S: u32 = 100;
const OF_ALL_PER_S: u32 = 500;

/// How fast those without a session may ask. Counts whole seconds; what is over a bound is refused.
#[derive(Default)]
pub struct Addresses {
    // A blocking lock: nothing is awaited while it is held. Holds at most as many addresses as requests in a second.
    second: Mutex<Second>,
}

#[derive(Default)]
struct Second {
    number: u64,
    all: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl Addresses {
    /// Drops the addresses of a second that is over.
    pub fn forget(&self, now_mono_ms: u64) {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.number != now_mono_ms / 1000 {
            *second = Second::default();
        }
    }

    /// Whether this request is within the rates; it counts if it is.
    pub fn allow(&self, from: IpAddr, now_mono_ms: u64) -> bool {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.number != now_mono_ms / 1000 {
            *second = Second {
                number: now_mono_ms / 1000,
                ..Second::default()
            };
        }
        if second.all >= OF_ALL_PER_S {
            return false;
        }
        let of_address = second.by_address.entry(from).or_default();
        if *of_address >= OF_AN_ADDRESS_PER_S {
            return false;
        }
        *of_address += 1;
        second.all += 1;
        true
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

    #[test]
    fn those_without_a_session_have_a_share_of_a_second_each_and_a_bound_together() {
        let rates = Addresses::default();
        let asked = |last: u8, at_ms: u64| {
            let from = IpAddr::from([192, 0, 2, last]);
            (0..200).filter(|_| rates.allow(from, at_ms)).count()
        };
        assert_eq!(asked(1, 0), 100);
        assert_eq!(asked(1, 999), 0);
        assert_eq!((2..=8).map(|last| asked(last, 999)).sum::<usize>(), 400);
        assert_eq!(asked(1, 1_000), 100);
    }
}
