//! What one viewer wants, what it has, and therefore what it lacks.
//!
//! There is no queue: a viewer that fell behind lacks more, and gets that from the shared bytes of each cell.

use std::collections::{BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use fleet::CellStream;
use wire::CellKey;

use crate::fleet_thread::Turn;

/// Ticks that may be on their way before the next is held back.
pub const MAX_UNACKED_TICKS: usize = 2;

/// Where the page's mirror of one cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    pub generation: u32,
    pub tick: u64,
}

#[derive(Default)]
pub struct Sent {
    wanted: BTreeSet<CellKey>,
    have: HashMap<CellKey, Stand>,
    /// Cells that left the view and that the page still draws.
    leaving: BTreeSet<CellKey>,
    unacked: VecDeque<u64>,
}

impl Sent {
    /// Takes a new view; the cells that came into it and those that left it.
    pub fn look_at(&mut self, cells: BTreeSet<CellKey>) -> Turn {
        let entered = cells.difference(&self.wanted).copied().collect();
        let left: Vec<_> = self.wanted.difference(&cells).copied().collect();
        let drawn = left.iter().filter(|key| self.have.contains_key(key));
        self.leaving.extend(drawn);
        self.wanted = cells;
        Turn { entered, left }
    }

    #[must_use]
    pub fn wanted(&self) -> &BTreeSet<CellKey> {
        &self.wanted
    }

    /// Whether the page has this cell: only then may a click name it.
    #[must_use]
    pub fn has(&self, key: &CellKey) -> bool {
        self.have.contains_key(key)
    }

    /// The page could not follow this cell and starts over with it.
    pub fn forget(&mut self, key: &CellKey) {
        self.have.remove(key);
    }

    /// The frames that the page lacks of the cells in view; from now on it counts as having them.
    pub fn lacks<'a>(
        &mut self,
        stream_of: impl Fn(&CellKey) -> Option<&'a CellStream>,
        frames: &mut Vec<Bytes>,
    ) {
        for key in &self.wanted {
            let Some(stream) = stream_of(key) else {
                continue;
            };
            let now = Stand {
                generation: stream.generation(),
                tick: stream.tick(),
            };
            let have = self.have.insert(*key, now);
            if have != Some(now) {
                frames.extend(stream.lacking(have.map(|have| (have.generation, have.tick))));
            }
        }
    }

    /// The cells that the page may forget, once it has been sent those that took their place.
    pub fn take_leaving(&mut self) -> BTreeSet<CellKey> {
        let mut leaving = std::mem::take(&mut self.leaving);
        // It may have come back into view meanwhile.
        leaving.retain(|key| !self.wanted.contains(key));
        for key in &leaving {
            self.have.remove(key);
        }
        leaving
    }

    /// Whether another tick may be sent now.
    #[must_use]
    pub fn may_send(&self) -> bool {
        self.unacked.len() < MAX_UNACKED_TICKS
    }

    /// Ticks on their way.
    #[must_use]
    pub fn unacked(&self) -> usize {
        self.unacked.len()
    }

    pub fn sent_tick(&mut self, tick: u64) {
        if self.unacked.back() != Some(&tick) {
            self.unacked.push_back(tick);
        }
    }

    pub fn acked(&mut self, tick: u64) {
        while self.unacked.front().is_some_and(|sent| *sent <= tick) {
            self.unacked.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(x: u32) -> CellKey {
        CellKey {
            scope: 0,
            level: 3,
            x,
            y: 0,
        }
    }

    #[test]
    fn a_cell_that_comes_back_before_it_was_dropped_is_not_dropped() {
        let mut sent = Sent::default();
        sent.look_at(BTreeSet::from([cell(1), cell(2)]));
        for x in [1, 2] {
            let stand = Stand {
                generation: 1,
                tick: 1,
            };
            sent.have.insert(cell(x), stand);
        }
        sent.look_at(BTreeSet::from([cell(3)]));
        assert!(sent.has(&cell(1)), "the page still draws it");
        sent.look_at(BTreeSet::from([cell(1)]));
        assert_eq!(sent.take_leaving(), BTreeSet::from([cell(2)]));
        assert!(sent.has(&cell(1)) && !sent.has(&cell(2)));
        assert!(sent.take_leaving().is_empty());
    }

    #[test]
    fn two_ticks_may_be_on_their_way_and_no_third() {
        let mut sent = Sent::default();
        for tick in [7, 7, 8] {
            assert!(sent.may_send());
            sent.sent_tick(tick);
        }
        assert!(!sent.may_send());
        sent.acked(7);
        assert!(sent.may_send());
        sent.acked(u64::MAX);
        assert!(sent.unacked.is_empty());
    }
}
