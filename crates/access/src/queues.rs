//! How much waits here, for whoever watches over the server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::Access;
use crate::password::PLACES;
use crate::store::{ENDS_KEPT, READERS};

/// One queue: what it is called, how long it may become, and how to ask how long it is. Asking never waits.
pub struct Queue {
    pub name: &'static str,
    /// None: who waits is bounded elsewhere, and by time.
    pub bound: Option<usize>,
    pub length: Box<dyn Fn() -> usize + Send>,
}

impl Access {
    /// Every queue of the store: log-ins whose password is hashed or waits for it, ends of sessions that somebody has not heard
    /// yet, and those that wait to write, audit rows among them.
    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        let queue = |name, bound, length: fn(&Self) -> usize| {
            let access = Self(Arc::clone(&self.0));
            Queue {
                name,
                bound,
                length: Box::new(move || length(&access)),
            }
        };
        vec![
            queue("passwords", Some(PLACES), |access| {
                access.0.passwords.waiting()
            }),
            queue("session_ends", Some(ENDS_KEPT), |access| {
                access.0.ends.len()
            }),
            queue("store_writers", None, |access| {
                access.0.writers.load(Ordering::Relaxed)
            }),
            queue("store_readers", Some(READERS as usize), |access| {
                access.0.readers_at_work()
            }),
        ]
    }
}
