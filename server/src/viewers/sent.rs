//! What one viewer wants, what it has, and therefore what it lacks.
//!
//! There is no queue: a viewer that fell behind lacks more, and gets that from the shared bytes of each cell.

use std::collections::{BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use fleet::CellStream;
use wire::CellKey;

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
    unacked: VecDeque<u64>,
}

impl Sent {
    /// Takes a new view; the cells that came into it and those that left it.
    pub fn look_at(&mut self, cells: BTreeSet<CellKey>) -> (Vec<CellKey>, Vec<CellKey>) {
        let entered = cells.difference(&self.wanted).copied().collect();
        let left: Vec<_> = self.wanted.difference(&cells).copied().collect();
        for key in &left {
            self.have.remove(key);
        }
        self.wanted = cells;
        (entered, left)
    }

    #[must_use]
    pub fn wanted(&self) -> &BTreeSet<CellKey> {
        &self.wanted
    }

    /// Whether this cell was ever sent and is still looked at: only then may a click name it.
    #[must_use]
    pub fn has(&self, key: &CellKey) -> bool {
        self.have.contains_key(key)
    }

    /// The page could not follow this cell and starts over with it.
    pub fn forget(&mut self, key: &CellKey) {
        self.have.remove(key);
    }

    /// The frames of this cell that the page lacks; from now on it counts as having them.
    pub fn lacks(&mut self, key: CellKey, stream: &CellStream) -> Vec<Bytes> {
        let have = self.have.insert(
            key,
            Stand {
                generation: stream.generation(),
                tick: stream.tick(),
            },
        );
        stream.lacking(have.map(|have| (have.generation, have.tick)))
    }

    /// Whether another tick may be sent now.
    #[must_use]
    pub fn may_send(&self) -> bool {
        self.unacked.len() < MAX_UNACKED_TICKS
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
