//! Where the picture stands: the same camera as the ground's, in our units. It turns cells into screen places and the
//! screen into the rectangle of the world to ask for. There is no pitch, no rotation and no second copy of the world.
//!
//! A cell's corner is subtracted from the middle of the picture in 64-bit floats and integers before anything becomes
//! `f32`; inside a cell a step needs 13 bits. So nothing jitters at street zoom.

use wire::{CellKey, WorldPoint};

/// World units along one side of the world.
pub const WORLD: f64 = 4_294_967_296.0;
/// Pixels around the viewport for which dots are asked for as well.
pub const MARGIN_CSS_PX: f64 = 128.0;

/// A camera that looks straight down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Middle of the picture in world units, x within 0..WORLD.
    pub middle_world: (f64, f64),
    /// MapLibre's zoom: the world is 512 · 2^zoom CSS pixels wide.
    pub zoom: f64,
    /// Width and height in CSS pixels.
    pub size_css: (f64, f64),
    /// Canvas pixels for one CSS pixel.
    pub ratio: f64,
    /// The ground is drawn in GCJ-02. `middle_world` is a place of the ground; every other place that goes in or comes out
    /// here is WGS-84, and this is the one spot where they are shifted.
    pub is_gcj02: bool,
}

/// How the steps of one cell land on the canvas: `px = origin_px + step * px_per_step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreenFromCell {
    pub origin_px: (f32, f32),
    pub px_per_step: f32,
}

impl ScreenFromCell {
    /// Whether a dot of the cell, drawn at most so far outside its square, can touch a canvas of this size.
    pub fn touches(&self, outside_steps: f32, width_px: u32, height_px: u32) -> bool {
        let reach = crate::sprite::WIDEST_PX as f32 + outside_steps * self.px_per_step;
        let side = self.px_per_step * wire::CELL_SIDE as f32 + reach;
        self.origin_px.0 < width_px as f32 + reach
            && self.origin_px.1 < height_px as f32 + reach
            && self.origin_px.0 + side > 0.0
            && self.origin_px.1 + side > 0.0
    }
}

/// A rectangle of the world; it crosses the date line where `x0 > x1`. Ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RectWorld {
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

impl Camera {
    /// CSS pixels for one world unit.
    pub fn css_per_unit(&self) -> f64 {
        (self.zoom - 23.0).exp2()
    }

    /// Metres on the ground for one CSS pixel, at the latitude of the middle.
    pub fn metres_per_css(&self) -> f64 {
        let (x, y) = self.middle_world;
        let middle = WorldPoint {
            x: x as u32,
            y: y as u32,
        };
        1.0 / (self.css_per_unit() * middle.units_per_metre())
    }

    /// Where a place in the world is on the screen, in CSS pixels from the upper left corner.
    pub fn css_from_world(&self, at: (f64, f64)) -> (f64, f64) {
        let scale = self.css_per_unit();
        let shift = self.shift(at);
        let at = (at.0 + shift.0, at.1 + shift.1);
        (
            nearest_turn(at.0 - self.middle_world.0) * scale + self.size_css.0 / 2.0,
            (at.1 - self.middle_world.1) * scale + self.size_css.1 / 2.0,
        )
    }

    /// The place in the world under a CSS pixel.
    pub fn world_from_css(&self, at: (f64, f64)) -> (f64, f64) {
        let scale = self.css_per_unit();
        self.unshifted((
            ((at.0 - self.size_css.0 / 2.0) / scale + self.middle_world.0).rem_euclid(WORLD),
            (at.1 - self.size_css.1 / 2.0) / scale + self.middle_world.1,
        ))
    }

    /// How much further in the world the ground draws what is at this place.
    pub fn shift(&self, at: (f64, f64)) -> (f64, f64) {
        if self.is_gcj02 {
            gcj02_shift(at)
        } else {
            (0.0, 0.0)
        }
    }

    /// The place that the ground draws here.
    fn unshifted(&self, ground: (f64, f64)) -> (f64, f64) {
        // The shift changes by less than one part in two hundred, so the second step is exact to a centimetre or two.
        let mut at = ground;
        for _ in 0..2 {
            let shift = self.shift(at);
            at = (ground.0 - shift.0, ground.1 - shift.1);
        }
        at
    }

    /// Canvas size in canvas pixels.
    pub fn size_px(&self) -> (u32, u32) {
        let px = |css: f64| (css * self.ratio).round().max(1.0) as u32;
        (px(self.size_css.0), px(self.size_css.1))
    }

    pub fn screen_from_cell(&self, key: &CellKey) -> ScreenFromCell {
        let side_world = (32.0 - f64::from(key.level)).exp2();
        let px_per_unit = self.css_per_unit() * self.ratio;
        // Of all turns of the world the one whose middle is nearest to the picture's.
        let middle_x = (f64::from(key.x) + 0.5) * side_world;
        // One shift for the whole cell: its edges are off by a pixel or two at most.
        let shift = self.shift((middle_x, (f64::from(key.y) + 0.5) * side_world));
        let left = nearest_turn(middle_x + shift.0 - self.middle_world.0) - side_world / 2.0;
        let top = f64::from(key.y) * side_world + shift.1 - self.middle_world.1;
        ScreenFromCell {
            origin_px: (
                (left * px_per_unit + self.size_css.0 * self.ratio / 2.0) as f32,
                (top * px_per_unit + self.size_css.1 * self.ratio / 2.0) as f32,
            ),
            px_per_step: (side_world * px_per_unit / 4096.0) as f32,
        }
    }

    /// The part of the world on the screen and `margin_css` around it.
    pub fn rect_world(&self, margin_css: f64) -> RectWorld {
        let scale = self.css_per_unit();
        let half_w = (self.size_css.0 / 2.0 + margin_css) / scale;
        let half_h = (self.size_css.1 / 2.0 + margin_css) / scale;
        let middle = self.unshifted(self.middle_world);
        let (x0, x1) = if half_w * 2.0 >= WORLD {
            (0, u32::MAX)
        } else {
            let turn = |x: f64| x.rem_euclid(WORLD) as u32;
            (turn(middle.0 - half_w), turn(middle.0 + half_w))
        };
        // `as` saturates: above the north edge is the edge.
        let (y0, y1) = ((middle.1 - half_h) as u32, (middle.1 + half_h) as u32);
        RectWorld { x0, y0, x1, y1 }
    }
}

impl RectWorld {
    /// How many cells of a level the rectangle touches.
    pub fn cells_at(&self, level: u8) -> u64 {
        let shift = 32 - u32::from(level);
        let cell = |v: u32| u64::from(v).checked_shr(shift).unwrap_or(0);
        let across = 1_u64 << level;
        let columns = if self.x0 <= self.x1 {
            cell(self.x1) - cell(self.x0) + 1
        } else {
            (across - cell(self.x0) + cell(self.x1) + 1).min(across)
        };
        columns * (cell(self.y1) - cell(self.y0) + 1)
    }
}

/// The zoom at which a box in degrees (west, south, east, north) fills the screen but for a margin, at most `most`.
pub fn zoom_to_fit(size_css: (f64, f64), [west, south, east, north]: [f64; 4], most: f64) -> f64 {
    let (x0, y0) = world_from_degrees(west, north);
    let (x1, y1) = world_from_degrees(east, south);
    let fits = |css: f64, world: f64| (css * FILLED / world.abs().max(1.0)).log2() + 23.0;
    fits(size_css.0, x1 - x0)
        .min(fits(size_css.1, y1 - y0))
        .clamp(0.0, most)
}

/// The share of the screen that something fills which the map went to.
const FILLED: f64 = 0.8;

/// How far GCJ-02 is from WGS-84 at a place, in world units; nothing outside China.
pub fn gcj02_shift(at: (f64, f64)) -> (f64, f64) {
    // `as` saturates: above the north edge is the edge.
    let from = WorldPoint {
        x: at.0.rem_euclid(WORLD) as u32,
        y: at.1 as u32,
    };
    let (lon, lat) = from.to_lon_lat();
    let (lon, lat) = gb32960::datum::gcj02_from_wgs84(lon, lat);
    let to = WorldPoint::from_lon_lat(lon, lat);
    (
        f64::from(to.x) - f64::from(from.x),
        f64::from(to.y) - f64::from(from.y),
    )
}

/// World units of a place in degrees.
pub fn world_from_degrees(lon: f64, lat: f64) -> (f64, f64) {
    let sin = lat.to_radians().sin();
    let y = 0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI);
    ((lon / 360.0 + 0.5) * WORLD, y * WORLD)
}

/// Degrees of a place in world units, longitude first.
pub fn degrees_from_world((x, y): (f64, f64)) -> (f64, f64) {
    let north = std::f64::consts::PI * (1.0 - 2.0 * y / WORLD);
    (
        (x.rem_euclid(WORLD) / WORLD - 0.5) * 360.0,
        north.sinh().atan().to_degrees(),
    )
}

/// The middle of a step of a cell, in world units.
pub fn world_from_step(key: &CellKey, step: (f32, f32)) -> (f64, f64) {
    let side_world = (32.0 - f64::from(key.level)).exp2();
    let per_step = side_world / 4096.0;
    (
        f64::from(key.x) * side_world + f64::from(step.0) * per_step,
        f64::from(key.y) * side_world + f64::from(step.1) * per_step,
    )
}

impl From<RectWorld> for (WorldPoint, WorldPoint) {
    fn from(rect: RectWorld) -> Self {
        (
            WorldPoint {
                x: rect.x0,
                y: rect.y0,
            },
            WorldPoint {
                x: rect.x1,
                y: rect.y1,
            },
        )
    }
}

/// Brings a difference of two x into half a world either way.
pub fn nearest_turn(dx: f64) -> f64 {
    (dx + WORLD / 2.0).rem_euclid(WORLD) - WORLD / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai(zoom: f64) -> Camera {
        Camera {
            middle_world: world_from_degrees(121.47, 31.23),
            zoom,
            size_css: (1920.0, 1080.0),
            ratio: 1.0,
            is_gcj02: false,
        }
    }

    #[test]
    fn the_middle_of_the_picture_is_the_middle_of_the_camera() {
        let camera = shanghai(10.0);
        assert_eq!(camera.css_from_world(camera.middle_world), (960.0, 540.0));
    }

    #[test]
    fn on_a_shifted_ground_dots_are_drawn_where_the_ground_has_their_place() {
        // Published check values: the same place in WGS-84 and in GCJ-02.
        let (wgs, gcj) = ((121.4737, 31.2304), (121.478_223_1, 31.228_457_7));
        for zoom in [9.4, 13.0, 18.6] {
            let camera = Camera {
                middle_world: world_from_degrees(gcj.0, gcj.1),
                is_gcj02: true,
                ..shanghai(zoom)
            };
            let place = world_from_degrees(wgs.0, wgs.1);
            let (x, y) = camera.css_from_world(place);
            assert!(
                (x - 960.0).abs() < 0.2 && (y - 540.0).abs() < 0.2,
                "{zoom}: {x} {y}"
            );
            let back = camera.world_from_css((960.0, 540.0));
            assert!(
                (back.0 - place.0).hypot(back.1 - place.1) < 25.0,
                "{zoom}: {back:?}"
            );
            // As a dot of the cell that is drawn at this zoom.
            let point = WorldPoint {
                x: place.0 as u32,
                y: place.1 as u32,
            };
            let (key, at) = wire::cell_of(point, zoom as u8, 0);
            let to_px = camera.screen_from_cell(&key);
            let px = to_px.origin_px.0 + f32::from(at.x) * to_px.px_per_step;
            assert!(
                (px - 960.0 * camera.ratio as f32).abs() < 3.0,
                "{zoom}: {px}"
            );
            // What is asked for holds the place, although the ground shows it elsewhere.
            let rect = camera.rect_world(0.0);
            let middle = f64::from(rect.x0) + f64::from(rect.x1 - rect.x0) / 2.0;
            assert!((middle - place.0).abs() < 30.0, "{zoom}");
        }
    }

    #[test]
    fn screen_and_world_are_each_others_inverse() {
        for zoom in [2.5, 9.3, 14.0, 21.7] {
            let camera = shanghai(zoom);
            let (x, y) = camera.css_from_world(camera.world_from_css((17.25, 1003.5)));
            assert!(
                (x - 17.25).abs() < 1e-3 && (y - 1003.5).abs() < 1e-3,
                "zoom {zoom}: {x} {y}"
            );
        }
    }

    #[test]
    fn a_cell_lands_where_its_corner_is_at_every_zoom() {
        for zoom in [3.0, 9.4, 15.5, 20.9] {
            let camera = Camera {
                ratio: 1.5,
                ..shanghai(zoom)
            };
            let level = zoom as u8;
            let shift = 32 - u32::from(level);
            let (x, y) = camera.middle_world;
            let key = CellKey {
                scope: 0,
                level,
                x: (x as u64 >> shift) as u32,
                y: (y as u64 >> shift) as u32,
            };
            let to_px = camera.screen_from_cell(&key);
            let corner = camera.css_from_world(world_from_step(&key, (4095.0, 1.0)));
            let got = (
                to_px.origin_px.0 + 4095.0 * to_px.px_per_step,
                to_px.origin_px.1 + to_px.px_per_step,
            );
            assert!(
                (f64::from(got.0) - corner.0 * 1.5).abs() < 0.01,
                "zoom {zoom}"
            );
            assert!(
                (f64::from(got.1) - corner.1 * 1.5).abs() < 0.01,
                "zoom {zoom}"
            );
        }
    }

    #[test]
    fn a_cell_beyond_the_date_line_is_drawn_beside_its_neighbour() {
        let camera = Camera {
            middle_world: (WORLD - 10.0, WORLD / 2.0),
            ..shanghai(18.0)
        };
        let east = camera.screen_from_cell(&CellKey {
            scope: 0,
            level: 18,
            x: 0,
            y: 1 << 17,
        });
        let west = camera.screen_from_cell(&CellKey {
            scope: 0,
            level: 18,
            x: (1 << 18) - 1,
            y: 1 << 17,
        });
        assert!((east.origin_px.0 - west.origin_px.0 - 512.0).abs() < 0.01);
    }

    #[test]
    fn degrees_and_world_are_each_others_inverse() {
        for (lon, lat) in [(121.47, 31.23), (-179.9, -80.0), (0.0, 0.0), (12.5, 84.9)] {
            let (x, y) = degrees_from_world(world_from_degrees(lon, lat));
            assert!(
                (x - lon).abs() < 1e-9 && (y - lat).abs() < 1e-9,
                "{lon} {lat}: {x} {y}"
            );
        }
    }

    #[test]
    fn what_the_map_goes_to_fits_on_the_screen_and_fills_it() {
        let size_css = (1366.0, 768.0);
        let (west, south, east, north) = (121.3, 30.9, 121.9, 31.4);
        let zoom = zoom_to_fit(size_css, [west, south, east, north], 16.0);
        let camera = Camera {
            size_css,
            ..shanghai(zoom)
        };
        let scale = camera.css_per_unit();
        let (x0, y0) = world_from_degrees(west, north);
        let (x1, y1) = world_from_degrees(east, south);
        let (width, height) = ((x1 - x0) * scale, (y1 - y0) * scale);
        assert!(width < 1366.0 && height < 768.0, "{width} {height}");
        assert!(width > 1000.0 || height > 600.0, "{width} {height}");
        assert_eq!(
            zoom_to_fit(size_css, [121.0, 31.0, 121.0, 31.0], 15.0),
            15.0
        );
    }

    #[test]
    fn the_rectangle_wraps_in_x_and_stops_in_y() {
        let camera = Camera {
            middle_world: (0.0, 0.0),
            ..shanghai(10.0)
        };
        let rect = camera.rect_world(0.0);
        assert!(rect.x0 > rect.x1);
        assert_eq!(rect.y0, 0);
        assert_eq!(rect.cells_at(10), 4 * 2);
        assert_eq!(rect.cells_at(0), 1);
    }
}
