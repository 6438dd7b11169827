//! The seas of the whole earth, fine around Shanghai and ever coarser away from it, so that neither a wide wall nor a view
//! of the country shows an edge, and the file stays small.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::plane::{
    Point, coordinates, crossings, distance_m, distance_to_segment_m, simplified_ring,
};

/// Inside this box every point is kept that is off by more than [`FINE_M`].
const FINE_BOX: [Point; 2] = [[120.85, 30.4], [123.5, 32.1]];
const FINE_M: f64 = 30.0;
/// Outside it the tolerance is this share of the distance to its middle.
const COARSE_SHARE: f64 = 0.005;
/// An island narrower than this many tolerances is left out.
const SMALLEST: f64 = 4.0;
/// At most this coarse, metres: the other side of the earth.
const COARSEST_M: f64 = 25_000.0;

pub struct Sea {
    /// Polygons: outer ring first, then islands and continents.
    polygons: Vec<Vec<Vec<Point>>>,
}

pub fn sea(map: &Value) -> Result<Sea> {
    let multi = map["geometries"][0]["coordinates"]
        .as_array()
        .context("the sea has no coordinates")?;
    let mut polygons = Vec::new();
    for polygon in multi {
        let rings = polygon.as_array().context("a polygon is not an array")?;
        let mut kept = Vec::new();
        for (index, ring) in rings.iter().enumerate() {
            let ring = simplified_ring(&points(ring)?, tolerance_m);
            if ring.len() >= 4 && extent_m(&ring) > SMALLEST * tolerance_m(ring[0]) {
                kept.push(ring);
            } else if index == 0 {
                break;
            }
        }
        if !kept.is_empty() {
            polygons.push(kept);
        }
    }
    Ok(Sea { polygons })
}

impl Sea {
    pub fn feature(&self) -> Value {
        let polygons: Vec<Vec<Value>> = self
            .polygons
            .iter()
            .map(|rings| rings.iter().map(|ring| coordinates(ring, 4)).collect())
            .collect();
        json!({ "type": "Feature", "properties": {}, "geometry": { "type": "MultiPolygon", "coordinates": polygons } })
    }

    /// Whether a place is in the sea or within so many metres of it.
    pub fn is_near(&self, place: Point, within_m: f64) -> bool {
        self.contains(place)
            || self
                .rings()
                .flat_map(|ring| ring.windows(2))
                .any(|side| distance_to_segment_m(place, side[0], side[1]) < within_m)
    }

    /// Even–odd over all rings: islands are rings too.
    fn contains(&self, place: Point) -> bool {
        self.rings()
            .map(|ring| crossings(ring, place))
            .sum::<usize>()
            % 2
            == 1
    }

    fn rings(&self) -> impl Iterator<Item = &Vec<Point>> {
        self.polygons.iter().flatten()
    }
}

fn tolerance_m(place: Point) -> f64 {
    let [low, high] = FINE_BOX;
    if (0..2).all(|axis| (low[axis]..=high[axis]).contains(&place[axis])) {
        return FINE_M;
    }
    let middle = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
    (distance_m(place, middle) * COARSE_SHARE).clamp(FINE_M, COARSEST_M)
}

/// The longer side of the box around a ring.
fn extent_m(ring: &[Point]) -> f64 {
    let by = |axis: usize, pick: fn(f64, f64) -> f64| {
        ring.iter()
            .map(|point| point[axis])
            .reduce(pick)
            .unwrap_or(0.0)
    };
    let low = [by(0, f64::min), by(1, f64::min)];
    let high = [by(0, f64::max), by(1, f64::max)];
    distance_m(low, [high[0], low[1]]).max(distance_m(low, [low[0], high[1]]))
}

fn points(ring: &Value) -> Result<Vec<Point>> {
    ring.as_array()
        .context("a ring is not an array")?
        .iter()
        .map(|point| Some([point[0].as_f64()?, point[1].as_f64()?]))
        .collect::<Option<Vec<Point>>>()
        .context("a point is not two numbers")
}
