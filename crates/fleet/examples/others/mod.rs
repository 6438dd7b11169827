//! The same cells in other encodings, and what a perfect code of gaps, looks and steps could not go below.

use std::collections::BTreeMap;

use wire::{CellKey, CellMirror, CellPoint, Look, morton};

type Cells<'a> = [(&'a CellKey, &'a CellMirror)];

/// Bits of an ideal code for symbols that come so often.
fn entropy_bits<K>(counts: &BTreeMap<K, u64>) -> f64 {
    let total: u64 = counts.values().sum();
    counts
        .values()
        .map(|count| *count as f64 * (total as f64 / *count as f64).log2())
        .sum()
}

/// Looks alone: how often each of them comes, and nothing else known.
pub fn looks_bound_bytes(cells: &Cells<'_>) -> f64 {
    let mut looks = BTreeMap::<Look16, u64>::new();
    for (_, cell) in cells {
        for (_, look) in cell.dots().flatten() {
            *looks.entry(look.0).or_default() += 1;
        }
    }
    entropy_bits(&looks) / 8.0
}

type Look16 = u16;

/// Gaps between Morton codes, each cell's scaled by how many dots it has: an ideal code that knows how often each size of
/// gap comes and writes the rest plainly. Plus the looks.
pub fn bound_bytes(cells: &Cells<'_>) -> f64 {
    let mut classes = BTreeMap::<(u32, u32), u64>::new();
    let mut plain_bits = 0.0;
    for (_, cell) in cells {
        let crowd = 32 - cell.alive().leading_zeros();
        let mut last = 0;
        for (at, _) in cell.dots().flatten() {
            let gap = morton(at) - last;
            last = morton(at);
            let class = 32 - gap.leading_zeros();
            *classes.entry((crowd, class)).or_default() += 1;
            plain_bits += f64::from(class.saturating_sub(1));
        }
    }
    let mut by_crowd = BTreeMap::<u32, BTreeMap<u32, u64>>::new();
    for ((crowd, class), count) in classes {
        by_crowd.entry(crowd).or_default().insert(class, count);
    }
    let class_bits: f64 = by_crowd.values().map(entropy_bits).sum();
    (class_bits + plain_bits) / 8.0 + looks_bound_bytes(cells)
}

/// `[slot,lon,lat,look]` with six decimals.
pub fn json_bytes(cells: &Cells<'_>) -> f64 {
    let mut bytes = 0;
    for (key, cell) in cells {
        for (slot, (at, look)) in cell.dots().flatten().enumerate() {
            let (lon, lat) = key.world_from_cell(at).to_lon_lat();
            bytes += format!("[{slot},{lon:.6},{lat:.6},{}],", look.0).len();
        }
    }
    bytes as f64
}

/// A vector tile a cell: one multipoint feature a look, zigzag steps as the format has them.
pub fn mvt_bytes(cells: &Cells<'_>) -> f64 {
    let varint = |v: u32| (38 - (v | 1).leading_zeros()) as usize / 7;
    let mut bytes = 0;
    for (_, cell) in cells {
        let mut by_look = BTreeMap::<u16, Vec<(i32, i32)>>::new();
        for (at, look) in cell.dots().flatten() {
            let Look(bits) = look;
            by_look
                .entry(bits)
                .or_default()
                .push((i32::from(at.x), i32::from(at.y)));
        }
        // Layer, name, extent, version, one key; a value of three bytes a look.
        bytes += 40 + by_look.len() * 5;
        for points in by_look.values() {
            let (mut x, mut y) = (0, 0);
            let mut geometry = varint((points.len() as u32) << 3 | 1);
            for (px, py) in points {
                let zigzag = |d: i32| ((d << 1) ^ (d >> 31)) as u32;
                geometry += varint(zigzag(px - x)) + varint(zigzag(py - y));
                (x, y) = (*px, *py);
            }
            // Feature head, tags, type, geometry head.
            bytes += 2 + 4 + 2 + 2 + geometry;
        }
    }
    bytes as f64
}

/// What moves cost an ideal code that knows how many of those that drive move in each tick, and how often each size of
/// step comes; nothing is predicted, and frames and everything that is no move cost nothing.
#[derive(Default)]
pub struct Steps {
    sizes: BTreeMap<(u32, u32), u64>,
    plain_bits: f64,
    who_bits: f64,
}

impl Steps {
    pub fn add(&mut self, from: CellPoint, to: CellPoint) {
        let size = |a: u16, b: u16| 16 - a.abs_diff(b).leading_zeros();
        let (x, y) = (size(from.x, to.x), size(from.y, to.y));
        *self.sizes.entry((x, y)).or_default() += 1;
        // A number of n bits has n − 1 plain ones and a sign.
        self.plain_bits += f64::from(x + y);
    }

    pub fn add_who(&mut self, driving: u32, moved: usize) {
        let (all, some) = (f64::from(driving), moved as f64);
        if some > 0.0 && some < all {
            self.who_bits +=
                some * (all / some).log2() + (all - some) * (all / (all - some)).log2();
        }
    }

    pub fn bound_bytes(&self) -> f64 {
        (entropy_bits(&self.sizes) + self.plain_bits + self.who_bits) / 8.0
    }
}
