//! What a scope may see of a vehicle: the one place where that is decided.
//!
//! A zone is an outline in which dots are hidden, coarsened or shown late, for every scope that is not exempt. Whether a
//! vehicle is in one is asked of where it truly is. Outlines are taken a little larger than drawn, by some 16 m in
//! Shanghai. Where zones overlap the strictest one counts: hiding before delay, more delay before less, coarser before
//! finer.
//!
//! A dot in a zone of delay is shown where it was so long ago, and not at all until it has been in there so long: what is
//! shown in the zone is always that old, and nothing of it is shown sooner by entering or leaving. So a dot goes at the
//! border, comes after the delay, and takes up its present place when it has left.

use std::collections::{HashMap, VecDeque};

use geo::{CoordsIter, MultiPolygon};
use wire::{FINEST_LEVEL, Look, WorldPoint};

use crate::fleet::SCOPES;
use crate::hash::Folded;
use crate::squares::{Border, Squares};

/// The level of the smallest squares of the tree: about 16 m in Shanghai.
const FINEST: u32 = 21;
/// Zones at most.
pub const MAX_ZONES: usize = 200;
/// Corners of all zones together, at most.
pub const MAX_ZONE_CORNERS: usize = 20_000;
/// The longest delay, in seconds.
pub const MAX_DELAY_S: u32 = 3_600;
/// Of a vehicle's delayed places that are nearer in time than the delay divided by this only the last stays; so there are
/// at most twice as many.
const DELAYED_PLACES: u64 = 60;

/// What a zone does to the dots in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneRule {
    Hide,
    /// Shown where they were so many seconds ago, 1 to [`MAX_DELAY_S`].
    Delay {
        seconds: u32,
    },
    /// Shown in the middle of the positions of this level, 0 to 14: 8 is about 33 m in Shanghai, each one less doubles it.
    Coarsen {
        level: u8,
    },
}

/// A polygon in which less is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub name: String,
    /// In degrees of WGS-84, longitude first.
    pub outline: MultiPolygon,
    pub rule: ZoneRule,
    /// By scope: who sees everything all the same.
    pub exempt: [bool; SCOPES],
}

/// Why zones are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadZones {
    #[error("{zones} zones are more than {MAX_ZONES}")]
    TooMany { zones: usize },
    #[error("{corners} corners are more than {MAX_ZONE_CORNERS}")]
    TooManyCorners { corners: usize },
}

/// The zones of all scopes, made ready: to be built beside the fleet, for that may take a second.
#[derive(Debug, Default)]
pub struct Zones {
    by_scope: [ScopeZones; SCOPES],
}

impl Zones {
    /// # Errors
    /// More zones or corners than there may be.
    pub fn new(zones: &[Zone]) -> Result<Self, BadZones> {
        if zones.len() > MAX_ZONES {
            return Err(BadZones::TooMany { zones: zones.len() });
        }
        let corners = zones.iter().map(|zone| zone.outline.coords_count()).sum();
        if corners > MAX_ZONE_CORNERS {
            return Err(BadZones::TooManyCorners { corners });
        }
        Ok(Self {
            by_scope: std::array::from_fn(|scope| {
                ScopeZones::new(zones.iter().filter(|zone| !zone.exempt[scope]))
            }),
        })
    }

    pub(crate) fn into_scopes(self) -> [ScopeZones; SCOPES] {
        self.by_scope
    }
}

/// The zones that are in force for one scope.
#[derive(Debug, Default)]
pub(crate) struct ScopeZones {
    /// The strictest first.
    rules: Vec<ZoneRule>,
    squares: Squares,
}

impl ScopeZones {
    fn new<'a>(zones: impl Iterator<Item = &'a Zone>) -> Self {
        let mut zones: Vec<&Zone> = zones.collect();
        zones.sort_by_key(|zone| match zone.rule {
            ZoneRule::Hide => (0, 0),
            ZoneRule::Delay { seconds } => (1, MAX_DELAY_S.saturating_sub(seconds)),
            ZoneRule::Coarsen { level } => (2, u32::from(level)),
        });
        let outlines: Vec<&MultiPolygon> = zones.iter().map(|zone| &zone.outline).collect();
        Self {
            rules: zones.iter().map(|zone| zone.rule).collect(),
            squares: Squares::new(&outlines, FINEST, Border::Inside),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn rule_at(&self, at: WorldPoint) -> Option<ZoneRule> {
        if self.is_empty() {
            return None;
        }
        self.rules.get(usize::from(self.squares.of(at))).copied()
    }
}

/// A dot as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub at: WorldPoint,
    pub look: Look,
    /// The vehicle's time of that place.
    pub stamp_unix_s: i64,
}

/// A vehicle that is in a zone.
#[derive(Debug, Default)]
struct Zoned {
    seen: Option<Seen>,
    /// What is to be shown, and when; the soonest first.
    later: VecDeque<(u64, Seen)>,
}

/// The vehicles of one scope that are in its zones, and what is shown of them. Of all others everything is.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    zones: ScopeZones,
    zoned: HashMap<u32, Zoned, Folded>,
}

impl Sight {
    /// Other zones are in force. What is shown stays until each vehicle is looked at again.
    pub fn set(&mut self, zones: ScopeZones) {
        self.zones = zones;
    }

    /// Whether there is any zone for this scope.
    pub fn has_zones(&self) -> bool {
        !self.zones.is_empty()
    }

    /// What is shown of a vehicle that is in a zone; `None` for one that is in none.
    pub fn of(&self, vehicle: u32) -> Option<Option<Seen>> {
        if self.zoned.is_empty() {
            return None;
        }
        Some(self.zoned.get(&vehicle)?.seen)
    }

    /// Everybody who is in a zone, with what is shown.
    pub fn zoned(&self) -> impl Iterator<Item = (u32, Option<Seen>)> + '_ {
        self.zoned
            .iter()
            .map(|(vehicle, zoned)| (*vehicle, zoned.seen))
    }

    /// A vehicle has no dot any more.
    pub fn leave(&mut self, vehicle: u32) {
        self.zoned.remove(&vehicle);
    }

    /// Looks at a vehicle anew, which truly is at `fix` and would be shown as `plain`; what is to be shown.
    pub fn look(
        &mut self,
        vehicle: u32,
        fix: WorldPoint,
        plain: Seen,
        now_mono_ms: u64,
    ) -> Option<Seen> {
        let Some(rule) = self.zones.rule_at(fix) else {
            if !self.zoned.is_empty() {
                self.zoned.remove(&vehicle);
            }
            return Some(plain);
        };
        let zoned = self.zoned.entry(vehicle).or_default();
        if !matches!(rule, ZoneRule::Delay { .. }) {
            zoned.later.clear();
        }
        zoned.seen = match rule {
            ZoneRule::Hide => None,
            ZoneRule::Coarsen { level } => Some(Seen {
                at: coarse(plain.at, level),
                ..plain
            }),
            ZoneRule::Delay { seconds } => {
                zoned.push(plain, u64::from(seconds) * 1_000, now_mono_ms);
                zoned.take_due(now_mono_ms)
            }
        };
        zoned.seen
    }

    /// The vehicles of which a delayed place is due.
    pub fn due(&self, now_mono_ms: u64) -> impl Iterator<Item = u32> + '_ {
        let is_due = move |zoned: &Zoned| {
            let next = zoned.later.front();
            next.is_some_and(|(due, _)| *due <= now_mono_ms)
        };
        self.zoned
            .iter()
            .filter(move |(_, zoned)| is_due(zoned))
            .map(|(vehicle, _)| *vehicle)
    }
}

impl Zoned {
    fn push(&mut self, seen: Seen, delay_ms: u64, now_mono_ms: u64) {
        let last = self.later.back().map(|(_, last)| *last).or(self.seen);
        if last.is_some_and(|last| (last.at, last.look) == (seen.at, seen.look)) {
            return;
        }
        // A delay may have become shorter; what came later is not shown sooner.
        let newest = self.later.back().map_or(0, |(due, _)| *due);
        let due = newest.max(now_mono_ms + delay_ms);
        let crowded = self.later.len() >= 2
            && due - self.later[self.later.len() - 2].0 < delay_ms / DELAYED_PLACES;
        if crowded {
            self.later.pop_back();
        }
        self.later.push_back((due, seen));
    }

    fn take_due(&mut self, now_mono_ms: u64) -> Option<Seen> {
        while let Some((_, seen)) = self.later.pop_front_if(|(due, _)| *due <= now_mono_ms) {
            self.seen = Some(seen);
        }
        self.seen
    }
}

/// The middle of the position of that level.
fn coarse(at: WorldPoint, level: u8) -> WorldPoint {
    let shift = u32::from(FINEST_LEVEL.saturating_sub(level));
    let half = (1u32 << shift) >> 1;
    WorldPoint {
        x: (at.x >> shift << shift) | half,
        y: (at.y >> shift << shift) | half,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(x: u32) -> Seen {
        Seen {
            at: WorldPoint { x, y: 0 },
            look: Look::default(),
            stamp_unix_s: 0,
        }
    }

    #[test]
    fn what_is_delayed_is_as_old_as_the_delay_and_its_queue_has_a_bound() {
        let delay_ms = 600_000;
        let mut zoned = Zoned::default();
        let mut shown = 0;
        for second in 0..4_000u64 {
            let now = second * 1_000;
            zoned.push(seen(second as u32), delay_ms, now);
            assert!(zoned.later.len() as u64 <= 2 * DELAYED_PLACES + 2);
            match zoned.take_due(now) {
                None => assert!(now < delay_ms),
                Some(at) => {
                    shown += 1;
                    let age_s = second - u64::from(at.at.x);
                    assert!((600..=621).contains(&age_s), "{age_s}");
                }
            }
        }
        assert_eq!(shown, 3_400);
        // It stands: where it came to rest is shown in the end.
        zoned.push(seen(3_999), delay_ms, 4_000_000);
        assert_eq!(zoned.take_due(4_600_000), Some(seen(3_999)));
    }
}
