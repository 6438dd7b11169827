//! One cell as both sides see it.
//!
//! A mirror holds, for each slot, a position and a look. It begins as a base: the dots of the cell in Morton order.
//! Deltas move slots, kill them and append new ones; a slot keeps its number as long as its generation lasts, so a
//! click on it means one vehicle. A rebase ends the generation: the dead are dropped and the rest is sorted by
//! (Morton code, old slot), on both sides alike, and a digest of the outcome is compared.
//!
//! The server's cell and the page's are this same type, so what a delta does to a cell is written once.

use crate::down::{put_base_head, put_delta_head};
use crate::pack::{Changes, Expected, Read, put_base, put_delta, take_base, take_delta};
use crate::{CellKey, CellPoint, Diverged, Look, WireError, morton};

/// The most slots a cell may have; a base or delta that says more is an error. It bounds what bytes can make a
/// reader allocate: 6 bytes a slot, and for the time of a delta 16 bytes for each change to a slot that was there.
pub const MAX_SLOTS: u32 = 1 << 22;

/// Marks a dead slot in the stored look, whose own bits end at 11.
pub(crate) const DEAD: u16 = 1 << 15;
/// Marks in the stored look a slot that has moved in this generation.
pub(crate) const MOVED: u16 = 1 << 14;

/// The dots of one cell, by slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellMirror {
    generation: u32,
    tick: u64,
    at: Vec<CellPoint>,
    /// Look bits, [`DEAD`] where the slot has none, and [`MOVED`].
    look: Vec<u16>,
    dead: u32,
    /// What the deltas of this generation have taught both sides; none before the first.
    expected: Option<Box<Expected>>,
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
        let mut mirror = Self {
            generation,
            tick,
            at: dots.iter().map(|dot| dot.0).collect(),
            look: dots.iter().map(|dot| dot.1.0 & Look::MASK).collect(),
            dead: 0,
            expected: None,
        };
        let order = mirror.renumber(generation).old_slots;
        (mirror, order)
    }

    /// Reads the body of a [`Down::Base`](crate::Down::Base).
    pub fn from_base(generation: u32, tick: u64, body: &[u8]) -> Result<Self, WireError> {
        let (mut at, mut look) = (Vec::new(), Vec::new());
        take_base(body, &mut at, &mut look)?;
        Ok(Self {
            generation,
            tick,
            at,
            look,
            dead: 0,
            expected: None,
        })
    }

    /// Appends a whole base frame (no length in front). Only right after [`from_dots`](Self::from_dots) or a rebase,
    /// when slots are in Morton order and none is dead.
    pub fn encode_base(&self, key: &CellKey, out: &mut Vec<u8>) {
        debug_assert!(self.dead == 0 && self.at.is_sorted_by_key(|at| morton(*at)));
        put_base_head(out, key, self.generation, self.tick);
        put_base(out, &self.at, &self.look);
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
        put_delta(
            out,
            self.expected.get_or_insert_with(Expected::boxed),
            &self.at,
            &self.look,
            &Changes {
                moves: &changes.moves,
                looks: &changes.looks,
                leaves: &changes.leaves,
                enters: &changes.enters,
            },
        );
        for slot in &changes.leaves {
            self.look[*slot as usize] |= DEAD;
        }
        self.dead += changes.leaves.len() as u32;
        for (slot, to) in &changes.moves {
            self.at[*slot as usize] = *to;
            self.look[*slot as usize] |= MOVED;
        }
        for (slot, look) in &changes.looks {
            self.change_look(*slot, *look);
        }
        for enter in &changes.enters {
            self.at.push(enter.at);
            self.look.push(enter.look.0 & Look::MASK);
        }
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
        mut on: impl FnMut(Change),
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
        // The reader goes by what was there before, so nothing is applied until all of that is read.
        let mut changes = Vec::new();
        let mut expected = self.expected.take().unwrap_or_else(Expected::boxed);
        let mut entering = take_delta(body, &mut expected, &self.at, &self.look, |change| {
            changes.push(change);
        })?;
        for change in changes {
            match change {
                Read::Leave(slot) => {
                    self.look[slot as usize] |= DEAD;
                    self.dead += 1;
                    on(Change::Leave { slot });
                }
                Read::Move(slot, to) => {
                    let from = std::mem::replace(&mut self.at[slot as usize], to);
                    self.look[slot as usize] |= MOVED;
                    on(Change::Move { slot, from, to });
                }
                Read::Look(slot, look) => {
                    self.change_look(slot, look);
                    on(Change::Look { slot, look });
                }
            }
        }
        while let Some(Enter { at, look, from }) = entering.next(&mut expected)? {
            let slot = self.at.len() as u32;
            self.at.push(at);
            self.look.push(look.0);
            on(Change::Enter {
                slot,
                at,
                look,
                from,
            });
        }
        self.expected = Some(expected);
        self.tick = tick;
        Ok(())
    }

    fn change_look(&mut self, slot: u32, look: Look) {
        let stored = &mut self.look[slot as usize];
        *stored = (*stored & !Look::MASK) | (look.0 & Look::MASK);
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
        let mut order: Vec<u64> = (0..self.at.len())
            .filter(|slot| self.look[*slot] & DEAD == 0)
            .map(|slot| (u64::from(morton(self.at[slot])) << 32) | slot as u64)
            .collect();
        order.sort_unstable();
        let old_slots: Vec<u32> = order.iter().map(|entry| *entry as u32).collect();
        self.at = old_slots.iter().map(|old| self.at[*old as usize]).collect();
        self.look = old_slots
            .iter()
            .map(|old| self.look[*old as usize] & Look::MASK)
            .collect();
        self.expected = None;
        self.dead = 0;
        self.generation = generation;
        Renumbered {
            old_slots,
            digest32: self.digest32(),
        }
    }

    /// A 32-bit digest of all dots in slot order.
    #[must_use]
    pub fn digest32(&self) -> u32 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.at.len() as u64;
        for (at, look) in self.at.iter().zip(&self.look) {
            let dot = (u64::from(at.x) << 32) | (u64::from(at.y) << 16) | u64::from(*look);
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
        self.at.len() as u32
    }

    /// The dots that are there.
    #[must_use]
    pub fn alive(&self) -> u32 {
        self.slots() - self.dead
    }

    /// The dot of a slot; `None` if the slot is dead or was never there.
    #[must_use]
    pub fn dot(&self, slot: u32) -> Option<(CellPoint, Look)> {
        let look = *self.look.get(slot as usize)?;
        (look & DEAD == 0).then(|| (self.at[slot as usize], Look::from_bits(look)))
    }

    /// By slot: the dot, or `None` where the slot is dead.
    pub fn dots(&self) -> impl ExactSizeIterator<Item = Option<(CellPoint, Look)>> + '_ {
        (0..self.slots()).map(|slot| self.dot(slot))
    }
}
