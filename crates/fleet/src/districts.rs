//! Which district a point lies in.
//!
//! The squares of the tree end at about 65 m in Shanghai; one at a border belongs to whom its middle does. So a dot within
//! some 50 m of a border may be counted on its other side, and a vehicle that stays in its square is not looked up at all.

use geo::MultiPolygon;
use wire::WorldPoint;

use crate::squares::{Border, NOBODY, Squares};

/// The level of the smallest squares.
const FINEST: u32 = 19;
/// Districts at most; more are not counted.
pub const MAX_DISTRICTS: usize = 250;
/// Outside of all.
pub(crate) const NO_DISTRICT: u8 = NOBODY;

/// A district to count in.
#[derive(Debug, Clone, PartialEq)]
pub struct District {
    pub name_en: String,
    pub name_zh: String,
    /// In degrees of WGS-84, longitude first.
    pub outline: MultiPolygon,
}

#[derive(Debug, Default)]
pub(crate) struct Districts {
    squares: Squares,
    count: usize,
}

impl Districts {
    /// Where outlines overlap the first one counts.
    pub fn new(districts: &[District]) -> Self {
        let outlines = districts.iter().map(|district| &district.outline);
        let outlines: Vec<&MultiPolygon> = outlines.take(MAX_DISTRICTS).collect();
        Self {
            squares: Squares::new(&outlines, FINEST, Border::ByMiddle),
            count: outlines.len(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn of(&self, point: WorldPoint) -> u8 {
        self.squares.of(point)
    }

    /// Whether a vehicle that moved from one point to the other has to be looked up again.
    pub fn far_enough(from: WorldPoint, to: WorldPoint) -> bool {
        (from.x ^ to.x | from.y ^ to.y) >> (32 - FINEST) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Point, polygon};

    fn district(outline: geo::Polygon) -> District {
        District {
            name_en: String::new(),
            name_zh: String::new(),
            outline: outline.into(),
        }
    }

    #[test]
    fn every_point_but_those_at_a_border_is_in_the_district_whose_outline_holds_it() {
        let districts = [
            district(
                polygon![(x: 121.0, y: 31.0), (x: 121.4, y: 31.1), (x: 121.3, y: 31.5), (x: 121.0, y: 31.4)],
            ),
            district(
                polygon![(x: 121.4, y: 31.1), (x: 121.8, y: 31.0), (x: 121.7, y: 31.6), (x: 121.3, y: 31.5)],
            ),
        ];
        let tree = Districts::new(&districts);
        let (mut inside, mut near) = (0, 0);
        for i in 0..40_000u32 {
            let (lon, lat) = (
                120.9 + f64::from(i % 200) / 200.0,
                30.9 + f64::from(i / 200) / 260.0,
            );
            let of = |lon: f64, lat: f64| {
                let point = Point::new(lon, lat);
                let of = districts.iter().position(|d| d.outline.contains(&point));
                of.map_or(NO_DISTRICT, |of| of as u8)
            };
            let found = tree.of(WorldPoint::from_lon_lat(lon, lat));
            inside += u32::from(found != NO_DISTRICT);
            if found != of(lon, lat) {
                near += 1;
                // 60 m are 0.0006 degrees.
                let ways = [-6e-4, 0.0, 6e-4];
                let mut around = ways.iter().flat_map(|dx| ways.map(|dy| (dx, dy)));
                assert!(
                    around.any(|(dx, dy)| of(lon + dx, lat + dy) == found),
                    "{lon} {lat}"
                );
            }
        }
        assert!(
            inside > 10_000 && near < 200,
            "{inside} inside, {near} near a border"
        );
    }

    #[test]
    fn without_districts_nobody_is_in_one() {
        assert_eq!(
            Districts::default().of(WorldPoint { x: 5, y: 7 }),
            NO_DISTRICT
        );
    }
}
