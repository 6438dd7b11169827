//! Where the camera of a wall stands: a scene as a place and a share of the picture, worked out anew whenever the screen has
//! another size, so that nobody has to touch it.
//!
//! Several screens may form one picture. Each works out the whole picture and takes its tile of it; what joins at an edge
//! joins because all of them do the same arithmetic with the same numbers.

use crate::camera::WORLD;

/// The size of screen for which a style says its zoom; a larger one shows the same, larger.
const REFERENCE_CSS: (f64, f64) = (1920.0, 1080.0);
/// A box is shown with this much room around it.
const ROOM: f64 = 1.06;
const MOST_ZOOM: f64 = 22.0;

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shot {
    pub of: Subject,
    pub tile: Tile,
    /// What panels cover of the whole picture at its left, top, right and bottom edge, as shares of its width and height.
    pub covered: [f64; 4],
    /// The picture is moved by so much, in CSS pixels: no panel keeps a shadow of it.
    pub drift_css: (f64, f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// Where the ground's style says.
    Home,
    /// A rectangle of the world, WGS-84.
    Box { x0: u32, y0: u32, x1: u32, y1: u32 },
}

/// Which part of a picture of several screens, numbered from 0 along rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    pub columns: u8,
    pub rows: u8,
    pub number: u8,
}

impl Default for Tile {
    /// One screen.
    fn default() -> Self {
        Self {
            columns: 1,
            rows: 1,
            number: 0,
        }
    }
}

impl Tile {
    /// Column and row, from 0.
    #[must_use]
    pub fn place(self) -> (u8, u8) {
        let columns = self.columns.max(1);
        (self.number % columns, self.number / columns)
    }
}

/// Where a camera looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// In world units of the ground.
    pub middle_world: (f64, f64),
    pub zoom: f64,
}

impl Shot {
    /// The camera of this screen of `size_css`. `home` is where the style looks; `shift` is how much further in the world the
    /// ground draws what is at a place.
    #[must_use]
    pub fn aim(
        &self,
        home: &Aim,
        size_css: (f64, f64),
        shift: impl Fn((f64, f64)) -> (f64, f64),
    ) -> Aim {
        let whole_css = (
            size_css.0 * f64::from(self.tile.columns.max(1)),
            size_css.1 * f64::from(self.tile.rows.max(1)),
        );
        let whole = match self.of {
            Subject::Home => {
                let larger = (whole_css.0 / REFERENCE_CSS.0).min(whole_css.1 / REFERENCE_CSS.1);
                Aim {
                    zoom: (home.zoom + larger.max(0.01).log2()).clamp(0.0, MOST_ZOOM),
                    ..*home
                }
            }
            Subject::Box { x0, y0, x1, y1 } => {
                let [left, top, right, bottom] = self.covered;
                let free = |side: f64, covered: f64| (side * (1.0 - covered)).max(1.0);
                let free_css = (
                    free(whole_css.0, left + right),
                    free(whole_css.1, top + bottom),
                );
                let span = |from: u32, to: u32| f64::from(to.wrapping_sub(from)).max(1.0) * ROOM;
                let units_per_css = (span(x0, x1) / free_css.0).max(span(y0, y1) / free_css.1);
                let zoom = (23.0 - units_per_css.log2()).clamp(0.0, MOST_ZOOM);
                let units_per_css = (23.0 - zoom).exp2();
                let middle = (
                    f64::from(x0) + f64::from(x1.wrapping_sub(x0)) / 2.0,
                    f64::from(y0) + f64::from(y1.wrapping_sub(y0)) / 2.0,
                );
                let (dx, dy) = shift(middle);
                Aim {
                    middle_world: (
                        middle.0 + dx + (right - left) / 2.0 * whole_css.0 * units_per_css,
                        middle.1 + dy + (bottom - top) / 2.0 * whole_css.1 * units_per_css,
                    ),
                    zoom,
                }
            }
        };
        let units_per_css = (23.0 - whole.zoom).exp2();
        let (column, row) = self.tile.place();
        let off_css = (
            (f64::from(column) + 0.5) * size_css.0 - whole_css.0 / 2.0 + self.drift_css.0,
            (f64::from(row) + 0.5) * size_css.1 - whole_css.1 / 2.0 + self.drift_css.1,
        );
        Aim {
            middle_world: (
                (whole.middle_world.0 + off_css.0 * units_per_css).rem_euclid(WORLD),
                (whole.middle_world.1 + off_css.1 * units_per_css).clamp(0.0, WORLD - 1.0),
            ),
            zoom: whole.zoom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Camera;

    const HOME: Aim = Aim {
        middle_world: (3.6e9, 1.75e9),
        zoom: 9.6,
    };
    const TOWN: Subject = Subject::Box {
        x0: 3_600_000_000,
        y0: 1_750_000_000,
        x1: 3_600_900_000,
        y1: 1_750_400_000,
    };

    fn shot(of: Subject, tile: Tile) -> Shot {
        Shot {
            of,
            tile,
            covered: [0.1, 0.0, 0.25, 0.05],
            drift_css: (0.0, 0.0),
        }
    }

    fn camera(aim: &Aim, size_css: (f64, f64)) -> Camera {
        Camera {
            middle_world: aim.middle_world,
            zoom: aim.zoom,
            size_css,
            ratio: 1.0,
            is_gcj02: false,
        }
    }

    fn unshifted(_: (f64, f64)) -> (f64, f64) {
        (0.0, 0.0)
    }

    #[test]
    fn a_larger_screen_shows_the_same_city_larger() {
        let (small, large) = ((1920.0, 1080.0), (3840.0, 2160.0));
        let [one, four] = [small, large].map(|size| {
            let aim = shot(Subject::Home, Tile::default()).aim(&HOME, size, unshifted);
            camera(&aim, size).rect_world(0.0)
        });
        assert_eq!(one, four);
    }

    #[test]
    fn a_box_lies_whole_in_what_no_panel_covers() {
        for size in [(1366.0, 768.0), (1920.0, 1080.0), (7680.0, 2160.0)] {
            let aim = shot(TOWN, Tile::default()).aim(&HOME, size, unshifted);
            let camera = camera(&aim, size);
            let Subject::Box { x0, y0, x1, y1 } = TOWN else {
                unreachable!()
            };
            let corner = |x: u32, y: u32| camera.css_from_world((f64::from(x), f64::from(y)));
            let (from, to) = (corner(x0, y0), corner(x1, y1));
            assert!(
                from.0 >= size.0 * 0.1 - 0.1 && to.0 <= size.0 * 0.75 + 0.1,
                "{from:?} {to:?}"
            );
            assert!(
                from.1 >= -0.1 && to.1 <= size.1 * 0.95 + 0.1,
                "{from:?} {to:?}"
            );
        }
    }

    #[test]
    fn the_tiles_of_a_picture_join_and_together_are_the_whole() {
        let size = (1920.0, 1080.0);
        for place in [Subject::Home, TOWN] {
            let tiles = [0, 1, 2, 3, 4, 5].map(|number| {
                let tile = Tile {
                    columns: 3,
                    rows: 2,
                    number,
                };
                let aim = shot(place, tile).aim(&HOME, size, unshifted);
                camera(&aim, size)
            });
            let close = |a: (f64, f64), b: (f64, f64), what: &str| {
                assert!(
                    (a.0 - b.0).abs() < 2.0 && (a.1 - b.1).abs() < 2.0,
                    "{what}: {a:?} {b:?}"
                );
            };
            let at = |number: usize, x: f64, y: f64| tiles[number].world_from_css((x, y));
            close(at(0, 1920.0, 0.0), at(1, 0.0, 0.0), "to the right");
            close(
                at(1, 1920.0, 1080.0),
                at(5, 0.0, 0.0),
                "to the right and down",
            );
            close(at(0, 0.0, 1080.0), at(3, 0.0, 0.0), "down");
            let whole_size = (size.0 * 3.0, size.1 * 2.0);
            let whole = shot(place, Tile::default()).aim(&HOME, whole_size, unshifted);
            let whole = camera(&whole, whole_size);
            close(
                whole.world_from_css((0.0, 0.0)),
                at(0, 0.0, 0.0),
                "the first corner",
            );
            close(
                whole.world_from_css(whole_size),
                at(5, size.0, size.1),
                "the last corner",
            );
        }
    }

    #[test]
    fn on_a_shifted_ground_the_box_is_where_the_ground_draws_it() {
        let size = (1920.0, 1080.0);
        let aim = |dx| shot(TOWN, Tile::default()).aim(&HOME, size, |_| (dx, 0.0));
        assert_eq!(aim(500.0).middle_world.0 - aim(0.0).middle_world.0, 500.0);
    }
}
