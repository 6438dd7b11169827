//! Where a private vehicle at rest is shown to those who may not know where it lives.
//!
//! Each time it comes to rest a displacement of at most the rules' radius is drawn, uniform over the disc, and
//! kept until it moves again: averaging one parking gives nothing, and the next has another. The draw depends on the
//! secret seed, the vehicle and the count of its parkings, so that it needs no state of its own.

use wire::{Activity, WorldPoint};

use crate::hash::mix;
use crate::{Class, Rules};

/// Whether a vehicle is shown displaced. One of which nobody said what it is may be somebody's car.
pub(crate) fn is_private_rest(class: Class, activity: Activity) -> bool {
    matches!(class, Class::Private | Class::Other)
        && matches!(
            activity,
            Activity::Parked | Activity::Charging | Activity::Off
        )
}

/// The displacement of one parking, in world units (east, south).
pub(crate) fn displacement(
    rules: &Rules,
    vehicle: u32,
    parking: u32,
    at: WorldPoint,
) -> (i32, i32) {
    let lot = mix(rules.seed ^ mix((u64::from(vehicle) << 32) | u64::from(parking)));
    let unit = |bits: u64| (bits & 0xffff_ffff) as f64 / 4_294_967_296.0;
    let radius = rules.blur_radius_m * unit(lot).sqrt() * at.units_per_metre();
    let (sin, cos) = (unit(lot >> 32) * std::f64::consts::TAU).sin_cos();
    ((radius * cos) as i32, (radius * sin) as i32)
}

/// The point moved by a displacement: x wraps, y stays on the square.
pub(crate) fn displaced(at: WorldPoint, (dx, dy): (i32, i32)) -> WorldPoint {
    WorldPoint {
        x: at.x.wrapping_add_signed(dx),
        y: at.y.saturating_add_signed(dy),
    }
}
