//! One cell as both sides see it.
//!
//! A mirror holds, for each slot, a position and a look. It begins as a base: the dots of the cell in Morton order.
//! Deltas move slots, kill them and append new ones; a slot keeps its number as long as its generation lasts, so a
//! click on it means one vehicle. A rebase ends the generation: the dead are dropped and the rest is sorted by
//! (Morton code, old slot), on both sides alike, and a digest of the outcome is compared.
//!
//! The server's cell and the page's are this same type, so what a delta does to a cell is written once.

use crate::down::{put_base_head, put_delta_head};
use crate::pack::{put_base, put_delta, take_base, take_delta};
use crate::slots::Slots;
use crate::{CellKey, CellPoint, Diverged, Look, WireError, morton};

/// The most slots a cell may have; a base or delta that says more is an error. It bounds what bytes can make a
/// reader allocate: 6⅜ bytes a slot, and for the time of a delta 4 bytes for each look that changes.
pub const MAX_SLOTS: u32 = 1 << 22;

/// The dots of one cell, by slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellMirror {
    generation: u32,
    tick: u64,
    slots: Slots,
}

/// One change that a delta made, for the drawing engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A dot moved within the cell.
    Move {
        slot: u32,
        from: CellPoint,
        to: CellPoint,
    },
    /// A dot came into the cell.
    Enter {
        slot: u32,
        at: CellPoint,
        look: Look,
        /// Where it was before, in this cell's positions, perhaps outside of it; `None` if it was nowhere.
        from: Option<(i32, i32)>,
    },
    /// A dot left the cell. Its slot stays dead until the next rebase.
    Leave { slot: u32 },
    /// A dot's look changed.
    Look { slot: u32, look: Look },
}

/// A dot that comes into a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enter {
    pub at: CellPoint,
    pub look: Look,
    /// See [`Change::Enter`].
    pub from: Option<(i32, i32)>,
}

/// What changed in a cell since its last frame. A slot may stand in `moves` and in `looks`, but not twice in one
/// list, and not in `leaves` and another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellChanges {
    pub moves: Vec<(u32, CellPoint)>,
    pub looks: Vec<(u32, Look)>,
    pub leaves: Vec<u32>,
    /// In this order they take the next free slots.
    pub enters: Vec<Enter>,
}

impl CellChanges {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty()
            && self.looks.is_empty()
            && self.leaves.is_empty()
            && self.enters.is_empty()
    }

    /// How many changes there are to send.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moves.len() + self.looks.len() + self.leaves.len() + self.enters.len()
    }

    /// Empties the lists and keeps their memory.
    pub fn clear(&mut self) {
        self.moves.clear();
        self.looks.clear();
        self.leaves.clear();
        self.enters.clear();
    }
}

/// The outcome of a renumbering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renumbered {
    /// For each new slot, the slot it had.
    pub old_slots: Vec<u32>,
    /// Of all dots in their new order.
    pub digest32: u32,
}

impl CellMirror {
    /// A cell with these dots, which are put in Morton order; equal codes keep the order given. Returns, for each
    /// slot, which of the given dots has it.
    #[must_use]
    pub fn from_dots(generation: u32, tick: u64, dots: &[(CellPoint, Look)]) -> (Self, Vec<u32>) {
        let mut slots = Slots::unordered(dots);
        let order = slots.renumber();
        let mirror = Self {
            generation,
            tick,
            slots,
        };
        (mirror, order)
    }

    /// Reads the body of a [`Down::Base`](crate::Down::Base).
    pub fn from_base(generation: u32, tick: u64, body: &[u8]) -> Result<Self, WireError> {
        Ok(Self {
            generation,
            tick,
            slots: take_base(body)?,
        })
    }

    /// Appends a whole base frame (no length in front). Only right after [`from_dots`](Self::from_dots) or a rebase,
    /// when slots are in Morton order and none is dead.
    pub fn encode_base(&self, key: &CellKey, out: &mut Vec<u8>) {
        debug_assert!(
            self.alive() == self.slots() && self.slots.all().is_sorted_by_key(|dot| morton(dot.0))
        );
        put_base_head(out, key, self.generation, self.tick);
        put_base(out, &self.slots);
    }

    /// Appends a whole delta frame (no length in front) and applies it, so that this mirror stands where its readers
    /// will. Sorts the lists by slot, but for `enters`.
    pub fn encode_delta(
        &mut self,
        key: &CellKey,
        tick: u64,
        changes: &mut CellChanges,
        out: &mut Vec<u8>,
    ) {
        changes.moves.sort_unstable_by_key(|change| change.0);
        changes.looks.sort_unstable_by_key(|change| change.0);
        changes.leaves.sort_unstable();
        put_delta_head(out, key, self.generation, tick, self.tick);
        put_delta(out, &mut self.slots, changes);
        self.tick = tick;
    }

    /// Applies the body of a [`Down::Delta`](crate::Down::Delta) and tells each change. After an error the mirror is
    /// no good any more: ask for the base.
    pub fn apply_delta(
        &mut self,
        generation: u32,
        tick: u64,
        follows: u64,
        body: &[u8],
        on: impl FnMut(Change),
    ) -> Result<(), WireError> {
        if generation != self.generation {
            return Err(WireError::OtherGeneration {
                frame: generation,
                mirror: self.generation,
            });
        }
        if follows != self.tick || tick <= follows {
            return Err(WireError::Gap {
                follows,
                mirror: self.tick,
            });
        }
        take_delta(body, &mut self.slots, on)?;
        self.tick = tick;
        Ok(())
    }

    /// Applies a [`Down::Rebase`](crate::Down::Rebase): tells for each living dot its old slot and its new one, in the
    /// order of the new. If the digests differ the mirror is no good any more: ask for the base.
    pub fn rebase(
        &mut self,
        generation: u32,
        digest32: u32,
        mut moved: impl FnMut(u32, u32),
    ) -> Result<(), Diverged> {
        let renumbered = self.renumber(generation);
        if renumbered.digest32 != digest32 {
            return Err(Diverged {
                ours: renumbered.digest32,
                theirs: digest32,
            });
        }
        for (new, old) in renumbered.old_slots.iter().enumerate() {
            moved(*old, new as u32);
        }
        Ok(())
    }

    /// Drops the dead and sorts the rest by (Morton code, old slot), beginning a new generation.
    pub fn renumber(&mut self, generation: u32) -> Renumbered {
        let old_slots = self.slots.renumber();
        self.generation = generation;
        Renumbered {
            old_slots,
            digest32: self.digest32(),
        }
    }

    /// A 32-bit digest of all dots in slot order.
    #[must_use]
    pub fn digest32(&self) -> u32 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(self.slots());
        for (at, look) in self.slots.all() {
            let dot = (u64::from(at.x) << 32) | (u64::from(at.y) << 16) | u64::from(look);
            hash = (hash ^ dot).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 29;
        }
        (hash ^ (hash >> 32)) as u32
    }

    /// The generation of this numbering of slots.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The tick of the last base or delta.
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// All slots, dead ones included.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.slots.len()
    }

    /// The dots that are there.
    #[must_use]
    pub fn alive(&self) -> u32 {
        self.slots.alive()
    }

    /// The dot of a slot; `None` if the slot is dead or was never there.
    #[must_use]
    pub fn dot(&self, slot: u32) -> Option<(CellPoint, Look)> {
        self.slots.dot(slot)
    }

    /// By slot: the dot, or `None` where the slot is dead.
    pub fn dots(&self) -> impl ExactSizeIterator<Item = Option<(CellPoint, Look)>> + '_ {
        (0..self.slots()).map(|slot| self.dot(slot))
    }
}
