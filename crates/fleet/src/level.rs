//! The watched cells of one level of one scope.
//!
//! A level exists only while somebody looks at it. It knows for each vehicle its cell and slot, so that a
//! change costs no search unless the vehicle crosses a border.

use std::collections::HashMap;

use wire::{CELL_BITS, CellKey, CellPoint, Enter, FINEST_LEVEL, Look, WorldPoint, cell_of};

use crate::cell::{Cell, Faults, SlotTable};
use crate::counts::Encoded;
use crate::fleet::VISITOR;
use crate::hash::Folded;

/// A dot that is to be shown otherwise than before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changed {
    pub vehicle: u32,
    pub from: Option<WorldPoint>,
    /// `None`: no longer.
    pub to: Option<(WorldPoint, Look)>,
}

/// Where a vehicle stands at this level.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// In `cells`; [`NO_CELL`] if nobody looks at where it is.
    cell: u32,
    slot: u32,
}

/// Changes whose places and dots are fetched from memory together.
const FETCHED_AHEAD: usize = 32;
const NO_CELL: u32 = u32::MAX;
const NOWHERE: Place = Place {
    cell: NO_CELL,
    slot: 0,
};

#[derive(Debug)]
pub(crate) struct Level {
    scope: u8,
    level: u8,
    cells: Vec<Option<Cell>>,
    free: Vec<u32>,
    by_column_row: HashMap<(u32, u32), u32, Folded>,
    place: Vec<Place>,
    /// Cells changed in this tick, each once.
    touched: Vec<u32>,
    /// Cells that lost their last watcher since the last tick; some may have another by now.
    abandoned: Vec<u32>,
}

impl Level {
    pub fn new(scope: u8, level: u8) -> Self {
        Self {
            scope,
            level,
            cells: Vec::new(),
            free: Vec::new(),
            by_column_row: HashMap::default(),
            place: Vec::new(),
            touched: Vec::new(),
            abandoned: Vec::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_column_row.is_empty()
    }

    pub fn cell_count(&self) -> usize {
        self.by_column_row.len()
    }

    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().flatten()
    }

    pub fn cell(&self, key: &CellKey) -> Option<&Cell> {
        let ix = *self.by_column_row.get(&(key.x, key.y))?;
        self.cells[ix as usize].as_ref()
    }

    fn cell_mut(&mut self, ix: u32) -> &mut Cell {
        self.cells[ix as usize]
            .as_mut()
            .expect("places and columns name cells that are there")
    }

    /// Adds a watcher; builds the cell out of `dots` if it is not there.
    pub fn watch(
        &mut self,
        key: CellKey,
        tick: u64,
        dots: impl Iterator<Item = (u32, WorldPoint, Look)>,
    ) {
        let ix = match self.by_column_row.get(&(key.x, key.y)) {
            Some(ix) => *ix,
            None => self.build(key, tick, dots),
        };
        self.cell_mut(ix).watchers += 1;
    }

    fn build(
        &mut self,
        key: CellKey,
        tick: u64,
        dots: impl Iterator<Item = (u32, WorldPoint, Look)>,
    ) -> u32 {
        let (mut vehicles, mut inside) = (Vec::new(), Vec::new());
        for (vehicle, at, look) in dots {
            let (of, at) = cell_of(at, self.level, self.scope);
            if of == key {
                vehicles.push(vehicle);
                inside.push((at, self.look(look)));
            }
        }
        let cell = Cell::new(key, tick, &inside, &vehicles);
        let ix = self.free.pop().unwrap_or_else(|| {
            self.cells.push(None);
            self.cells.len() as u32 - 1
        });
        for (slot, vehicle) in cell.vehicles.iter().enumerate() {
            self.reach(*vehicle);
            self.place[*vehicle as usize] = Place {
                cell: ix,
                slot: slot as u32,
            };
        }
        self.cells[ix as usize] = Some(cell);
        self.by_column_row.insert((key.x, key.y), ix);
        ix
    }

    /// Takes one watcher away. The cell stays until the next tick, so that whoever comes back sooner finds it.
    pub fn unwatch(&mut self, key: &CellKey) {
        let Some(ix) = self.by_column_row.get(&(key.x, key.y)).copied() else {
            return;
        };
        let cell = self.cell_mut(ix);
        cell.watchers = cell.watchers.saturating_sub(1);
        if cell.watchers == 0 {
            self.abandoned.push(ix);
        }
    }

    /// Drops the cells nobody watches; gives away their slot tables.
    pub fn sweep(&mut self, tick: u64, mut gone: impl FnMut(CellKey, SlotTable)) {
        for ix in std::mem::take(&mut self.abandoned) {
            let entry = &mut self.cells[ix as usize];
            // It may be watched again, or stand in the list twice.
            let Some(cell) = entry.take_if(|cell| cell.watchers == 0) else {
                continue;
            };
            let key = cell.key;
            self.by_column_row.remove(&(key.x, key.y));
            self.free.push(ix);
            for slot in 0..cell.mirror.slots() {
                if cell.mirror.dot(slot).is_some() {
                    self.place[cell.vehicles[slot as usize] as usize] = NOWHERE;
                }
            }
            for table in cell.into_tables(tick) {
                gone(key, table);
            }
        }
    }

    fn reach(&mut self, vehicle: u32) {
        if self.place.len() <= vehicle as usize {
            self.place.resize(vehicle as usize + 1, NOWHERE);
        }
    }

    /// Writes one tick's changes into the cells they touch.
    pub fn apply(&mut self, changed: &[Changed]) {
        let shift = u32::from(FINEST_LEVEL - self.level);
        if let Some(last) = changed.iter().map(|change| change.vehicle).max() {
            self.reach(last);
        }
        for some in changed.chunks(FETCHED_AHEAD) {
            self.fetch(some);
            for change in some {
                self.apply_one(change, shift);
            }
        }
    }

    /// Reads what [`apply_one`](Self::apply_one) will need, so that a processor waits for memory once for many.
    fn fetch(&self, changed: &[Changed]) {
        let places = || {
            changed
                .iter()
                .map(|change| self.place[change.vehicle as usize])
        };
        std::hint::black_box(places().fold(0, |sum, place| sum ^ place.slot));
        let dots = places().map(|place| {
            let cell = self.cells.get(place.cell as usize).and_then(Option::as_ref);
            let dot = cell.and_then(|cell| cell.mirror.dot(place.slot));
            dot.map_or(0, |(at, look)| at.x ^ look.0)
        });
        std::hint::black_box(dots.fold(0, |sum, dot| sum ^ dot));
    }

    /// A look as this scope is shown it.
    fn look(&self, look: Look) -> Look {
        match self.scope {
            VISITOR => look.coarse(),
            _ => look,
        }
    }

    fn apply_one(&mut self, change: &Changed, shift: u32) {
        let Some((to, look)) = change.to else {
            self.leave(change.vehicle);
            return;
        };
        let look = self.look(look);
        let (px, py) = (to.x >> shift, to.y >> shift);
        let (column, row) = (px >> CELL_BITS, py >> CELL_BITS);
        let at = CellPoint {
            x: (px & 0xfff) as u16,
            y: (py & 0xfff) as u16,
        };
        let place = self.place[change.vehicle as usize];
        if place.cell != NO_CELL {
            let cell = self.cells[place.cell as usize]
                .as_mut()
                .expect("places name cells that are there");
            let untouched = cell.changes.is_empty();
            if cell.key.x == column && cell.key.y == row {
                if let Some((old_at, old_look)) = cell.mirror.dot(place.slot) {
                    if old_at != at {
                        cell.changes.moves.push((place.slot, at));
                    }
                    if old_look != look {
                        cell.changes.looks.push((place.slot, look));
                    }
                }
                if untouched && !cell.changes.is_empty() {
                    self.touched.push(place.cell);
                }
                return;
            }
            self.leave(change.vehicle);
        }
        if let Some(ix) = self.by_column_row.get(&(column, row)).copied() {
            let cell = self.cells[ix as usize]
                .as_mut()
                .expect("columns name cells that are there");
            if cell.changes.is_empty() {
                self.touched.push(ix);
            }
            self.place[change.vehicle as usize] = Place {
                cell: ix,
                slot: cell.next_slot(),
            };
            let from = change.from.map(|from| cell.key.offset_of(from));
            let enter = Enter { at, look, from };
            cell.enter(change.vehicle, enter);
        }
    }

    /// Takes a dot out of the cell it is in, if somebody looks there.
    fn leave(&mut self, vehicle: u32) {
        let place = std::mem::replace(&mut self.place[vehicle as usize], NOWHERE);
        if place.cell == NO_CELL {
            return;
        }
        let cell = self.cells[place.cell as usize]
            .as_mut()
            .expect("places name cells that are there");
        if cell.changes.is_empty() {
            self.touched.push(place.cell);
        }
        cell.changes.leaves.push(place.slot);
    }

    /// Turns what [`apply`](Self::apply) wrote into frames, and adds them up.
    pub fn finish_tick(
        &mut self,
        tick: u64,
        scratch: &mut Vec<u8>,
        faults: &Faults,
        encoded: &mut Encoded,
    ) {
        let touched = std::mem::take(&mut self.touched);
        for ix in &touched {
            let cell = self.cells[*ix as usize]
                .as_mut()
                .expect("a cell is swept only before changes are applied");
            encoded.changes += cell.changes.len() as u64;
            let (sent, rebased) = cell.finish_tick(tick, scratch, faults);
            encoded.bytes += sent as u64;
            if rebased {
                for (slot, vehicle) in cell.vehicles.iter().enumerate() {
                    self.place[*vehicle as usize].slot = slot as u32;
                }
            }
        }
        encoded.cells += touched.len() as u32;
        self.touched = touched;
        self.touched.clear();
    }
}
