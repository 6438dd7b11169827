//! Which dots are under the pointer, and how many of each kind are in sight. Both go by what is drawn at that very moment,
//! glides included, and only by what is drawn: a filtered dot can neither be clicked nor is it in the way.

use std::cmp::Ordering;

use crate::camera::Camera;
use crate::cell::Cell;
use crate::dot::{Clock, Dot, LOOK_MASK, Record, VACANT};
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

/// Dots that are looked at together.
const LOT: usize = 64;

/// A dot in reach, before it is known whether it is among the nearest.
struct Near {
    /// Squared, in canvas pixels.
    distance2_px: f32,
    priority: u8,
    cell: usize,
    slot: usize,
}

impl Near {
    /// The nearest first, of two equally near the one on top; then by number, so that the order is the same each time.
    fn order(&self, other: &Self) -> Ordering {
        (self.distance2_px.total_cmp(&other.distance2_px))
            .then_with(|| other.priority.cmp(&self.priority))
            .then_with(|| (self.cell, self.slot).cmp(&(other.cell, other.slot)))
    }
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
    let mut cells = Vec::new();
    let mut near = Vec::new();
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
        let within = |v: f32| v >= -around && v <= side + around;
        if !within(at.0) || !within(at.1) {
            continue;
        }
        let square = Square::around(at, reach);
        for (lot_ix, lot) in cell.records().chunks(LOT).enumerate() {
            let may_be = square.of_glides(lot);
            for (ix, record) in lot.iter().enumerate().filter(|(ix, _)| may_be[*ix]) {
                let dot = Dot::unpack(record);
                let (x, y) = dot.at(clock);
                let (dx, dy) = (x - at.0, y - at.1);
                let distance2 = dx * dx + dy * dy;
                let seen = dot.look & VACANT == 0 && styles.colour(dot.look) != 0;
                if distance2 <= reach * reach && seen {
                    near.push(Near {
                        distance2_px: distance2 * to_px.px_per_step * to_px.px_per_step,
                        priority: Look(dot.look & LOOK_MASK).priority(),
                        cell: cells.len(),
                        slot: lot_ix * LOT + ix,
                    });
                }
            }
        }
        cells.push((key, cell, to_px));
    }
    let more = near.len().saturating_sub(MOST_PICKS);
    if more > 0 {
        near.select_nth_unstable_by(MOST_PICKS, Near::order);
        near.truncate(MOST_PICKS);
    }
    near.sort_unstable_by(Near::order);
    let dots = near.iter().filter_map(|near| {
        let (key, cell, to_px) = cells.get(near.cell)?;
        let dot = Dot::unpack(cell.records().get(near.slot)?);
        let (x, y) = dot.at(clock);
        let css =
            |origin: f32, step: f32| f64::from(origin + step * to_px.px_per_step) / camera.ratio;
        Some(Pick {
            dot: DotRef {
                key: **key,
                slot: near.slot as u32,
            },
            generation: cell.mirror().generation(),
            tick: cell.mirror().tick(),
            look: Look(dot.look & LOOK_MASK),
            at_css: (css(to_px.origin_px.0, x), css(to_px.origin_px.1, y)),
            distance_css: f64::from(near.distance2_px.sqrt()) / camera.ratio,
        })
    });
    Picks {
        dots: dots.collect(),
        more,
    }
}

/// A square in the steps of a cell, by its edges; they belong to it.
struct Square {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Square {
    /// A little larger than the reach, for what is rounded on the way. `as` saturates, so that far away stays far away.
    fn around(at: (f32, f32), reach: f32) -> Self {
        let reach = reach + 1.0;
        Self {
            left: (at.0 - reach).floor() as i32,
            top: (at.1 - reach).floor() as i32,
            right: (at.0 + reach).ceil() as i32,
            bottom: (at.1 + reach).ceil() as i32,
        }
    }

    /// Which of up to [`LOT`] dots may be in the square, because the way from where their glides began to where they end touches
    /// it. Without branches, division or floats, so that four dots are done at once.
    // The instructions are in every browser since 2021 (Safari 2023).
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn of_glides(&self, lot: &[Record]) -> [bool; LOT] {
        let mut may_be = [false; LOT];
        for (may_be, record) in may_be.iter_mut().zip(lot) {
            let dot = Dot::unpack(record);
            let (from_x, from_y) = (i32::from(dot.from.0), i32::from(dot.from.1));
            let (to_x, to_y) = (i32::from(dot.to.0), i32::from(dot.to.1));
            *may_be = (from_x.min(to_x) <= self.right)
                & (from_x.max(to_x) >= self.left)
                & (from_y.min(to_y) <= self.bottom)
                & (from_y.max(to_y) >= self.top);
        }
        may_be
    }
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
