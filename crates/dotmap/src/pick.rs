//! Which dots are under the pointer, and how many of each kind are in sight. Both go by what is drawn at that very moment,
//! glides included, and only by what is drawn: a filtered dot can neither be clicked nor is it in the way.

use crate::camera::Camera;
use crate::cell::Cell;
use crate::dot::{Clock, Dot, LOOK_MASK, VACANT};
use crate::field::{DotRef, Field};
use crate::style::{Counts, LOOKS, Styles};
use wire::{CellKey, Look};

/// The most dots a pick returns; the nearest ones, and [`Picks::more`] says how many it left out.
pub const MOST_PICKS: usize = 100;

/// One dot under the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    pub dot: DotRef,
    pub generation: u32,
    /// Tick of the cell's picture in which the dot was picked.
    pub tick: u64,
    pub look: Look,
    /// Where it is drawn, in CSS pixels.
    pub at_css: (f64, f64),
    /// From the pointer to the dot's middle, in CSS pixels.
    pub distance_css: f64,
}

/// The dots in reach, the nearest first; of two equally near the one that is drawn on top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picks {
    pub dots: Vec<Pick>,
    pub more: usize,
}

/// Finds the dots within `reach_css` of a place on the screen.
pub fn pick(
    field: &Field,
    camera: &Camera,
    clock: &Clock,
    styles: &Styles,
    at_css: (f64, f64),
    reach_css: f64,
) -> Picks {
    let at_px = (
        (at_css.0 * camera.ratio) as f32,
        (at_css.1 * camera.ratio) as f32,
    );
    let reach_px = (reach_css * camera.ratio) as f32;
    let mut picks = Picks::default();
    for (key, cell) in field.shown() {
        let to_px = camera.screen_from_cell(key);
        // The pointer in the cell's own steps, so that nothing is transformed per dot.
        let at = (
            (at_px.0 - to_px.origin_px.0) / to_px.px_per_step,
            (at_px.1 - to_px.origin_px.1) / to_px.px_per_step,
        );
        let reach = reach_px / to_px.px_per_step;
        let side = wire::CELL_SIDE as f32;
        let around = reach + cell.outside_steps(clock.now_ms);
        let near = |v: f32| v >= -around && v <= side + around;
        if !near(at.0) || !near(at.1) {
            continue;
        }
        for (slot, record) in cell.records().iter().enumerate() {
            let dot = Dot::unpack(record);
            let (x, y) = dot.at(clock);
            let (dx, dy) = (x - at.0, y - at.1);
            if dx * dx + dy * dy > reach * reach
                || dot.look & VACANT != 0
                || styles.colour(dot.look) == 0
            {
                continue;
            }
            let css = |origin: f32, step: f32| {
                f64::from(origin + step * to_px.px_per_step) / camera.ratio
            };
            picks.dots.push(Pick {
                dot: DotRef {
                    key: *key,
                    slot: slot as u32,
                },
                generation: cell.mirror().generation(),
                tick: cell.mirror().tick(),
                look: Look(dot.look & LOOK_MASK),
                at_css: (css(to_px.origin_px.0, x), css(to_px.origin_px.1, y)),
                distance_css: f64::from((dx * dx + dy * dy).sqrt() * to_px.px_per_step)
                    / camera.ratio,
            });
        }
    }
    let priority = |pick: &Pick| std::cmp::Reverse(pick.look.priority());
    picks.dots.sort_by(|a, b| {
        a.distance_css
            .total_cmp(&b.distance_css)
            .then_with(|| priority(a).cmp(&priority(b)))
    });
    picks.more = picks.dots.len().saturating_sub(MOST_PICKS);
    picks.dots.truncate(MOST_PICKS);
    picks
}

/// What is in sight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Dots whose middle is on the screen and that the filter lets through.
    pub drawn: u32,
    /// All dots whose middle is on the screen, by kind.
    pub counts: Counts,
}

/// Counts what is on the screen; for once a second, not for every frame. `by_look` is memory lent for it.
pub fn census(
    field: &Field,
    camera: &Camera,
    clock: &Clock,
    styles: &Styles,
    by_look: &mut Vec<u32>,
) -> Census {
    by_look.clear();
    by_look.resize(LOOKS, 0);
    for (key, cell) in field.shown() {
        count_cell(key, cell, camera, clock, by_look);
    }
    Census::of(by_look, styles)
}

impl Census {
    /// From the number of dots of each look.
    pub fn of(by_look: &[u32], styles: &Styles) -> Self {
        let mut census = Self::default();
        for (look, &dots) in by_look.iter().enumerate().filter(|(_, dots)| **dots > 0) {
            census.counts.add(look as u16, dots);
            if styles.colour(look as u16) != 0 {
                census.drawn += dots;
            }
        }
        census
    }
}

fn count_cell(key: &CellKey, cell: &Cell, camera: &Camera, clock: &Clock, by_look: &mut [u32]) {
    let to_px = camera.screen_from_cell(key);
    let (width, height) = camera.size_px();
    let edge = |px: f32, origin: f32| (px - origin) / to_px.px_per_step;
    let (left, right) = (
        edge(0.0, to_px.origin_px.0),
        edge(width as f32, to_px.origin_px.0),
    );
    let (top, bottom) = (
        edge(0.0, to_px.origin_px.1),
        edge(height as f32, to_px.origin_px.1),
    );
    let outside = cell.outside_steps(clock.now_ms);
    let end = wire::CELL_SIDE as f32 + outside;
    if left > end || top > end || right < -outside || bottom < -outside {
        return;
    }
    for record in cell.records() {
        let dot = Dot::unpack(record);
        let (x, y) = dot.at(clock);
        if x >= left && x < right && y >= top && y < bottom && dot.look & VACANT == 0 {
            by_look[usize::from(dot.look & LOOK_MASK)] += 1;
        }
    }
}
