//! Degrees and metres on a patch of the earth small enough to be flat.

/// Metres in one degree of latitude.
pub const METRES_PER_DEGREE: f64 = 111_320.0;

/// Distance of two (lon, lat) in degrees; good to a per mille over a city.
#[must_use]
pub fn metres_between(a: (f64, f64), b: (f64, f64)) -> f32 {
    let squeeze = ((a.1 + b.1) / 2.0).to_radians().cos();
    let east = (b.0 - a.0) * squeeze;
    let north = b.1 - a.1;
    ((east * east + north * north).sqrt() * METRES_PER_DEGREE) as f32
}

/// Distance of two points in metres east and north.
#[must_use]
pub fn length(a: (f32, f32), b: (f32, f32)) -> f32 {
    (b.0 - a.0).hypot(b.1 - a.1)
}
