//! All of it together: reports change vehicles, a tick shows what they changed, cells are watched and clicks resolved.
//!
//! Between ticks nothing that is shown changes: a cell built then shows the last tick, exactly like a cell that was
//! there all along. So a viewer may join at any moment, and what it sees is always the fleet at the tick it is
//! stamped with.

use std::collections::{HashMap, VecDeque};

use gb32960::Vin;
use wire::{AlarmNews, CellKey, Excluded, FINEST_LEVEL, Freshness, Look, WorldPoint};

use crate::alarms::Alarms;
use crate::cell::{Faults, KEPT_TICKS, SlotTable};
use crate::counts::{Encoded, Group, Standing};
use crate::districts::{Districts, NO_DISTRICT};
use crate::freshness::{Line, UNSCHEDULED, freshness, patience};
use crate::grid::Grid;
use crate::hash::Folded;
use crate::level::{Changed, Level};
use crate::news::{News, SERIOUS};
use crate::quality::Qualities;
use crate::sources::Sources;
use crate::told::Told;
use crate::vehicles::{DIRTY, HAS_FIX, KEPT, Vehicles, kept};
use crate::zones::{Seen, Sight};
use crate::{
    Alarm, Applied, BadRecord, Before, CellStream, Counts, District, Now, Quality, RegistryEntry,
    Report, Rules, Snapshot, SourceId, SourceSummary, Tally, TickSummary, Timed, VehicleIx, Zones,
};

/// The scope that shows every dot where it is.
pub const EXACT: u8 = 0;
/// How many scopes there are: `EXACT`, and the blurred one.
pub const SCOPES: usize = 2;
/// The scope of screens that are shown to visitors: places of the blurred one, to a coarser level, and coarse looks.
pub const VISITOR: u8 = wire::VISITOR_SCOPE;
/// How many scopes cells are sent for: those two, and the visitors'.
pub const SENT_SCOPES: usize = 3;
/// Reports whose vehicles are fetched from memory together.
const FETCHED_AHEAD: usize = 24;
/// Slots in the tables of cells that nobody watches any more; beyond it the oldest tables go.
const MAX_RETIRED_SLOTS: usize = 8_000_000;

/// The state of all vehicles.
#[derive(Debug)]
pub struct Fleet {
    rules: Rules,
    vehicles: Vehicles,
    sources: Sources,
    qualities: Qualities,
    line: Line,
    tick: u64,
    last_now: Now,
    reports_since_tick: u32,
    /// Until then nobody of before this start counts as live: by then whoever is on has reported.
    kept_until_mono_ms: u64,
    /// By vehicle: what it counts as, which holds its look if it has a dot.
    standing: Vec<Standing>,
    /// By vehicle: among whom it is counted.
    group: Vec<Group>,
    districts: Districts,
    alarms: Alarms,
    news: News,
    scopes: [Shown; SCOPES],
    retired: Retired,
    summary: TickSummary,
    /// By scope; none where no zone was ever in force.
    told: [Option<Told>; SCOPES],
    faults: Faults,
    scratch: Vec<u8>,
}

const LEVELS: usize = FINEST_LEVEL as usize + 1;

/// The scope whose places a scope is shown.
pub(crate) fn places_of(scope: u8) -> u8 {
    match scope {
        VISITOR => 1,
        _ => scope,
    }
}

fn level_ix(key: &CellKey) -> usize {
    usize::from(key.level) + if key.scope == VISITOR { LEVELS } else { 0 }
}

/// What one scope shows.
#[derive(Debug)]
struct Shown {
    /// By vehicle, as of the last tick, where it would be shown if there were no zones; means nothing without a dot.
    at: Vec<WorldPoint>,
    sight: Sight,
    /// Of the dots as they are shown.
    grid: Grid,
    /// By level; and those of the visitors' scope, which has the blurred one's places, after them.
    levels: [Option<Box<Level>>; 2 * LEVELS],
    changed: Vec<Changed>,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            at: Vec::new(),
            sight: Sight::default(),
            grid: Grid::default(),
            levels: std::array::from_fn(|_| None),
            changed: Vec::new(),
        }
    }
}

impl Shown {
    /// How this scope showed a vehicle at the last tick.
    fn dot(&self, vehicle: u32, standing: Standing) -> Option<(WorldPoint, Look)> {
        let Standing::Shown(look) = standing else {
            return None;
        };
        match self.sight.of(vehicle) {
            Some(seen) => seen.map(|seen| (seen.at, seen.look)),
            None => Some((self.at[vehicle as usize], look)),
        }
    }

    /// From now on it is shown thus.
    fn turn(
        &mut self,
        vehicle: u32,
        was: Option<(WorldPoint, Look)>,
        to: Option<(WorldPoint, Look)>,
    ) {
        if was == to {
            return;
        }
        let from = was.map(|(from, _)| from);
        match (from, to) {
            (_, Some((to, _))) => self.grid.shift(vehicle, from, to),
            (Some(from), None) => self.grid.take_out(vehicle, from),
            (None, None) => {}
        }
        self.changed.push(Changed { vehicle, from, to });
    }
}

/// Slot tables of cells that nobody watches any more.
#[derive(Debug, Default)]
struct Retired {
    tables: HashMap<CellKey, Vec<SlotTable>, Folded>,
    order: VecDeque<(u64, CellKey)>,
    slots: usize,
}

impl Fleet {
    /// A fleet without vehicles, before its first tick.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            vehicles: Vehicles::new(rules.seed),
            rules,
            sources: Sources::default(),
            qualities: Qualities::default(),
            line: Line::default(),
            tick: 0,
            last_now: Now::default(),
            reports_since_tick: 0,
            kept_until_mono_ms: 0,
            standing: Vec::new(),
            group: Vec::new(),
            districts: Districts::default(),
            alarms: Alarms::default(),
            news: News::default(),
            scopes: Default::default(),
            retired: Retired::default(),
            summary: TickSummary::default(),
            told: Default::default(),
            faults: Faults::default(),
            scratch: Vec::new(),
        }
    }

    /// From now on vehicles are counted by these districts too. To be said before the first report.
    pub fn set_districts(&mut self, districts: &[District]) {
        self.districts = Districts::new(districts);
        self.summary.counts.by_district = vec![Tally::default(); self.districts.count()];
    }

    /// From now on these zones are in force; the next tick shows it.
    pub fn set_zones(&mut self, zones: Zones) {
        for (shown, zones) in self.scopes.iter_mut().zip(zones.into_scopes()) {
            shown.sight.set(zones);
        }
        for vehicle in 0..self.vehicles.len() as u32 {
            self.vehicles.mark_dirty(vehicle);
        }
    }

    /// Takes an entry of the registry; `None` if there is no room for another vehicle.
    pub fn register(&mut self, entry: &RegistryEntry) -> Option<VehicleIx> {
        self.vehicles.register(entry, &self.rules).map(VehicleIx)
    }

    /// Takes an entry of the registry back: the vehicle has no make, model and class any more. It stays among the
    /// registered ones until the next start, for its place among the vehicles is that of no other.
    pub fn unregister(&mut self, vin: &Vin) {
        self.vehicles.unregister(vin, &self.rules);
    }

    /// Takes a report. What it changes is shown by the next tick.
    pub fn apply(&mut self, report: &Report, now: Now) -> Applied {
        self.apply_to(None, report, now)
    }

    /// Takes many reports, and says of each what became of it, in any order. Faster than one by one: a vehicle is rarely
    /// in a cache, and here they are gone through as they lie in memory, many fetched at once. Reports of one vehicle
    /// are taken in the order given.
    pub fn apply_all(&mut self, reports: &[Report], now: Now, mut applied: impl FnMut(Applied)) {
        const UNKNOWN: u32 = u32::MAX;
        let mut order: Vec<(u32, u32)> = Vec::with_capacity(reports.len());
        self.vehicles.find_all(reports, |vehicle| {
            order.push((vehicle.unwrap_or(UNKNOWN), order.len() as u32));
        });
        order.sort_unstable();
        for some in order.chunks(FETCHED_AHEAD) {
            // The reports themselves are no longer gone through in their own order.
            let read = some.iter().map(|(_, i)| {
                let report = &reports[*i as usize];
                u64::from(report.vin.0[0])
                    ^ report.stamp_unix_s as u64
                    ^ report.items.len() as u64
                    ^ u64::from(report.source.0)
            });
            std::hint::black_box(read.fold(0, |sum, read| sum ^ read));
            let known = some.iter().map(|entry| entry.0);
            self.vehicles
                .fetch(&known.filter(|vehicle| *vehicle != UNKNOWN));
            for (vehicle, i) in some {
                let vehicle = Some(*vehicle).filter(|vehicle| *vehicle != UNKNOWN);
                applied(self.apply_to(vehicle, &reports[*i as usize], now));
            }
        }
    }

    fn apply_to(&mut self, vehicle: Option<u32>, report: &Report, now: Now) -> Applied {
        self.reports_since_tick += 1;
        self.sources.heard(report.source, now);
        let vehicle = vehicle.or_else(|| self.vehicles.find(&report.vin));
        let prior = vehicle.and_then(|vehicle| self.vehicles.prior(vehicle));
        self.qualities.note(report, prior, now);
        self.vehicles.apply_to(vehicle, report, now, &self.rules)
    }

    /// Forgets what was said of those of some vehicles that have not been heard for so long, with their alarms, also such
    /// as wait for an answer; gives how many. From the next tick on they are as if they had never been heard.
    pub fn forget(
        &mut self,
        vehicles: std::ops::Range<u32>,
        older_than_ms: u64,
        now: Now,
    ) -> usize {
        let mut count = 0;
        for vehicle in vehicles.start..vehicles.end.min(self.vehicles.len() as u32) {
            if self.vehicles.forget(vehicle, older_than_ms, now) {
                self.alarms.forget(vehicle);
                count += 1;
            }
        }
        count
    }

    /// Appends the records of those of some vehicles that were ever heard, to be taken up after a restart. All of them in
    /// one go would stop the ticks: ask for some thousands at a time.
    pub fn keep(&self, vehicles: std::ops::Range<u32>, out: &mut Vec<u8>) {
        for vehicle in vehicles {
            self.vehicles.keep(vehicle, self.alarms.of(vehicle), out);
        }
    }

    /// Takes vehicles up as they were before a restart, from whole records; gives how many. Before the first tick, and
    /// after the registry. They are shown late until they report, or, those of which silence is normal, until whoever is on
    /// must have reported; cut off where their platform is gone.
    ///
    /// # Errors
    /// Bytes that are no record. Those before it have been taken up.
    pub fn take_up(
        &mut self,
        mut records: &[u8],
        before: &Before,
        now: Now,
    ) -> Result<usize, BadRecord> {
        let longest = self.rules.patience.iter().map(|p| p.late_after_ms).max();
        self.kept_until_mono_ms = now.mono_ms + longest.unwrap_or(0);
        let mut count = 0;
        while !records.is_empty() {
            let record = kept::read(&mut records)?;
            let taken = self.vehicles.take_up(&record, before, now, &self.rules);
            count += usize::from(taken.is_some());
            if let (Some(vehicle), Some(alarm)) = (taken, record.alarm) {
                self.alarms.take_up(vehicle, alarm);
            }
        }
        Ok(count)
    }

    /// Whether a source is told of, as one that should be there. Every source is until it is dismissed.
    pub fn expect_source(&mut self, source: SourceId, expected: bool) {
        self.sources.expect(source, expected);
    }

    /// A source connected, or lost its connection.
    pub fn source_state(&mut self, source: SourceId, connected: bool, now: Now) {
        self.sources.state(source, connected, now);
    }

    /// Shows what has changed since the last tick.
    pub fn tick(&mut self, now: Now) -> &TickSummary {
        self.tick += 1;
        self.sweep();
        self.mark_overdue(now);
        self.show_changes(now);
        let mut encoded = Encoded::default();
        for shown in &mut self.scopes {
            for level in shown.levels.iter_mut().flatten() {
                level.apply(&shown.changed);
                level.finish_tick(self.tick, &mut self.scratch, &self.faults, &mut encoded);
            }
            shown.changed.clear();
        }
        self.summarise(now, encoded);
        &self.summary
    }

    /// Drops cells and levels nobody looks at, and slot tables nobody may name.
    fn sweep(&mut self) {
        let last_tick = self.tick - 1;
        for level in self.scopes.iter_mut().flat_map(|shown| &mut shown.levels) {
            if let Some(some) = level {
                some.sweep(last_tick, |key, table| self.retired.push(key, table));
                if some.is_empty() {
                    *level = None;
                }
            }
        }
        self.retired.forget(self.tick);
    }

    fn mark_overdue(&mut self, now: Now) {
        while let Some(vehicle) = self.line.take_due(now.mono_ms) {
            self.vehicles.latest[vehicle as usize].scheduled_s = UNSCHEDULED;
            self.vehicles.mark_dirty(vehicle);
        }
        for shown in &self.scopes {
            for vehicle in shown.sight.due(now.mono_ms) {
                self.vehicles.mark_dirty(vehicle);
            }
        }
        for source in self.sources.judge(&self.rules, now) {
            for vehicle in 0..self.vehicles.len() as u32 {
                if self.vehicles.latest[vehicle as usize].source == source {
                    self.vehicles.mark_dirty(vehicle);
                }
            }
        }
    }

    fn show_changes(&mut self, now: Now) {
        self.standing
            .resize(self.vehicles.len(), Standing::Uncounted);
        self.group.resize(self.vehicles.len(), Group::default());
        for shown in &mut self.scopes {
            shown.at.resize(self.vehicles.len(), WorldPoint::default());
        }
        let mut dirty = std::mem::take(&mut self.vehicles.dirty);
        // In the order they lie in memory.
        dirty.sort_unstable();
        for some in dirty.chunks(FETCHED_AHEAD) {
            self.fetch(some);
            for vehicle in some {
                self.show(*vehicle, now);
            }
        }
        dirty.clear();
        self.vehicles.dirty = dirty;
    }

    /// Reads what [`show`](Self::show) will need of some vehicles, so that a processor waits for memory once for many.
    fn fetch(&self, vehicles: &[u32]) {
        let read = vehicles.iter().map(|vehicle| {
            let i = *vehicle as usize;
            let latest = &self.vehicles.latest[i];
            let shown = self.scopes.iter().map(|shown| shown.at[i].x);
            shown.fold(0, |sum, x| sum ^ x)
                ^ latest.received_mono_ms as u32
                ^ u32::from(latest.flags)
                ^ u32::from(self.standing[i] == Standing::Uncounted)
        });
        std::hint::black_box(read.fold(0, |sum, x| sum ^ x));
    }

    /// Shows one vehicle as it is now, and counts it.
    fn show(&mut self, vehicle: u32, now: Now) {
        let i = vehicle as usize;
        let latest = &mut self.vehicles.latest[i];
        latest.flags &= !DIRTY;
        // Also of a vehicle without a position: it has no dot, and its alarm is as real.
        self.alarms.note(vehicle, latest.alarm(), now.unix_ms);
        let before = self.standing[i];
        // What was so before the start is no news.
        let is_news = latest.flags & KEPT == 0;
        let mut group = Group {
            class: latest.class,
            ..self.group[i]
        };
        let after = if latest.flags & HAS_FIX == 0 {
            // It had a dot until it was forgotten.
            if matches!(before, Standing::Shown(_)) {
                for shown in &mut self.scopes {
                    let was = shown.dot(vehicle, before);
                    shown.sight.leave(vehicle);
                    shown.at[i] = WorldPoint::default();
                    shown.turn(vehicle, was, None);
                }
                group.district = NO_DISTRICT;
            }
            Standing::Excluded(latest.excluded())
        } else {
            let age_ms = now.mono_ms.saturating_sub(latest.received_mono_ms);
            let (mut fresh, next_ms) =
                freshness(patience(&self.rules, latest.class, latest.activity), age_ms);
            let mut due = next_ms.map(|next_ms| latest.received_mono_ms.saturating_add(next_ms));
            if latest.flags & KEPT != 0 && fresh == Freshness::Live {
                if now.mono_ms < self.kept_until_mono_ms {
                    fresh = Freshness::Late;
                    due = Some(self.kept_until_mono_ms);
                } else {
                    latest.flags &= !KEPT;
                }
            }
            if let Some(due) = due {
                latest.scheduled_s = self.line.schedule(vehicle, latest.scheduled_s, due);
            }
            let exact = &self.scopes[usize::from(EXACT)];
            if !matches!(before, Standing::Shown(_))
                || Districts::far_enough(exact.at[i], latest.fix)
            {
                group.district = self.districts.of(latest.fix);
            }
            let cut = self.sources.has_cut_off(latest.source);
            let look = latest.look(if cut { Freshness::CutOff } else { fresh });
            for (shown, scope) in self.scopes.iter_mut().zip(self.rules.scopes()) {
                let was = shown.dot(vehicle, before);
                let plain = Seen {
                    at: latest.shown_at(scope.blurred.then_some(self.rules.blur_radius_m)),
                    look,
                    stamp_unix_s: latest.fix_stamp_unix_s(),
                };
                let seen = shown.sight.look(vehicle, latest.fix, plain, now.mono_ms);
                shown.at[i] = plain.at;
                shown.turn(vehicle, was, seen.map(|seen| (seen.at, seen.look)));
            }
            Standing::Shown(look)
        };
        if is_news {
            self.note_alarm(vehicle, before, after, group.district, now);
        }
        if before != after || self.group[i] != group {
            self.summary.counts.remove(before, self.group[i]);
            self.summary.counts.add(after, group);
            self.standing[i] = after;
            self.group[i] = group;
        }
    }

    /// Whether an alarm has just become a serious one.
    fn note_alarm(
        &mut self,
        vehicle: u32,
        before: Standing,
        after: Standing,
        district: u8,
        now: Now,
    ) {
        let level = |standing| match standing {
            Standing::Shown(look) => Look::alarm_level(look).unwrap_or(0),
            _ => 0,
        };
        if level(after) >= SERIOUS && level(after) > level(before) {
            let news = std::array::from_fn(|scope| AlarmNews {
                level: level(after),
                district: self.told_district(scope, vehicle, district),
                began_unix_ms: now.unix_ms,
            });
            self.news.began(vehicle, news);
        }
    }

    /// The district in which a scope is told that a vehicle is, which truly is in `district`.
    fn told_district(&self, scope: usize, vehicle: u32, district: u8) -> Option<u8> {
        let district = match self.scopes[scope].sight.of(vehicle) {
            None => district,
            Some(seen) => seen.map_or(NO_DISTRICT, |seen| self.districts.of(seen.at)),
        };
        Some(district).filter(|district| *district != NO_DISTRICT)
    }

    /// What a scope with zones is told: everybody as it is shown, and who is not shown as somebody who drives.
    fn tell(&mut self) {
        for (scope, shown) in self.scopes.iter().enumerate() {
            if !shown.sight.has_zones() && self.told[scope].is_none() {
                continue;
            }
            let mut counts = self.summary.counts.clone();
            let mut unseen = 0;
            for (vehicle, seen) in shown.sight.zoned() {
                let i = vehicle as usize;
                counts.remove(self.standing[i], self.group[i]);
                let Some(seen) = seen else {
                    unseen += 1;
                    continue;
                };
                let group = Group {
                    district: self.districts.of(seen.at),
                    ..self.group[i]
                };
                counts.add(Standing::Shown(seen.look), group);
            }
            let told = self.told[scope].get_or_insert_default();
            told.say(&self.summary.counts, &counts, unseen, self.vehicles.blurred);
        }
        self.summary.told.clone_from(&self.told);
    }

    fn summarise(&mut self, now: Now, encoded: Encoded) {
        let age = |at: Option<u64>| {
            at.map(|at| u32::try_from(now.mono_ms.saturating_sub(at)).unwrap_or(u32::MAX))
        };
        let elapsed_ms = now.mono_ms.saturating_sub(self.last_now.mono_ms).max(1);
        let summary = &mut self.summary;
        summary.tick = self.tick;
        summary.tick_unix_ms = now.unix_ms;
        summary.counts.registered = self.vehicles.len() as u32;
        summary.blurred = self.vehicles.blurred;
        summary.reports_per_s =
            u32::try_from(u64::from(self.reports_since_tick) * 1_000 / elapsed_ms)
                .unwrap_or(u32::MAX);
        summary.sources.clear();
        summary
            .sources
            .extend(self.sources.iter().map(|(id, source)| SourceSummary {
                id,
                connected: source.connected,
                newest_report_age_ms: age(source.newest_report_mono_ms),
                cut_off: source.cut,
            }));
        let ages = summary
            .sources
            .iter()
            .filter_map(|s| s.newest_report_age_ms);
        summary.newest_report_age_ms = ages.min();
        summary.news.clear();
        summary.news.extend(self.news.at(now.unix_ms));
        summary.suppress_below = self.rules.suppress_below;
        summary.encoded = encoded;
        self.reports_since_tick = 0;
        self.last_now = now;
        self.tell();
    }

    /// Adds a watcher of a cell and says whether there is such a cell in its scope. It can be read at once.
    pub fn watch(&mut self, key: CellKey) -> bool {
        let scope = usize::from(key.scope);
        let scopes = self.rules.scopes();
        if !key.is_valid() || scopes.get(scope).is_none_or(|s| key.level > s.finest_level) {
            return false;
        }
        let shown = &mut self.scopes[usize::from(places_of(key.scope))];
        let mut level = shown.levels[level_ix(&key)]
            .take()
            .unwrap_or_else(|| Box::new(Level::new(key.scope, key.level)));
        let dots = shown.grid.around(&key).filter_map(|vehicle| {
            let (at, look) = shown.dot(vehicle, self.standing[vehicle as usize])?;
            Some((vehicle, at, look))
        });
        level.watch(key, self.tick, dots);
        shown.levels[level_ix(&key)] = Some(level);
        true
    }

    /// Takes one watcher of a cell away.
    pub fn unwatch(&mut self, key: CellKey) {
        if let Some(level) = self.level_mut(&key) {
            level.unwatch(&key);
        }
    }

    fn level(&self, key: &CellKey) -> Option<&Level> {
        let shown = self.scopes.get(usize::from(places_of(key.scope)))?;
        shown.levels.get(level_ix(key))?.as_deref()
    }

    fn level_mut(&mut self, key: &CellKey) -> Option<&mut Level> {
        let shown = self.scopes.get_mut(usize::from(places_of(key.scope)))?;
        shown.levels.get_mut(level_ix(key))?.as_deref_mut()
    }

    /// The frames of a watched cell.
    #[must_use]
    pub fn cell(&self, key: &CellKey) -> Option<CellStream> {
        Some(self.level(key)?.cell(key)?.stream())
    }

    /// The frames of every cell that is watched, of all scopes and levels.
    pub fn streams(&self) -> impl Iterator<Item = (CellKey, CellStream)> + '_ {
        let levels = self.scopes.iter().flat_map(|shown| &shown.levels);
        let cells = levels.flatten().flat_map(|level| level.cells());
        cells.map(|cell| (cell.key, cell.stream()))
    }

    /// Cells that somebody watches, of all scopes and levels.
    #[must_use]
    pub fn watched_cells(&self) -> usize {
        let levels = self.scopes.iter().flat_map(|shown| &shown.levels);
        levels.flatten().map(|level| level.cell_count()).sum()
    }

    /// The vehicle that had a slot of a cell. Slot tables are kept for ten ticks, also of cells that are no longer
    /// watched; `tick` is the tick of the picture that was clicked.
    #[must_use]
    pub fn resolve(
        &self,
        key: &CellKey,
        generation: u32,
        slot: u32,
        tick: u64,
    ) -> Option<VehicleIx> {
        if tick > self.tick || tick + KEPT_TICKS < self.tick {
            return None;
        }
        let living = self.level(key).and_then(|level| level.cell(key));
        living
            .and_then(|cell| cell.resolve(generation, slot))
            .or_else(|| self.retired.resolve(key, generation, slot))
            .map(VehicleIx)
    }

    /// How well a source reported in the last minute.
    #[must_use]
    pub fn quality(&self, source: SourceId, now: Now) -> Quality {
        self.qualities.of(source, now)
    }

    /// Everything known of a vehicle.
    #[must_use]
    pub fn snapshot(&self, vehicle: VehicleIx) -> Option<Snapshot<'_>> {
        let freshness = match self.standing.get(vehicle.0 as usize) {
            Some(Standing::Shown(look)) => look.freshness(),
            _ => Freshness::default(),
        };
        self.vehicles.snapshot(vehicle, freshness)
    }

    /// The vehicle with this VIN.
    #[must_use]
    pub fn find(&self, vin: &Vin) -> Option<VehicleIx> {
        self.vehicles.find(vin).map(VehicleIx)
    }

    /// The VIN of a vehicle, without anything else of it.
    #[must_use]
    pub fn vin(&self, vehicle: VehicleIx) -> Option<Vin> {
        self.vehicles.vin(vehicle.0)
    }

    /// How a scope showed a vehicle at the last tick; `None` without a dot.
    #[must_use]
    pub fn shown(&self, scope: u8, vehicle: VehicleIx) -> Option<(WorldPoint, Look)> {
        let standing = *self.standing.get(vehicle.0 as usize)?;
        self.scopes
            .get(usize::from(places_of(scope)))?
            .dot(vehicle.0, standing)
    }

    /// Whether a scope is shown less of a vehicle than there is, because it is in a zone.
    #[must_use]
    pub fn is_zoned(&self, scope: u8, vehicle: VehicleIx) -> bool {
        let shown = self.scopes.get(usize::from(places_of(scope)));
        shown.is_none_or(|shown| shown.sight.of(vehicle.0).is_some())
    }

    /// What a scope may know of a vehicle: of one in a zone the place that the map shows, and no item that could hold
    /// another one.
    #[must_use]
    pub fn seen_by(&self, scope: u8, vehicle: VehicleIx) -> Option<Snapshot<'_>> {
        let mut snapshot = self.snapshot(vehicle)?;
        let shown = self.scopes.get(usize::from(places_of(scope)))?;
        if let Some(seen) = shown.sight.of(vehicle.0) {
            snapshot.withhold_place(seen.map(|seen| Timed {
                value: seen.at,
                stamp_unix_s: seen.stamp_unix_s,
            }));
        }
        Some(snapshot)
    }

    /// Why a vehicle had no dot at the last tick; `None` if it had one.
    #[must_use]
    pub fn excluded(&self, vehicle: VehicleIx) -> Option<Excluded> {
        match self.standing.get(vehicle.0 as usize)? {
            Standing::Excluded(why) => Some(*why),
            _ => None,
        }
    }

    /// The worst alarms that are on, at most `most`, and how many there are in all.
    #[must_use]
    pub fn alarms(&self, most: usize) -> (Vec<Alarm>, usize) {
        (self.alarms.worst(most), self.alarms.len())
    }

    /// An alarm that is on, by its number.
    #[must_use]
    pub fn alarm(&self, id: u64) -> Option<&Alarm> {
        self.alarms.get(id)
    }

    /// How many alarms of the worst level nobody has answered for.
    #[must_use]
    pub fn unanswered_alarms(&self) -> usize {
        self.alarms.unanswered()
    }

    /// Somebody answers for an alarm; false if it is not on any more. Whoever calls this has written it down.
    pub fn acknowledge_alarm(&mut self, id: u64, by: &str, comment: &str) -> bool {
        self.alarms.acknowledge(id, by, comment)
    }

    /// In which district a vehicle's dot was for a scope at the last tick, in the order in which they were given.
    #[must_use]
    pub fn district(&self, scope: u8, vehicle: VehicleIx) -> Option<usize> {
        self.shown(scope, vehicle)?;
        let district = self.group.get(vehicle.0 as usize)?.district;
        self.told_district(usize::from(places_of(scope)), vehicle.0, district)
            .map(usize::from)
    }

    /// All vehicles, in the order in which they became known.
    pub fn vehicles(&self) -> impl ExactSizeIterator<Item = VehicleIx> + use<> {
        (0..self.vehicles.len() as u32).map(VehicleIx)
    }

    /// The last tick; 0 before the first.
    #[must_use]
    pub fn last_tick(&self) -> u64 {
        self.tick
    }

    /// What the last tick said.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    #[must_use]
    pub fn summary(&self) -> &TickSummary {
        &self.summary
    }

    /// The numbers of the last tick.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.summary.counts
    }

    /// From now on something goes wrong in a known way, so that a test can show it would be found.
    #[cfg(feature = "planted-faults")]
    pub fn plant(&mut self, fault: crate::Fault) {
        self.faults.planted = Some(fault);
    }
}

impl Retired {
    fn push(&mut self, key: CellKey, table: SlotTable) {
        self.slots += table.vehicles.len();
        self.order.push_back((table.until_tick, key));
        self.tables.entry(key).or_default().push(table);
        while self.slots > MAX_RETIRED_SLOTS {
            self.forget_first();
        }
    }

    fn forget(&mut self, tick: u64) {
        // Tables of a cell that was renumbered shortly before stand a little behind their time.
        while self
            .order
            .front()
            .is_some_and(|(until, _)| until + KEPT_TICKS < tick)
        {
            self.forget_first();
        }
    }

    /// Tables go in the order they came, and each cell's in the order of its own.
    fn forget_first(&mut self) {
        let Some((_, key)) = self.order.pop_front() else {
            return;
        };
        if let Some(tables) = self.tables.get_mut(&key) {
            self.slots -= tables.remove(0).vehicles.len();
            if tables.is_empty() {
                self.tables.remove(&key);
            }
        }
    }

    fn resolve(&self, key: &CellKey, generation: u32, slot: u32) -> Option<u32> {
        let table = self
            .tables
            .get(key)?
            .iter()
            .find(|table| table.generation == generation)?;
        table.vehicles.get(slot as usize).copied()
    }
}
