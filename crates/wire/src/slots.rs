//! The slots of a cell: position and look of each, and beside them three bits a slot — whether it is alive, whether it
//! drives, whether it has moved in this generation. The bits stand in words of 64, so that the slots of a kind are
//! counted and found word by word.

use crate::{Activity, CellPoint, Look, morton};

/// What both sides know of a slot that is alive, and what it makes them expect of the next tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It drives and has not moved in this generation: it is likely to move next.
    Due,
    /// It drives and has just moved: it is not.
    Moved,
    /// It hardly ever moves.
    Standing,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slots {
    at: Vec<CellPoint>,
    look: Vec<u16>,
    alive: Vec<u64>,
    driving: Vec<u64>,
    moved: Vec<u64>,
    /// How many slots the generation began with: they were in Morton order then, and those that have not moved still are.
    began: u32,
    dead: u32,
}

fn bit(words: &[u64], slot: u32) -> bool {
    words
        .get(slot as usize / 64)
        .is_some_and(|word| word >> (slot % 64) & 1 != 0)
}

fn set(words: &mut [u64], slot: u32, to: bool) {
    let word = &mut words[slot as usize / 64];
    *word = *word & !(1 << (slot % 64)) | u64::from(to) << (slot % 64);
}

fn words(looks: &[u16], bit: impl Fn(u16) -> bool) -> Vec<u64> {
    let word = |looks: &[u16]| {
        let bits = looks
            .iter()
            .zip(0u32..)
            .map(|(look, i)| u64::from(bit(*look)) << i);
        bits.fold(0, |word, bit| word | bit)
    };
    looks.chunks(64).map(word).collect()
}

/// The places of the ones in a word, and what the first place is called.
fn ones(first: u32, mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(first + place)
    })
}

fn drives(look: u16) -> bool {
    look & 7 == Activity::Driving as u16
}

impl Slots {
    /// A generation begins with these dots, in Morton order.
    pub fn of_base(at: Vec<CellPoint>, look: Vec<u16>) -> Self {
        let began = at.len() as u32;
        Self {
            alive: words(&look, |_| true),
            driving: words(&look, drives),
            moved: vec![0; look.len().div_ceil(64)],
            at,
            look,
            began,
            dead: 0,
        }
    }

    /// Dots in any order, as if they had all just come: [`renumber`](Self::renumber) begins their generation.
    pub fn unordered(dots: &[(CellPoint, Look)]) -> Self {
        let at = dots.iter().map(|dot| dot.0).collect();
        let look = dots.iter().map(|dot| dot.1.0 & Look::MASK).collect();
        Self {
            began: 0,
            ..Self::of_base(at, look)
        }
    }

    /// All slots, dead ones included.
    pub fn len(&self) -> u32 {
        self.at.len() as u32
    }

    pub fn alive(&self) -> u32 {
        self.len() - self.dead
    }

    pub fn is_alive(&self, slot: u32) -> bool {
        bit(&self.alive, slot)
    }

    /// The dot of a slot; `None` if the slot is dead or was never there.
    #[inline]
    pub fn dot(&self, slot: u32) -> Option<(CellPoint, Look)> {
        self.is_alive(slot)
            .then(|| (self.at[slot as usize], Look(self.look[slot as usize])))
    }

    /// Positions and looks by slot, dead ones too.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (CellPoint, u16)> + '_ {
        self.at.iter().copied().zip(self.look.iter().copied())
    }

    #[inline]
    pub fn at(&self, slot: u32) -> CellPoint {
        self.at[slot as usize]
    }

    #[inline]
    pub fn look(&self, slot: u32) -> Look {
        Look(self.look[slot as usize])
    }

    pub fn push(&mut self, at: CellPoint, look: Look) {
        let slot = self.len();
        if slot.is_multiple_of(64) {
            self.alive.push(0);
            self.driving.push(0);
            self.moved.push(0);
        }
        let look = look.0 & Look::MASK;
        self.at.push(at);
        self.look.push(look);
        set(&mut self.alive, slot, true);
        set(&mut self.driving, slot, drives(look));
    }

    pub fn kill(&mut self, slot: u32) {
        set(&mut self.alive, slot, false);
        self.dead += 1;
    }

    /// Puts a dot elsewhere; says where it was.
    #[inline]
    pub fn put(&mut self, slot: u32, at: CellPoint) -> CellPoint {
        self.moved[slot as usize / 64] |= 1 << (slot % 64);
        std::mem::replace(&mut self.at[slot as usize], at)
    }

    pub fn set_look(&mut self, slot: u32, look: Look) {
        let look = look.0 & Look::MASK;
        self.look[slot as usize] = look;
        set(&mut self.driving, slot, drives(look));
    }

    /// Walks over the living slots of a kind.
    pub fn walk(&self, kind: Kind) -> Walk {
        Walk {
            kind,
            word_ix: 0,
            word: self.word(kind, 0).unwrap_or(0),
        }
    }

    pub fn is_of(&self, kind: Kind, slot: u32) -> bool {
        self.word(kind, slot as usize / 64)
            .is_some_and(|word| word >> (slot % 64) & 1 != 0)
    }

    /// A bit for each of 64 slots: whether it is of this kind.
    #[inline]
    fn word(&self, kind: Kind, ix: usize) -> Option<u64> {
        let (alive, driving, moved) = (
            *self.alive.get(ix)?,
            *self.driving.get(ix)?,
            *self.moved.get(ix)?,
        );
        Some(match kind {
            Kind::Due => alive & driving & !moved,
            Kind::Moved => alive & driving & moved,
            Kind::Standing => alive & !driving,
        })
    }

    /// Drops the dead and sorts the rest by (Morton code, old slot): a generation begins. For each new slot, the one it had.
    pub fn renumber(&mut self) -> Vec<u32> {
        // Whoever has not moved is in order already; only the others are sorted, and then merged in.
        let keyed = |slot: u32| u64::from(morton(self.at(slot))) << 32 | u64::from(slot);
        let displaced = |ix: usize| {
            let came = match (self.began as usize).checked_sub(64 * ix) {
                None | Some(0) => u64::MAX,
                Some(64..) => 0,
                Some(began) => u64::MAX << began,
            };
            self.moved[ix] | came
        };
        let of = |word: fn(u64, u64) -> u64| {
            let words = self.alive.iter().enumerate();
            words.flat_map(move |(ix, alive)| ones(64 * ix as u32, word(*alive, displaced(ix))))
        };
        let mut others: Vec<u64> = of(|alive, displaced| alive & displaced)
            .map(keyed)
            .collect();
        others.sort_unstable();
        let mut old_slots = Vec::with_capacity(self.alive() as usize);
        let mut others = others.into_iter().peekable();
        for stays in of(|alive, displaced| alive & !displaced).map(keyed) {
            while let Some(other) = others.next_if(|other| *other < stays) {
                old_slots.push(other as u32);
            }
            old_slots.push(stays as u32);
        }
        old_slots.extend(others.map(|other| other as u32));

        let old = || old_slots.iter().map(|old| *old as usize);
        let at = old().map(|old| self.at[old]).collect();
        let look = old().map(|old| self.look[old]).collect();
        *self = Self::of_base(at, look);
        old_slots
    }
}

/// See [`Slots::walk`]. What was passed may change meanwhile, what lies ahead may not.
#[derive(Debug)]
pub(crate) struct Walk {
    kind: Kind,
    word_ix: usize,
    /// Of the present word, the slots that lie ahead.
    word: u64,
}

impl Walk {
    /// Passes so many slots of the kind and returns the next one, if there is one.
    #[inline]
    pub fn next(&mut self, slots: &Slots, mut gap: u32) -> Option<u32> {
        loop {
            let here = self.word.count_ones();
            if gap < here {
                break;
            }
            gap -= here;
            self.word_ix += 1;
            self.word = slots.word(self.kind, self.word_ix)?;
        }
        for _ in 0..gap {
            self.word &= self.word - 1;
        }
        let slot = self.word_ix as u32 * 64 + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(slot)
    }

    /// How many slots of the kind lie before this one, which is of the kind itself and then passed.
    #[inline]
    pub fn gap_to(&mut self, slots: &Slots, slot: u32) -> u32 {
        let mut gap = 0;
        while self.word_ix < slot as usize / 64 {
            gap += self.word.count_ones();
            self.word_ix += 1;
            self.word = slots.word(self.kind, self.word_ix).unwrap_or(0);
        }
        let before = (1 << (slot % 64)) - 1;
        gap += (self.word & before).count_ones();
        self.word &= !(before | 1 << (slot % 64));
        gap
    }
}
