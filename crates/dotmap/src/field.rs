//! All cells the page has: those on the screen, and during a change of level those that are to replace them. It takes
//! frames and says what to ask the server for. The old level stays on the screen until every cell of the new one has
//! come, or until it has kept us waiting too long; so a zoom never shows a hole.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::carry;
use crate::cell::{Cell, Comer, Crossings, DeltaHead, Leaver};
use crate::dot::{Clock, Dot, Record, SHORTEST_GLIDE_MS, round_step};
use wire::{CellKey, Down, View};

/// A level that has not come whole within this time is shown as far as it has.
pub const LONGEST_WAIT_MS: u32 = 2_500;
/// Glides that are long over are ended for good this often, so that the clock may wrap.
const SETTLE_EVERY_MS: u32 = 3_600_000;

/// A dot by its present number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotRef {
    pub key: CellKey,
    pub slot: u32,
}

/// The cells and what is asked of them.
#[derive(Debug, Default)]
pub struct Field {
    shown: BTreeMap<CellKey, Cell>,
    /// Cells of another level than `shown`, until they are whole.
    coming: BTreeMap<CellKey, Cell>,
    wanted: BTreeSet<CellKey>,
    level: u8,
    level_since_ms: u32,
    selected: Option<DotRef>,
    /// Dots that the page names by their place in a list; none where one is lost.
    listed: Vec<Option<DotRef>>,
    /// Cells whose base was asked for and has not come.
    asked: BTreeSet<CellKey>,
    /// Cells that were last heard of through an earlier connection.
    unconfirmed: BTreeSet<CellKey>,
    renewed_ms: u32,
    borders: Borders,
    spare: Vec<Record>,
    scratch: carry::Scratch,
    next_serial: u32,
    settled_ms: u32,
    /// Buffers of these cells are no longer needed by a back end.
    gone: Vec<u32>,
    changed: bool,
}

/// Who left and who came in one tick, to find those who did both.
#[derive(Debug, Default)]
struct Borders {
    tick: u64,
    crossings: Crossings,
    /// By level and by place in steps of the whole world.
    left: HashMap<(u8, u32, u32), (Leaver, bool)>,
    came: Vec<(CellKey, Comer)>,
}

impl Field {
    /// The camera wants these cells now. Those of the same level that it no longer wants are dropped at once.
    pub fn want(&mut self, view: &View, scope: u8, clock: &Clock) {
        // A view that is too wide is never built: see `level::choose`. Should it be, nothing is wanted.
        self.wanted = view.cells(scope).map(Iterator::collect).unwrap_or_default();
        if self.level != view.level {
            self.level = view.level;
            self.level_since_ms = clock.now_ms;
        }
        let wanted = &self.wanted;
        let gone = &mut self.gone;
        let level = self.level;
        let mut keep = |key: &CellKey, cell: &mut Cell| {
            let keep = wanted.contains(key) || key.level != level;
            if !keep {
                gone.push(cell.serial);
            }
            keep
        };
        self.shown.retain(&mut keep);
        self.coming.retain(|key, cell| {
            let keep = wanted.contains(key);
            if !keep {
                gone.push(cell.serial);
            }
            keep
        });
        self.asked.retain(|key| wanted.contains(key));
        self.changed = true;
        self.swap_if_due(clock);
    }

    /// Takes one frame; returns a cell whose base has to be asked for.
    pub fn take(&mut self, frame: &Down<'_>, clock: &Clock) -> Option<CellKey> {
        match *frame {
            Down::Base {
                key,
                generation,
                tick,
                body,
            } => self.take_base(key, generation, tick, body, clock),
            Down::Delta {
                key,
                generation,
                tick,
                follows,
                body,
            } => self.take_delta(
                key,
                DeltaHead {
                    generation,
                    tick,
                    follows,
                },
                body,
                clock,
            ),
            Down::Rebase {
                key,
                generation,
                digest32,
                ..
            } => self.take_rebase(key, generation, digest32),
            Down::Drop { key } => {
                self.asked.remove(&key);
                // A cell of the old level stays on the screen until the new one is there.
                if key.level == self.level {
                    self.remove(&key);
                }
                None
            }
            _ => None,
        }
    }

    /// Brings in everything that waits for the end of a message: dots that crossed a border, a level that is whole.
    pub fn finish(&mut self, clock: &Clock) {
        self.match_borders(clock);
        self.swap_if_due(clock);
        if !self.unconfirmed.is_empty()
            && clock.now_ms.wrapping_sub(self.renewed_ms) > LONGEST_WAIT_MS
        {
            // The server has nothing there any more; to leave the dots standing would show old as new.
            for key in std::mem::take(&mut self.unconfirmed) {
                self.remove(&key);
            }
        }
        if clock.now_ms.wrapping_sub(self.settled_ms) > SETTLE_EVERY_MS {
            self.settled_ms = clock.now_ms;
            for cell in self.shown.values_mut().chain(self.coming.values_mut()) {
                cell.settle(clock.now_ms);
            }
        }
    }

    /// Forgets every cell: another server start, or another account.
    pub fn clear(&mut self) {
        self.gone.extend(
            self.shown
                .values()
                .chain(self.coming.values())
                .map(|cell| cell.serial),
        );
        self.shown.clear();
        self.coming.clear();
        self.asked.clear();
        self.selected = None;
        self.listed.clear();
        self.changed = true;
    }

    /// The connection is new: what is on the screen stays there until its cell has come again or was due.
    pub fn renewed(&mut self, clock: &Clock) {
        self.asked.clear();
        self.unconfirmed = self
            .shown
            .keys()
            .chain(self.coming.keys())
            .copied()
            .collect();
        self.renewed_ms = clock.now_ms;
    }

    /// The cells that are drawn.
    pub fn shown(&self) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.shown.iter()
    }

    pub fn shown_mut(&mut self) -> impl Iterator<Item = (&CellKey, &mut Cell)> {
        self.shown.iter_mut()
    }

    pub fn cell(&self, key: &CellKey) -> Option<&Cell> {
        self.shown.get(key)
    }

    /// The level the page asks for at present.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Serial numbers of cells that went, once each.
    pub fn take_gone(&mut self, mut forget: impl FnMut(u32)) {
        self.gone.drain(..).for_each(&mut forget);
    }

    /// Whether something that is drawn changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Marks one dot; it is followed through renumberings, across borders and levels, and gets to its place within a
    /// second.
    pub fn select(&mut self, dot: Option<DotRef>, clock: &Clock) {
        self.selected = dot;
        self.changed = true;
        if let Some(DotRef { key, slot }) = dot
            && let Some(cell) = self.shown.get_mut(&key)
            && let Some(mut dot) = cell.dot(slot)
            && clock.part(dot.start_ms, dot.glide_ms) < 1.0
        {
            let (x, y) = dot.at(clock);
            dot.from = (round_step(x), round_step(y));
            (dot.start_ms, dot.glide_ms) = (clock.now_ms, SHORTEST_GLIDE_MS as u16);
            cell.set_dot(slot, dot);
        }
    }

    /// The marked dot, while it is in sight.
    pub fn selected(&self) -> Option<(DotRef, Dot)> {
        let at = self.selected?;
        Some((at, self.shown.get(&at.key)?.dot(at.slot)?))
    }

    /// Remembers dots by their place in this list, through renumberings.
    pub fn name_listed(&mut self, dots: impl Iterator<Item = DotRef>) {
        self.listed = dots.map(Some).collect();
    }

    /// A dot of that list, while it is in the cell in which it was.
    pub fn listed(&self, number: usize) -> Option<DotRef> {
        let at = (*self.listed.get(number)?)?;
        self.shown.get(&at.key)?.dot(at.slot).map(|_| at)
    }

    /// How many dots that list has.
    pub fn listed_len(&self) -> usize {
        self.listed.len()
    }

    /// Glides get longer again after a look at the streets: those that were drawn short stay short, or dots would go back.
    pub fn keep_glides_within(&mut self, cap_ms: u16) {
        for cell in self.shown.values_mut().chain(self.coming.values_mut()) {
            cell.edit_all(|dot| dot.glide_ms = dot.glide_ms.min(cap_ms));
        }
    }

    /// The cells of the present view that have not come yet.
    pub fn missing(&self) -> usize {
        let set = if self.coming_is_used() {
            &self.coming
        } else {
            &self.shown
        };
        self.wanted
            .iter()
            .filter(|key| !set.contains_key(key))
            .count()
    }

    fn coming_is_used(&self) -> bool {
        self.shown
            .keys()
            .next()
            .is_some_and(|key| key.level != self.level)
    }

    fn slot_in(&self, key: &CellKey) -> Option<u32> {
        self.selected
            .filter(|dot| dot.key == *key)
            .map(|dot| dot.slot)
    }

    fn take_base(
        &mut self,
        key: CellKey,
        generation: u32,
        tick: u64,
        body: &[u8],
        clock: &Clock,
    ) -> Option<CellKey> {
        if !self.wanted.contains(&key) {
            return None;
        }
        self.next_serial = self.next_serial.wrapping_add(1);
        let Ok(mut cell) = Cell::from_base(self.next_serial, generation, tick, body, clock.now_ms)
        else {
            // Asked for once already: bytes that are bad twice will not be good a third time.
            return self.asked.insert(key).then_some(key);
        };
        self.asked.remove(&key);
        self.unconfirmed.remove(&key);
        // A place that was on the screen stays there as it was; only what is new appears.
        if !self.shown.keys().any(|old_key| overlap(old_key, &key)) {
            cell.appear(clock.now_ms);
        }
        let mut followed = None;
        for (old_key, old) in self
            .shown
            .iter()
            .filter(|(old_key, _)| overlap(old_key, &key))
        {
            let follow = self
                .selected
                .filter(|dot| dot.key == *old_key)
                .map(|dot| dot.slot);
            let slot = carry::over(
                &mut self.scratch,
                (old_key, old),
                (&key, &mut cell),
                clock,
                follow,
            );
            followed = slot.or(followed);
        }
        if let Some(slot) = followed {
            self.selected = Some(DotRef { key, slot });
        }
        let set = if self.coming_is_used() {
            &mut self.coming
        } else {
            &mut self.shown
        };
        if let Some(old) = set.insert(key, cell) {
            self.gone.push(old.serial);
        }
        self.changed = true;
        None
    }

    fn take_delta(
        &mut self,
        key: CellKey,
        head: DeltaHead,
        body: &[u8],
        clock: &Clock,
    ) -> Option<CellKey> {
        if head.tick > self.borders.tick {
            self.match_borders(clock);
            self.borders.tick = head.tick;
            self.borders.left.clear();
        }
        let hasty = self.slot_in(&key);
        let Some(cell) = self
            .coming
            .get_mut(&key)
            .or_else(|| self.shown.get_mut(&key))
        else {
            return (self.wanted.contains(&key) && self.asked.insert(key)).then_some(key);
        };
        // The server may send again what a base already holds.
        if head.tick <= cell.mirror().tick() && head.generation == cell.mirror().generation() {
            return None;
        }
        let crossings = &mut self.borders.crossings;
        let outcome = cell.apply_delta(head, body, clock, hasty, crossings);
        for leaver in crossings.leavers.drain(..) {
            let selected = hasty == Some(leaver.slot);
            let place = place_in_world(&key, (i32::from(leaver.at.0), i32::from(leaver.at.1)));
            if selected
                || !self
                    .borders
                    .left
                    .get(&place)
                    .is_some_and(|(_, selected)| *selected)
            {
                self.borders.left.insert(place, (leaver, selected));
            }
        }
        self.borders
            .came
            .extend(crossings.comers.drain(..).map(|comer| (key, comer)));
        self.changed = true;
        (outcome.is_err() && self.asked.insert(key)).then_some(key)
    }

    fn take_rebase(&mut self, key: CellKey, generation: u32, digest32: u32) -> Option<CellKey> {
        let of_key = |dot: &Option<DotRef>| dot.is_some_and(|dot| dot.key == key);
        let mut named: Vec<&mut Option<DotRef>> = std::iter::once(&mut self.selected)
            .chain(&mut self.listed)
            .filter(|dot| of_key(dot))
            .collect();
        let cell = self
            .coming
            .get_mut(&key)
            .or_else(|| self.shown.get_mut(&key))?;
        if cell.mirror().generation() == generation {
            return None;
        }
        let before: Vec<u32> = named.iter().filter_map(|dot| Some((**dot)?.slot)).collect();
        let renumbered = |old: u32, new: u32| {
            for (dot, _) in named
                .iter_mut()
                .zip(&before)
                .filter(|(_, slot)| **slot == old)
            {
                **dot = Some(DotRef { key, slot: new });
            }
        };
        match cell.rebase(generation, digest32, renumbered, &mut self.spare) {
            Ok(()) => None,
            Err(_) => self.asked.insert(key).then_some(key),
        }
    }

    /// Lets dots that came into one cell go on from where they were drawn in the other.
    fn match_borders(&mut self, clock: &Clock) {
        let Borders { left, came, .. } = &mut self.borders;
        for (key, comer) in came.drain(..) {
            let Some((leaver, selected)) = left.remove(&place_in_world(&key, comer.from)) else {
                continue;
            };
            let Some(cell) = self
                .coming
                .get_mut(&key)
                .or_else(|| self.shown.get_mut(&key))
            else {
                continue;
            };
            let Some(mut dot) = cell.dot(comer.slot) else {
                continue;
            };
            dot.from = (
                round_step(comer.from.0 as f32 + leaver.lag.0),
                round_step(comer.from.1 as f32 + leaver.lag.1),
            );
            dot.glide_ms = leaver.glide_ms;
            cell.set_dot(comer.slot, dot);
            cell.glides_from(dot.from, clock.now_ms);
            if selected {
                self.selected = Some(DotRef {
                    key,
                    slot: comer.slot,
                });
            }
        }
    }

    fn swap_if_due(&mut self, clock: &Clock) {
        if !self.coming_is_used() {
            // Back at the level on the screen: what was to replace it is not needed.
            let coming = std::mem::take(&mut self.coming);
            self.gone.extend(coming.values().map(|cell| cell.serial));
            return;
        }
        let whole = self.wanted.iter().all(|key| self.coming.contains_key(key));
        let late = clock.now_ms.wrapping_sub(self.level_since_ms) > LONGEST_WAIT_MS
            && !self.coming.is_empty();
        if whole || late {
            let old = std::mem::replace(&mut self.shown, std::mem::take(&mut self.coming));
            self.gone.extend(old.values().map(|cell| cell.serial));
            self.changed = true;
        }
    }

    fn remove(&mut self, key: &CellKey) {
        for cell in self
            .shown
            .remove(key)
            .into_iter()
            .chain(self.coming.remove(key))
        {
            self.gone.push(cell.serial);
            self.changed = true;
        }
    }
}

/// A place in steps of the level over the whole world; x comes round.
fn place_in_world(key: &CellKey, (x, y): (i32, i32)) -> (u8, u32, u32) {
    let steps = |cell: u32, step: i32| (cell << wire::CELL_BITS).wrapping_add_signed(step);
    let mask = u32::MAX >> (u32::from(wire::FINEST_LEVEL) - u32::from(key.level)).min(31);
    (key.level, steps(key.x, x) & mask, steps(key.y, y))
}

/// Whether two cells share ground.
fn overlap(a: &CellKey, b: &CellKey) -> bool {
    let level = a.level.min(b.level);
    let up = |key: &CellKey| (key.x >> (key.level - level), key.y >> (key.level - level));
    a.scope == b.scope && up(a) == up(b)
}
