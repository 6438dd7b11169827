//! Lines become a graph.
//!
//! Lines of one kind that cross or touch meet in a node: streets at a crossing, highways at an interchange.
//! A highway and a street do not meet; every kilometre a ramp leads from the one to the nearest point of the
//! other, but never over the river. A loose end is tied to the nearest line. What is not connected to the
//! largest part in the end is left out. Every stretch can be driven both ways: the dots show which road, not
//! which carriageway.

use std::collections::HashMap;

use super::{Kind, Line, Link, Metres, Roads, hubs, land};
use crate::ground::{METRES_PER_DEGREE, length};

/// Segments are found again by squares of this size.
const SQUARE_M: f32 = 400.0;
/// A highway has a ramp about this often.
const RAMP_EVERY_M: f32 = 1000.0;
/// Cuts closer together than this are one node.
const SAME_M: f32 = 4.0;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Destinations; more are finer and cost memory and start-up time.
    pub hubs: usize,
    /// A loose end is tied to a line of its kind within this distance.
    pub tie_m: f32,
    /// A ramp is at most this long.
    pub ramp_m: f32,
    /// Keep ramps and ties off the Huangpu.
    pub river: bool,
}

impl Options {
    /// For the hand-drawn skeleton, whose ends meet only roughly.
    #[must_use]
    pub fn shanghai(hubs: usize) -> Self {
        Self {
            hubs,
            tie_m: 900.0,
            ramp_m: 900.0,
            river: true,
        }
    }

    /// For surveyed lines of any city.
    #[must_use]
    pub fn surveyed(hubs: usize) -> Self {
        Self {
            hubs,
            tie_m: 25.0,
            ramp_m: 300.0,
            river: false,
        }
    }
}

/// The built-in roads and streets of Shanghai.
#[must_use]
pub fn shanghai(hubs: usize) -> Roads {
    let mut lines = super::skeleton::shanghai();
    lines.extend(super::local::shanghai());
    roads(&lines, &Options::shanghai(hubs)).expect("the built-in lines make a network")
}

/// `None` when the lines hold no stretch at all.
#[must_use]
pub fn roads(lines: &[Line], options: &Options) -> Option<Roads> {
    let first = *lines.first()?.points.first()?;
    let anchor = if options.river { land::CENTRE } else { first };
    let metres_per_lon = METRES_PER_DEGREE * anchor.1.to_radians().cos();
    let metres = |&(lon, lat): &(f64, f64)| -> Metres {
        (
            ((lon - anchor.0) * metres_per_lon) as f32,
            ((lat - anchor.1) * METRES_PER_DEGREE) as f32,
        )
    };
    let shapes: Vec<Vec<Metres>> = lines
        .iter()
        .map(|line| line.points.iter().map(metres).collect())
        .collect();
    let degrees = |p: Metres| {
        (
            anchor.0 + f64::from(p.0) / metres_per_lon,
            anchor.1 + f64::from(p.1) / METRES_PER_DEGREE,
        )
    };
    let dry = |a: Metres, b: Metres| {
        let clear = |p| land::metres_to_river(degrees(p)) > land::RIVER_HALF_M;
        !options.river || (clear(a) && clear(b) && clear(((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)))
    };

    let mut weave = Weave::new(lines, shapes);
    weave.cross();
    weave.tie(options.tie_m, &dry);
    weave.ramps(options.ramp_m, &dry);
    weave.freeze(lines, options.hubs, anchor, metres_per_lon)
}

/// A place along a line: whole part the segment, fraction the share of it.
type Place = f64;

struct Weave {
    kinds: Vec<Kind>,
    with_ramps: Vec<bool>,
    shapes: Vec<Vec<Metres>>,
    /// Where each line is cut, and at which node.
    cuts: Vec<Vec<(Place, u32)>>,
    nodes: Vec<Metres>,
    node_at: HashMap<(i32, i32, Kind), u32>,
    squares: HashMap<(i32, i32), Vec<(u32, u32)>>,
    /// Straight ramps and ties between two nodes.
    ties: Vec<(u32, u32)>,
}

fn square(p: Metres) -> (i32, i32) {
    (
        (p.0 / SQUARE_M).floor() as i32,
        (p.1 / SQUARE_M).floor() as i32,
    )
}

impl Weave {
    fn new(lines: &[Line], shapes: Vec<Vec<Metres>>) -> Self {
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
    fn cross(&mut self) {
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
    fn tie(&mut self, within_m: f32, dry: &impl Fn(Metres, Metres) -> bool) {
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
    fn ramps(&mut self, within_m: f32, dry: &impl Fn(Metres, Metres) -> bool) {
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

    /// Cuts into stretches, keeps the largest connected part, finds the hubs.
    fn freeze(
        mut self,
        lines: &[Line],
        hubs: usize,
        anchor: (f64, f64),
        metres_per_lon: f64,
    ) -> Option<Roads> {
        let mut names = vec![String::new()];
        let mut name_of = HashMap::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for (line, cuts) in self.cuts.iter_mut().enumerate() {
            cuts.sort_by(|a, b| a.partial_cmp(b).expect("places are numbers"));
            let shape = &self.shapes[line];
            let name = *name_of.entry(lines[line].name.as_str()).or_insert_with(|| {
                // Beyond 65,535 names the rest goes unnamed.
                if lines[line].name.is_empty() || names.len() > usize::from(u16::MAX) {
                    return 0;
                }
                names.push(lines[line].name.clone());
                (names.len() - 1) as u16
            });
            for pair in cuts.windows(2) {
                let ((from, a), (to, b)) = (pair[0], pair[1]);
                if a == b {
                    continue;
                }
                let mut points = vec![self.nodes[a as usize]];
                let inner = (from.floor() as usize + 1)..(to.ceil() as usize);
                points.extend(shape[inner].iter().copied());
                points.push(self.nodes[b as usize]);
                let (kind, limit_kmh) = (lines[line].kind, lines[line].limit_kmh);
                stretches.push(Stretch {
                    a,
                    b,
                    points,
                    kind,
                    limit_kmh,
                    name,
                });
            }
        }
        for &(a, b) in &self.ties {
            let points = vec![self.nodes[a as usize], self.nodes[b as usize]];
            stretches.push(Stretch {
                a,
                b,
                points,
                kind: Kind::Ramp,
                limit_kmh: 40,
                name: 0,
            });
        }
        let keep = largest_part(self.nodes.len(), &stretches);
        let mut number = vec![u32::MAX; self.nodes.len()];
        let mut nodes = Vec::new();
        for (node, &kept) in keep.iter().enumerate() {
            if kept {
                number[node] = nodes.len() as u32;
                nodes.push(self.nodes[node]);
            }
        }
        stretches.retain(|stretch| keep[stretch.a as usize]);
        if stretches.is_empty() {
            return None;
        }
        for stretch in &mut stretches {
            stretch.a = number[stretch.a as usize];
            stretch.b = number[stretch.b as usize];
        }
        let (out, links, shapes) = directed(nodes.len(), &stretches);
        let hubs = hubs::Hubs::find(&out, &links, hubs);
        Some(Roads {
            anchor,
            metres_per_lon,
            nodes,
            out,
            links,
            shapes,
            names,
            hubs,
        })
    }
}

struct Stretch {
    a: u32,
    b: u32,
    points: Vec<Metres>,
    kind: Kind,
    limit_kmh: u8,
    name: u16,
}

/// Which nodes belong to the largest connected part.
fn largest_part(nodes: usize, stretches: &[Stretch]) -> Vec<bool> {
    let mut root: Vec<u32> = (0..nodes as u32).collect();
    fn find(root: &mut [u32], mut node: u32) -> u32 {
        while root[node as usize] != node {
            root[node as usize] = root[root[node as usize] as usize];
            node = root[node as usize];
        }
        node
    }
    for stretch in stretches {
        let (a, b) = (find(&mut root, stretch.a), find(&mut root, stretch.b));
        root[a.max(b) as usize] = a.min(b);
    }
    let mut sizes = vec![0u32; nodes];
    for stretch in stretches {
        sizes[find(&mut root, stretch.a) as usize] += 1;
    }
    let largest = (0..nodes as u32)
        .max_by_key(|&n| (sizes[n as usize], std::cmp::Reverse(n)))
        .unwrap_or(0);
    (0..nodes as u32)
        .map(|node| find(&mut root, node) == largest)
        .collect()
}

/// Both directions of every stretch, grouped by the node they leave.
fn directed(nodes: usize, stretches: &[Stretch]) -> (Vec<u32>, Vec<Link>, Vec<Metres>) {
    let mut out = vec![0u32; nodes + 1];
    // A node has at most 254 links, because a hub names one in a byte; the rest of a wilder one is left out.
    let mut degree = vec![0u8; nodes];
    let kept: Vec<&Stretch> = stretches
        .iter()
        .filter(|s| {
            let fits = degree[s.a as usize] < 254 && degree[s.b as usize] < 254 && s.a != s.b;
            if fits {
                degree[s.a as usize] += 1;
                degree[s.b as usize] += 1;
            }
            fits
        })
        .collect();
    for stretch in &kept {
        out[stretch.a as usize + 1] += 1;
        out[stretch.b as usize + 1] += 1;
    }
    for node in 0..nodes {
        out[node + 1] += out[node];
    }
    let mut next = out.clone();
    let blank = Link {
        to: 0,
        back: 0,
        length_m: 0.0,
        limit_kmh: 0,
        kind: Kind::Street,
        shape: (0, 0),
        reversed: false,
        name: 0,
    };
    let mut links = vec![blank; kept.len() * 2];
    let mut shapes = Vec::new();
    for stretch in kept {
        let first = shapes.len() as u32;
        let count = stretch.points.len().min(usize::from(u16::MAX));
        shapes.extend_from_slice(&stretch.points[..count]);
        let length_m = stretch.points[..count]
            .windows(2)
            .map(|p| length(p[0], p[1]))
            .sum::<f32>()
            .max(0.1);
        let (there, back) = (next[stretch.a as usize], next[stretch.b as usize]);
        next[stretch.a as usize] += 1;
        next[stretch.b as usize] += 1;
        let link = Link {
            to: stretch.b,
            back,
            length_m,
            limit_kmh: stretch.limit_kmh,
            kind: stretch.kind,
            shape: (first, count as u16),
            reversed: false,
            name: stretch.name,
        };
        links[there as usize] = link;
        links[back as usize] = Link {
            to: stretch.a,
            back: there,
            reversed: true,
            ..link
        };
    }
    (out, links, shapes)
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
