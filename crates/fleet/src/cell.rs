//! One watched cell: its dots, the frames that viewers may lack, and which slot was which vehicle.
//!
//! What viewers get is a [`CellStream`], an immutable picture of the cell's frames that a tick replaces. It is cheap
//! to clone, and the base in it is packed by whoever first wants it, not by the writer. Slot tables outlive the
//! numbering they belong to, because a click names what its viewer saw.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use wire::{CellChanges, CellKey, CellMirror, CellPoint, Down, Enter, Look, push_frame};

/// Ticks for which frames and slot tables are kept.
pub(crate) const KEPT_TICKS: u64 = 10;
/// A cell is renumbered at most so often; each waits a little differently, so that they do not all fall in one tick.
const REBASE_TICKS: u64 = 5;
const REBASE_STAGGER: u64 = 4;
/// Taken for a dot in a base that nobody has packed yet.
const BASE_BYTES_PER_DOT: usize = 2;

/// The frames of one cell at one tick. All bytes of it are whole frames with their lengths in front, so that a
/// message may be any of them one after the other.
#[derive(Debug, Clone)]
pub struct CellStream(Arc<Frames>);

#[derive(Debug)]
struct Frames {
    generation: u32,
    tick: u64,
    base: Arc<Base>,
    /// Of the last ticks with a change, oldest first; it may reach back before the base.
    log: Vec<Logged>,
}

#[derive(Debug)]
struct Base {
    key: CellKey,
    dots: CellMirror,
    bytes: OnceLock<Bytes>,
}

/// What one tick sent: a delta, and perhaps a rebase behind it.
#[derive(Debug, Clone)]
struct Logged {
    /// The generation a mirror must have to take it.
    generation: u32,
    /// The tick it must stand at.
    follows: u64,
    tick: u64,
    bytes: Bytes,
}

impl CellStream {
    /// The generation of a mirror that has everything.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.0.generation
    }

    /// The tick of a mirror that has everything: the last one that changed the cell.
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.0.tick
    }

    /// The tick of the base.
    #[must_use]
    pub fn base_tick(&self) -> u64 {
        self.0.base.dots.tick()
    }

    /// The base. The first call for a base packs it, all others share its bytes.
    #[must_use]
    pub fn base(&self) -> Bytes {
        let base = &self.0.base;
        base.bytes
            .get_or_init(|| {
                let mut frame = Vec::new();
                base.dots.encode_base(&base.key, &mut frame);
                framed(&frame)
            })
            .clone()
    }

    /// The deltas since the base, with their ticks.
    pub fn deltas(&self) -> impl Iterator<Item = (u64, Bytes)> + '_ {
        let base_tick = self.base_tick();
        self.after(base_tick)
            .iter()
            .map(|logged| (logged.tick, logged.bytes.clone()))
    }

    /// What a viewer lacks whose mirror has this generation and stands at this tick (`None`: it has no mirror):
    /// nothing, or the deltas it missed, or, where those are no longer kept or are more, the base and the deltas since.
    #[must_use]
    pub fn lacking(&self, have: Option<(u32, u64)>) -> Vec<Bytes> {
        if let Some((generation, tick)) = have {
            if generation == self.generation() && tick == self.tick() {
                return Vec::new();
            }
            let missed = self.after(tick);
            let joins = missed
                .first()
                .is_some_and(|next| next.generation == generation && next.follows == tick);
            if joins && bytes_of(missed) <= self.whole_bytes() {
                return missed.iter().map(|logged| logged.bytes.clone()).collect();
            }
        }
        std::iter::once(self.base())
            .chain(self.deltas().map(|delta| delta.1))
            .collect()
    }

    fn after(&self, tick: u64) -> &[Logged] {
        let first = self.0.log.partition_point(|logged| logged.tick <= tick);
        &self.0.log[first..]
    }

    fn whole_bytes(&self) -> usize {
        self.0.base.size() + bytes_of(self.after(self.base_tick()))
    }
}

fn bytes_of(log: &[Logged]) -> usize {
    log.iter().map(|logged| logged.bytes.len()).sum()
}

fn framed(frame: &[u8]) -> Bytes {
    let mut message = Vec::with_capacity(frame.len() + 4);
    push_frame(&mut message, frame);
    message.into()
}

impl Base {
    fn new(key: CellKey, dots: CellMirror) -> Arc<Self> {
        Arc::new(Self {
            key,
            dots,
            bytes: OnceLock::new(),
        })
    }

    fn size(&self) -> usize {
        self.bytes.get().map_or_else(
            || self.dots.slots() as usize * BASE_BYTES_PER_DOT,
            Bytes::len,
        )
    }
}

/// Which slot was which vehicle in one generation.
#[derive(Debug)]
pub(crate) struct SlotTable {
    pub generation: u32,
    /// The last tick it was true in.
    pub until_tick: u64,
    pub vehicles: Vec<u32>,
}

/// A cell with viewers.
#[derive(Debug)]
pub(crate) struct Cell {
    pub key: CellKey,
    pub mirror: CellMirror,
    /// By slot, dead ones included.
    pub vehicles: Vec<u32>,
    pub watchers: u32,
    pub changes: CellChanges,
    /// Whose the `changes.enters` are.
    pub entering: Vec<u32>,
    log: VecDeque<Logged>,
    stream: CellStream,
    delta_bytes_since_base: usize,
    /// Of earlier generations, oldest first.
    tables: VecDeque<SlotTable>,
}

impl Cell {
    pub fn new(key: CellKey, tick: u64, dots: &[(CellPoint, Look)], vehicles: &[u32]) -> Self {
        let (mirror, order) = CellMirror::from_dots(tick as u32, tick, dots);
        let vehicles = order.iter().map(|dot| vehicles[*dot as usize]).collect();
        let stream = CellStream(Arc::new(Frames {
            generation: mirror.generation(),
            tick,
            base: Base::new(key, mirror.clone()),
            log: Vec::new(),
        }));
        Self {
            key,
            mirror,
            vehicles,
            watchers: 0,
            changes: CellChanges::default(),
            entering: Vec::new(),
            log: VecDeque::new(),
            stream,
            delta_bytes_since_base: 0,
            tables: VecDeque::new(),
        }
    }

    pub fn stream(&self) -> CellStream {
        self.stream.clone()
    }

    /// The slot that the next dot to enter gets.
    pub fn next_slot(&self) -> u32 {
        self.mirror.slots() + self.entering.len() as u32
    }

    pub fn enter(&mut self, vehicle: u32, enter: Enter) {
        self.changes.enters.push(enter);
        self.entering.push(vehicle);
    }

    /// Turns the changes of a tick into frames; returns their bytes, and for each new slot the vehicle if slots were
    /// renumbered.
    pub fn finish_tick(
        &mut self,
        tick: u64,
        scratch: &mut Vec<u8>,
        faults: &Faults,
    ) -> (usize, bool) {
        if self.changes.is_empty() {
            return (0, false);
        }
        let (generation, follows) = (self.mirror.generation(), self.mirror.tick());
        if faults.has(Fault::LostLeave) {
            self.changes.leaves.pop();
        }
        scratch.clear();
        self.mirror
            .encode_delta(&self.key, tick, &mut self.changes, scratch);
        self.vehicles.append(&mut self.entering);
        self.changes.clear();
        let mut message = Vec::with_capacity(scratch.len() + 16);
        push_frame(&mut message, scratch);
        self.delta_bytes_since_base += message.len();

        let mut base = Arc::clone(&self.stream.0.base);
        let rebased = self.rebase_is_due(tick, &base);
        if rebased {
            let digest32 = self.renumber(tick, faults);
            let rebase = Down::Rebase {
                key: self.key,
                generation: self.mirror.generation(),
                digest32,
                tick,
            };
            push_frame(&mut message, &rebase.to_vec());
            base = Base::new(self.key, self.mirror.clone());
            self.delta_bytes_since_base = 0;
        }
        let sent = message.len();
        if !faults.has(Fault::SkippedTick) {
            self.log.push_back(Logged {
                generation,
                follows,
                tick,
                bytes: message.into(),
            });
        }
        let oldest = base.dots.tick().min(tick.saturating_sub(KEPT_TICKS));
        while self.log.front().is_some_and(|logged| logged.tick <= oldest) {
            self.log.pop_front();
        }
        self.stream = CellStream(Arc::new(Frames {
            generation: self.mirror.generation(),
            tick,
            base,
            log: self.log.iter().cloned().collect(),
        }));
        (sent, rebased)
    }

    fn rebase_is_due(&self, tick: u64, base: &Base) -> bool {
        let stagger = u64::from(self.key.x ^ self.key.y.rotate_left(1)) % REBASE_STAGGER;
        tick - base.dots.tick() >= REBASE_TICKS + stagger
            && self.delta_bytes_since_base * 10 > base.size()
    }

    fn renumber(&mut self, tick: u64, faults: &Faults) -> u32 {
        let old_generation = self.mirror.generation();
        let renumbered = self.mirror.renumber(tick as u32);
        let mut vehicles: Vec<u32> = renumbered
            .old_slots
            .iter()
            .map(|old| self.vehicles[*old as usize])
            .collect();
        if faults.has(Fault::RebaseTies) {
            for slot in 1..self.mirror.slots() {
                if self.mirror.dot(slot - 1) == self.mirror.dot(slot) {
                    vehicles.swap(slot as usize - 1, slot as usize);
                }
            }
        }
        let old = std::mem::replace(&mut self.vehicles, vehicles);
        self.tables.push_back(SlotTable {
            generation: old_generation,
            until_tick: tick,
            vehicles: old,
        });
        self.forget_tables(tick);
        renumbered.digest32
    }

    /// Drops slot tables that no click may name any more.
    fn forget_tables(&mut self, tick: u64) {
        while self
            .tables
            .front()
            .is_some_and(|table| table.until_tick + KEPT_TICKS < tick)
        {
            self.tables.pop_front();
        }
    }

    pub fn resolve(&self, generation: u32, slot: u32) -> Option<u32> {
        let vehicles = if generation == self.mirror.generation() {
            &self.vehicles
        } else {
            let mut tables = self.tables.iter();
            &tables
                .find(|table| table.generation == generation)?
                .vehicles
        };
        vehicles.get(slot as usize).copied()
    }

    /// Takes leave of a cell that nobody watches: its slot tables, for the clicks that are still under way.
    pub fn into_tables(mut self, tick: u64) -> VecDeque<SlotTable> {
        self.tables.push_back(SlotTable {
            generation: self.mirror.generation(),
            until_tick: tick,
            vehicles: self.vehicles,
        });
        self.tables
    }
}

/// A fault that a test may plant, to show that it would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A dot leaves a cell and its viewers are not told.
    LostLeave,
    /// The frames of a tick are made and never kept.
    SkippedTick,
    /// A rebase puts two dots that look alike in one place in another order.
    RebaseTies,
}

/// The fault that is planted. Without the feature `planted-faults` there never is one.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    #[cfg(feature = "planted-faults")]
    pub planted: Option<Fault>,
}

impl Faults {
    fn has(&self, fault: Fault) -> bool {
        #[cfg(feature = "planted-faults")]
        return self.planted == Some(fault);
        #[cfg(not(feature = "planted-faults"))]
        return {
            let _ = fault;
            false
        };
    }
}
