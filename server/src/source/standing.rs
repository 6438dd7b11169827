//! What is known of each platform beyond one connection: which sessions it has, how often its name was tried with a
//! wrong password, how much it has sent lately, and which unregistered vehicles it has named. Time comes in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gb32960::Vin;
use tokio_util::sync::CancellationToken;

use intake::{Limits, Platform};

/// One platform's standing. Its locks are blocking: nothing is awaited while one is held.
pub struct Standing {
    sessions: Mutex<Sessions>,
    wrong_logins: Mutex<Bucket>,
    frames: Mutex<Bucket>,
    unregistered: Mutex<Unregistered>,
}

struct Sessions {
    /// Oldest first; at `most` the oldest is told to end.
    open: VecDeque<(u64, CancellationToken)>,
    most: usize,
    next: u64,
    /// Nobody gets in any more, and whoever was in was told to end.
    is_over: bool,
}

/// Vehicles that the registry does not know. At the bound another one is refused.
struct Unregistered {
    /// When each was named last.
    named_ms: HashMap<Vin, u64>,
    most: usize,
    /// One that was not named for so long gives its place up; the fleet has forgotten it by then.
    keep_ms: u64,
    /// When places were looked for last.
    swept_ms: u64,
}

/// Places are looked for this often at most: a platform at its bound may name others all the time.
const SWEEP_EVERY_MS: u64 = 60_000;

impl Unregistered {
    fn takes_in(&mut self, vin: Vin, now_ms: u64) -> bool {
        if let Some(named_ms) = self.named_ms.get_mut(&vin) {
            *named_ms = now_ms;
            return true;
        }
        if self.named_ms.len() >= self.most && now_ms >= self.swept_ms + SWEEP_EVERY_MS {
            self.swept_ms = now_ms;
            self.named_ms
                .retain(|_, named_ms| now_ms.saturating_sub(*named_ms) < self.keep_ms);
        }
        let has_room = self.named_ms.len() < self.most;
        if has_room {
            self.named_ms.insert(vin, now_ms);
        }
        has_room
    }
}

impl Standing {
    /// An unregistered vehicle that was not named for `keep_ms` gives its place up.
    #[must_use]
    pub fn new(platform: &Platform, limits: &Limits, keep_ms: u64) -> Self {
        let per_minute = f64::from(limits.wrong_logins_per_minute);
        let per_s = f64::from(platform.frames_per_s);
        Self {
            sessions: Mutex::new(Sessions {
                open: VecDeque::new(),
                most: platform.sessions,
                next: 0,
                is_over: false,
            }),
            wrong_logins: Mutex::new(Bucket::new(per_minute / 60.0, per_minute)),
            // A second's worth may come at once: platforms send in bursts.
            frames: Mutex::new(Bucket::new(per_s, per_s)),
            unregistered: Mutex::new(Unregistered {
                named_ms: HashMap::new(),
                most: platform.max_unregistered,
                keep_ms,
                swept_ms: 0,
            }),
        }
    }

    /// A new session: its number. `end` is cancelled when it is to make room for a newer one.
    #[must_use]
    pub fn enter(&self, end: CancellationToken) -> u64 {
        let mut sessions = lock(&self.sessions);
        let number = sessions.next;
        sessions.next += 1;
        if sessions.is_over {
            end.cancel();
        }
        if sessions.open.len() >= sessions.most
            && let Some((_, oldest)) = sessions.open.pop_front()
        {
            oldest.cancel();
        }
        sessions.open.push_back((number, end));
        number
    }

    /// This session has ended; whether it was the last.
    pub fn leave(&self, number: u64) -> bool {
        let mut sessions = lock(&self.sessions);
        sessions.open.retain(|(open, _)| *open != number);
        sessions.open.is_empty()
    }

    /// Tells all sessions to end, those too that are just about to begin.
    pub fn dismiss(&self) {
        let mut sessions = lock(&self.sessions);
        sessions.is_over = true;
        sessions.open.iter().for_each(|(_, end)| end.cancel());
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        lock(&self.sessions).is_over
    }

    #[must_use]
    pub fn is_online(&self) -> bool {
        !lock(&self.sessions).open.is_empty()
    }

    pub fn may_try(&self, now_ms: u64) -> bool {
        lock(&self.wrong_logins).wait_ms(1.0, now_ms) == 0
    }

    pub fn failed(&self, now_ms: u64) {
        lock(&self.wrong_logins).take(1.0, now_ms);
    }

    /// How long to wait before more is read of a platform that has just sent so many frames.
    pub fn wait_ms(&self, frames: usize, now_ms: u64) -> u64 {
        let mut bucket = lock(&self.frames);
        bucket.take(frames as f64, now_ms);
        bucket.wait_ms(0.0, now_ms)
    }

    /// Whether there is room for this unregistered vehicle.
    pub fn takes_in(&self, vin: Vin, now_ms: u64) -> bool {
        lock(&self.unregistered).takes_in(vin, now_ms)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fills steadily up to a brim. More may be taken than is in it: the debt is then waited for.
struct Bucket {
    per_ms: f64,
    brim: f64,
    level: f64,
    at_ms: u64,
}

impl Bucket {
    fn new(per_s: f64, brim: f64) -> Self {
        Self {
            per_ms: per_s / 1000.0,
            brim,
            level: brim,
            at_ms: 0,
        }
    }

    fn fill(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms) as f64;
        self.level = (self.level + passed_ms * self.per_ms).min(self.brim);
        self.at_ms = now_ms.max(self.at_ms);
    }

    fn take(&mut self, amount: f64, now_ms: u64) {
        self.fill(now_ms);
        self.level -= amount;
    }

    /// Until so much is in it.
    fn wait_ms(&mut self, amount: f64, now_ms: u64) -> u64 {
        self.fill(now_ms);
        ((amount - self.level).max(0.0) / self.per_ms).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(more: &str) -> Standing {
        let text =
            format!("user = 'u'\npassword = 'p'\nname = 'n'\nfrom = ['::1']\nwmis = ['*']\n{more}");
        Standing::new(&toml::from_str(&text).unwrap(), &Limits::default(), 100_000)
    }

    #[test]
    fn the_older_of_two_sessions_is_told_to_end() {
        let standing = standing("");
        let (first, second) = (CancellationToken::new(), CancellationToken::new());
        let older = standing.enter(first.clone());
        assert!(!first.is_cancelled());
        let newer = standing.enter(second.clone());
        assert!(first.is_cancelled() && !second.is_cancelled());
        assert!(!standing.leave(older), "the newer one is still there");
        assert!(standing.leave(newer));
    }

    #[test]
    fn a_platform_that_was_given_two_sessions_has_two() {
        let standing = standing("sessions = 2");
        let ends: Vec<_> = (0..3).map(|_| CancellationToken::new()).collect();
        for end in &ends {
            let _ = standing.enter(end.clone());
        }
        let ended: Vec<_> = ends.iter().map(CancellationToken::is_cancelled).collect();
        assert_eq!(ended, [true, false, false]);
    }

    #[test]
    fn who_is_dismissed_ends_and_who_logs_in_in_that_moment_too() {
        let standing = standing("sessions = 2");
        let (before, after) = (CancellationToken::new(), CancellationToken::new());
        let _ = standing.enter(before.clone());
        assert!(!standing.is_over() && !before.is_cancelled());
        standing.dismiss();
        let _ = standing.enter(after.clone());
        assert!(standing.is_over() && before.is_cancelled() && after.is_cancelled());
    }

    #[test]
    fn ten_wrong_passwords_in_a_minute_are_enough() {
        let standing = standing("");
        for _ in 0..10 {
            assert!(standing.may_try(1000));
            standing.failed(1000);
        }
        assert!(!standing.may_try(1000) && !standing.may_try(6999));
        assert!(standing.may_try(7000), "one more every six seconds");
    }

    #[test]
    fn a_platform_that_sends_too_fast_waits_as_long_as_it_was_ahead() {
        let standing = standing("frames_per_s = 100");
        assert_eq!(standing.wait_ms(100, 5000), 0);
        assert_eq!(standing.wait_ms(50, 5000), 500);
        assert_eq!(standing.wait_ms(0, 5500), 0);
        assert_eq!(standing.wait_ms(1, 5500), 10);
    }

    #[test]
    fn unregistered_vehicles_are_taken_in_up_to_the_bound() {
        let standing = standing("max_unregistered = 2");
        let vins = [b'1', b'2', b'3'].map(|digit| Vin([digit; 17]));
        assert!(standing.takes_in(vins[0], 100_000) && standing.takes_in(vins[1], 100_000));
        assert!(!standing.takes_in(vins[2], 100_000));
        assert!(standing.takes_in(vins[0], 180_000), "known ones stay");
        assert!(!standing.takes_in(vins[2], 199_999));
        let later = 260_000;
        assert!(
            standing.takes_in(vins[2], later),
            "one was not named for long"
        );
        assert!(standing.takes_in(vins[0], later) && !standing.takes_in(vins[1], later));
    }
}
