//! A clock that leaps forward makes everything old at once. What a wrong clock deletes cannot be had again, so after a leap
//! rows of the audit log stay for a day more, in which somebody may notice: the log says so at once, and sessions end.

use fleet::Now;
use tracing::warn;

const HOUR_MS: i64 = 3_600_000;
/// How much further the wall clock may have gone than the monotonic one, between two looks.
const LEAP_MS: i64 = HOUR_MS;
/// How long a server may have been off before a leap is the likelier reason.
const OFF_MS: i64 = 7 * 24 * HOUR_MS;
const DOUBT_MS: u64 = 24 * HOUR_MS as u64;

/// Whether the wall clock has gone as time does.
pub struct Steady {
    last: Now,
    doubted_since_mono_ms: Option<u64>,
}

impl Steady {
    /// `ran_unix_s` is when a server last ran here, as far as is known.
    #[must_use]
    pub fn new(ran_unix_s: Option<i64>, now: Now) -> Self {
        let mut steady = Self {
            last: now,
            doubted_since_mono_ms: None,
        };
        let off_ms = ran_unix_s.map_or(0, |ran| now.unix_ms - ran * 1_000);
        if off_ms > OFF_MS {
            steady.doubt(off_ms, now);
        }
        steady
    }

    /// Whether what the clock calls old may be deleted for good.
    pub fn is_believed(&mut self, now: Now) -> bool {
        let by_wall_ms = now.unix_ms - self.last.unix_ms;
        let by_mono_ms = now.mono_ms.saturating_sub(self.last.mono_ms) as i64;
        self.last = now;
        if by_wall_ms - by_mono_ms > LEAP_MS {
            self.doubt(by_wall_ms - by_mono_ms, now);
        }
        let is_over = |since: u64| now.mono_ms.saturating_sub(since) >= DOUBT_MS;
        self.doubted_since_mono_ms.is_none_or(is_over)
    }

    fn doubt(&mut self, leap_ms: i64, now: Now) {
        warn!(
            leap_h = leap_ms / HOUR_MS,
            "the clock has leapt forward, or the server was off: rows of the audit log that are old by it are deleted in a \
             day and not before; if the clock is wrong, set it right until then"
        );
        self.doubted_since_mono_ms = Some(now.mono_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::Steady;
    use fleet::Now;

    const HOUR_MS: u64 = 3_600_000;

    fn later(now: Now, wall_h: i64, mono_h: u64) -> Now {
        Now {
            unix_ms: now.unix_ms + wall_h * HOUR_MS as i64,
            mono_ms: now.mono_ms + mono_h * HOUR_MS,
        }
    }

    #[test]
    fn after_a_leap_of_the_clock_nothing_is_deleted_for_a_day() {
        let mut now = Now {
            unix_ms: 1_795_300_000_000,
            mono_ms: 5,
        };
        let mut steady = Steady::new(Some(now.unix_ms / 1_000 - 3_600), now);
        for _ in 0..100 {
            now = later(now, 1, 1);
            assert!(steady.is_believed(now));
        }
        // A year; and back again, which makes nothing old.
        now = later(now, 24 * 365, 1);
        assert!(!steady.is_believed(now));
        now = later(now, 1, 1);
        assert!(!steady.is_believed(now));
        now = later(now, -24 * 365, 22);
        assert!(!steady.is_believed(now));
        now = later(now, 1, 1);
        assert!(steady.is_believed(now));
    }

    #[test]
    fn a_server_that_was_off_for_long_waits_a_day_and_a_first_start_does_not() {
        let now = Now {
            unix_ms: 1_795_300_000_000,
            mono_ms: 5,
        };
        let mut off = Steady::new(Some(now.unix_ms / 1_000 - 8 * 24 * 3_600), now);
        assert!(!off.is_believed(now));
        assert!(!off.is_believed(later(now, 23, 23)));
        assert!(off.is_believed(later(now, 24, 24)));
        assert!(Steady::new(None, now).is_believed(now));
    }
}
