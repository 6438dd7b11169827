//! The CPU back end's half that needs no browser: dots written into a picture of 32-bit pixels. A pixel keeps the
//! greatest colour written to it, which is the order of [`crate::style`]. Around the picture lies a rim as wide as the
//! widest dot, so that a dot on the edge needs no clipping; the rim is not shown.
//!
//! This is the innermost loop of the wall on machines without a GPU: no branches beyond "is it on the screen", no
//! allocation, one pass over sixteen-byte records.

use crate::camera::ScreenFromCell;
use crate::dot::{Clock, Dot, Record, VACANT};
use crate::sprite::{Sprite, WIDEST_PX};
use crate::style::Styles;

/// Pixels around the picture that take what hangs over its edge.
pub const RIM_PX: u32 = WIDEST_PX;
/// A dot whose middle is further outside than this does not touch the picture.
const REACH_PX: i32 = (WIDEST_PX / 2) as i32;

type Pixel = [u8; 4];

/// A picture with its rim, as `ImageData` wants it: rows of red, green, blue, opacity.
#[derive(Debug, Default)]
pub struct Picture {
    bytes: Vec<u8>,
    width_px: u32,
    height_px: u32,
}

impl Picture {
    /// Makes the picture fit; what was drawn is gone. Memory is kept when the picture shrinks.
    pub fn resize(&mut self, width_px: u32, height_px: u32) {
        if (self.width_px, self.height_px) == (width_px, height_px) {
            return;
        }
        (self.width_px, self.height_px) = (width_px, height_px);
        let (stride, rows) = self.size_with_rim();
        self.bytes.clear();
        self.bytes.resize(stride as usize * rows as usize * 4, 0);
    }

    pub fn clear(&mut self) {
        self.bytes.fill(0);
    }

    /// Width and height, rim included.
    pub fn size_with_rim(&self) -> (u32, u32) {
        (self.width_px + 2 * RIM_PX, self.height_px + 2 * RIM_PX)
    }

    /// All pixels, rim included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The pixel at a place of the picture itself.
    pub fn pixel(&self, x_px: u32, y_px: u32) -> u32 {
        let (stride, _) = self.size_with_rim();
        let ix = (y_px + RIM_PX) as usize * stride as usize + (x_px + RIM_PX) as usize;
        self.bytes
            .as_chunks::<4>()
            .0
            .get(ix)
            .map_or(0, |pixel| u32::from_le_bytes(*pixel))
    }

    /// Draws the dots of one cell; returns how many of them touch the picture.
    pub fn draw_cell(
        &mut self,
        dots: &[Record],
        to_px: &ScreenFromCell,
        clock: &Clock,
        styles: &Styles,
    ) -> u32 {
        let (stride, _) = self.size_with_rim();
        let stride = stride as usize;
        let (wide, high) = (
            (self.width_px as i32 + 2 * REACH_PX) as u32,
            (self.height_px as i32 + 2 * REACH_PX) as u32,
        );
        let pixels = self.bytes.as_chunks_mut::<4>().0;
        // Ordinary dots of a far zoom are squares of three pixels and have a loop of their own.
        let three = styles
            .sprites()
            .first()
            .is_some_and(Sprite::is_three_square);
        let mut drawn = 0;
        for record in dots {
            let dot = Dot::unpack(record);
            let (x_step, y_step) = dot.at(clock);
            let x_px = to_px.origin_px.0 + x_step * to_px.px_per_step;
            let y_px = to_px.origin_px.1 + y_step * to_px.px_per_step;
            // `as` saturates, so that far away stays far away.
            let (x, y) = (x_px.floor() as i32, y_px.floor() as i32);
            if x.saturating_add(REACH_PX) as u32 >= wide
                || y.saturating_add(REACH_PX) as u32 >= high
            {
                continue;
            }
            let colour = styles.colour(dot.look);
            if colour == 0 || dot.look & VACANT != 0 {
                continue;
            }
            drawn += 1;
            if three && styles.sprite_index(dot.look) == 0 {
                let left = (x - 1 + RIM_PX as i32) as usize;
                let top = (y - 1 + RIM_PX as i32) as usize;
                let mut at = top * stride + left;
                for _ in 0..3 {
                    if let Some(row) = pixels.get_mut(at..at + 3) {
                        lighten(row, colour);
                    }
                    at += stride;
                }
            } else {
                let sprite = styles.sprite(dot.look);
                let (left, top) = corner(x_px, y_px, sprite.width_px);
                stamp(pixels, stride, sprite, left, top, colour);
            }
        }
        drawn
    }

    /// Draws a ring of `width_px` around a place: the mark of the selected dot.
    pub fn draw_ring(&mut self, middle_px: (f32, f32), width_px: u32, colour: u32) {
        let sprite = Sprite::new(crate::sprite::Shape::Ring, width_px);
        let inside = |v: f32, size: u32| v >= 0.0 && v < size as f32;
        if inside(middle_px.0, self.width_px) && inside(middle_px.1, self.height_px) {
            let (stride, _) = self.size_with_rim();
            let (left, top) = corner(middle_px.0, middle_px.1, sprite.width_px);
            stamp(
                self.bytes.as_chunks_mut::<4>().0,
                stride as usize,
                &sprite,
                left,
                top,
                colour,
            );
        }
    }
}

/// Upper left corner, rim included, of a dot of this width around a place.
fn corner(x_px: f32, y_px: f32, width_px: u32) -> (usize, usize) {
    let edge =
        |v: f32| ((v - width_px as f32 / 2.0 + 0.5).floor() as i32 + RIM_PX as i32).max(0) as usize;
    (edge(x_px), edge(y_px))
}

fn stamp(
    pixels: &mut [Pixel],
    stride: usize,
    sprite: &Sprite,
    left: usize,
    top: usize,
    colour: u32,
) {
    for run in &sprite.runs {
        let at = (top + run.y as usize) * stride + left + run.x as usize;
        if let Some(row) = pixels.get_mut(at..at + run.len as usize) {
            lighten(row, colour);
        }
    }
}

#[inline(always)]
fn lighten(row: &mut [Pixel], colour: u32) {
    for pixel in row {
        *pixel = u32::from_le_bytes(*pixel).max(colour).to_le_bytes();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::sprite::covers;
    use crate::style::{ColourBy, Filter};
    use proptest::prelude::*;

    const TO_PX: ScreenFromCell = ScreenFromCell {
        origin_px: (-20.0, -20.0),
        px_per_step: 0.125,
    };

    /// The same picture, slowly: every pixel asks every dot.
    fn slowly(dots: &[Dot], clock: &Clock, styles: &Styles, width: u32, height: u32) -> Vec<u32> {
        let mut picture = vec![0; (width * height) as usize];
        for dot in dots.iter().filter(|dot| !dot.is_vacant()) {
            let (x, y) = dot.at(clock);
            let sprite = styles.sprite(dot.look);
            let shape = crate::sprite::Shape::ALL[usize::from(styles.sprite_index(dot.look)) % 4];
            let edge = |origin: f32, step: f32| {
                (origin + step * TO_PX.px_per_step - sprite.width_px as f32 / 2.0 + 0.5).floor()
                    as i32
            };
            let (left, top) = (edge(TO_PX.origin_px.0, x), edge(TO_PX.origin_px.1, y));
            for dy in 0..sprite.width_px {
                for dx in 0..sprite.width_px {
                    let (px, py) = (left + dx as i32, top + dy as i32);
                    let inside = px >= 0 && py >= 0 && px < width as i32 && py < height as i32;
                    if inside && covers(shape, sprite.width_px, dx, dy) {
                        let pixel: &mut u32 = &mut picture[(py * width as i32 + px) as usize];
                        *pixel = (*pixel).max(styles.colour(dot.look));
                    }
                }
            }
        }
        picture
    }

    fn dots() -> impl Strategy<Value = Vec<Dot>> {
        let step = -2_000_i16..6_000;
        let dot = (
            step.clone(),
            step.clone(),
            step.clone(),
            step,
            0_u32..20_000,
            0_u16..0x1000,
            0_u16..15_000,
        )
            .prop_map(
                |(from_x, from_y, to_x, to_y, start_ms, look, glide_ms)| Dot {
                    from: (from_x, from_y),
                    to: (to_x, to_y),
                    start_ms,
                    look,
                    glide_ms,
                },
            );
        proptest::collection::vec(dot, 0..200)
    }

    proptest! {
        #[test]
        fn the_fast_picture_is_the_slow_one(dots in dots(), width in 1_u32..12, order in any::<u64>()) {
            let styles = Styles::new(ColourBy::Activity, Filter::default(), width);
            let clock = Clock::new(15_000);
            let mut picture = Picture::default();
            picture.resize(300, 200);
            let mut records: Vec<_> = dots.iter().map(Dot::pack).collect();
            // Whatever the slots are numbered like, the picture is the same.
            let turn = order as usize % records.len().max(1);
            records.rotate_left(turn);
            picture.draw_cell(&records, &TO_PX, &clock, &styles);
            let slow = slowly(&dots, &clock, &styles, 300, 200);
            for y in 0..200 {
                for x in 0..300 {
                    prop_assert_eq!(picture.pixel(x, y), slow[(y * 300 + x) as usize], "at {} {}", x, y);
                }
            }
        }
    }

    #[test]
    fn a_dot_far_away_costs_nothing_and_harms_nothing() {
        let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
        let mut picture = Picture::default();
        picture.resize(10, 10);
        let far = ScreenFromCell {
            origin_px: (f32::MAX, -1e20),
            px_per_step: 1e9,
        };
        let dot = Dot::standing((4_000, 4_000), 1, 0).pack();
        assert_eq!(picture.draw_cell(&[dot], &far, &Clock::new(0), &styles), 0);
        assert!(picture.bytes().iter().all(|&byte| byte == 0));
    }
}
