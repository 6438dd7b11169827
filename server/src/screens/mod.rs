//! Screens: walls that hang for months without anybody's session.
//!
//! - [`codes`]: what a wall without a session shows, and an admin types in
//! - [`challenge`]: what a paired wall signs before every connection
//! - [`ways`]: the three questions that a wall without a session may ask
//! - [`live`]: which are there, how they do, and what they are told
//! - [`page`]: what the admin's page asks and does

mod challenge;
mod codes;
mod live;
mod page;
mod ways;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use access::SessionId;

use crate::rates::Addresses;
#[cfg(test)]
pub use challenge::tests;
pub use live::Orders;
pub use ways::{answer, challenge, pair, pairing_page};

/// Wrong codes of one session in five minutes; further ones wait.
const WRONG_CODES: usize = 10;
/// Wrong codes that are remembered in all; the oldest goes.
const WRONG_KEPT: usize = 1000;

pub struct Screens {
    pub live: live::LiveScreens,
    codes: codes::Codes,
    challenges: challenge::Challenges,
    rates: Addresses,
    // A blocking lock: nothing is awaited while it is held.
    wrong: Mutex<VecDeque<(u64, SessionId)>>,
}

impl Screens {
    #[must_use]
    pub fn new() -> Self {
        Self {
            live: live::LiveScreens::default(),
            codes: codes::Codes::default(),
            challenges: challenge::Challenges::new(),
            rates: Addresses::default(),
            wrong: Mutex::default(),
        }
    }

    /// Drops what is over: codes, wrong codes, addresses.
    pub fn forget(&self, now_mono_ms: u64) {
        self.codes.forget(now_mono_ms);
        self.rates.forget(now_mono_ms);
        drop(self.wrong(now_mono_ms));
    }

    /// Whether this session has tried too many codes.
    fn guesses(&self, session: SessionId, now_mono_ms: u64) -> bool {
        let wrong = self.wrong(now_mono_ms);
        wrong.iter().filter(|(_, by)| *by == session).count() >= WRONG_CODES
    }

    fn wrong(&self, now_mono_ms: u64) -> MutexGuard<'_, VecDeque<(u64, SessionId)>> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|(at, _)| now_mono_ms < at + codes::GOOD_FOR_MS);
        wrong
    }

    fn wrong_code(&self, session: SessionId, now_mono_ms: u64) {
        let mut wrong = self.wrong(now_mono_ms);
        if wrong.len() >= WRONG_KEPT {
            wrong.pop_front();
        }
        wrong.push_back((now_mono_ms, session));
    }
}
