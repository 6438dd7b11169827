//! Lines become a graph.
//!
//! Lines of one kind that cross or touch meet in a node: streets at a crossing, highways at an interchange.
//! A highway and a street do not meet; every kilometre a ramp leads from the one to the nearest point of the
//! other, but never over the river. A loose end is tied to the nearest line. What is not connected to the
//! largest part in the end is left out. Every stretch can be driven both ways: the dots show which road, not
//! which carriageway.

use super::weave::Weave;
use super::{Line, Metres, Roads, freeze, land};
use crate::ground::METRES_PER_DEGREE;

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
    freeze::freeze(weave, lines, options.hubs, anchor, metres_per_lon)
}
