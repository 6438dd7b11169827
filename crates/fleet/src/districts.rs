//! Which district a point lies in, by looks into a small tree.
//!
//! The world square is quartered again and again where the border of a district runs, down to squares of about 65 m in
//! Shanghai; such a square belongs to whom its middle does. So a dot within some 50 m of a border may be counted on its
//! other side, no outline is looked at after the start, and a vehicle that stays in its square is not looked up at all.

use geo::{Contains, Coord, Intersects, Line, LinesIter, MapCoords, MultiPolygon, Point, Rect};
use wire::WorldPoint;

/// The level of the smallest squares.
const FINEST: u32 = 19;
/// Districts at most; more are not counted.
pub const MAX_DISTRICTS: usize = 250;
/// Outside of all.
pub(crate) const NO_DISTRICT: u8 = u8::MAX;

/// A district to count in.
#[derive(Debug, Clone, PartialEq)]
pub struct District {
    pub name_en: String,
    pub name_zh: String,
    /// In degrees of WGS-84, longitude first.
    pub outline: MultiPolygon,
}

/// The quarters of a square: another square by its index, or what district it is.
type Quarters = [Entry; 4];

#[derive(Debug, Clone, Copy)]
enum Entry {
    Quartered(u32),
    Whole(u8),
}

#[derive(Debug)]
pub(crate) struct Districts {
    squares: Vec<Quarters>,
    top: Entry,
    count: usize,
}

impl Default for Districts {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Districts {
    /// Where outlines overlap the first one counts.
    pub fn new(districts: &[District]) -> Self {
        let world = |degrees: Coord| {
            let at = WorldPoint::from_lon_lat(degrees.x, degrees.y);
            Coord {
                x: f64::from(at.x),
                y: f64::from(at.y),
            }
        };
        let outlines: Vec<MultiPolygon> = districts
            .iter()
            .take(MAX_DISTRICTS)
            .map(|district| district.outline.map_coords(world))
            .collect();
        let borders: Vec<Line> = outlines.iter().flat_map(|o| o.lines_iter()).collect();
        let mut tree = Self {
            squares: Vec::new(),
            top: Entry::Whole(NO_DISTRICT),
            count: outlines.len(),
        };
        tree.top = tree.square((0, 0), 0, &outlines, &borders);
        tree
    }

    fn square(
        &mut self,
        (x, y): (u32, u32),
        level: u32,
        outlines: &[MultiPolygon],
        near: &[Line],
    ) -> Entry {
        let side = f64::from(32 - level).exp2();
        let corner = Coord {
            x: f64::from(x) * side,
            y: f64::from(y) * side,
        };
        let rect = Rect::new(corner, corner + Coord { x: side, y: side });
        let borders: Vec<Line> = near
            .iter()
            .filter(|line| line.intersects(&rect))
            .copied()
            .collect();
        if borders.is_empty() || level == FINEST {
            let middle: Point = rect.center().into();
            let of = outlines.iter().position(|o| o.contains(&middle));
            return Entry::Whole(of.map_or(NO_DISTRICT, |of| of as u8));
        }
        let ix = self.squares.len();
        self.squares.push([Entry::Whole(NO_DISTRICT); 4]);
        for quarter in 0..4u32 {
            let at = (2 * x + (quarter & 1), 2 * y + (quarter >> 1));
            self.squares[ix][quarter as usize] = self.square(at, level + 1, outlines, &borders);
        }
        Entry::Quartered(ix as u32)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn of(&self, point: WorldPoint) -> u8 {
        let (mut entry, mut shift) = (self.top, 32);
        loop {
            match entry {
                Entry::Whole(district) => return district,
                Entry::Quartered(ix) => {
                    shift -= 1;
                    let quarter = (point.x >> shift & 1) | (point.y >> shift & 1) << 1;
                    entry = self.squares[ix as usize][quarter as usize];
                }
            }
        }
    }

    /// Whether a vehicle that moved from one point to the other has to be looked up again.
    pub fn far_enough(from: WorldPoint, to: WorldPoint) -> bool {
        (from.x ^ to.x | from.y ^ to.y) >> (32 - FINEST) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

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
