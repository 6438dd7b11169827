//! Where streets may be: the land of Shanghai, its towns, and the river between its halves.
//!
//! Drawn by hand like the roads, and only good enough to keep streets out of the sea and off the river.

/// WGS-84 (lon, lat).
type Corner = (f64, f64);

/// People's Square, where the city counts its kilometres from.
pub const CENTRE: Corner = (121.4737, 31.2304);

/// The middle of what the inner ring encloses, on both banks.
const WITHIN_RING: Corner = (121.486, 31.230);

const MAINLAND: &[Corner] = &[
    (121.330, 31.500),
    (121.380, 31.465),
    (121.430, 31.430),
    (121.480, 31.405),
    (121.508, 31.395),
    (121.520, 31.395),
    (121.560, 31.380),
    (121.610, 31.350),
    (121.660, 31.315),
    (121.700, 31.285),
    (121.740, 31.240),
    (121.775, 31.190),
    (121.810, 31.140),
    (121.850, 31.080),
    (121.890, 31.020),
    (121.940, 30.960),
    (121.975, 30.910),
    (121.960, 30.875),
    (121.900, 30.855),
    (121.800, 30.855),
    (121.700, 30.840),
    (121.600, 30.830),
    (121.500, 30.820),
    (121.430, 30.790),
    (121.370, 30.730),
    (121.320, 30.705),
    (121.270, 30.695),
    (121.270, 30.750),
    (121.220, 30.780),
    (121.130, 30.780),
    (121.040, 30.820),
    (120.995, 30.890),
    (120.990, 30.950),
    (120.990, 31.010),
    (120.920, 31.010),
    (120.860, 31.080),
    (120.890, 31.100),
    (120.930, 31.090),
    (121.000, 31.120),
    (121.050, 31.155),
    (121.070, 31.220),
    (121.060, 31.270),
    (121.120, 31.290),
    (121.160, 31.300),
    (121.120, 31.340),
    (121.130, 31.430),
    (121.200, 31.470),
    (121.260, 31.480),
];

const CHONGMING: &[Corner] = &[
    (121.180, 31.780),
    (121.250, 31.740),
    (121.330, 31.670),
    (121.420, 31.625),
    (121.520, 31.570),
    (121.620, 31.540),
    (121.720, 31.480),
    (121.830, 31.440),
    (121.940, 31.450),
    (121.980, 31.500),
    (121.920, 31.560),
    (121.800, 31.620),
    (121.680, 31.650),
    (121.560, 31.680),
    (121.450, 31.720),
    (121.350, 31.790),
    (121.270, 31.830),
];

const CHANGXING: &[Corner] = &[
    (121.550, 31.430),
    (121.620, 31.400),
    (121.700, 31.370),
    (121.780, 31.330),
    (121.830, 31.310),
    (121.830, 31.340),
    (121.770, 31.380),
    (121.700, 31.410),
    (121.630, 31.440),
    (121.570, 31.460),
];

/// The Huangpu, from Songjiang to its mouth.
pub const HUANGPU: &[Corner] = &[
    (121.080, 30.975),
    (121.150, 30.965),
    (121.220, 30.968),
    (121.290, 30.975),
    (121.350, 30.988),
    (121.400, 30.998),
    (121.450, 31.005),
    (121.476, 31.020),
    (121.480, 31.045),
    (121.474, 31.080),
    (121.464, 31.120),
    (121.463, 31.150),
    (121.461, 31.172),
    (121.468, 31.184),
    (121.480, 31.190),
    (121.493, 31.198),
    (121.504, 31.207),
    (121.507, 31.218),
    (121.497, 31.230),
    (121.492, 31.240),
    (121.499, 31.247),
    (121.515, 31.248),
    (121.530, 31.250),
    (121.543, 31.256),
    (121.560, 31.263),
    (121.566, 31.276),
    (121.564, 31.292),
    (121.554, 31.306),
    (121.540, 31.319),
    (121.526, 31.336),
    (121.515, 31.353),
    (121.508, 31.372),
    (121.505, 31.400),
];

/// Half the river's width, metres.
pub const RIVER_HALF_M: f64 = 220.0;

/// Towns with dense streets of their own: (lon, lat), radius in kilometres.
const TOWNS: &[(Corner, f64)] = &[
    ((121.265, 31.380), 3.6), // Jiading
    ((121.160, 31.290), 2.8), // Anting
    ((121.320, 31.300), 2.6), // Nanxiang
    ((121.480, 31.400), 3.0), // Wusong
    ((121.400, 31.410), 2.6), // Luodian
    ((121.600, 31.340), 3.0), // Waigaoqiao
    ((121.700, 31.195), 3.2), // Chuansha
    ((121.590, 31.200), 3.2), // Zhangjiang
    ((121.760, 31.045), 3.0), // Huinan
    ((121.570, 31.120), 2.8), // Zhoupu
    ((121.660, 31.145), 2.0), // the resort
    ((121.900, 30.900), 3.0), // Lingang
    ((121.470, 30.918), 3.4), // Nanqiao
    ((121.340, 30.735), 3.0), // Shihua
    ((121.160, 30.900), 2.2), // Zhujing
    ((121.225, 31.030), 4.2), // Songjiang
    ((121.310, 31.110), 3.0), // Jiuting
    ((121.380, 31.110), 3.6), // Xinzhuang
    ((121.400, 31.020), 3.4), // Minhang
    ((121.500, 31.090), 2.8), // Pujiang
    ((121.110, 31.150), 3.2), // Qingpu
    ((121.290, 31.190), 2.8), // Xujing
    ((121.320, 31.215), 2.4), // Hongqiao hub
    ((121.390, 31.625), 2.6), // Chengqiao
    ((121.690, 31.400), 1.8), // Changxing
];

fn inside(polygon: &[Corner], (lon, lat): Corner) -> bool {
    let mut within = false;
    let mut before = polygon[polygon.len() - 1];
    for &corner in polygon {
        if (corner.1 > lat) != (before.1 > lat)
            && lon < (before.0 - corner.0) * (lat - corner.1) / (before.1 - corner.1) + corner.0
        {
            within = !within;
        }
        before = corner;
    }
    within
}

pub fn is_land(at: Corner) -> bool {
    inside(MAINLAND, at) || inside(CHONGMING, at) || inside(CHANGXING, at)
}

/// How thinly streets lie here, as a doubling of the finest spacing: 0 in the centre … 3 in the country.
/// `fray_km` moves the borders of city and towns, so that none of them is a circle.
pub fn coarseness(at: Corner, fray_km: f64) -> u32 {
    let km_to = |middle| f64::from(crate::ground::metres_between(at, middle)) / 1000.0;
    // No city is round.
    let (east, north) = (at.0 - WITHIN_RING.0, at.1 - WITHIN_RING.1);
    let bearing = north.atan2(east);
    let lobes = 1.0 + 0.10 * (2.0 * bearing + 0.9).sin() + 0.08 * (5.0 * bearing - 0.4).sin();
    let centre_km = km_to(WITHIN_RING) * lobes + fray_km;
    if centre_km < 5.6 {
        return 0;
    }
    let town = TOWNS
        .iter()
        .any(|&(middle, radius_km)| km_to(middle) + fray_km * 0.7 < radius_km);
    match centre_km {
        _ if town => 1,
        km if km < 13.0 => 1,
        km if km < 26.0 => 2,
        _ => 3,
    }
}

/// Metres to the middle of the Huangpu.
pub fn metres_to_river((lon, lat): Corner) -> f64 {
    let squeeze = 31.2f64.to_radians().cos();
    let metres = |corner: Corner| {
        (
            (corner.0 - lon) * squeeze * crate::ground::METRES_PER_DEGREE,
            (corner.1 - lat) * crate::ground::METRES_PER_DEGREE,
        )
    };
    HUANGPU
        .windows(2)
        .map(|pair| {
            let (a, b) = (metres(pair[0]), metres(pair[1]));
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let t = (-(a.0 * dx + a.1 * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            (a.0 + dx * t).hypot(a.1 + dy * t)
        })
        .fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_is_land_and_the_sea_is_not() {
        assert!(is_land(CENTRE));
        assert!(is_land((121.7, 31.6)));
        assert!(!is_land((122.0, 31.2)));
        assert!(!is_land((121.3, 30.6)));
        assert_eq!(coarseness(CENTRE, 0.0), 0);
        assert_eq!(coarseness((121.60, 30.86), 0.0), 3);
        assert!(metres_to_river((121.492, 31.240)) < 10.0);
    }
}
