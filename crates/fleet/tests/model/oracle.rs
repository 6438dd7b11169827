//! The rules, read naively: every report of every vehicle is kept, and what is shown is looked up from all of them.

use std::collections::BTreeMap;

use fleet::{Applied, Class, EXACT, Fleet, Now, RegistryEntry, Report, Rules, SourceId};
use gb32960::{Reading, Vin};
use wire::{Activity, Freshness, Look, LookParts, WorldPoint};

#[derive(Default)]
struct Known {
    class: Class,
    /// Believed live reports in the order of their arrival, each with that moment.
    reports: Vec<(Report, Now)>,
}

impl Known {
    /// The newest by report time, of equals the last to arrive.
    fn newest(&self, wanted: impl Fn(&Report) -> bool) -> Option<&(Report, Now)> {
        self.reports
            .iter()
            .filter(|(report, _)| wanted(report))
            .max_by_key(|(report, _)| report.stamp_unix_s)
    }

    /// The reports that were the newest when they came: only they changed the state.
    fn state_changes(&self) -> impl Iterator<Item = &Report> {
        let mut newest = i64::MIN;
        self.reports
            .iter()
            .map(|(report, _)| report)
            .filter(move |report| {
                let newer = report.stamp_unix_s >= newest;
                newest = newest.max(report.stamp_unix_s);
                newer
            })
    }
}

#[derive(Default, Clone, Copy)]
struct Source {
    connected: bool,
    changed_ms: u64,
    heard_ms: Option<u64>,
}

pub struct Oracle {
    rules: Rules,
    vehicles: BTreeMap<[u8; 17], Known>,
    sources: BTreeMap<u16, Source>,
}

impl Oracle {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            vehicles: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    pub fn fix_of(&self, vin: &Vin) -> Option<WorldPoint> {
        let known = self.vehicles.get(&vin.0)?;
        known.newest(|report| report.fix.is_some())?.0.fix
    }

    fn entry(&mut self, vin: &Vin) -> Option<&mut Known> {
        let full = self.vehicles.len() >= self.rules.max_vehicles as usize;
        match self.vehicles.entry(vin.0) {
            std::collections::btree_map::Entry::Vacant(_) if full => None,
            entry => Some(entry.or_default()),
        }
    }

    pub fn register(&mut self, entry: &RegistryEntry) {
        if let Some(known) = self.entry(&entry.vin) {
            known.class = entry.class;
        }
    }

    pub fn source_state(&mut self, source: SourceId, connected: bool, now: Now) {
        let first = !self.sources.contains_key(&source.0);
        let source = self.sources.entry(source.0).or_default();
        if first || source.connected != connected {
            source.connected = connected;
            source.changed_ms = now.mono_ms;
        }
    }

    pub fn apply(&mut self, report: &Report, now: Now) -> Applied {
        let source = self.sources.entry(report.source.0).or_insert(Source {
            connected: true,
            changed_ms: now.mono_ms,
            heard_ms: None,
        });
        source.heard_ms = Some(now.mono_ms);
        let tolerance_s = self.rules.future_tolerance_s;
        let Some(known) = self.entry(&report.vin) else {
            return Applied::Full;
        };
        if report.stamp_unix_s > now.unix_ms / 1_000 + tolerance_s {
            return Applied::Future;
        }
        if report.reissued {
            return Applied::Reissued;
        }
        let stamp_of = |newest: Option<&(Report, Now)>| newest.map(|n| n.0.stamp_unix_s);
        let newer_state = Some(report.stamp_unix_s) >= stamp_of(known.newest(|_| true));
        let newer_fix = report.fix.is_some()
            && Some(report.stamp_unix_s) >= stamp_of(known.newest(|r| r.fix.is_some()));
        known.reports.push((report.clone(), now));
        match (newer_fix, newer_state) {
            (true, _) => Applied::Fresh,
            (false, true) => Applied::NoFix,
            (false, false) => Applied::Older,
        }
    }

    /// What of a vehicle was heard last so long ago is as if it had never been.
    pub fn forget(&mut self, older_than_ms: u64, now: Now) -> usize {
        let mut count = 0;
        for known in self.vehicles.values_mut() {
            let heard = known.newest(|_| true).map(|(_, at)| at.mono_ms);
            if heard.is_some_and(|heard| now.mono_ms - heard >= older_than_ms) {
                known.reports.clear();
                count += 1;
            }
        }
        count
    }

    fn is_cut(&self, source: SourceId, now: Now) -> bool {
        let Some(source) = self.sources.get(&source.0) else {
            return false;
        };
        let since_change = now.mono_ms - source.changed_ms;
        if !source.connected {
            return since_change >= self.rules.cut_off_after_ms;
        }
        let since_heard = source.heard_ms.map_or(u64::MAX, |at| now.mono_ms - at);
        since_heard.min(since_change) >= self.rules.source_quiet_after_ms
    }

    fn expected(&self, known: &Known, now: Now) -> Option<(WorldPoint, Look)> {
        let at = known.newest(|report| report.fix.is_some())?.0.fix?;
        let (newest, received) = known.newest(|_| true)?;
        let last = |f: &dyn Fn(&Report) -> Option<Reading<u8>>| {
            known
                .state_changes()
                .filter_map(f)
                .last()
                .and_then(Reading::value)
        };
        let says: Vec<&Report> = known
            .state_changes()
            .filter(|report| report.activity.is_some())
            .collect();
        let stands = |report: &Report| {
            report.activity == Some(Activity::Driving)
                && report.speed_dkmh == Some(Reading::Value(0))
        };
        let standing = says.iter().rev().take_while(|report| stands(report));
        let activity = match (says.last(), standing.last()) {
            (Some(last), Some(first))
                if last.stamp_unix_s - first.stamp_unix_s >= self.rules.parked_after_s =>
            {
                Activity::Parked
            }
            (Some(last), _) => last.activity.unwrap_or_default(),
            (None, _) => Activity::Unknown,
        };
        let patience = if activity == Activity::Off {
            self.rules.patience_off[known.class as usize]
        } else {
            self.rules.patience[known.class as usize]
        };
        let age_ms = now.mono_ms - received.mono_ms;
        let freshness = if self.is_cut(newest.source, now) {
            Freshness::CutOff
        } else if age_ms >= patience.silent_after_ms {
            Freshness::Silent
        } else if age_ms >= patience.late_after_ms {
            Freshness::Late
        } else {
            Freshness::Live
        };
        let look = Look::new(LookParts {
            activity,
            freshness,
            alarm_level: last(&|report| report.alarm_level),
            charge_step: last(&|report| report.soc_pct).map(Look::charge_step_from_pct),
        });
        Some((at, look))
    }

    /// Compares all that the fleet shows in the exact scope, and its counts.
    pub fn tick(&self, fleet: &Fleet, now: Now) -> Result<(), String> {
        let (mut shown, mut activity) = (0, [0; 5]);
        let mut by_class = [0; Class::ALL.len()];
        for (vin, known) in &self.vehicles {
            let vehicle = fleet.find(&Vin(*vin)).ok_or("a vehicle is missing")?;
            let expected = self.expected(known, now);
            if fleet.shown(EXACT, vehicle) != expected {
                return Err(format!(
                    "{vehicle:?} is shown {:?}, by the rules {expected:?}",
                    fleet.shown(EXACT, vehicle)
                ));
            }
            if let Some((_, look)) = expected {
                shown += 1;
                by_class[known.class as usize] += 1;
                activity[look.activity() as usize] += 1;
            }
        }
        let counts = fleet.counts();
        let excluded: u32 = counts.excluded().map(|(_, count)| count).sum();
        if counts.registered != self.vehicles.len() as u32
            || counts.all.shown() != shown
            || counts.registered != shown + excluded
            || counts.all.activity != activity
            || counts.by_class.map(|tally| tally.shown()) != by_class
        {
            return Err(format!("{counts:?}, but {shown} shown, {activity:?}"));
        }
        Ok(())
    }
}
