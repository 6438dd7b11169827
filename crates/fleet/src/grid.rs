//! Coarse buckets of one scope's dots, so that a new cell costs what is in it and not a walk over the fleet.
//!
//! A bucket is a cell of level 14, about 2 km in Shanghai, and buckets lie in Morton order: the buckets of any cell
//! of a coarser level are one range.

use std::collections::BTreeMap;

use wire::{CellKey, WorldPoint};

const LEVEL: u32 = 14;
const SHIFT: u32 = 32 - LEVEL;
const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Grid {
    buckets: BTreeMap<u32, Vec<u32>>,
    /// By vehicle: its place in its bucket.
    place: Vec<u32>,
}

impl Grid {
    /// Moves a vehicle from one point to another.
    pub fn shift(&mut self, vehicle: u32, from: Option<WorldPoint>, to: WorldPoint) {
        let code = code_of(to);
        if let Some(from) = from {
            let old = code_of(from);
            if old == code {
                return;
            }
            self.remove(vehicle, old);
        }
        let bucket = self.buckets.entry(code).or_default();
        if self.place.len() <= vehicle as usize {
            self.place.resize(vehicle as usize + 1, NOWHERE);
        }
        self.place[vehicle as usize] = bucket.len() as u32;
        bucket.push(vehicle);
    }

    /// Takes a vehicle out that was at this point.
    pub fn take_out(&mut self, vehicle: u32, from: WorldPoint) {
        self.remove(vehicle, code_of(from));
    }

    fn remove(&mut self, vehicle: u32, code: u32) {
        let Some(bucket) = self.buckets.get_mut(&code) else {
            return;
        };
        let place = self.place[vehicle as usize] as usize;
        bucket.swap_remove(place);
        if let Some(moved) = bucket.get(place) {
            self.place[*moved as usize] = place as u32;
        } else if bucket.is_empty() {
            self.buckets.remove(&code);
        }
    }

    /// All vehicles of the buckets that a cell covers or lies in: those of the cell, and near a fine cell some more.
    pub fn around(&self, key: &CellKey) -> impl Iterator<Item = u32> {
        let level = u32::from(key.level);
        let range = if level <= LEVEL {
            let deeper = LEVEL - level;
            let first = u64::from(interleave(key.x, key.y)) << (2 * deeper);
            first as u32..=(first + (1u64 << (2 * deeper)) - 1) as u32
        } else {
            let finer = level - LEVEL;
            let code = interleave(key.x >> finer, key.y >> finer);
            code..=code
        };
        self.buckets
            .range(range)
            .flat_map(|(_, bucket)| bucket.iter().copied())
    }
}

fn code_of(point: WorldPoint) -> u32 {
    interleave(point.x >> SHIFT, point.y >> SHIFT)
}

/// Sixteen bits of each, x in the even places.
fn interleave(x: u32, y: u32) -> u32 {
    let spread = |v: u32| {
        let v = (v | (v << 8)) & 0x00ff_00ff;
        let v = (v | (v << 4)) & 0x0f0f_0f0f;
        let v = (v | (v << 2)) & 0x3333_3333;
        (v | (v << 1)) & 0x5555_5555
    };
    spread(x) | (spread(y) << 1)
}
