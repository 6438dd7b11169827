//! Where a private vehicle is shown to those who may not know where it lives.
//!
//! Each has a lattice of its own, laid at random once and for all, and is shown in the middle of the square it is in. So what
//! is shown depends on the place alone: however often it comes home, and by whichever way, it is shown in one and the same
//! place, and nothing of the last metres before it stops. Averaging over days gives nothing, which it did when every
//! parking had a displacement of its own. What is known of a home is a square as wide as twice the rules' radius.

use wire::{Activity, WorldPoint};

use crate::hash::mix;
use crate::{Class, Rules};

/// A lattice's squares have one size within a band of so many world units, some 130 km, southward.
const BAND: u32 = 24;

/// Whether a vehicle is shown displaced. One of which nobody said what it is may be somebody's car.
pub(crate) fn is_displaced(rules: &Rules, class: Class, activity: Activity) -> bool {
    let is_at_rest = matches!(
        activity,
        Activity::Parked | Activity::Charging | Activity::Off
    );
    matches!(class, Class::Private | Class::Other) && (is_at_rest || !rules.private_driving_exact)
}

/// A corner of a vehicle's lattice, in world units (east, south).
pub(crate) fn lattice(rules: &Rules, vehicle: u32) -> (i32, i32) {
    let lot = mix(rules.seed ^ mix(u64::from(vehicle)));
    ((lot >> 32) as i32, lot as i32)
}

/// The middle of the square that the point is in.
pub(crate) fn displaced(at: WorldPoint, (east, south): (i32, i32), radius_m: f64) -> WorldPoint {
    let band = WorldPoint {
        x: 0,
        y: (at.y >> BAND << BAND) | 1 << (BAND - 1),
    };
    let side = (2.0 * radius_m * band.units_per_metre()) as u32;
    if side == 0 {
        return at;
    }
    let middle = |along: u32, corner: i32| {
        let from_corner = along.wrapping_sub(corner.cast_unsigned());
        (from_corner / side * side + side / 2).wrapping_add_signed(corner)
    };
    WorldPoint {
        x: middle(at.x, east),
        y: middle(at.y, south),
    }
}
