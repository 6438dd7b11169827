//! A part of the picture that somebody has drawn round, or the whole of it: how many dots lie in it, and which. It stays
//! where it was drawn in the world while the camera moves.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::camera::{Camera, nearest_turn};
use crate::dot::{Clock, Dot, LOOK_MASK, VACANT};
use crate::field::{DotRef, Field};
use crate::pick::{Census, Pick};
use crate::style::{LOOKS, Styles};
use wire::{CellKey, Look};

/// Corners of an outline; one with more is thinned out, for every dot near it is held against each.
pub const MOST_CORNERS: usize = 64;

/// An outline in the world; its ends are joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// World units. The first is within the world, the others go on from it, also over the date line.
    corners_world: Vec<(f64, f64)>,
}

impl Area {
    /// An outline drawn on the screen, in CSS pixels; none with fewer than three corners.
    pub fn drawn(camera: &Camera, corners_css: &[(f64, f64)]) -> Option<Self> {
        if corners_css.len() < 3 {
            return None;
        }
        let kept = corners_css.len().min(MOST_CORNERS);
        let scale = camera.css_per_unit();
        let corners_world = (0..kept)
            .map(|i| {
                let (x, y) = corners_css[i * corners_css.len() / kept];
                (
                    (x - camera.size_css.0 / 2.0) / scale + camera.middle_world.0,
                    (y - camera.size_css.1 / 2.0) / scale + camera.middle_world.1,
                )
            })
            .collect();
        Some(Self { corners_world })
    }

    /// All that is on the screen.
    pub fn whole(camera: &Camera) -> Self {
        let (w, h) = camera.size_css;
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        Self::drawn(camera, &corners).expect("it has four corners")
    }

    /// The outline in steps of a cell.
    fn in_steps_of(&self, key: &CellKey) -> Outline {
        let side_world = (32.0 - f64::from(key.level)).exp2();
        let per_step = side_world / f64::from(wire::CELL_SIDE);
        let corner = (f64::from(key.x) * side_world, f64::from(key.y) * side_world);
        let first = self.corners_world.first().map_or(0.0, |first| first.0);
        let first_x = nearest_turn(first - corner.0);
        let corners: Vec<_> = self
            .corners_world
            .iter()
            .map(|(x, y)| {
                (
                    ((x - first + first_x) / per_step) as f32,
                    ((y - corner.1) / per_step) as f32,
                )
            })
            .collect();
        let ends = |of: fn(&(f32, f32)) -> f32| {
            let all = corners.iter().map(of);
            (
                all.clone().fold(f32::MAX, f32::min),
                all.fold(f32::MIN, f32::max),
            )
        };
        Outline {
            x: ends(|corner| corner.0),
            y: ends(|corner| corner.1),
            corners,
        }
    }
}

/// An area as one cell sees it.
struct Outline {
    corners: Vec<(f32, f32)>,
    /// Least and greatest.
    x: (f32, f32),
    y: (f32, f32),
}

impl Outline {
    /// Whether it comes near a cell whose dots may be so far outside.
    fn touches_cell(&self, outside_steps: f32) -> bool {
        let end = wire::CELL_SIDE as f32 + outside_steps;
        let meets = |(least, greatest): (f32, f32)| least <= end && greatest >= -outside_steps;
        meets(self.x) && meets(self.y)
    }

    /// Whether a ray from the point crosses the outline an odd number of times.
    fn holds(&self, (x, y): (f32, f32)) -> bool {
        if x < self.x.0 || x > self.x.1 || y < self.y.0 || y > self.y.1 {
            return false;
        }
        let mut inside = false;
        let mut before = self.corners[self.corners.len() - 1];
        for &corner in &self.corners {
            let ((x0, y0), (x1, y1)) = (before, corner);
            if (y0 > y) != (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0 {
                inside = !inside;
            }
            before = corner;
        }
        inside
    }
}

fn each_inside(
    field: &Field,
    clock: &Clock,
    area: &Area,
    mut found: impl FnMut(&CellKey, u32, &Dot, (f32, f32)),
) {
    for (key, cell) in field.shown() {
        let outline = area.in_steps_of(key);
        if !outline.touches_cell(cell.outside_steps(clock.now_ms)) {
            continue;
        }
        for (slot, record) in cell.records().iter().enumerate() {
            let dot = Dot::unpack(record);
            let at = dot.at(clock);
            if dot.look & VACANT == 0 && outline.holds(at) {
                found(key, slot as u32, &dot, at);
            }
        }
    }
}

/// Counts the dots in an area; `by_look` is memory lent for it.
pub fn count(
    field: &Field,
    clock: &Clock,
    styles: &Styles,
    area: &Area,
    by_look: &mut Vec<u32>,
) -> Census {
    by_look.clear();
    by_look.resize(LOOKS, 0);
    each_inside(field, clock, area, |_, _, dot, _| {
        by_look[usize::from(dot.look & LOOK_MASK)] += 1;
    });
    Census::of(by_look, styles)
}

/// The dots in an area that are drawn, those first that matter most (as in [`Look::priority`]), then those nearest to the middle of the
/// screen; `most` of them, and how many there are beyond.
pub fn list(
    field: &Field,
    camera: &Camera,
    clock: &Clock,
    styles: &Styles,
    area: &Area,
    most: usize,
) -> (Vec<Pick>, usize) {
    // The least of the best is on top, to be pushed out by a better one.
    let mut best: BinaryHeap<(Reverse<u8>, u32, CellKey, u32)> = BinaryHeap::new();
    let mut all = 0;
    let middle_css = (camera.size_css.0 / 2.0, camera.size_css.1 / 2.0);
    let css_of = |key: &CellKey, at: (f32, f32)| {
        camera.css_from_world(crate::camera::world_from_step(key, at))
    };
    let distance_css = |(x, y): (f64, f64)| (x - middle_css.0).hypot(y - middle_css.1);
    each_inside(field, clock, area, |key, slot, dot, at| {
        if styles.colour(dot.look) == 0 {
            return;
        }
        all += 1;
        let priority = Reverse(Look(dot.look & LOOK_MASK).priority());
        let distance = distance_css(css_of(key, at)) as u32;
        best.push((priority, distance, *key, slot));
        if best.len() > most {
            best.pop();
        }
    });
    let picks: Vec<Pick> = best
        .into_sorted_vec()
        .into_iter()
        .filter_map(|(_, _, key, slot)| pick_of(field, camera, clock, DotRef { key, slot }))
        .collect();
    let more = all - picks.len();
    (picks, more)
}

/// A dot as a click on it would find it now; none while it is not on the screen's cells.
pub fn pick_of(field: &Field, camera: &Camera, clock: &Clock, at: DotRef) -> Option<Pick> {
    let cell = field.cell(&at.key)?;
    let dot = cell.dot(at.slot)?;
    let at_css = camera.css_from_world(crate::camera::world_from_step(&at.key, dot.at(clock)));
    Some(Pick {
        dot: at,
        generation: cell.mirror().generation(),
        tick: cell.mirror().tick(),
        look: Look(dot.look & LOOK_MASK),
        at_css,
        distance_css: (at_css.0 - camera.size_css.0 / 2.0)
            .hypot(at_css.1 - camera.size_css.1 / 2.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{WORLD, world_from_degrees};

    fn camera(zoom: f64, middle_world: (f64, f64)) -> Camera {
        Camera {
            middle_world,
            zoom,
            size_css: (1000.0, 600.0),
            ratio: 1.0,
            is_gcj02: false,
        }
    }

    fn cell_at(level: u8, at: (f64, f64)) -> (CellKey, (f32, f32)) {
        let side = (32.0 - f64::from(level)).exp2();
        let key = CellKey {
            scope: 0,
            level,
            x: (at.0 / side) as u32,
            y: (at.1 / side) as u32,
        };
        let step = |v: f64| ((v % side) / side * f64::from(wire::CELL_SIDE)) as f32;
        (key, (step(at.0), step(at.1)))
    }

    #[test]
    fn a_point_is_inside_on_the_screen_exactly_when_it_is_inside_in_its_cell() {
        let camera = camera(11.3, world_from_degrees(121.47, 31.23));
        // A star: not convex.
        let star = [
            (500.0, 100.0),
            (540.0, 260.0),
            (700.0, 300.0),
            (540.0, 340.0),
            (500.0, 500.0),
            (460.0, 340.0),
            (300.0, 300.0),
            (460.0, 260.0),
        ];
        let area = Area::drawn(&camera, &star).unwrap();
        let within = |x: f64, y: f64| (x - 500.0).abs() < 30.0 && (y - 300.0).abs() < 30.0;
        let outside = |x: f64, y: f64| (x - 500.0).abs() > 100.0 && (y - 300.0).abs() > 100.0;
        let (mut ins, mut outs) = (0, 0);
        for i in 0..4_000 {
            let (x, y) = (f64::from(i % 80) * 12.5, f64::from(i / 80) * 12.0);
            let (key, step) = cell_at(11, camera.world_from_css((x, y)));
            let holds = area.in_steps_of(&key).holds(step);
            if within(x, y) {
                assert!(holds, "{x} {y}");
                ins += 1;
            }
            if outside(x, y) {
                assert!(!holds, "{x} {y}");
                outs += 1;
            }
        }
        assert!(ins > 10 && outs > 100, "{ins} {outs}");
    }

    #[test]
    fn an_area_across_the_date_line_holds_both_sides() {
        let camera = camera(6.0, (2.0, WORLD / 2.0));
        let area = Area::whole(&camera);
        for x in [WORLD - 1_000_000.0, 1_000_000.0] {
            let (key, step) = cell_at(6, (x, WORLD / 2.0 + 5.0));
            assert!(area.in_steps_of(&key).holds(step), "{x}");
        }
        let (key, step) = cell_at(6, (WORLD / 2.0, WORLD / 2.0));
        assert!(!area.in_steps_of(&key).holds(step));
    }

    #[test]
    fn an_outline_keeps_its_shape_when_it_is_thinned_out() {
        let camera = camera(9.0, world_from_degrees(121.47, 31.23));
        let circle: Vec<_> = (0..2_000)
            .map(|i| {
                let turn = f64::from(i) / 2_000.0 * std::f64::consts::TAU;
                (500.0 + 200.0 * turn.cos(), 300.0 + 200.0 * turn.sin())
            })
            .collect();
        let area = Area::drawn(&camera, &circle).unwrap();
        assert_eq!(area.corners_world.len(), MOST_CORNERS);
        for (radius, inside) in [(190.0, true), (205.0, false)] {
            for i in 0..50 {
                let turn = f64::from(i) / 50.0 * std::f64::consts::TAU;
                let at = (500.0 + radius * turn.cos(), 300.0 + radius * turn.sin());
                let (key, step) = cell_at(9, camera.world_from_css(at));
                assert_eq!(
                    area.in_steps_of(&key).holds(step),
                    inside,
                    "{radius} {turn}"
                );
            }
        }
        assert!(Area::drawn(&camera, &circle[..2]).is_none());
    }
}
