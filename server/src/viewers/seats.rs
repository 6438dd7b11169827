//! How many maps may be open, in all and in one session. At either bound the newest is told that there is no place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::SessionId;
use clap::Args;

/// What an operator may set.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limits {
    /// Maps that may be open at once.
    #[arg(long = "max-viewers", value_name = "N", default_value_t = Limits::default().viewers)]
    pub viewers: usize,
    /// Maps that one session may have open at once: the tabs of a person, or a wall of screens behind one login.
    #[arg(
        long = "max-viewers-per-session",
        value_name = "N",
        default_value_t = Limits::default().per_session
    )]
    pub per_session: usize,
    /// Seconds without any word of a viewer after which it is gone; it is pinged three times in that.
    #[arg(long = "viewer-silence-s", value_name = "S", default_value_t = Limits::default().silence_s, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub silence_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            viewers: 4000,
            per_session: 64,
            silence_s: 45,
        }
    }
}

impl Limits {
    #[must_use]
    pub fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_s)
    }
}

/// Who is seated.
#[derive(Debug)]
pub struct Seats {
    pub limits: Limits,
    // A blocking lock: nothing is awaited while it is held, and it covers a look-up when a viewer comes or goes.
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_session: HashMap<SessionId, usize>,
}

/// One viewer's place; free again when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    session: SessionId,
}

impl Seats {
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
        })
    }

    /// `None` where there is no place left.
    pub fn take(self: &Arc<Self>, session: SessionId) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_session = taken.by_session.get(&session).copied().unwrap_or(0);
        if taken.all >= self.limits.viewers || of_session >= self.limits.per_session {
            return None;
        }
        taken.all += 1;
        taken.by_session.insert(session, of_session + 1);
        Some(Seat {
            seats: Arc::clone(self),
            session,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self
            .seats
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(of_session) = taken.by_session.get_mut(&self.session) {
            *of_session -= 1;
            if *of_session == 0 {
                taken.by_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_that_is_left_is_free_again_and_no_session_takes_all() {
        let seats = Seats::new(Limits {
            viewers: 3,
            per_session: 2,
            ..Limits::default()
        });
        let (one, other) = (SessionId(1), SessionId(2));
        let first = seats.take(one).unwrap();
        let _second = seats.take(one).unwrap();
        assert!(seats.take(one).is_none(), "a third of one session");
        let third = seats.take(other).unwrap();
        assert!(seats.take(other).is_none(), "a fourth of all");
        drop(first);
        let _again = seats.take(other).unwrap();
        drop(third);
        assert!(seats.take(one).is_some());
    }
}
