//! The newest state of each vehicle: which report wins.
//!
//! Order comes from the report's own time, freshness from when it was received. A report that is not older than what
//! is shown replaces it; of two of the same second the later arrival wins. A position has a time of its own, since a
//! report without a valid fix moves nothing. Re-issued reports and such from the future never change what is shown.

mod forget;
pub(crate) mod kept;

use std::collections::HashMap;
use std::sync::Arc;

use gb32960::{Edition, Reading, Vin};
use wire::{Activity, Excluded, Freshness, Look, LookParts, WorldPoint};

use crate::freshness::UNSCHEDULED;
use crate::items::{Item, ItemStore};
use crate::quality::Prior;
use crate::vins::Vins;
use crate::{
    Applied, Class, Now, RawPosition, RegistryEntry, Report, Rules, SourceId, VehicleIx, blur,
};

/// A value and the vehicle's time of the report that said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed<T> {
    pub value: T,
    pub stamp_unix_s: i64,
}

/// Everything the fleet knows of one vehicle, for its card.
#[derive(Debug, Clone)]
pub struct Snapshot<'a> {
    pub vin: Vin,
    /// From the registry; `None` without an entry.
    pub make: Option<Arc<str>>,
    pub model: Option<Arc<str>>,
    pub class: Class,
    pub edition: Option<Edition>,
    pub source: SourceId,
    /// When the newest report was received; `None` if none ever was.
    pub received: Option<Now>,
    pub fix: Option<Timed<WorldPoint>>,
    pub raw_position: Option<Timed<RawPosition>>,
    pub activity: Option<Timed<Activity>>,
    pub freshness: Freshness,
    pub speed_dkmh: Option<Timed<Reading<u16>>>,
    pub odometer_hm: Option<Timed<Reading<u32>>>,
    pub soc_pct: Option<Timed<Reading<u8>>>,
    pub alarm_level: Option<Timed<Reading<u8>>>,
    /// The newest bytes of each information type.
    pub items: Vec<Item<'a>>,
    /// It is in a zone: `fix` is what the map shows, and what else could tell the place is left out.
    pub place_withheld: bool,
}

/// The information type of a position, in both editions.
const POSITION_ITEM: u8 = 0x05;
/// From here on the types are what makers have agreed upon among themselves, and may hold a position too.
const FIRST_OWN_ITEM: u8 = 0x80;

impl Snapshot<'_> {
    /// Leaves of where it is only this.
    pub(crate) fn withhold_place(&mut self, fix: Option<Timed<WorldPoint>>) {
        self.fix = fix;
        self.raw_position = None;
        self.items
            .retain(|item| item.kind != POSITION_ITEM && item.kind < FIRST_OWN_ITEM);
        self.place_withheld = true;
    }
}

/// What a report reads and writes: one record a vehicle, in two lines of a cache that are fetched together, for it is rarely
/// there.
#[derive(Debug, Clone)]
#[repr(align(128))]
pub(crate) struct Latest {
    pub vin: Vin,
    pub fix: WorldPoint,
    fix_stamp: Stamp,
    /// Of the newest report that was not older, future or re-issued.
    stamp: Stamp,
    /// The time of the first report of those that say, one after the other, that it is on and stands still.
    stands_since: Stamp,
    pub received_mono_ms: u64,
    received_unix_ms: i64,
    raw_position: RawPosition,
    raw_stamp: Stamp,
    vehicle_stamp: Stamp,
    alarm_stamp: Stamp,
    odometer_hm: Option<Reading<u32>>,
    speed_dkmh: Option<Reading<u16>>,
    soc_pct: Option<Reading<u8>>,
    alarm_level: Option<Reading<u8>>,
    pub source: SourceId,
    pub activity: Activity,
    pub class: Class,
    edition: Option<Edition>,
    pub flags: u8,
    /// Of how the blurred scope shows it; see `blur`.
    pub lattice: (i32, i32),
    /// The second in which it stands in the line of those that may become late or silent.
    pub scheduled_s: u32,
}

const _: () = assert!(size_of::<Latest>() == 128);

pub(crate) const DIRTY: u8 = 1;
pub(crate) const HAS_FIX: u8 = 2;
const HEARD: u8 = 4;
const HEARD_AHEAD: u8 = 8;
const HEARD_REISSUED: u8 = 16;
/// Shown displaced in the blurred scope.
pub(crate) const DISPLACED: u8 = 32;
const HAS_RAW: u8 = 64;
/// As it was before this start, and not heard since.
pub(crate) const KEPT: u8 = 128;

/// A vehicle's time in seconds since 1970, in 32 bits: they last until 2106, and what lies outside sits at an end.
type Stamp = u32;
const NEVER: Stamp = 0;

fn stamp_of(report: &Report) -> Stamp {
    report.stamp_unix_s.clamp(1, i64::from(u32::MAX)) as Stamp
}

impl Latest {
    fn new(vin: Vin, source: SourceId) -> Self {
        Self {
            vin,
            fix: WorldPoint::default(),
            fix_stamp: NEVER,
            stamp: NEVER,
            stands_since: NEVER,
            received_mono_ms: 0,
            received_unix_ms: 0,
            raw_position: RawPosition::default(),
            raw_stamp: NEVER,
            vehicle_stamp: NEVER,
            alarm_stamp: NEVER,
            odometer_hm: None,
            speed_dkmh: None,
            soc_pct: None,
            alarm_level: None,
            source,
            activity: Activity::Unknown,
            class: Class::default(),
            edition: None,
            flags: 0,
            lattice: (0, 0),
            scheduled_s: UNSCHEDULED,
        }
    }

    /// Why it has no dot.
    pub fn excluded(&self) -> Excluded {
        if self.flags & HEARD != 0 {
            Excluded::NoFix
        } else if self.flags & HEARD_AHEAD != 0 {
            Excluded::ClockAhead
        } else if self.flags & HEARD_REISSUED != 0 {
            Excluded::OnlyReissued
        } else {
            Excluded::NeverHeard
        }
    }

    pub fn look(&self, freshness: Freshness) -> Look {
        let known = |reading: Option<Reading<u8>>| reading.and_then(Reading::value);
        Look::new(LookParts {
            activity: self.activity,
            freshness,
            alarm_level: known(self.alarm_level),
            charge_step: known(self.soc_pct).map(Look::charge_step_from_pct),
        })
    }

    /// The level of its alarm, 0 for none or an unknown one.
    pub fn alarm(&self) -> u8 {
        self.alarm_level.and_then(Reading::value).unwrap_or(0)
    }

    /// The vehicle's time of its position.
    pub fn fix_stamp_unix_s(&self) -> i64 {
        i64::from(self.fix_stamp)
    }

    /// Where a scope shows it that is blurred by this radius, or not at all.
    pub fn shown_at(&self, blur_radius_m: Option<f64>) -> WorldPoint {
        match blur_radius_m {
            Some(radius_m) if self.flags & DISPLACED != 0 => {
                blur::displaced(self.fix, self.lattice, radius_m)
            }
            _ => self.fix,
        }
    }

    fn take_values(&mut self, report: &Report, rules: &Rules) {
        let stamp = stamp_of(report);
        self.stamp = stamp;
        self.flags &= !KEPT;
        self.source = report.source;
        self.edition = report.edition.or(self.edition);
        if let Some(activity) = report.activity {
            let stands = activity == Activity::Driving
                && report.speed_dkmh.and_then(Reading::value) == Some(0);
            if !stands {
                self.stands_since = NEVER;
            } else if self.stands_since == NEVER {
                self.stands_since = stamp;
            }
            let stood_s = i64::from(stamp.saturating_sub(self.stands_since));
            self.activity = if stands && stood_s >= rules.parked_after_s {
                Activity::Parked
            } else {
                activity
            };
            self.vehicle_stamp = stamp;
        }
        if report.speed_dkmh.is_some() {
            self.speed_dkmh = report.speed_dkmh;
            self.vehicle_stamp = stamp;
        }
        if report.odometer_hm.is_some() {
            self.odometer_hm = report.odometer_hm;
            self.vehicle_stamp = stamp;
        }
        if report.soc_pct.is_some() {
            self.soc_pct = report.soc_pct;
            self.vehicle_stamp = stamp;
        }
        if report.alarm_level.is_some() {
            self.alarm_level = report.alarm_level;
            self.alarm_stamp = stamp;
        }
        if let Some(raw) = report.raw_position {
            self.raw_position = raw;
            self.raw_stamp = stamp;
            self.flags |= HAS_RAW;
        }
    }
}

/// All vehicles.
#[derive(Debug)]
pub(crate) struct Vehicles {
    by_vin: Vins,
    pub latest: Vec<Latest>,
    items: Vec<ItemStore>,
    /// By vehicle: its make and model in `kinds`; [`NO_KIND`] without an entry in the registry.
    kind: Vec<u32>,
    kinds: Vec<Kind>,
    kind_by_name: HashMap<Kind, u32>,
    /// Whose state must be looked at in the next tick, each once.
    pub dirty: Vec<u32>,
    /// How many the blurred scope is shown displaced.
    pub blurred: u32,
}

type Kind = (Arc<str>, Arc<str>);
const NO_KIND: u32 = u32::MAX;

impl Vehicles {
    pub fn new(seed: u64) -> Self {
        Self {
            by_vin: Vins::new(seed),
            latest: Vec::new(),
            items: Vec::new(),
            kind: Vec::new(),
            kinds: Vec::new(),
            kind_by_name: HashMap::new(),
            dirty: Vec::new(),
            blurred: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.latest.len()
    }

    pub fn find(&self, vin: &Vin) -> Option<u32> {
        self.by_vin.find(vin, self.vin_of())
    }

    /// Looks for the vehicles of many reports, in their order.
    pub fn find_all(&self, reports: &[Report], found: impl FnMut(Option<u32>)) {
        let vins = reports.iter().map(|report| &report.vin);
        self.by_vin.find_all(vins, self.vin_of(), found);
    }

    fn vin_of(&self) -> impl Fn(u32) -> Vin {
        |vehicle| self.latest[vehicle as usize].vin
    }

    pub fn vin(&self, vehicle: u32) -> Option<Vin> {
        self.latest.get(vehicle as usize).map(|latest| latest.vin)
    }

    fn find_or_add(&mut self, vin: Vin, source: SourceId, limit: u32) -> Option<u32> {
        if let Some(found) = self.find(&vin) {
            return Some(found);
        }
        let vehicle = u32::try_from(self.len()).ok().filter(|v| *v < limit)?;
        self.by_vin.add(&vin, vehicle);
        self.latest.push(Latest::new(vin, source));
        self.items.push(ItemStore::default());
        self.kind.push(NO_KIND);
        self.mark_dirty(vehicle);
        Some(vehicle)
    }

    pub fn mark_dirty(&mut self, vehicle: u32) {
        let flags = &mut self.latest[vehicle as usize].flags;
        if *flags & DIRTY == 0 {
            *flags |= DIRTY;
            self.dirty.push(vehicle);
        }
    }

    pub fn register(&mut self, entry: &RegistryEntry, rules: &Rules) -> Option<u32> {
        let vehicle = self.find_or_add(entry.vin, SourceId::default(), rules.max_vehicles)?;
        let kind: Kind = (entry.make.as_str().into(), entry.model.as_str().into());
        let ix = match self.kind_by_name.get(&kind) {
            Some(ix) => *ix,
            None => {
                let ix = self.kinds.len() as u32;
                self.kinds.push(kind.clone());
                self.kind_by_name.insert(kind, ix);
                ix
            }
        };
        self.kind[vehicle as usize] = ix;
        self.latest[vehicle as usize].class = entry.class;
        self.judge_displaced(vehicle, rules);
        self.mark_dirty(vehicle);
        Some(vehicle)
    }

    pub fn unregister(&mut self, vin: &Vin, rules: &Rules) {
        let Some(vehicle) = self.find(vin) else {
            return;
        };
        self.kind[vehicle as usize] = NO_KIND;
        self.latest[vehicle as usize].class = Class::default();
        self.judge_displaced(vehicle, rules);
        self.mark_dirty(vehicle);
    }

    /// Reads what [`apply_to`](Self::apply_to) will need of some vehicles. Each step is a short loop over all of them, so
    /// that a processor waits for memory once for many and not for each.
    pub fn fetch(&self, vehicles: &(impl Iterator<Item = u32> + Clone)) {
        let ixs = || vehicles.clone().map(|vehicle| vehicle as usize);
        let records = ixs().map(|i| {
            let latest = &self.latest[i];
            u64::from(latest.vin.0[0]) ^ latest.received_mono_ms ^ self.items[i].len() as u64
        });
        std::hint::black_box(records.fold(0, |sum, read| sum ^ read));
        let items = ixs().map(|i| self.items[i].touch());
        std::hint::black_box(items.fold(0, |sum, read| sum ^ read));
    }

    /// Takes a report; `vehicle` is whose it is, if that has been looked up.
    pub fn apply_to(
        &mut self,
        vehicle: Option<u32>,
        report: &Report,
        now: Now,
        rules: &Rules,
    ) -> Applied {
        let Some(vehicle) =
            vehicle.or_else(|| self.find_or_add(report.vin, report.source, rules.max_vehicles))
        else {
            return Applied::Full;
        };
        let latest = &mut self.latest[vehicle as usize];
        let ahead_s = report
            .stamp_unix_s
            .saturating_sub(now.unix_ms.div_euclid(1_000));
        if ahead_s > rules.future_tolerance_s {
            if latest.flags & HEARD_AHEAD == 0 {
                latest.flags |= HEARD_AHEAD;
                self.mark_dirty(vehicle);
            }
            return Applied::Future;
        }
        self.items[vehicle as usize].keep_report(report);
        if report.reissued {
            if latest.flags & HEARD_REISSUED == 0 {
                latest.flags |= HEARD_REISSUED;
                self.mark_dirty(vehicle);
            }
            return Applied::Reissued;
        }
        // A fix may be newer than the one shown although the report is older than another that had none.
        let stamp = stamp_of(report);
        let newer_fix = report.fix.filter(|_| stamp >= latest.fix_stamp);
        let newer_state = stamp >= latest.stamp;
        if !newer_state && newer_fix.is_none() {
            return Applied::Older;
        }
        if newer_state {
            latest.take_values(report, rules);
            latest.received_mono_ms = now.mono_ms;
            latest.received_unix_ms = now.unix_ms;
        }
        latest.flags |= HEARD;
        if let Some(fix) = newer_fix {
            latest.fix = fix;
            latest.fix_stamp = stamp;
            latest.flags |= HAS_FIX;
        }
        self.judge_displaced(vehicle, rules);
        self.mark_dirty(vehicle);
        if newer_fix.is_some() {
            Applied::Fresh
        } else {
            Applied::NoFix
        }
    }

    /// Whether it is shown displaced, after what it is or does may have changed.
    fn judge_displaced(&mut self, vehicle: u32, rules: &Rules) {
        let latest = &mut self.latest[vehicle as usize];
        let was = latest.flags & DISPLACED != 0;
        let is =
            latest.flags & HAS_FIX != 0 && blur::is_displaced(rules, latest.class, latest.activity);
        if is && latest.lattice == (0, 0) {
            latest.lattice = blur::lattice(rules, vehicle);
        }
        match (was, is) {
            (false, true) => self.blurred += 1,
            (true, false) => self.blurred -= 1,
            _ => return,
        }
        latest.flags ^= DISPLACED;
    }

    /// What the newest report of a vehicle said, to compare the next one with.
    pub fn prior(&self, vehicle: u32) -> Option<Prior> {
        let latest = &self.latest[vehicle as usize];
        (latest.stamp != NEVER && latest.flags & HAS_FIX != 0).then_some(Prior {
            vehicle,
            stamp_unix_s: i64::from(latest.stamp),
            fix: latest.fix,
            odometer_hm: latest.odometer_hm,
            speed_dkmh: latest.speed_dkmh,
        })
    }

    pub fn snapshot(&self, ix: VehicleIx, freshness: Freshness) -> Option<Snapshot<'_>> {
        let i = ix.0 as usize;
        let latest = self.latest.get(i)?;
        let kind = self.kinds.get(self.kind[i] as usize);
        let vehicle_stamp = i64::from(latest.vehicle_stamp);
        Some(Snapshot {
            vin: latest.vin,
            make: kind.map(|kind| Arc::clone(&kind.0)),
            model: kind.map(|kind| Arc::clone(&kind.1)),
            class: latest.class,
            edition: latest.edition,
            source: latest.source,
            received: (latest.stamp != NEVER).then_some(Now {
                unix_ms: latest.received_unix_ms,
                mono_ms: latest.received_mono_ms,
            }),
            fix: (latest.flags & HAS_FIX != 0).then_some(Timed {
                value: latest.fix,
                stamp_unix_s: i64::from(latest.fix_stamp),
            }),
            raw_position: (latest.flags & HAS_RAW != 0).then_some(Timed {
                value: latest.raw_position,
                stamp_unix_s: i64::from(latest.raw_stamp),
            }),
            activity: (latest.activity != Activity::Unknown).then_some(Timed {
                value: latest.activity,
                stamp_unix_s: vehicle_stamp,
            }),
            freshness,
            speed_dkmh: timed(latest.speed_dkmh, vehicle_stamp),
            odometer_hm: timed(latest.odometer_hm, vehicle_stamp),
            soc_pct: timed(latest.soc_pct, vehicle_stamp),
            alarm_level: timed(latest.alarm_level, i64::from(latest.alarm_stamp)),
            items: self.items[i].iter().collect(),
            place_withheld: false,
        })
    }
}

fn timed<T>(value: Option<T>, stamp_unix_s: i64) -> Option<Timed<T>> {
    value.map(|value| Timed {
        value,
        stamp_unix_s,
    })
}
