//! Where vehicles can drive: a graph of named roads and local streets.
//!
//! `skeleton` reads the hand-drawn main roads of Shanghai that are built in, `local` grows streets between
//! them, `geojson` and `osm` take a file instead (any city). `build` ties lines (`weave`) into one
//! connected graph (`freeze`); `Roads` is that graph, frozen and compact: nodes, directed links with their shape, and for
//! every destination *hub* the next link from every node, so that a vehicle needs no route of its own.

pub mod build;
mod freeze;
pub mod geojson;
mod hubs;
mod land;
pub mod local;
pub mod osm;
pub mod skeleton;
mod weave;

use crate::ground::METRES_PER_DEGREE;

/// What a line is, which decides how it may be crossed and how it is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Grade-separated: streets join it only by ramps.
    Highway,
    /// A street with crossings and lights.
    Street,
    /// A short link between a highway and a street.
    Ramp,
}

/// A line before it is part of the graph.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    pub kind: Kind,
    pub limit_kmh: u8,
    /// A highway with ramps along its way; a bridge or tunnel has them only at its ends.
    pub ramps: bool,
    /// WGS-84 (lon, lat), at least two.
    pub points: Vec<(f64, f64)>,
}

/// Metres east and north of the anchor of the network.
pub type Metres = (f32, f32);

/// One direction of a stretch between two nodes.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub to: u32,
    /// The same stretch the other way.
    pub back: u32,
    pub length_m: f32,
    pub limit_kmh: u8,
    pub kind: Kind,
    /// The shape in `Roads::shapes`, both end points included.
    shape: (u32, u16),
    /// The shape is to be walked from its end to its start.
    reversed: bool,
    /// Index into `Roads::names`.
    pub name: u16,
}

/// The frozen network.
pub struct Roads {
    anchor: (f64, f64),
    metres_per_lon: f64,
    nodes: Vec<Metres>,
    /// Links leaving node n: `links[out[n]..out[n + 1]]`.
    out: Vec<u32>,
    links: Vec<Link>,
    shapes: Vec<Metres>,
    names: Vec<String>,
    hubs: hubs::Hubs,
}

impl Roads {
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    #[must_use]
    pub fn links(&self) -> usize {
        self.links.len()
    }

    #[must_use]
    pub fn hubs(&self) -> usize {
        self.hubs.len()
    }

    #[must_use]
    pub fn link(&self, link: u32) -> &Link {
        &self.links[link as usize]
    }

    #[must_use]
    pub fn name(&self, link: u32) -> &str {
        &self.names[usize::from(self.link(link).name)]
    }

    #[must_use]
    pub fn node(&self, node: u32) -> Metres {
        self.nodes[node as usize]
    }

    /// The node a hub stands on.
    #[must_use]
    pub fn hub_node(&self, hub: u16) -> u32 {
        self.hubs.node(hub)
    }

    /// Indices of the links that leave `node`.
    #[must_use]
    pub fn leaving(&self, node: u32) -> std::ops::Range<u32> {
        self.out[node as usize]..self.out[node as usize + 1]
    }

    /// The link to take from `node` towards `hub`; `None` on the hub itself.
    #[must_use]
    pub fn towards(&self, hub: u16, node: u32) -> Option<u32> {
        self.hubs
            .next(hub, node)
            .map(|nth| self.out[node as usize] + u32::from(nth))
    }

    /// Metres of the point `along_m` into `link`, `aside_m` to the right of its middle.
    #[must_use]
    pub fn point(&self, link: u32, along_m: f32, aside_m: f32) -> Metres {
        let link = self.link(link);
        let (first, count) = (link.shape.0 as usize, usize::from(link.shape.1));
        let shape = &self.shapes[first..first + count];
        let at = |i: usize| {
            if link.reversed {
                shape[count - 1 - i]
            } else {
                shape[i]
            }
        };
        let mut left_m = along_m.max(0.0);
        for i in 1..count {
            let (from, to) = (at(i - 1), at(i));
            let (east, north) = (to.0 - from.0, to.1 - from.1);
            let long_m = (east * east + north * north).sqrt();
            if left_m <= long_m || i == count - 1 {
                let (share, unit) = if long_m > 0.0 {
                    ((left_m / long_m).min(1.0), (east / long_m, north / long_m))
                } else {
                    (0.0, (0.0, 0.0))
                };
                return (
                    from.0 + east * share + unit.1 * aside_m,
                    from.1 + north * share - unit.0 * aside_m,
                );
            }
            left_m -= long_m;
        }
        at(0)
    }

    /// WGS-84 degrees × 10⁶ of a point of the network.
    #[must_use]
    pub fn degrees_e6(&self, point: Metres) -> (i32, i32) {
        let lon = self.anchor.0 + f64::from(point.0) / self.metres_per_lon;
        let lat = self.anchor.1 + f64::from(point.1) / METRES_PER_DEGREE;
        ((lon * 1e6).round() as i32, (lat * 1e6).round() as i32)
    }
}
