//! What a platform still owes to the centre or has still to hear from it.
//!
//! `Pending` counts the frames of a session that are not answered. A damaged frame may never be, so a heartbeat
//! marks how far the session had come: its answer settles everything before it. `Stored` holds the reports of an
//! outage.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use gb32960::{Command, Split};
use tokio::sync::Notify;

/// Frames that may wait for an answer; at the bound the platform waits too.
const MOST_UNANSWERED: u64 = 20_000;
/// Reports kept through an outage, about nine megabytes; at the bound the oldest are dropped.
const MOST_STORED: usize = 100_000;

#[derive(Default)]
pub struct Pending {
    state: Mutex<Counted>,
    answer: Notify,
}

#[derive(Default)]
struct Counted {
    sent: u64,
    settled: u64,
    /// How far the session had come at each heartbeat that is not answered.
    marks: VecDeque<u64>,
}

impl Pending {
    fn with<T>(&self, change: impl FnOnce(&mut Counted) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn sent(&self, frames: u64) {
        self.with(|state| state.sent += frames);
    }

    /// One frame is answered.
    pub fn answered(&self) {
        self.with(|state| state.settled = (state.settled + 1).min(state.sent));
        self.answer.notify_one();
    }

    /// A heartbeat goes out.
    pub fn marked(&self) {
        self.with(|state| state.marks.push_back(state.sent));
    }

    /// A heartbeat is answered, and with it everything that went before it, if at all.
    pub fn reached(&self) {
        self.with(|state| {
            if let Some(mark) = state.marks.pop_front() {
                state.settled = state.settled.max(mark);
            }
        });
        self.answer.notify_one();
    }

    /// Waits until another frame may be sent.
    pub async fn room(&self) {
        while self.with(|state| state.sent - state.settled >= MOST_UNANSWERED) {
            self.answer.notified().await;
        }
    }

    /// Waits until nothing is owed, the last mark included.
    pub async fn none(&self) {
        while self.with(|state| !state.marks.is_empty()) {
            self.answer.notified().await;
        }
    }
}

/// The reports of an outage, oldest first.
#[derive(Default)]
pub struct Stored {
    frames: VecDeque<Vec<u8>>,
}

impl Stored {
    /// Keeps a live report as a re-issued one; anything else, and what is damaged, is not kept. Whether an older one
    /// had to make room.
    pub fn keep(&mut self, message: &[u8]) -> bool {
        let Split::Frame { frame, len } = gb32960::split(message) else {
            return false;
        };
        if len != message.len() || frame.command() != Command::RealTime {
            return false;
        }
        let mut again = message.to_vec();
        // The checksum is an exclusive or over the frame: it turns with the command.
        let (was, is) = (Command::RealTime.byte(), Command::Reissue.byte());
        again[2] = is;
        again[len - 1] ^= was ^ is;
        let full = self.frames.len() >= MOST_STORED;
        if full {
            self.frames.pop_front();
        }
        self.frames.push_back(again);
        full
    }

    /// Takes the oldest out, at most so many.
    pub fn take(&mut self, most: usize) -> impl Iterator<Item = Vec<u8>> {
        let most = most.min(self.frames.len());
        self.frames.drain(..most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gb32960::encode::ReportWriter;
    use gb32960::{Edition, Time, Vin};

    #[test]
    fn a_heartbeats_answer_settles_what_was_never_answered() {
        let pending = Pending::default();
        let open = || pending.with(|state| state.sent - state.settled);
        pending.sent(10);
        pending.marked();
        pending.sent(3);
        (0..7).for_each(|_| pending.answered());
        assert_eq!(open(), 6);
        pending.reached();
        assert_eq!(open(), 3);
        pending.reached();
        assert_eq!(open(), 3, "nothing was marked");
        (0..9).for_each(|_| pending.answered());
        assert_eq!(open(), 0);
    }

    #[test]
    fn a_report_of_an_outage_is_whole_and_says_that_it_is_old() {
        let mut message = Vec::new();
        let vin = Vin(*b"LGXCE4CB0P0000019");
        let time = Time([26, 11, 22, 8, 0, 0]);
        ReportWriter::new(&mut message, Edition::V2025, Command::RealTime, &vin, time)
            .finish()
            .unwrap();
        let mut stored = Stored::default();
        stored.keep(&message);
        stored.keep(&message[..20]);
        let mut flipped = message.clone();
        flipped[10] ^= 1;
        stored.keep(&flipped);
        let kept: Vec<Vec<u8>> = stored.take(9).collect();
        assert_eq!(kept.len(), 1);
        stored.keep(&kept[0]);
        assert_eq!(stored.take(9).count(), 0, "what is re-issued is not kept");
        let Split::Frame { frame, len } = gb32960::split(&kept[0]) else {
            panic!("no frame")
        };
        assert_eq!((frame.command(), len), (Command::Reissue, message.len()));
        assert_eq!(frame.identifier(), vin);
    }
}
