//! The one place where the server reads clocks; everything pure gets time as an argument.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use fleet::Now;

/// Where the monotonic clock stands at the start, so that what was heard before it has a place on it: a year.
const START_MONO_MS: u64 = 365 * 86_400_000;

/// Both clocks at once: the wall clock orders, the monotonic clock ages.
#[must_use]
pub fn now() -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    Now {
        unix_ms: unix_ms(),
        mono_ms: START_MONO_MS + u64::try_from(start.elapsed().as_millis()).unwrap_or(0),
    }
}

#[must_use]
pub fn unix_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[must_use]
pub fn unix_s() -> i64 {
    unix_ms() / 1000
}
