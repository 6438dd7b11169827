//! Destinations, and the way to each of them from everywhere.
//!
//! A hub is a street node that trips lead to. For each hub one Dijkstra run over the whole network leaves,
//! at every node, which of its links is the quickest way there: one byte a node and hub, so that half a
//! thousand hubs take a few megabytes and a million vehicles need no routes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Kind, Link};
use crate::chance::Chance;

/// There is no way on: this is the hub, or it cannot be reached.
const NONE: u8 = u8::MAX;

pub struct Hubs {
    at: Vec<u32>,
    /// `next[hub * nodes + node]`: which of the node's links.
    next: Vec<u8>,
    nodes: usize,
}

impl Hubs {
    pub fn len(&self) -> usize {
        self.at.len()
    }

    pub fn node(&self, hub: u16) -> u32 {
        self.at[usize::from(hub)]
    }

    pub fn next(&self, hub: u16, node: u32) -> Option<u8> {
        let nth = self.next[usize::from(hub) * self.nodes + node as usize];
        (nth != NONE).then_some(nth)
    }

    /// Picks `wanted` hubs among the nodes that streets meet at and finds the ways, on two threads.
    pub fn find(out: &[u32], links: &[Link], wanted: usize) -> Self {
        let nodes = out.len() - 1;
        let mut at: Vec<u32> = (0..nodes as u32)
            .filter(|&node| {
                let leaving = &links[out[node as usize] as usize..out[node as usize + 1] as usize];
                leaving
                    .iter()
                    .filter(|link| link.kind == Kind::Street)
                    .count()
                    >= 2
            })
            .collect();
        if at.is_empty() {
            at.extend(0..nodes as u32);
        }
        at.sort_by_key(|&node| Chance::new(5, u64::from(node), 0).bits());
        at.truncate(wanted.min(usize::from(u16::MAX)));
        let mut next = vec![NONE; at.len() * nodes];
        let half = at.len().div_ceil(2);
        let (first, second) = next.split_at_mut(half * nodes);
        let run = |hubs: &[u32], next: &mut [u8]| {
            let mut search = Search::new(nodes);
            for (&hub, next) in hubs.iter().zip(next.chunks_exact_mut(nodes)) {
                search.run(out, links, hub, next);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| run(&at[half..], second));
            run(&at[..half], first);
        });
        Self { at, next, nodes }
    }
}

struct Search {
    cost_ds: Vec<u32>,
    queue: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Search {
    fn new(nodes: usize) -> Self {
        Self {
            cost_ds: vec![u32::MAX; nodes],
            queue: BinaryHeap::new(),
        }
    }

    /// From the hub outwards, against the direction of travel: every link has its `back`.
    fn run(&mut self, out: &[u32], links: &[Link], hub: u32, next: &mut [u8]) {
        self.cost_ds.fill(u32::MAX);
        self.cost_ds[hub as usize] = 0;
        self.queue.push(Reverse((0, hub)));
        while let Some(Reverse((cost_ds, node))) = self.queue.pop() {
            if cost_ds > self.cost_ds[node as usize] {
                continue;
            }
            for link in &links[out[node as usize] as usize..out[node as usize + 1] as usize] {
                let further_ds = cost_ds + expected_ds(link);
                if further_ds < self.cost_ds[link.to as usize] {
                    self.cost_ds[link.to as usize] = further_ds;
                    next[link.to as usize] = (link.back - out[link.to as usize]) as u8;
                    self.queue.push(Reverse((further_ds, link.to)));
                }
            }
        }
    }
}

/// Tenths of a second to drive a link, lights at its end included: who knows the city keeps to the large roads.
fn expected_ds(link: &Link) -> u32 {
    let lights_s = match link.kind {
        Kind::Highway => 0.0,
        Kind::Street if link.limit_kmh >= 60 => 5.0,
        Kind::Street | Kind::Ramp => 14.0,
    };
    ((link.length_m / (f32::from(link.limit_kmh) / 3.6) + lights_s) * 10.0) as u32 + 1
}
