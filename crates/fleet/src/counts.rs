//! The numbers of the status line, kept up to date change by change.

use wire::{Activity, DistrictCounts, Excluded, Freshness, Look, SourceStatus, Status};

use crate::districts::NO_DISTRICT;
use crate::fleet::{SCOPES, places_of};
use crate::told::{STEP, Told, suppress};
use crate::{Class, EXACT, SourceId, VISITOR, news};

const EXCLUDED: [Excluded; 4] = [
    Excluded::NeverHeard,
    Excluded::NoFix,
    Excluded::ClockAhead,
    Excluded::OnlyReissued,
];

/// The status frame carries the counts by district in one tick of so many.
pub(crate) const DISTRICTS_EVERY_TICKS: u64 = 5;

/// How many dots look how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// By freshness, in the order of its codes: live, late, silent, cut off.
    pub freshness: [u32; 4],
    /// By activity, in the order of its codes.
    pub activity: [u32; 5],
    /// By alarm level 0..=4; with an unknown level in none.
    pub alarms: [u32; 5],
}

impl Tally {
    /// All dots.
    #[must_use]
    pub fn shown(&self) -> u32 {
        self.freshness.iter().sum()
    }

    /// `by` is 1 or, wrapping, −1.
    fn change(&mut self, look: Look, by: u32) {
        let bump = |count: &mut u32| *count = count.wrapping_add(by);
        bump(&mut self.freshness[look.freshness() as usize]);
        bump(&mut self.activity[look.activity() as usize]);
        if let Some(level) = look.alarm_level() {
            bump(&mut self.alarms[usize::from(level)]);
        }
    }
}

/// How many vehicles are what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Known to the registry or ever heard.
    pub registered: u32,
    pub all: Tally,
    /// In the order of [`Class::ALL`].
    pub by_class: [Tally; Class::ALL.len()],
    /// In the order in which the districts were given; who is in none is in none of them.
    pub by_district: Vec<Tally>,
    /// Who has no dot, by reason.
    excluded: [u32; 4],
}

/// Among whom a vehicle is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub class: Class,
    pub district: u8,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            class: Class::default(),
            district: NO_DISTRICT,
        }
    }
}

impl Counts {
    /// Who has no dot, by reason; reasons with nobody left out.
    pub fn excluded(&self) -> impl Iterator<Item = (Excluded, u32)> + '_ {
        EXCLUDED
            .into_iter()
            .zip(self.excluded)
            .filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, standing: Standing, group: Group) {
        self.change(standing, group, 1);
    }

    pub(crate) fn remove(&mut self, standing: Standing, group: Group) {
        self.change(standing, group, u32::MAX);
    }

    /// `by` is 1 or, wrapping, −1.
    fn change(&mut self, standing: Standing, group: Group, by: u32) {
        match standing {
            Standing::Uncounted => {}
            Standing::Excluded(why) => {
                let i = EXCLUDED.iter().position(|e| *e == why);
                let count = &mut self.excluded[i.expect("all reasons are listed")];
                *count = count.wrapping_add(by);
            }
            Standing::Shown(look) => {
                self.all.change(look, by);
                self.by_class[group.class as usize].change(look, by);
                if let Some(district) = self.by_district.get_mut(usize::from(group.district)) {
                    district.change(look, by);
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
    /// Its vehicles are shown as cut off.
    pub cut_off: bool,
}

/// What a tick says about the whole fleet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TickSummary {
    pub tick: u64,
    pub tick_unix_ms: i64,
    /// The truth. What a scope is told of it, [`status`](Self::status) says.
    pub counts: Counts,
    /// By scope; none where it is told the truth.
    pub(crate) told: [Option<Told>; SCOPES],
    pub(crate) suppress_below: u32,
    /// Dots that the blurred scope shows displaced.
    pub blurred: u32,
    pub reports_per_s: u32,
    pub newest_report_age_ms: Option<u32>,
    pub sources: Vec<SourceSummary>,
    /// Serious alarms that began lately, the newest first.
    pub(crate) news: Vec<news::Told>,
    pub encoded: Encoded,
}

/// What a tick sends of the cells that somebody looks at, each once however many look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Cells that got a frame.
    pub cells: u32,
    /// Dots in them that moved, came, went or changed their look.
    pub changes: u64,
    /// Bytes of those frames.
    pub bytes: u64,
}

impl TickSummary {
    /// The status frame of a scope. `name` gives each source the name that viewers may read.
    pub fn status(&self, scope: u8, mut name: impl FnMut(SourceId) -> String) -> Status {
        let counts = &self.counts;
        let fresh = |freshness: Freshness| counts.all.freshness[freshness as usize];
        let places = usize::from(places_of(scope));
        let told = self.told.get(places).and_then(Option::as_ref);
        let mut status = Status {
            tick: self.tick,
            tick_unix_ms: self.tick_unix_ms,
            registered: counts.registered,
            live: fresh(Freshness::Live),
            late: fresh(Freshness::Late),
            silent: fresh(Freshness::Silent),
            cut_off: fresh(Freshness::CutOff),
            excluded: counts.excluded().collect(),
            activity: counts.all.activity,
            alarms: counts.all.alarms,
            blurred: if scope == EXACT { 0 } else { self.blurred },
            told_from: self.told_from(scope, told.is_some()),
            reports_per_s: self.reports_per_s,
            newest_report_age_ms: self.newest_report_age_ms,
            sources: self
                .sources
                .iter()
                .map(|source| SourceStatus {
                    name: name(source.id),
                    connected: source.connected,
                    newest_report_age_ms: source.newest_report_age_ms,
                    cut_off: source.cut_off,
                })
                .collect(),
            districts: if self.tick.is_multiple_of(DISTRICTS_EVERY_TICKS) {
                match told {
                    Some(told) => told.districts().collect(),
                    None => counts.by_district.iter().map(district_counts).collect(),
                }
            } else {
                Vec::new()
            },
            news: self
                .news
                .iter()
                // Visitors are not told where a single vehicle's alarm began.
                .filter(|_| scope != VISITOR)
                .filter_map(|told| told.get(places).copied())
                .collect(),
        };
        if let Some(told) = told {
            told.put_into(&mut status);
        }
        if scope != EXACT {
            suppress(&mut status.districts, self.suppress_below);
        }
        status
    }

    /// What a page counts of its own dots is told like the figures it gets: in tens where there are or were zones for the scope, or
    /// where small figures of districts are kept from it. The page is to be no finer tool than what it is told.
    fn told_from(&self, scope: u8, has_zones: bool) -> u32 {
        if has_zones || (scope != EXACT && self.suppress_below > 1) {
            self.suppress_below.max(STEP)
        } else {
            0
        }
    }
}

pub(crate) fn district_counts(tally: &Tally) -> DistrictCounts {
    DistrictCounts {
        shown: Some(tally.shown()),
        driving: Some(tally.activity[Activity::Driving as usize]),
        charging: Some(tally.activity[Activity::Charging as usize]),
        alarms: tally.alarms[1..].iter().sum(),
    }
}
