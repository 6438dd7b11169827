//! Local streets that nobody drew: a warped lattice over the land, dense in the centre.
//!
//! Lines of a lattice 250 m apart run everywhere, but away from the centre only every second, fourth or
//! eighth of them exists. Slow waves bend and turn them, some stretches are left out, the edges of towns fray,
//! and what would lie in the water or cross the river is cut away.

use super::land::{self, RIVER_HALF_M};
use super::{Kind, Line};
use crate::chance::Chance;
use crate::ground::METRES_PER_DEGREE;

/// Between two lines of the lattice, metres.
const STEP_M: f64 = 250.0;
/// The lattice covers this box (west, south, east, north).
const BOX: (f64, f64, f64, f64) = (120.85, 30.68, 122.0, 31.86);
/// One stretch in this many is left out: the thinner the streets, the more.
const GAPS_IN: [u32; 4] = [9, 7, 5, 4];
/// How far a patch moves the edge of a town, at most, kilometres.
const FRAY_KM: f32 = 0.75;
/// What a local street allows, km/h.
const LIMIT_KMH: u8 = 40;

struct Lattice {
    columns: i32,
    rows: i32,
    metres_per_lon: f64,
}

/// The streets of the built-in city; the same each time.
#[must_use]
pub fn shanghai() -> Vec<Line> {
    let metres_per_lon = METRES_PER_DEGREE * land::CENTRE.1.to_radians().cos();
    let lattice = Lattice {
        columns: ((BOX.2 - BOX.0) * metres_per_lon / STEP_M) as i32,
        rows: ((BOX.3 - BOX.1) * METRES_PER_DEGREE / STEP_M) as i32,
        metres_per_lon,
    };
    let mut lines = Vec::new();
    for column in 0..=lattice.columns {
        lattice.run(&mut lines, lattice.rows, column, |row| (column, row));
    }
    for row in 0..=lattice.rows {
        lattice.run(&mut lines, lattice.columns, row, |column| (column, row));
    }
    lines
}

impl Lattice {
    /// Follows one line of the lattice and adds every run of stretches that exist.
    fn run(
        &self,
        lines: &mut Vec<Line>,
        last: i32,
        index: i32,
        crossing: impl Fn(i32) -> (i32, i32),
    ) {
        let mut points = Vec::new();
        let mut before = self.point(crossing(0));
        for along in 0..last {
            let next = self.point(crossing(along + 1));
            let middle = ((before.0 + next.0) / 2.0, (before.1 + next.1) / 2.0);
            if exists(index, along, crossing(along), middle) {
                if points.is_empty() {
                    points.push(before);
                }
                points.push(next);
            } else {
                finish(lines, &mut points);
            }
            before = next;
        }
        finish(lines, &mut points);
    }

    /// Where a crossing of the lattice lies once it is bent.
    fn point(&self, (column, row): (i32, i32)) -> (f64, f64) {
        let (x, y) = (f64::from(column) * STEP_M, f64::from(row) * STEP_M);
        // Slow waves of different length: streets that are neither straight nor parallel for long, and that do not
        // run the same way in all parts of the city.
        let east = 310.0 * (y / 2600.0 + (x / 7100.0).sin()).sin()
            + 170.0 * (y / 1130.0).sin()
            + 2_100.0 * (y / 11_500.0 + (x / 17_000.0).cos()).sin();
        let north = 330.0 * (x / 2900.0 + (y / 6300.0).cos()).cos()
            + 150.0 * (x / 1270.0).cos()
            + 2_100.0 * (x / 12_500.0 - (y / 15_000.0).sin()).cos();
        let throw = Chance::new(7, (column as u64) << 32 | row as u64, 0);
        let (east, north) = (
            east + 22.0 * f64::from(throw.bell()),
            north + 22.0 * f64::from(throw.then(1).bell()),
        );
        (
            BOX.0 + (x + east) / self.metres_per_lon,
            BOX.1 + (y + north) / METRES_PER_DEGREE,
        )
    }
}

/// Whether the stretch that begins `along` line `index` is there.
fn exists(index: i32, along: i32, crossing: (i32, i32), middle: (f64, f64)) -> bool {
    if !land::is_land(middle) || land::metres_to_river(middle) < RIVER_HALF_M + STEP_M / 2.0 {
        return false;
    }
    // What lies close together frays together, in patches of half a kilometre and of four.
    let patch = |by: u32| {
        let (column, row) = (crossing.0 >> by, crossing.1 >> by);
        Chance::new(12, (column as u64) << 32 | row as u64, u64::from(by))
            .between(-FRAY_KM, FRAY_KM)
    };
    let coarseness = land::coarseness(middle, f64::from(patch(1) + patch(4)));
    if index.rem_euclid(1 << coarseness) != 0 {
        return false;
    }
    // A gap takes out a whole block, so that no stubs are left beside it.
    let block = (along >> coarseness, index, crossing.0 == index);
    let key = (block.0 as u64) << 33 | (block.1 as u64) << 1 | u64::from(block.2);
    Chance::new(11, key, 0).below(GAPS_IN[coarseness as usize]) != 0
}

fn finish(lines: &mut Vec<Line>, points: &mut Vec<(f64, f64)>) {
    if points.len() >= 2 {
        lines.push(Line {
            name: String::new(),
            kind: Kind::Street,
            limit_kmh: LIMIT_KMH,
            ramps: false,
            points: std::mem::take(points),
        });
    }
    points.clear();
}
