//! How well each source reports, over the last minute: what a maker's platform sends late, twice, marked as invalid, or by a
//! clock that is not ours. Nothing here names a vehicle, and nothing here decides what is shown.

use gb32960::Reading;
use wire::WorldPoint;

use crate::{Now, Report, SourceId};

/// The window is this many slots and the one that is being filled.
const SLOTS: u64 = 6;
const SLOT_MS: u64 = 10_000;
/// Of a slot: enough for a median, taken from its first reports.
const LAGS: usize = 32;
/// A report that took longer from its own time to us is late; vehicles report every 30 s at the latest.
const LATE_AFTER_S: i64 = 30;
/// Between two reports that are compared for distance, at most.
const DISTANCE_WITHIN_S: i64 = 120;
/// One vehicle of so many is compared for distance: what it takes to know is in the trigonometry.
const DISTANCE_OF_EVERY: u32 = 8;

/// One source over the last minute.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quality {
    pub reports: u32,
    /// Of how much time these figures are.
    pub window_ms: u64,
    /// Came more than 30 s after their own time; re-issued ones are not counted.
    pub late: u32,
    /// Say nothing but what the vehicle's report before them said, its time included.
    pub duplicates: u32,
    /// Values that reports spoke of, the position among them.
    pub fields: u32,
    /// Of those the abnormal, invalid and impossible ones.
    pub invalid: u32,
    /// The median of our clock less the report's, in seconds; the way is in it.
    pub skew_s: Option<i64>,
    /// Driven by the odometer, and by the positions, by the same vehicles in the same time; metres.
    pub odometer_m: f64,
    pub gps_m: f64,
}

/// What was known of a vehicle before a report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prior {
    pub vehicle: u32,
    pub stamp_unix_s: i64,
    pub fix: WorldPoint,
    pub odometer_hm: Option<Reading<u32>>,
    pub speed_dkmh: Option<Reading<u16>>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    number: u64,
    sums: Quality,
    lags_s: Vec<i64>,
}

/// All sources, by number.
#[derive(Debug, Default)]
pub(crate) struct Qualities {
    sources: Vec<[Slot; SLOTS as usize + 1]>,
    since_mono_ms: Option<u64>,
}

impl Qualities {
    pub fn note(&mut self, report: &Report, prior: Option<Prior>, now: Now) {
        self.since_mono_ms.get_or_insert(now.mono_ms);
        let source = usize::from(report.source.0);
        if source >= self.sources.len() {
            self.sources.resize_with(source + 1, Default::default);
        }
        let number = now.mono_ms / SLOT_MS;
        let slot = &mut self.sources[source][(number % (SLOTS + 1)) as usize];
        if slot.number != number {
            slot.number = number;
            slot.sums = Quality::default();
            slot.lags_s.clear();
        }
        slot.sums.count(report);
        if report.reissued {
            return;
        }
        let lag_s = (now.unix_ms.div_euclid(1_000)).saturating_sub(report.stamp_unix_s);
        slot.sums.late += u32::from(lag_s > LATE_AFTER_S);
        if slot.lags_s.len() < LAGS {
            slot.lags_s.push(lag_s);
        }
        if let Some(prior) = prior {
            slot.sums.compare(report, prior);
        }
    }

    /// The last minute of a source; nothing but zeros for one that was silent.
    pub fn of(&self, source: SourceId, now: Now) -> Quality {
        let newest = now.mono_ms / SLOT_MS;
        let oldest = newest.saturating_sub(SLOTS);
        let since = self.since_mono_ms.unwrap_or(now.mono_ms);
        let mut sum = Quality {
            window_ms: now.mono_ms.saturating_sub(since.max(oldest * SLOT_MS)),
            ..Quality::default()
        };
        let mut lags = Vec::new();
        let slots = self
            .sources
            .get(usize::from(source.0))
            .into_iter()
            .flatten();
        for slot in slots.filter(|slot| (oldest..=newest).contains(&slot.number)) {
            sum.add(&slot.sums);
            lags.extend_from_slice(&slot.lags_s);
        }
        if !lags.is_empty() {
            let middle = lags.len() / 2;
            sum.skew_s = Some(*lags.select_nth_unstable(middle).1);
        }
        sum
    }
}

impl Quality {
    fn count(&mut self, report: &Report) {
        fn judged<T>(reading: Option<Reading<T>>) -> Option<bool> {
            reading.map(|reading| reading.value().is_some())
        }
        self.reports += 1;
        let values = [
            judged(report.speed_dkmh),
            judged(report.odometer_hm),
            judged(report.soc_pct),
            judged(report.alarm_level),
            report.raw_position.map(|_| report.fix.is_some()),
        ];
        for is_good in values.into_iter().flatten() {
            self.fields += 1;
            self.invalid += u32::from(!is_good);
        }
    }

    fn compare(&mut self, report: &Report, prior: Prior) {
        let passed_s = report.stamp_unix_s.saturating_sub(prior.stamp_unix_s);
        let Some(fix) = report.fix else {
            return;
        };
        if passed_s == 0 {
            let same = fix == prior.fix
                && report.odometer_hm == prior.odometer_hm
                && report.speed_dkmh == prior.speed_dkmh;
            self.duplicates += u32::from(same);
        }
        let value = |reading: Option<Reading<u32>>| reading.and_then(Reading::value);
        if (1..=DISTANCE_WITHIN_S).contains(&passed_s)
            && prior.vehicle.is_multiple_of(DISTANCE_OF_EVERY)
            && let (Some(is), Some(was)) = (value(report.odometer_hm), value(prior.odometer_hm))
        {
            let east = f64::from(fix.x.wrapping_sub(prior.fix.x).cast_signed());
            let south = f64::from(fix.y) - f64::from(prior.fix.y);
            self.gps_m += east.hypot(south) / fix.units_per_metre();
            self.odometer_m += (f64::from(is) - f64::from(was)) * 100.0;
        }
    }

    fn add(&mut self, other: &Self) {
        self.reports += other.reports;
        self.late += other.late;
        self.duplicates += other.duplicates;
        self.fields += other.fields;
        self.invalid += other.invalid;
        self.odometer_m += other.odometer_m;
        self.gps_m += other.gps_m;
    }
}
