//! Plane geometry on degrees, good enough for drawing: lengths come from an equirectangular projection at the
//! latitude of the points themselves, so they are right to a percent over a few hundred kilometres.

use serde_json::{Value, json};

/// Degrees WGS-84, longitude first.
pub type Point = [f64; 2];

const M_PER_DEGREE: f64 = 111_320.0;

/// The vector from `a` to `b` in metres.
pub fn metres(a: Point, b: Point) -> [f64; 2] {
    let cos = ((a[1] + b[1]) / 2.0).to_radians().cos();
    [
        (b[0] - a[0]) * M_PER_DEGREE * cos,
        (b[1] - a[1]) * M_PER_DEGREE,
    ]
}

pub fn distance_m(a: Point, b: Point) -> f64 {
    let [x, y] = metres(a, b);
    x.hypot(y)
}

/// Distance of `point` from the segment between `a` and `b`, metres.
pub fn distance_to_segment_m(point: Point, a: Point, b: Point) -> f64 {
    let along = metres(a, b);
    let to = metres(a, point);
    let length2 = along[0] * along[0] + along[1] * along[1];
    let share = if length2 > 0.0 {
        ((to[0] * along[0] + to[1] * along[1]) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (to[0] - along[0] * share).hypot(to[1] - along[1] * share)
}

/// Whether a point lies within a closed ring.
pub fn contains(ring: &[Point], point: Point) -> bool {
    crossings(ring, point) % 2 == 1
}

/// How many sides of a closed ring lie east of a point at its own latitude.
pub fn crossings(ring: &[Point], [x, y]: Point) -> usize {
    ring.windows(2)
        .filter(|side| {
            let [[ax, ay], [bx, by]] = [side[0], side[1]];
            (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
        })
        .count()
}

/// Douglas–Peucker with a tolerance that may differ from place to place.
pub fn simplified(line: &[Point], tolerance_m: impl Fn(Point) -> f64) -> Vec<Point> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut kept = vec![false; line.len()];
    kept[0] = true;
    kept[line.len() - 1] = true;
    let mut open = vec![(0, line.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|at| {
                (
                    at,
                    distance_to_segment_m(line[at], line[from], line[to]) / tolerance_m(line[at]),
                )
            })
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, excess)) = farthest
            && excess > 1.0
        {
            kept[at] = true;
            open.push((from, at));
            open.push((at, to));
        }
    }
    line.iter()
        .zip(kept)
        .filter_map(|(point, kept)| kept.then_some(*point))
        .collect()
}

/// A closed ring, simplified in two halves, because it begins and ends in the same point.
pub fn simplified_ring(ring: &[Point], tolerance_m: impl Fn(Point) -> f64) -> Vec<Point> {
    let far = (0..ring.len())
        .max_by(|a, b| distance_m(ring[0], ring[*a]).total_cmp(&distance_m(ring[0], ring[*b])))
        .unwrap_or(0);
    let mut out = simplified(&ring[..=far], &tolerance_m);
    out.pop();
    out.extend(simplified(&ring[far..], &tolerance_m));
    out
}

/// A smooth curve through all points (Catmull–Rom, four pieces between two points).
pub fn smooth(line: &[Point]) -> Vec<Point> {
    const PIECES: u32 = 4;
    let at = |index: isize| line[index.clamp(0, line.len() as isize - 1) as usize];
    curve(line.len() - 1, PIECES, at)
        .chain(line.last().copied())
        .collect()
}

/// The same for a ring whose last point is not its first; the result is closed.
pub fn smooth_ring(ring: &[Point]) -> Vec<Point> {
    const PIECES: u32 = 4;
    let at = |index: isize| ring[index.rem_euclid(ring.len() as isize) as usize];
    curve(ring.len(), PIECES, at)
        .chain(ring.first().copied())
        .collect()
}

fn curve(spans: usize, pieces: u32, at: impl Fn(isize) -> Point) -> impl Iterator<Item = Point> {
    (0..spans as isize).flat_map(move |span| {
        let [before, from, to, after] = [at(span - 1), at(span), at(span + 1), at(span + 2)];
        (0..pieces).map(move |piece| {
            let t = f64::from(piece) / f64::from(pieces);
            [0, 1].map(|axis| {
                let [p, q, r, s] = [before[axis], from[axis], to[axis], after[axis]];
                0.5 * (2.0 * q
                    + (r - p) * t
                    + (2.0 * p - 5.0 * q + 4.0 * r - s) * t * t
                    + (3.0 * q - p - 3.0 * r + s) * t * t * t)
            })
        })
    })
}

/// Coordinates as GeoJSON wants them, with so many decimals: 4 are 10 m, 5 are 1 m.
pub fn coordinates(line: &[Point], decimals: i32) -> Value {
    let unit = 10f64.powi(decimals);
    let round = |degrees: f64| (degrees * unit).round() / unit;
    let mut out: Vec<[f64; 2]> = line.iter().map(|point| point.map(round)).collect();
    out.dedup();
    json!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_nearer_than_the_tolerance_disappears_and_a_farther_one_stays() {
        let line = [[121.0, 31.0], [121.01, 31.0001], [121.02, 31.0]];
        assert_eq!(simplified(&line, |_| 50.0).len(), 2);
        assert_eq!(simplified(&line, |_| 5.0).len(), 3);
    }

    #[test]
    fn a_smooth_line_goes_through_its_points() {
        let line = [[121.0, 31.0], [121.1, 31.1], [121.2, 31.0]];
        let smooth = smooth(&line);
        assert!(line.iter().all(|point| smooth.contains(point)));
    }
}
