//! The sixteen districts of Shanghai, from the map that Apache ECharts carries.
//!
//! Its coordinates are steps of 1/1024 degree packed into characters, in GCJ-02. The steps stay integers until every
//! border has been cut into lines between the points where three districts meet: so a border that two districts share is
//! one line, drawn once and simplified once. Only then the lines go to WGS-84.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use gb32960::datum::wgs84_from_gcj02;
use serde_json::{Value, json};

use super::plane::{Point, contains, coordinates, distance_to_segment_m, simplified};
use super::sea::Sea;

/// 1/1024 degree, GCJ-02.
type Step = (i32, i32);

/// The source has steps of about 100 m; this takes the stairs out of slanting borders.
const TOLERANCE_M: f64 = 160.0;
/// A border this near to the sea is the coast, which the sea draws better.
const COAST_M: f64 = 1_500.0;
/// Outlines of two districts that run this near to each other are meant to be one.
const MISMATCH_M: f64 = 450.0;

/// Drawn by hand: all of this is Shanghai or water. It fills what the source, older than the last land reclaimed from the
/// sea and coarse between districts, leaves open; the sea is drawn over it.
const INSIDE: [Point; 26] = [
    [121.12, 31.02],
    [121.15, 31.20],
    [121.22, 31.42],
    [121.33, 31.46],
    [121.36, 31.50],
    [121.38, 31.56],
    [121.20, 31.70],
    [121.25, 31.78],
    [121.40, 31.80],
    [121.47, 31.805],
    [121.53, 31.772],
    [121.63, 31.72],
    [121.80, 31.66],
    [121.99, 31.60],
    [122.05, 31.50],
    [122.35, 31.30],
    [122.35, 30.85],
    [121.80, 30.78],
    [121.45, 30.62],
    [121.30, 30.66],
    [121.30, 30.72],
    [121.22, 30.80],
    [121.20, 30.85],
    [121.16, 30.92],
    [121.13, 30.97],
    [121.12, 31.02],
];

/// A side of an outline, its ends in order.
type Side = (Step, Step);

pub fn districts(map: &Value, sea: &Sea) -> Result<Vec<Value>> {
    let mut features = vec![json!({
        "type": "Feature",
        "properties": { "kind": "inside" },
        "geometry": { "type": "Polygon", "coordinates": [coordinates(&INSIDE, 3)] },
    })];
    let mut sides: BTreeMap<Side, BTreeSet<usize>> = BTreeMap::new();
    for (index, district) in map["features"]
        .as_array()
        .context("no districts")?
        .iter()
        .enumerate()
    {
        let rings = rings(&district["geometry"])
            .with_context(|| format!("the outline of {}", district["properties"]["name"]))?;
        for ring in &rings {
            for side in ring.windows(2).filter(|side| side[0] != side[1]) {
                sides
                    .entry((side[0].min(side[1]), side[0].max(side[1])))
                    .or_default()
                    .insert(index);
            }
        }
        let polygons: Vec<[Value; 1]> = rings
            .iter()
            .filter(|ring| ring.len() >= 4)
            .map(|ring| [coordinates(&simplified_closed(ring), 4)])
            .collect();
        features.push(json!({
            "type": "Feature",
            "properties": { "kind": "district" },
            "geometry": { "type": "MultiPolygon", "coordinates": polygons },
        }));
    }
    let (borders, edges) = sorted(&sides);
    for (kind, sides) in [("border", borders), ("edge", edges)] {
        let mut lines = Vec::new();
        for line in lines_of(sides) {
            let line: Vec<Point> = line.iter().map(|step| degrees(*step)).collect();
            lines.extend(
                inland(&simplified(&line, |_| TOLERANCE_M), sea)
                    .iter()
                    .map(|line| coordinates(line, 4)),
            );
        }
        features.push(json!({
            "type": "Feature",
            "properties": { "kind": kind },
            "geometry": { "type": "MultiLineString", "coordinates": lines },
        }));
    }
    Ok(features)
}

/// Sides between two districts, and sides on the edge of the city.
///
/// Where two outlines that should be the same differ a little, each has sides of its own; those of the district that
/// comes first are taken and the other's left out.
fn sorted(sides: &BTreeMap<Side, BTreeSet<usize>>) -> (BTreeSet<Side>, BTreeSet<Side>) {
    let (mut borders, mut edges) = (BTreeSet::new(), BTreeSet::new());
    let drawn: Vec<([Point; 2], &BTreeSet<usize>)> = sides
        .iter()
        .map(|(side, owners)| ([degrees(side.0), degrees(side.1)], owners))
        .collect();
    for ((side, owners), ([a, b], _)) in sides.iter().zip(&drawn) {
        if owners.len() > 1 {
            borders.insert(*side);
            continue;
        }
        let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        let first_neighbour = drawn
            .iter()
            .filter(|(_, others)| others.is_disjoint(owners))
            .filter(|([c, d], _)| distance_to_segment_m(middle, *c, *d) < MISMATCH_M)
            .filter_map(|(_, others)| others.first())
            .min();
        match first_neighbour {
            Some(neighbour) if owners.first() < Some(neighbour) => {
                borders.insert(*side);
            }
            None if !contains(&INSIDE, middle) => {
                edges.insert(*side);
            }
            _ => {}
        }
    }
    (borders, edges)
}

fn degrees((x, y): Step) -> Point {
    let (lon, lat) = wgs84_from_gcj02(f64::from(x) / 1024.0, f64::from(y) / 1024.0);
    [lon, lat]
}

fn simplified_closed(ring: &[Step]) -> Vec<Point> {
    let ring: Vec<Point> = ring.iter().map(|step| degrees(*step)).collect();
    super::plane::simplified_ring(&ring, |_| TOLERANCE_M)
}

/// All rings of a district, closed.
fn rings(geometry: &Value) -> Result<Vec<Vec<Step>>> {
    let texts = leaves(&geometry["coordinates"]);
    let offsets = pairs(&geometry["encodeOffsets"]);
    texts
        .iter()
        .zip(&offsets)
        .map(|(text, offset)| {
            let mut ring = unpacked(text, *offset)?;
            if ring.first() != ring.last() {
                ring.extend(ring.first().copied());
            }
            Ok(ring)
        })
        .collect()
}

/// Each coordinate is the step from the one before, zigzag-coded and moved up by 64.
fn unpacked(text: &str, offset: Step) -> Result<Vec<Step>> {
    let codes: Vec<i32> = text.chars().map(|code| code as i32 - 64).collect();
    let step = |code: i32| (code >> 1) ^ -(code & 1);
    let mut at = offset;
    codes
        .chunks(2)
        .map(|pair| {
            let [x, y] = pair else {
                anyhow::bail!("half a coordinate at the end");
            };
            at = (at.0 + step(*x), at.1 + step(*y));
            Ok(at)
        })
        .collect()
}

fn leaves(nested: &Value) -> Vec<&str> {
    match nested {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

fn pairs(nested: &Value) -> Vec<Step> {
    let number = |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok());
    match nested {
        Value::Array(items) => match items.as_slice() {
            [x, y] if x.is_number() => number(x).zip(number(y)).into_iter().collect(),
            items => items.iter().flat_map(pairs).collect(),
        },
        _ => Vec::new(),
    }
}

/// Joins sides to lines that end where one or more than two of them meet.
fn lines_of(mut sides: BTreeSet<(Step, Step)>) -> Vec<Vec<Step>> {
    let mut neighbours: BTreeMap<Step, Vec<Step>> = BTreeMap::new();
    for (a, b) in &sides {
        neighbours.entry(*a).or_default().push(*b);
        neighbours.entry(*b).or_default().push(*a);
    }
    let ends: Vec<Step> = neighbours
        .iter()
        .filter(|(_, to)| to.len() != 2)
        .map(|(end, _)| *end)
        .collect();
    let mut lines = Vec::new();
    let mut follow = |from: Step, sides: &mut BTreeSet<(Step, Step)>| {
        for first in &neighbours[&from] {
            let (mut before, mut at) = (from, *first);
            if !sides.remove(&(before.min(at), before.max(at))) {
                continue;
            }
            let mut line = vec![before, at];
            while neighbours[&at].len() == 2 {
                let next = neighbours[&at].iter().copied().find(|next| *next != before);
                let Some(next) = next.filter(|next| sides.remove(&(at.min(*next), at.max(*next))))
                else {
                    break;
                };
                (before, at) = (at, next);
                line.push(at);
            }
            lines.push(line);
        }
    };
    for end in ends {
        follow(end, &mut sides);
    }
    // What is left are closed lines without any end.
    while let Some((a, _)) = sides.first().copied() {
        follow(a, &mut sides);
    }
    lines
}

/// The parts of a line that are not the coast.
fn inland(line: &[Point], sea: &Sea) -> Vec<Vec<Point>> {
    let dry: Vec<bool> = line
        .iter()
        .map(|point| !sea.is_near(*point, COAST_M))
        .collect();
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for (pair, dry) in line.windows(2).zip(dry.windows(2)) {
        if !(dry[0] || dry[1]) {
            open = false;
            continue;
        }
        match parts.last_mut().filter(|_| open) {
            Some(part) => part.push(pair[1]),
            None => parts.push(pair.to_vec()),
        }
        open = true;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_zigzag_coded_from_the_offset() {
        // '@' is no step, 'A' one back, 'B' one on.
        assert_eq!(unpacked("B@@A", (10, 20)).unwrap(), [(11, 20), (11, 19)]);
    }

    #[test]
    fn a_border_of_two_squares_is_one_line() {
        let side = |a: Step, b: Step| (a.min(b), a.max(b));
        let shared = BTreeSet::from([side((1, 0), (1, 1)), side((1, 1), (1, 2))]);
        assert_eq!(lines_of(shared), [vec![(1, 0), (1, 1), (1, 2)]]);
    }
}
