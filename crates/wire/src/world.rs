//! The world is a 32-bit integer square: Web Mercator, x east, y south, one unit 0.93 cm at the equator.
//!
//! At level L it is cut into 2^L × 2^L cells, and a cell into 4,096 × 4,096 positions. All of it is bit shifts, so
//! a coarse position is a prefix of a finer one, and the date line is ordinary wrap-around: x wraps, y never does.

use serde::{Deserialize, Serialize};

/// The finest level: a position there is one world unit.
pub const FINEST_LEVEL: u8 = 20;
/// Bits of a position within a cell, each way.
pub const CELL_BITS: u32 = 12;
/// Positions along a side of a cell.
pub const CELL_SIDE: u32 = 1 << CELL_BITS;

/// The latitude at which the Mercator square ends, in degrees.
const MAX_LAT_DEG: f64 = 85.051_128_779_806_59;
const WORLD_UNITS: f64 = 4_294_967_296.0;

/// A point of the world square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct WorldPoint {
    /// Eastward; 0 is the date line.
    pub x: u32,
    /// Southward; 0 is 85.05° N.
    pub y: u32,
}

impl WorldPoint {
    /// From WGS-84 degrees. Longitude wraps, latitude beyond the square sits on its edge.
    #[must_use]
    pub fn from_lon_lat(lon_deg: f64, lat_deg: f64) -> Self {
        let turns = (lon_deg / 360.0 + 0.5).rem_euclid(1.0);
        let lat = lat_deg.clamp(-MAX_LAT_DEG, MAX_LAT_DEG).to_radians();
        let down = 0.5 - lat.tan().asinh() / std::f64::consts::TAU;
        // `as` saturates: the exact southern edge, and a longitude that rounds to a whole turn, stay inside.
        Self {
            x: (turns * WORLD_UNITS) as u32,
            y: (down * WORLD_UNITS) as u32,
        }
    }

    /// To WGS-84 degrees (longitude, latitude), longitude in −180..180.
    #[must_use]
    pub fn to_lon_lat(self) -> (f64, f64) {
        let lon = (f64::from(self.x) / WORLD_UNITS - 0.5) * 360.0;
        let north = (0.5 - f64::from(self.y) / WORLD_UNITS) * std::f64::consts::TAU;
        (lon, north.sinh().atan().to_degrees())
    }

    /// World units in a metre on the ground at this point's latitude.
    #[must_use]
    pub fn units_per_metre(self) -> f64 {
        let (_, lat) = self.to_lon_lat();
        WORLD_UNITS / (40_075_016.686 * lat.to_radians().cos())
    }
}

/// Which cell: of which scope (what a class of roles may see), at which level, in which column and row.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct CellKey {
    /// 0 exact, 1 blurred.
    pub scope: u8,
    /// 0..=20.
    pub level: u8,
    /// Column, 0..2^level, eastward.
    pub x: u32,
    /// Row, 0..2^level, southward.
    pub y: u32,
}

impl CellKey {
    /// Whether level, column and row exist.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.level <= FINEST_LEVEL && self.x >> self.level == 0 && self.y >> self.level == 0
    }

    /// The world point of the cell's north-west corner.
    #[must_use]
    pub fn origin(&self) -> WorldPoint {
        WorldPoint {
            x: shl(self.x, 32 - u32::from(self.level)),
            y: shl(self.y, 32 - u32::from(self.level)),
        }
    }

    /// The world point of the north-west corner of one position. The position covers
    /// [`unit_world`](Self::unit_world) units each way from here.
    #[must_use]
    pub fn world_from_cell(&self, at: CellPoint) -> WorldPoint {
        let origin = self.origin();
        let shift = FINEST_LEVEL - self.level;
        WorldPoint {
            x: origin.x | (u32::from(at.x) << shift),
            y: origin.y | (u32::from(at.y) << shift),
        }
    }

    /// World units along one position's side.
    #[must_use]
    pub fn unit_world(&self) -> u32 {
        1 << (FINEST_LEVEL - self.level)
    }

    /// Where a world point lies in this cell's positions, seen from its north-west corner; outside the cell
    /// it is negative or ≥ 4,096. The shorter way round the world is taken, seen from the cell's middle.
    #[must_use]
    pub fn offset_of(&self, point: WorldPoint) -> (i32, i32) {
        let shift = FINEST_LEVEL - self.level;
        let world = 1i64 << (32 - shift);
        let origin = self.origin();
        let half_side = i64::from(CELL_SIDE / 2);
        let from_middle = i64::from(point.x >> shift) - i64::from(origin.x >> shift) - half_side;
        let dx = (from_middle + world / 2).rem_euclid(world) - world / 2 + half_side;
        let dy = i64::from(point.y >> shift) - i64::from(origin.y >> shift);
        (clamp_i32(dx), clamp_i32(dy))
    }
}

fn clamp_i32(v: i64) -> i32 {
    v.clamp(i64::from(i32::MIN / 2), i64::from(i32::MAX / 2)) as i32
}

/// A shift by 32 is "everything gone", as it is on paper.
fn shl(v: u32, by: u32) -> u32 {
    v.checked_shl(by).unwrap_or(0)
}

/// A position within a cell: 0..4,096 each way, from the north-west corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct CellPoint {
    /// Eastward.
    pub x: u16,
    /// Southward.
    pub y: u16,
}

/// The cell of a level that a point lies in, and where in it. A level beyond the finest counts as the finest.
#[must_use]
pub fn cell_of(point: WorldPoint, level: u8, scope: u8) -> (CellKey, CellPoint) {
    let level = level.min(FINEST_LEVEL);
    let shift = u32::from(FINEST_LEVEL - level);
    let (px, py) = (point.x >> shift, point.y >> shift);
    let key = CellKey {
        scope,
        level,
        x: px >> CELL_BITS,
        y: py >> CELL_BITS,
    };
    let mask = CELL_SIDE - 1;
    (
        key,
        CellPoint {
            x: (px & mask) as u16,
            y: (py & mask) as u16,
        },
    )
}

/// The Morton code of a position: the bits of x and y interleaved, x in the even places. 24 bits.
#[must_use]
pub fn morton(at: CellPoint) -> u32 {
    spread(u32::from(at.x)) | (spread(u32::from(at.y)) << 1)
}

/// The position with this Morton code.
#[must_use]
pub fn from_morton(code: u32) -> CellPoint {
    CellPoint {
        x: gather(code) as u16,
        y: gather(code >> 1) as u16,
    }
}

fn spread(mut v: u32) -> u32 {
    v &= 0xffff;
    v = (v | (v << 8)) & 0x00ff_00ff;
    v = (v | (v << 4)) & 0x0f0f_0f0f;
    v = (v | (v << 2)) & 0x3333_3333;
    (v | (v << 1)) & 0x5555_5555
}

fn gather(mut v: u32) -> u32 {
    v &= 0x5555_5555;
    v = (v | (v >> 1)) & 0x3333_3333;
    v = (v | (v >> 2)) & 0x0f0f_0f0f;
    v = (v | (v >> 4)) & 0x00ff_00ff;
    (v | (v >> 8)) & 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_survive_the_way_there_and_back() {
        for (lon, lat) in [
            (121.4737, 31.2304),
            (-179.999, -85.0),
            (0.0, 0.0),
            (179.999, 84.9),
        ] {
            let (lon2, lat2) = WorldPoint::from_lon_lat(lon, lat).to_lon_lat();
            assert!((lon - lon2).abs() < 2e-7, "{lon} {lon2}");
            assert!((lat - lat2).abs() < 2e-7, "{lat} {lat2}");
        }
    }

    #[test]
    fn longitude_wraps_and_latitude_stops() {
        assert_eq!(
            WorldPoint::from_lon_lat(190.0, 10.0),
            WorldPoint::from_lon_lat(-170.0, 10.0)
        );
        assert_eq!(
            WorldPoint::from_lon_lat(180.0, 90.0),
            WorldPoint { x: 0, y: 0 }
        );
        assert_eq!(WorldPoint::from_lon_lat(0.0, -90.0).y, u32::MAX);
    }

    #[test]
    fn a_coarse_position_is_a_prefix_of_the_finer_one() {
        let p = WorldPoint {
            x: 0xdead_beef,
            y: 0x1234_5678,
        };
        for level in 0..FINEST_LEVEL {
            let (key, at) = cell_of(p, level, 0);
            let (fine_key, fine_at) = cell_of(p, level + 1, 0);
            let coarse = (u64::from(key.x) << 12) | u64::from(at.x);
            let fine = (u64::from(fine_key.x) << 12) | u64::from(fine_at.x);
            assert_eq!(coarse, fine >> 1);
            assert!(key.is_valid());
            let corner = key.world_from_cell(at);
            assert_eq!(corner.x, p.x & !(key.unit_world() - 1));
            assert_eq!(corner.y, p.y & !(key.unit_world() - 1));
            assert_eq!(key.offset_of(p), (i32::from(at.x), i32::from(at.y)));
        }
    }

    #[test]
    fn across_the_date_line_is_one_step() {
        let (west_key, _) = cell_of(WorldPoint { x: 0, y: 5 << 20 }, 11, 0);
        assert_eq!(
            west_key
                .offset_of(WorldPoint {
                    x: u32::MAX,
                    y: 5 << 20
                })
                .0,
            -1
        );
        let (east_key, _) = cell_of(WorldPoint { x: u32::MAX, y: 0 }, 11, 0);
        assert_eq!(east_key.offset_of(WorldPoint { x: 0, y: 0 }).0, 4096);
    }

    #[test]
    fn morton_codes_go_there_and_back() {
        for code in (0..1 << 24).step_by(997) {
            assert_eq!(morton(from_morton(code)), code);
        }
        assert_eq!(morton(CellPoint { x: 1, y: 0 }), 1);
        assert_eq!(morton(CellPoint { x: 0, y: 1 }), 2);
        assert_eq!(morton(CellPoint { x: 4095, y: 4095 }), (1 << 24) - 1);
    }
}
