//! One cell in the page: the wire's mirror of it, and beside it the records that are drawn, slot by slot. The mirror says
//! what is true, the records how it glides there. A delta touches only the records that changed and marks them, so that
//! the GPU gets those and no others.

use crate::dot::{Clock, Dot, LONGEST_GLIDE_MS, Record, SHORTEST_GLIDE_MS, VACANT};
use wire::{CellMirror, CellPoint, Change, Diverged, WireError};

/// Records in one piece of the dirty map: 1 kB of upload.
pub const PIECE: usize = 64;

/// Time in which the dots of a new part of the world appear.
const APPEARING_MS: f32 = 250.0;

/// A cell that is kept up to date and drawn.
#[derive(Debug)]
pub struct Cell {
    mirror: CellMirror,
    dots: Vec<Record>,
    /// Some dot may be drawn outside the cell, because it glides in from there.
    outside: Option<Outside>,
    /// Nothing was on the screen here before; the cell appears from then on.
    appeared_ms: Option<u32>,
    /// A bit for each piece of records that changed since [`Cell::take_dirty`].
    dirty: Vec<u64>,
    /// Of all cells ever made in this page; a back end keeps its buffers by it.
    pub serial: u32,
}

/// A dot that went out of a cell in this tick; it may come into another in the same tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaver {
    pub slot: u32,
    /// Where it was reported last, in steps of the cell it left.
    pub at: (i16, i16),
    /// How far from there it was still drawn, in steps.
    pub lag: (f32, f32),
    /// The glide its next change would have got.
    pub glide_ms: u16,
}

/// A dot that came into a cell from a known place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comer {
    pub slot: u32,
    /// Where it was reported before, in steps of the cell it came into.
    pub from: (i32, i32),
}

/// What a delta did that concerns other cells too.
#[derive(Debug, Default)]
pub struct Crossings {
    pub leavers: Vec<Leaver>,
    pub comers: Vec<Comer>,
}

impl Cell {
    /// A cell as a base describes it; every dot stands. [`crate::carry`] sets those gliding that did so before.
    pub fn from_base(
        serial: u32,
        generation: u32,
        tick: u64,
        body: &[u8],
        now_ms: u32,
    ) -> Result<Self, WireError> {
        let mirror = CellMirror::from_base(generation, tick, body)?;
        let dots: Vec<Record> = mirror
            .dots()
            .map(|dot| match dot {
                Some((at, look)) => Dot::standing(steps(at), look.0, now_ms).pack(),
                None => Dot::vacant().pack(),
            })
            .collect();
        let mut cell = Self {
            mirror,
            dots,
            outside: None,
            appeared_ms: None,
            dirty: Vec::new(),
            serial,
        };
        cell.mark_all();
        Ok(cell)
    }

    pub fn mirror(&self) -> &CellMirror {
        &self.mirror
    }

    /// The records by slot.
    pub fn records(&self) -> &[Record] {
        &self.dots
    }

    pub fn dot(&self, slot: u32) -> Option<Dot> {
        self.dots
            .get(slot as usize)
            .map(Dot::unpack)
            .filter(|dot| !dot.is_vacant())
    }

    /// Puts another record in a slot that exists.
    pub fn set_dot(&mut self, slot: u32, dot: Dot) {
        if let Some(record) = self.dots.get_mut(slot as usize) {
            *record = dot.pack();
            mark(&mut self.dirty, slot as usize);
        }
    }

    /// How far outside the cell's own square a dot may be drawn, in steps.
    pub fn outside_steps(&self, now_ms: u32) -> f32 {
        self.outside
            .filter(|outside| (outside.until_ms.wrapping_sub(now_ms) as i32) > 0)
            .map_or(0.0, |outside| f32::from(outside.steps))
    }

    /// Lets all dots appear little by little from now on.
    pub fn appear(&mut self, now_ms: u32) {
        self.appeared_ms = Some(now_ms);
    }

    /// How much of the dots' opacity there is already, 0..=1.
    pub fn presence(&self, now_ms: u32) -> f32 {
        self.appeared_ms.map_or(1.0, |since_ms| {
            // A frame may be a little older than the message.
            let age_ms = (now_ms.wrapping_sub(since_ms) as i32).max(0);
            (age_ms as f32 / APPEARING_MS).min(1.0)
        })
    }

    /// Says that a dot glides from there, which may be outside, from now on.
    pub fn glides_from(&mut self, from: (i16, i16), now_ms: u32) {
        note_outside(&mut self.outside, from, now_ms);
    }

    /// Applies a delta. `hasty` is the selected slot, whose glides take one second. After an error the cell has to be
    /// asked for again; it may be drawn until then.
    pub fn apply_delta(
        &mut self,
        head: DeltaHead,
        body: &[u8],
        clock: &Clock,
        hasty: Option<u32>,
        crossings: &mut Crossings,
    ) -> Result<(), WireError> {
        let Self {
            mirror,
            dots,
            dirty,
            outside,
            ..
        } = self;
        mirror.apply_delta(
            head.generation,
            head.tick,
            head.follows,
            body,
            |change| match change {
                Change::Move { slot, to, .. } => edit(dots, dirty, slot, |dot| {
                    dot.move_to(steps(to), clock);
                    note_outside(outside, dot.from, clock.now_ms);
                    if hasty == Some(slot) {
                        dot.glide_ms = SHORTEST_GLIDE_MS as u16;
                    }
                }),
                Change::Look { slot, look } => edit(dots, dirty, slot, |dot| dot.look = look.0),
                Change::Leave { slot } => edit(dots, dirty, slot, |dot| {
                    let (x, y) = dot.at(clock);
                    crossings.leavers.push(Leaver {
                        slot,
                        at: dot.to,
                        lag: (x - f32::from(dot.to.0), y - f32::from(dot.to.1)),
                        glide_ms: dot.next_glide_ms(clock),
                    });
                    *dot = Dot::vacant();
                }),
                Change::Enter {
                    slot,
                    at,
                    look,
                    from,
                } => {
                    let mut dot = Dot::standing(steps(at), look.0, clock.now_ms);
                    let near = from
                        .and_then(|(x, y)| Some((i16::try_from(x).ok()?, i16::try_from(y).ok()?)));
                    if let (Some(from), Some(near)) = (from, near) {
                        dot.from = near;
                        dot.glide_ms = dot.next_glide_ms(clock);
                        note_outside(outside, near, clock.now_ms);
                        crossings.comers.push(Comer { slot, from });
                    }
                    // The mirror numbers those who enter one after the other, so this is a push.
                    dots.resize(dots.len().max(slot as usize), Dot::vacant().pack());
                    dots.push(dot.pack());
                    mark(dirty, slot as usize);
                }
            },
        )?;
        Ok(())
    }

    /// Renumbers the records as the mirror says, and says of each its old and its new number. `spare` is memory lent
    /// for it.
    pub fn rebase(
        &mut self,
        generation: u32,
        digest32: u32,
        mut renumbered: impl FnMut(u32, u32),
        spare: &mut Vec<Record>,
    ) -> Result<(), Diverged> {
        spare.clear();
        spare.resize(self.mirror.alive() as usize, Dot::vacant().pack());
        let dots = &self.dots;
        self.mirror.rebase(generation, digest32, |old, new| {
            if let (Some(record), Some(place)) =
                (dots.get(old as usize), spare.get_mut(new as usize))
            {
                *place = *record;
            }
            renumbered(old, new);
        })?;
        self.dots.clear();
        self.dots.extend_from_slice(spare);
        self.mark_all();
        Ok(())
    }

    /// Ends what is long over, so that the clock may wrap.
    pub fn settle(&mut self, now_ms: u32) {
        self.edit_all(|dot| dot.settle(now_ms));
        if self.presence(now_ms) >= 1.0 {
            self.appeared_ms = None;
        }
    }

    /// Changes every record, for what concerns all of them and happens rarely.
    pub fn edit_all(&mut self, mut change: impl FnMut(&mut Dot)) {
        for record in &mut self.dots {
            let mut dot = Dot::unpack(record);
            change(&mut dot);
            *record = dot.pack();
        }
        self.mark_all();
    }

    /// Calls `upload(first, records)` for each stretch of records that changed since the last call.
    pub fn take_dirty(&mut self, mut upload: impl FnMut(usize, &[Record])) {
        let pieces = self.dots.len().div_ceil(PIECE);
        let is_dirty = |dirty: &[u64], piece: usize| {
            dirty
                .get(piece / 64)
                .is_some_and(|bits| bits >> (piece % 64) & 1 != 0)
        };
        let mut piece = 0;
        while piece < pieces {
            let first = piece;
            while piece < pieces && is_dirty(&self.dirty, piece) {
                piece += 1;
            }
            if piece > first {
                let end = (piece * PIECE).min(self.dots.len());
                upload(first * PIECE, &self.dots[first * PIECE..end]);
            }
            piece += 1;
        }
        self.dirty.fill(0);
    }

    /// The GPU side was lost: everything is to be uploaded again.
    pub fn mark_all(&mut self) {
        self.dirty.clear();
        self.dirty
            .resize(self.dots.len().div_ceil(PIECE * 64), u64::MAX);
    }
}

/// How far the glides of a cell begin outside it.
#[derive(Clone, Copy, Debug)]
struct Outside {
    steps: u16,
    until_ms: u32,
}

fn note_outside(outside: &mut Option<Outside>, from: (i16, i16), now_ms: u32) {
    let beyond = |v: i16| (-i32::from(v)).max(i32::from(v) - wire::CELL_SIDE as i32);
    let Ok(steps @ 1..) = u16::try_from(beyond(from.0).max(beyond(from.1))) else {
        return;
    };
    let known = outside.filter(|known| (known.until_ms.wrapping_sub(now_ms) as i32) > 0);
    *outside = Some(Outside {
        steps: known.map_or(steps, |known| known.steps.max(steps)),
        until_ms: now_ms.wrapping_add(LONGEST_GLIDE_MS),
    });
}

/// The numbers in front of a delta.
#[derive(Clone, Copy, Debug)]
pub struct DeltaHead {
    pub generation: u32,
    pub tick: u64,
    pub follows: u64,
}

fn edit(dots: &mut [Record], dirty: &mut Vec<u64>, slot: u32, change: impl FnOnce(&mut Dot)) {
    if let Some(record) = dots.get_mut(slot as usize) {
        let mut dot = Dot::unpack(record);
        let vacant = dot.look & VACANT;
        change(&mut dot);
        // A look for a slot that nobody stands in does not bring anybody back.
        dot.look |= vacant;
        *record = dot.pack();
        mark(dirty, slot as usize);
    }
}

fn mark(dirty: &mut Vec<u64>, slot: usize) {
    let piece = slot / PIECE;
    if dirty.len() <= piece / 64 {
        dirty.resize(piece / 64 + 1, 0);
    }
    dirty[piece / 64] |= 1 << (piece % 64);
}

fn steps(at: CellPoint) -> (i16, i16) {
    (at.x as i16, at.y as i16)
}
