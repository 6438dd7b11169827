//! Every threshold of the fleet, with the value it has unless an operator says otherwise.

use wire::FINEST_LEVEL;

use crate::Class;
use crate::fleet::SENT_SCOPES;

/// How long silence is taken calmly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Live up to here.
    pub late_after_ms: u64,
    /// Late up to here, then silent.
    pub silent_after_ms: u64,
}

impl Patience {
    const fn seconds(late_after_s: u64, silent_after_s: u64) -> Self {
        Self {
            late_after_ms: late_after_s * 1_000,
            silent_after_ms: silent_after_s * 1_000,
        }
    }
}

/// The rules of a fleet.
#[derive(Debug, Clone)]
pub struct Rules {
    /// A report whose time is further ahead of the server's clock is not believed.
    pub future_tolerance_s: i64,
    /// By class, while the vehicle is on. Vehicles report every 30 s at the latest (GB/T 32960.3), so two missed
    /// reports make one late.
    pub patience: [Patience; 6],
    /// By class, once the vehicle has said that it is switched off. For a private car silence is then normal.
    pub patience_off: [Patience; 6],
    /// A source without connection for longer has cut its vehicles off.
    pub cut_off_after_ms: u64,
    /// So has a source that is connected and brings nothing for longer.
    pub source_quiet_after_ms: u64,
    /// A vehicle that is on and has stood still for so long counts as parked: longer than a red light, shorter than
    /// a visit.
    pub parked_after_s: i64,
    /// Vehicles at most; a report of another one is refused.
    pub max_vehicles: u32,
    /// The finest level of the blurred scope: 11 is about 4 m.
    pub blurred_finest_level: u8,
    /// The finest level of a screen that is shown to visitors: 8 is about 33 m.
    pub visitor_finest_level: u8,
    /// How far a private vehicle is displaced in the blurred scope, at most, eastward and southward each.
    pub blur_radius_m: f64,
    /// Private vehicles are displaced only while they are at rest. Where they stop is then seen by whoever watches them.
    pub private_driving_exact: bool,
    /// Figures of a district that are smaller are not told to the blurred scope; 0 or 1 tells all.
    pub suppress_below: u32,
    /// Of the displacements; must be secret and new at each start of the server.
    pub seed: u64,
}

/// What a class of roles may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub finest_level: u8,
    pub blurred: bool,
}

impl Rules {
    /// The scopes by number: the finest level each is given, and whether private parking places are blurred.
    #[must_use]
    pub fn scopes(&self) -> [Scope; SENT_SCOPES] {
        let exact = Scope {
            finest_level: FINEST_LEVEL,
            blurred: false,
        };
        let blurred = Scope {
            finest_level: self.blurred_finest_level,
            blurred: true,
        };
        let visitor = Scope {
            finest_level: self.visitor_finest_level.min(self.blurred_finest_level),
            blurred: true,
        };
        [exact, blurred, visitor]
    }
}

impl Default for Rules {
    fn default() -> Self {
        let on = Patience::seconds(75, 600);
        let hours = |late: u64, silent: u64| Patience::seconds(late * 3_600, silent * 3_600);
        let mut patience_off = [hours(14, 72); 6];
        patience_off[Class::Private as usize] = hours(24 * 7, 24 * 30);
        Self {
            future_tolerance_s: 60,
            patience: [on; 6],
            patience_off,
            cut_off_after_ms: 10_000,
            source_quiet_after_ms: 120_000,
            parked_after_s: 180,
            max_vehicles: 4_000_000,
            blurred_finest_level: 11,
            visitor_finest_level: 8,
            blur_radius_m: 250.0,
            private_driving_exact: false,
            suppress_below: 5,
            seed: 0,
        }
    }
}
