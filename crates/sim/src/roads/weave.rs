//! Where lines meet: crossings, ties and ramps.
//!
//! A line is cut wherever it meets another; each cut is a node. Segments are looked up by squares of the
//! plane, so that a city of a hundred thousand segments takes a fraction of a second.

use std::collections::HashMap;

use super::{Kind, Line, Metres};
use crate::ground::length;

/// Segments are found again by squares of this size.
const SQUARE_M: f32 = 400.0;
/// A highway has a ramp about this often.
const RAMP_EVERY_M: f32 = 1000.0;
/// Cuts closer together than this are one node.
const SAME_M: f32 = 4.0;

/// A segment over more squares than this is no road: it meets nothing.
const MOST_SQUARES: u32 = 10_000;

/// A place along a line: whole part the segment, fraction the share of it.
pub type Place = f64;

pub struct Weave {
    kinds: Vec<Kind>,
    with_ramps: Vec<bool>,
    pub shapes: Vec<Vec<Metres>>,
    /// Where each line is cut, and at which node.
    pub cuts: Vec<Vec<(Place, u32)>>,
    pub nodes: Vec<Metres>,
    node_at: HashMap<(i32, i32, Kind), u32>,
    squares: HashMap<(i32, i32), Vec<(u32, u32)>>,
    /// Straight ramps and ties between two nodes.
    pub ties: Vec<(u32, u32)>,
}

fn square(p: Metres) -> (i32, i32) {
    (
        (p.0 / SQUARE_M).floor() as i32,
        (p.1 / SQUARE_M).floor() as i32,
    )
}

impl Weave {
    pub fn new(lines: &[Line], shapes: Vec<Vec<Metres>>) -> Self {
        let mut weave = Self {
            kinds: lines.iter().map(|line| line.kind).collect(),
            with_ramps: lines.iter().map(|line| line.ramps).collect(),
            cuts: vec![Vec::new(); shapes.len()],
            shapes,
            nodes: Vec::new(),
            node_at: HashMap::new(),
            squares: HashMap::new(),
            ties: Vec::new(),
        };
        for (line, shape) in weave.shapes.iter().enumerate() {
            for segment in 0..shape.len() - 1 {
                let (a, b) = (square(shape[segment]), square(shape[segment + 1]));
                if (a.0.abs_diff(b.0) + 1).saturating_mul(a.1.abs_diff(b.1) + 1) > MOST_SQUARES {
                    continue;
                }
                for x in a.0.min(b.0)..=a.0.max(b.0) {
                    for y in a.1.min(b.1)..=a.1.max(b.1) {
                        weave
                            .squares
                            .entry((x, y))
                            .or_default()
                            .push((line as u32, segment as u32));
                    }
                }
            }
        }
        weave
    }

    fn cut(&mut self, line: u32, place: Place) -> u32 {
        let shape = &self.shapes[line as usize];
        let segment = (place as usize).min(shape.len() - 2);
        let share = (place - segment as f64) as f32;
        let (a, b) = (shape[segment], shape[segment + 1]);
        let at = (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
        let kind = self.kinds[line as usize];
        let key = (
            (at.0 / SAME_M).round() as i32,
            (at.1 / SAME_M).round() as i32,
            kind,
        );
        let node = *self.node_at.entry(key).or_insert_with(|| {
            self.nodes.push(at);
            self.nodes.len() as u32 - 1
        });
        self.cuts[line as usize].push((place, node));
        node
    }

    /// Cuts lines of one kind where they cross or touch.
    pub fn cross(&mut self) {
        let mut found = Vec::new();
        for members in self.squares.values() {
            for (i, &(line, segment)) in members.iter().enumerate() {
                for &(other, across) in &members[i + 1..] {
                    let same = line == other && segment.abs_diff(across) <= 1;
                    if same || self.kinds[line as usize] != self.kinds[other as usize] {
                        continue;
                    }
                    let (a, b) = self.segment(line, segment);
                    let (c, d) = self.segment(other, across);
                    if let Some((s, t)) = crossing(a, b, c, d) {
                        found.push((line, f64::from(segment) + s, other, f64::from(across) + t));
                    }
                }
            }
        }
        // Squares come in no order; the network must be the same each time.
        found.sort_by(|a, b| a.partial_cmp(b).expect("places are numbers"));
        found.dedup();
        for (line, place, other, across) in found {
            let node = self.cut(line, place);
            let twin = self.cut(other, across);
            if node != twin {
                self.ties.push((node, twin));
            }
        }
    }

    fn segment(&self, line: u32, segment: u32) -> (Metres, Metres) {
        let shape = &self.shapes[line as usize];
        (shape[segment as usize], shape[segment as usize + 1])
    }

    /// Cuts every line at its ends, and ties ends that no crossing is near to.
    pub fn tie(&mut self, within_m: f32, dry: &impl Fn(Metres, Metres) -> bool) {
        for line in 0..self.shapes.len() as u32 {
            let last = self.shapes[line as usize].len() - 1;
            for place in [0.0, last as Place] {
                let crossed = self.cuts[line as usize]
                    .iter()
                    .any(|cut| (cut.0 - place).abs() < 0.02);
                let node = self.cut(line, place);
                if crossed {
                    continue;
                }
                let at = self.nodes[node as usize];
                let kind = self.kinds[line as usize];
                // A street may end blind, but a highway must lead somewhere.
                let within_m = if kind == Kind::Highway {
                    within_m
                } else {
                    within_m.min(150.0)
                };
                if let Some((other, across, to)) = self.nearest(at, within_m, kind, Some(line))
                    && dry(at, to)
                {
                    let twin = self.cut(other, across);
                    self.ties.push((node, twin));
                }
            }
        }
    }

    /// Ramps from highways down to the streets.
    pub fn ramps(&mut self, within_m: f32, dry: &impl Fn(Metres, Metres) -> bool) {
        for line in 0..self.shapes.len() as u32 {
            if self.kinds[line as usize] != Kind::Highway {
                continue;
            }
            let shape = self.shapes[line as usize].clone();
            let last = (shape.len() - 1) as Place;
            let mut places = vec![0.0, last];
            let mut since_m = RAMP_EVERY_M / 2.0;
            for segment in 0..shape.len() - 1 {
                let long_m = length(shape[segment], shape[segment + 1]);
                let mut at_m = RAMP_EVERY_M - since_m;
                while self.with_ramps[line as usize] && at_m < long_m {
                    places.push(segment as Place + Place::from(at_m / long_m));
                    at_m += RAMP_EVERY_M;
                }
                since_m = (since_m + long_m) % RAMP_EVERY_M;
            }
            for place in places {
                let node = self.cut(line, place);
                let at = self.nodes[node as usize];
                if let Some((street, across, to)) = self.nearest(at, within_m, Kind::Street, None)
                    && dry(at, to)
                {
                    let foot = self.cut(street, across);
                    self.ties.push((node, foot));
                }
            }
        }
    }

    /// The nearest place on a line of `kind` other than `but`.
    fn nearest(
        &self,
        at: Metres,
        within_m: f32,
        kind: Kind,
        but: Option<u32>,
    ) -> Option<(u32, Place, Metres)> {
        let reach = (within_m / SQUARE_M).ceil() as i32;
        let home = square(at);
        let mut best: Option<(f32, u32, Place, Metres)> = None;
        for x in home.0 - reach..=home.0 + reach {
            for y in home.1 - reach..=home.1 + reach {
                for &(line, segment) in self.squares.get(&(x, y)).map_or(&[][..], Vec::as_slice) {
                    if self.kinds[line as usize] != kind || but == Some(line) {
                        continue;
                    }
                    let (a, b) = self.segment(line, segment);
                    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                    let square_m = (dx * dx + dy * dy).max(1e-6);
                    let t = (((at.0 - a.0) * dx + (at.1 - a.1) * dy) / square_m).clamp(0.0, 1.0);
                    let to = (a.0 + dx * t, a.1 + dy * t);
                    let far_m = length(at, to);
                    let place = f64::from(segment) + f64::from(t);
                    let better = best.is_none_or(|b| (far_m, line, place) < (b.0, b.1, b.2));
                    if far_m <= within_m && better {
                        best = Some((far_m, line, place, to));
                    }
                }
            }
        }
        best.map(|(_, line, place, to)| (line, place, to))
    }
}

/// Where two segments meet, as a share of each; touching ends count.
fn crossing(a: Metres, b: Metres, c: Metres, d: Metres) -> Option<(f64, f64)> {
    let (rx, ry) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
    let (sx, sy) = (f64::from(d.0 - c.0), f64::from(d.1 - c.1));
    let cross = rx * sy - ry * sx;
    let (qx, qy) = (f64::from(c.0 - a.0), f64::from(c.1 - a.1));
    if cross.abs() < 1e-6 {
        // Parallel: only shared end points count.
        for (p, s) in [(a, 0.0), (b, 1.0)] {
            for (q, t) in [(c, 0.0), (d, 1.0)] {
                if length(p, q) < 0.5 {
                    return Some((s, t));
                }
            }
        }
        return None;
    }
    let (s, t) = ((qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross);
    let near = |x: f64| (-1e-4..=1.0 + 1e-4).contains(&x);
    (near(s) && near(t)).then(|| (s.clamp(0.0, 1.0), t.clamp(0.0, 1.0)))
}
