//! The shapes of dots, as runs of pixels. Shape says how old a report is, so that it can be told without colour: a live
//! dot is a disc, a late one a ring, a silent one a cross, and one whose whole platform went silent a hollow square. Both back ends
//! ask [`covers`], so both draw the same pixels.

/// The widest dot, in canvas pixels.
pub const WIDEST_PX: u32 = 32;

/// What a dot looks like apart from its colour. The order is that of the wire's freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Disc,
    Ring,
    Cross,
    Square,
}

impl Shape {
    pub const ALL: [Self; 4] = [Self::Disc, Self::Ring, Self::Cross, Self::Square];
}

/// Whether the pixel (x, y) of a square of `width` pixels belongs to the shape.
pub fn covers(shape: Shape, width: u32, x: u32, y: u32) -> bool {
    // Twice the distance from the middle keeps halves out of the arithmetic.
    let (w, dx, dy) = (
        width as i32,
        2 * x as i32 + 1 - width as i32,
        2 * y as i32 + 1 - width as i32,
    );
    let far2 = dx * dx + dy * dy;
    let within = |side: i32| side > 0 && far2 <= side * side;
    // A disc of three pixels is a square; it would be a plus sign, which is too little light.
    let disc = if w <= 3 { true } else { within(w) };
    match shape {
        Shape::Disc => disc,
        Shape::Ring if w <= 2 => x == y,
        Shape::Ring => {
            disc && if w == 3 {
                far2 > 0
            } else {
                !within(w - 2 * (w / 5).max(1))
            }
        }
        Shape::Cross if w <= 2 => x == 0 && y == 0,
        Shape::Cross => (dx.abs() - dy.abs()).abs() <= 2 * (w / 8),
        Shape::Square if w <= 2 => x != y,
        // A square of three pixels is what a ring is already: it stands on its corner.
        Shape::Square if w == 3 => dx.abs() + dy.abs() == 2,
        Shape::Square => dx.abs().max(dy.abs()) > w - 2 * (w / 6).max(1),
    }
}

/// Sprites up to this width are drawn by their [`Mask`].
pub const WIDEST_MASKED_PX: usize = 8;

/// A small shape as rows of pixels: all bits set where the shape is, none elsewhere.
pub type Mask = [[u32; WIDEST_MASKED_PX]; WIDEST_MASKED_PX];

/// A row of pixels relative to the upper left corner of the dot's square.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub x: u32,
    pub y: u32,
    pub len: u32,
}

/// A shape at one size.
#[derive(Clone, Debug)]
pub struct Sprite {
    pub width_px: u32,
    pub runs: Vec<Run>,
}

impl Sprite {
    pub fn new(shape: Shape, width_px: u32) -> Self {
        let width_px = width_px.clamp(1, WIDEST_PX);
        let mut runs: Vec<Run> = Vec::new();
        for y in 0..width_px {
            for x in (0..width_px).filter(|&x| covers(shape, width_px, x, y)) {
                match runs.last_mut() {
                    Some(run) if run.y == y && run.x + run.len == x => run.len += 1,
                    _ => runs.push(Run { x, y, len: 1 }),
                }
            }
        }
        Self { width_px, runs }
    }

    /// Nothing for a sprite that is too wide.
    pub fn mask(&self) -> Option<Mask> {
        if self.width_px as usize > WIDEST_MASKED_PX {
            return None;
        }
        let mut mask = Mask::default();
        for run in &self.runs {
            mask[run.y as usize][run.x as usize..(run.x + run.len) as usize].fill(u32::MAX);
        }
        Some(mask)
    }
}

/// Width of an ordinary dot in CSS pixels: small where a city fits on the screen, larger where a street does.
pub fn width_css(zoom: f64) -> f64 {
    match zoom {
        z if z < 12.5 => 3.0,
        z if z < 14.0 => 4.0,
        z if z < 15.0 => 6.0,
        z if z < 16.5 => 8.0,
        z if z < 18.0 => 11.0,
        _ => 14.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(shape: Shape, width: u32) -> String {
        let row = |y| {
            (0..width)
                .map(|x| if covers(shape, width, x, y) { '#' } else { '.' })
                .collect::<String>()
        };
        (0..width).map(row).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn three_pixels_are_enough_to_tell_the_shapes_apart() {
        assert_eq!(picture(Shape::Disc, 3), "###/###/###");
        assert_eq!(picture(Shape::Ring, 3), "###/#.#/###");
        assert_eq!(picture(Shape::Cross, 3), "#.#/.#./#.#");
        assert_eq!(picture(Shape::Square, 3), ".#./#.#/.#.");
    }

    #[test]
    fn larger_dots_are_round() {
        assert_eq!(
            picture(Shape::Disc, 6),
            ".####./######/######/######/######/.####."
        );
        assert_eq!(picture(Shape::Ring, 5), ".###./#...#/#...#/#...#/.###.");
        assert_eq!(picture(Shape::Square, 5), "#####/#...#/#...#/#...#/#####");
    }

    #[test]
    fn late_dots_and_those_of_a_silent_platform_are_hollow() {
        for width in 3..=WIDEST_PX {
            let middle = width / 2;
            for shape in [Shape::Ring, Shape::Square] {
                assert!(
                    !covers(shape, width, middle, middle),
                    "{shape:?} at {width} pixels"
                );
            }
        }
    }

    #[test]
    fn the_shapes_differ_at_every_size() {
        for width in 2..=WIDEST_PX {
            let mut seen: Vec<String> = Shape::ALL
                .iter()
                .map(|&shape| picture(shape, width))
                .collect();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 4, "at {width} pixels");
        }
    }

    #[test]
    fn runs_cover_what_the_shape_covers() {
        for shape in Shape::ALL {
            for width in 1..=WIDEST_PX {
                let runs: u32 = Sprite::new(shape, width)
                    .runs
                    .iter()
                    .map(|run| run.len)
                    .sum();
                let pixels = picture(shape, width).matches('#').count();
                assert_eq!(runs as usize, pixels);
                let mask = Sprite::new(shape, width).mask();
                assert_eq!(mask.is_some(), width as usize <= WIDEST_MASKED_PX);
                if let Some(mask) = mask {
                    let set = mask
                        .as_flattened()
                        .iter()
                        .filter(|&&bits| bits != 0)
                        .count();
                    assert_eq!(set, pixels);
                }
            }
        }
    }
}
