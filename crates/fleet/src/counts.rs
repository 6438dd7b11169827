//! The numbers of the status line, kept up to date change by change.

use wire::{Excluded, Freshness, Look, SourceStatus, Status};

use crate::SourceId;

const EXCLUDED: [Excluded; 4] = [
    Excluded::NeverHeard,
    Excluded::NoFix,
    Excluded::ClockAhead,
    Excluded::OnlyReissued,
];

/// How many vehicles are what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Known to the registry or ever heard.
    pub registered: u32,
    /// Dots by freshness, in the order of its codes: live, late, silent, cut off.
    pub freshness: [u32; 4],
    /// Dots by activity, in the order of its codes.
    pub activity: [u32; 5],
    /// Dots by alarm level 0..=4; with an unknown level in none.
    pub alarms: [u32; 5],
    /// Who has no dot, by reason.
    excluded: [u32; 4],
}

impl Counts {
    /// All dots.
    #[must_use]
    pub fn shown(&self) -> u32 {
        self.freshness.iter().sum()
    }

    /// Who has no dot, by reason; reasons with nobody left out.
    pub fn excluded(&self) -> impl Iterator<Item = (Excluded, u32)> + '_ {
        EXCLUDED
            .into_iter()
            .zip(self.excluded)
            .filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, standing: Standing) {
        self.change(standing, 1);
    }

    pub(crate) fn remove(&mut self, standing: Standing) {
        self.change(standing, u32::MAX);
    }

    /// `by` is 1 or, wrapping, −1.
    fn change(&mut self, standing: Standing, by: u32) {
        let bump = |count: &mut u32| *count = count.wrapping_add(by);
        match standing {
            Standing::Uncounted => {}
            Standing::Excluded(why) => {
                let i = EXCLUDED.iter().position(|e| *e == why);
                bump(&mut self.excluded[i.expect("all reasons are listed")]);
            }
            Standing::Shown(look) => {
                bump(&mut self.freshness[look.freshness() as usize]);
                bump(&mut self.activity[look.activity() as usize]);
                if let Some(level) = look.alarm_level() {
                    bump(&mut self.alarms[usize::from(level)]);
                }
            }
        }
    }
}

/// What a vehicle counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Standing {
    #[default]
    Uncounted,
    Excluded(Excluded),
    Shown(Look),
}

/// One source at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceSummary {
    pub id: SourceId,
    pub connected: bool,
    pub newest_report_age_ms: Option<u32>,
}

/// What a tick says about the whole fleet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TickSummary {
    pub tick: u64,
    pub tick_unix_ms: i64,
    /// No scope hides a vehicle so far, so all have the same.
    pub counts: Counts,
    /// Dots that the blurred scope shows displaced.
    pub blurred: u32,
    pub reports_per_s: u32,
    pub newest_report_age_ms: Option<u32>,
    pub sources: Vec<SourceSummary>,
    /// Cells that got a frame in this tick.
    pub cells_changed: u32,
    /// Bytes of those frames.
    pub cell_bytes: u64,
}

impl TickSummary {
    /// The numbers that a scope is shown.
    #[must_use]
    pub fn counts(&self, _scope: u8) -> &Counts {
        &self.counts
    }

    /// The status frame of a scope. `name` gives each source the name that viewers may read.
    pub fn status(&self, scope: u8, mut name: impl FnMut(SourceId) -> String) -> Status {
        let counts = self.counts(scope);
        let fresh = |freshness: Freshness| counts.freshness[freshness as usize];
        Status {
            tick: self.tick,
            tick_unix_ms: self.tick_unix_ms,
            registered: counts.registered,
            live: fresh(Freshness::Live),
            late: fresh(Freshness::Late),
            silent: fresh(Freshness::Silent),
            cut_off: fresh(Freshness::CutOff),
            excluded: counts.excluded().collect(),
            activity: counts.activity,
            alarms: counts.alarms,
            reports_per_s: self.reports_per_s,
            newest_report_age_ms: self.newest_report_age_ms,
            sources: self
                .sources
                .iter()
                .map(|source| SourceStatus {
                    name: name(source.id),
                    connected: source.connected,
                    newest_report_age_ms: source.newest_report_age_ms,
                })
                .collect(),
        }
    }
}
