//! Positions arrive in two datums. GNSS receivers speak WGS-84; platforms that forward positions already shifted for
//! Chinese web maps speak GCJ-02, which lies 0.3–0.6 km off, in a direction that changes from place to place. The shift is
//! publicly known; its inverse has no closed form and is iterated. evwall keeps WGS-84 inside and converts once, on the
//! way in. Outside a box around China nothing is shifted, in either direction.

use std::f64::consts::PI;

/// Krasovsky ellipsoid: semi-major axis in metres, and squared eccentricity.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;

/// In which datum a position was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datum {
    /// 01 in 2025; what GNSS receivers deliver.
    Wgs84,
    /// 02 in 2025; shifted.
    Gcj02,
    /// 03 in 2025.
    Other,
    /// A code the standard does not define.
    Unknown,
}

/// Whether a position lies in the box within which the shift applies: 72.004–137.8347 E, 0.8293–55.8271 N.
pub fn is_shifted_at(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// WGS-84 to GCJ-02, degrees (longitude, latitude).
pub fn gcj02_from_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    if !is_shifted_at(lon, lat) {
        return (lon, lat);
    }
    let (lon_shift, lat_shift) = shift(lon, lat);
    (lon + lon_shift, lat + lat_shift)
}

/// GCJ-02 to WGS-84, degrees (longitude, latitude); better than 1e-8 degrees (1 mm).
pub fn wgs84_from_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if !is_shifted_at(lon, lat) {
        return (lon, lat);
    }
    let (mut wgs_lon, mut wgs_lat) = (lon, lat);
    // The shift changes by less than a hundredth over its own length, so each round gains two digits or more.
    for _ in 0..5 {
        let (lon_shift, lat_shift) = shift(wgs_lon, wgs_lat);
        (wgs_lon, wgs_lat) = (lon - lon_shift, lat - lat_shift);
    }
    (wgs_lon, wgs_lat)
}

/// A position in any datum as WGS-84, degrees. `Other` and `Unknown` are taken as WGS-84.
pub fn wgs84_from(datum: Datum, lon: f64, lat: f64) -> (f64, f64) {
    match datum {
        Datum::Gcj02 => wgs84_from_gcj02(lon, lat),
        Datum::Wgs84 | Datum::Other | Datum::Unknown => (lon, lat),
    }
}

/// GCJ-02 minus WGS-84 at a WGS-84 position, degrees (longitude, latitude).
fn shift(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let root = x.abs().sqrt();
    let common = (20.0 * (6.0 * PI * x).sin() + 20.0 * (2.0 * PI * x).sin()) * 2.0 / 3.0;
    let lat_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + (20.0 * (PI * y).sin() + 40.0 * (PI * y / 3.0).sin()) * 2.0 / 3.0
        + (160.0 * (PI * y / 12.0).sin() + 320.0 * (PI * y / 30.0).sin()) * 2.0 / 3.0;
    let lon_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + (20.0 * (PI * x).sin() + 40.0 * (PI * x / 3.0).sin()) * 2.0 / 3.0
        + (150.0 * (PI * x / 12.0).sin() + 300.0 * (PI * x / 30.0).sin()) * 2.0 / 3.0;
    let phi = lat.to_radians();
    let magic = 1.0 - ECCENTRICITY_SQUARED * phi.sin() * phi.sin();
    let lat_shift =
        lat_m.to_degrees() / (AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt()));
    let lon_shift = lon_m.to_degrees() / (AXIS_M / magic.sqrt() * phi.cos());
    (lon_shift, lat_shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (WGS-84, GCJ-02) of places, longitude first; published check values of the known formula.
    const PLACES: [((f64, f64), (f64, f64)); 5] = [
        ((121.4737, 31.2304), (121.478_223_1, 31.228_457_7)),
        ((116.3974, 39.9093), (116.403_643_6, 39.910_703_5)),
        ((114.0579, 22.5431), (114.063_014_0, 22.540_382_8)),
        ((87.6168, 43.8256), (87.619_649_9, 43.826_805_4)),
        ((121.466_558, 31.213_636), (121.471_102_2, 31.211_704_7)),
    ];

    #[test]
    fn known_places_shift_by_the_known_amount() {
        for ((lon, lat), (gcj_lon, gcj_lat)) in PLACES {
            let (got_lon, got_lat) = gcj02_from_wgs84(lon, lat);
            assert!(
                (got_lon - gcj_lon).abs() < 2e-7 && (got_lat - gcj_lat).abs() < 2e-7,
                "{lon} {lat}"
            );
        }
    }

    #[test]
    fn the_way_there_and_back_ends_within_a_centimetre() {
        for lon_step in 0..130 {
            for lat_step in 0..108 {
                let (lon, lat) = (
                    72.5 + f64::from(lon_step) * 0.5,
                    1.0 + f64::from(lat_step) * 0.5,
                );
                let (gcj_lon, gcj_lat) = gcj02_from_wgs84(lon, lat);
                if !is_shifted_at(gcj_lon, gcj_lat) {
                    continue;
                }
                let (back_lon, back_lat) = wgs84_from_gcj02(gcj_lon, gcj_lat);
                assert!(
                    (back_lon - lon).abs() < 1e-7 && (back_lat - lat).abs() < 1e-7,
                    "{lon} {lat}"
                );
            }
        }
    }

    #[test]
    fn outside_china_nothing_is_shifted() {
        for (lon, lat) in [
            (2.35, 48.85),
            (139.7, 35.7),
            (-122.4, 37.8),
            (121.0, -31.0),
            (0.0, 0.0),
        ] {
            assert_eq!(gcj02_from_wgs84(lon, lat), (lon, lat));
            assert_eq!(wgs84_from_gcj02(lon, lat), (lon, lat));
        }
    }
}
