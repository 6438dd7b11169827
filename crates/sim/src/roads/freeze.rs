//! Cut lines become the compact network: stretches between nodes, both directions of each, hubs.

use std::collections::HashMap;

use super::weave::Weave;
use super::{Kind, Line, Link, Metres, Roads, hubs};
use crate::ground::length;

/// Keeps the largest connected part; `None` when there is none.
pub fn freeze(
    mut weave: Weave,
    lines: &[Line],
    hubs: usize,
    anchor: (f64, f64),
    metres_per_lon: f64,
) -> Option<Roads> {
    let mut names = vec![String::new()];
    let mut name_of = HashMap::new();
    let mut stretches: Vec<Stretch> = Vec::new();
    for (line, cuts) in weave.cuts.iter_mut().enumerate() {
        cuts.sort_by(|a, b| a.partial_cmp(b).expect("places are numbers"));
        let shape = &weave.shapes[line];
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
            let mut points = vec![weave.nodes[a as usize]];
            let after = from.floor() as usize + 1;
            let inner = after..(to.ceil() as usize).max(after);
            points.extend(shape[inner].iter().copied());
            points.push(weave.nodes[b as usize]);
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
    for &(a, b) in &weave.ties {
        let points = vec![weave.nodes[a as usize], weave.nodes[b as usize]];
        stretches.push(Stretch {
            a,
            b,
            points,
            kind: Kind::Ramp,
            limit_kmh: 40,
            name: 0,
        });
    }
    let keep = largest_part(weave.nodes.len(), &stretches);
    let mut number = vec![u32::MAX; weave.nodes.len()];
    let mut nodes = Vec::new();
    for (node, &kept) in keep.iter().enumerate() {
        if kept {
            number[node] = nodes.len() as u32;
            nodes.push(weave.nodes[node]);
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
