//! The CPU back end's half that needs no browser: dots written into a picture of 32-bit pixels. A pixel keeps the
//! greatest colour written to it, which is the order of [`crate::style`]. Around the picture lies a rim as wide as the
//! widest dot, so that a dot on the edge needs no clipping; the rim is not shown.
//!
//! This is the innermost loop of the wall on machines without a GPU: one pass over sixteen-byte records, no allocation, and
//! two steps for each lot of dots, where they are (four at once) and then their pixels.

pub mod light;

use crate::camera::ScreenFromCell;
use crate::dot::{Clock, Dot, Record};
use crate::sprite::{Shape, Sprite, WIDEST_MASKED_PX, WIDEST_PX};
use crate::style::Styles;

/// Pixels around the picture that take what hangs over its edge.
pub const RIM_PX: u32 = WIDEST_PX;
/// Dots whose places are found together.
const LOT: usize = 64;
/// The place of a dot that cannot be seen.
const OUTSIDE: u32 = u32::MAX;

type Pixel = [u8; 4];

/// A picture with its rim, as `ImageData` wants it: rows of red, green, blue, opacity.
#[derive(Debug, Default)]
pub struct Picture {
    bytes: Vec<u8>,
    width_px: u32,
    height_px: u32,
    /// Dots at each pixel, for the picture of density. Empty until one is drawn.
    points: Vec<u32>,
    rows: light::Rows,
    /// Every dot but a serious alarm is counted at its point.
    counts: bool,
    ramp: Option<Box<[u32; light::MOST_COUNTED + 1]>>,
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
        self.points.clear();
    }

    /// Empties the picture.
    pub fn begin(&mut self) {
        self.bytes.fill(0);
        self.counts = false;
    }

    /// The same, but what was there goes on glowing, less by `steps`.
    pub fn begin_in_afterglow(&mut self, steps: u32) {
        light::fade(self.bytes.as_chunks_mut::<4>().0, steps);
        self.counts = false;
    }

    /// Empties the picture for counting dots: only serious alarms will be drawn as such.
    pub fn begin_density(&mut self) {
        self.begin();
        self.counts = true;
        self.points.resize(self.bytes.len() / 4, 0);
    }

    /// Brings what was counted into the picture; until then it is not in it.
    pub fn finish(&mut self) {
        if self.counts {
            let (stride, _) = self.size_with_rim();
            let ramp = self.ramp.get_or_insert_with(|| Box::new(light::ramp()));
            let pixels = self.bytes.as_chunks_mut::<4>().0;
            light::shine(
                &mut self.points,
                pixels,
                stride as usize,
                &mut self.rows,
                ramp,
            );
        }
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

    /// Draws the dots of one cell; returns how many of them touch the picture or its rim.
    pub fn draw_cell(
        &mut self,
        dots: &[Record],
        to_px: &ScreenFromCell,
        clock: &Clock,
        styles: &Styles,
    ) -> u32 {
        let (stride, rows) = self.size_with_rim();
        let Some(ordinary) = styles.sprites().first() else {
            return 0;
        };
        let frame = Frame {
            to_px: *to_px,
            clock: *clock,
            // Three pixels are taken together where dots are counted.
            width_px: if self.counts { 3 } else { ordinary.width_px },
            stride,
            rows,
        };
        let pixels = self.bytes.as_chunks_mut::<4>().0;
        let stride = stride as usize;
        match (styles.masks(), frame.width_px as usize) {
            _ if self.counts => {
                let points = self.points.as_mut_slice();
                draw_dots(pixels, dots, &frame, styles, |_, place, _, _| {
                    if let Some(point) = points.get_mut(place) {
                        *point = point.wrapping_add(1);
                    }
                })
            }
            // The dot of a far zoom, worth a loop of its own.
            (Some(masks), 3) => draw_dots(
                pixels,
                dots,
                &frame,
                styles,
                |pixels, place, shape, colour| {
                    let [first, second, third, ..] = &masks[shape];
                    stamp_mask::<4>(pixels, stride, place, colour, &[*first, *second, *third]);
                },
            ),
            (Some(masks), width) => draw_dots(
                pixels,
                dots,
                &frame,
                styles,
                |pixels, place, shape, colour| {
                    stamp_mask::<8>(pixels, stride, place, colour, &masks[shape][..width]);
                },
            ),
            (None, _) => draw_dots(
                pixels,
                dots,
                &frame,
                styles,
                |pixels, place, shape, colour| {
                    stamp(pixels, stride, &styles.sprites()[shape], place, colour);
                },
            ),
        }
    }

    /// Draws a ring of `width_px` around a place: the mark of the selected dot.
    pub fn draw_ring(&mut self, middle_px: (f32, f32), width_px: u32, colour: u32) {
        let sprite = Sprite::new(Shape::Ring, width_px);
        let inside = |v: f32, size: u32| v >= 0.0 && v < size as f32;
        if inside(middle_px.0, self.width_px) && inside(middle_px.1, self.height_px) {
            let (stride, _) = self.size_with_rim();
            let place = corner(middle_px.1, width_px) as usize * stride as usize
                + corner(middle_px.0, width_px) as usize;
            stamp(
                self.bytes.as_chunks_mut::<4>().0,
                stride as usize,
                &sprite,
                place,
                colour,
            );
        }
    }
}

/// What all dots of a cell share in one frame.
#[derive(Clone, Copy)]
struct Frame {
    to_px: ScreenFromCell,
    clock: Clock,
    /// Of the dots' squares.
    width_px: u32,
    /// Of the picture with its rim.
    stride: u32,
    rows: u32,
}

impl Frame {
    /// The first pixel of a dot's square, or [`OUTSIDE`]. Without branches, so that four dots can be done at once.
    #[inline(always)]
    fn place(&self, record: &Record) -> u32 {
        let dot = Dot::unpack(record);
        let (x_step, y_step) = dot.at(&self.clock);
        let left = corner(
            self.to_px.origin_px.0 + x_step * self.to_px.px_per_step,
            self.width_px,
        );
        let top = corner(
            self.to_px.origin_px.1 + y_step * self.to_px.px_per_step,
            self.width_px,
        );
        // Negative is very large as an unsigned number.
        let inside = (left as u32 <= self.stride - self.width_px)
            & (top as u32 <= self.rows - self.width_px);
        let place = (top as u32)
            .wrapping_mul(self.stride)
            .wrapping_add(left as u32);
        if inside { place } else { OUTSIDE }
    }
}

/// Draws dots, those of the ordinary width by `ordinary(pixels, place, shape, colour)`. Finds the places of a lot, then draws it.
// The instructions are in every browser since 2021 (Safari 2023).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn draw_dots(
    pixels: &mut [Pixel],
    dots: &[Record],
    frame: &Frame,
    styles: &Styles,
    mut ordinary: impl FnMut(&mut [Pixel], usize, usize, u32),
) -> u32 {
    let mut drawn = 0;
    for lot in dots.chunks(LOT) {
        let mut places = [OUTSIDE; LOT];
        for (place, record) in places.iter_mut().zip(lot) {
            *place = frame.place(record);
        }
        for (record, &place) in lot.iter().zip(&places) {
            let look = u16::from_le_bytes([record[12], record[13]]);
            let colour = styles.colour(look);
            if place == OUTSIDE || colour == 0 {
                continue;
            }
            drawn += 1;
            let sprite = usize::from(styles.sprite_index(look));
            if sprite < Shape::ALL.len() {
                ordinary(pixels, place as usize, sprite, colour);
                continue;
            }
            let sprite = styles.sprite(look);
            let larger = Frame {
                width_px: sprite.width_px,
                ..*frame
            };
            let place = larger.place(record);
            if place != OUTSIDE {
                stamp(
                    pixels,
                    frame.stride as usize,
                    sprite,
                    place as usize,
                    colour,
                );
            }
        }
    }
    drawn
}

/// Left or upper edge of a square of this width around a place, rim included.
#[inline(always)]
fn corner(middle_px: f32, width_px: u32) -> i32 {
    // `as` saturates, so that far away stays far away. It cuts towards zero where it should cut downwards: the difference is
    // one pixel at the outer edge of the rim, which nobody sees.
    (middle_px + (RIM_PX as f32 + 0.5 - width_px as f32 / 2.0)) as i32
}

fn stamp(pixels: &mut [Pixel], stride: usize, sprite: &Sprite, place: usize, colour: u32) {
    for run in &sprite.runs {
        let at = place + run.y as usize * stride + run.x as usize;
        if let Some(row) = pixels.get_mut(at..at + run.len as usize) {
            for pixel in row {
                *pixel = lighter(*pixel, colour);
            }
        }
    }
}

/// The same for a small shape: `LANES` pixels of each row together, of which those outside the shape get nothing.
#[inline(always)]
fn stamp_mask<const LANES: usize>(
    pixels: &mut [Pixel],
    stride: usize,
    place: usize,
    colour: u32,
    rows: &[[u32; WIDEST_MASKED_PX]],
) {
    for (y, mask) in rows.iter().enumerate() {
        let at = place + y * stride;
        if let Some(row) = pixels
            .get_mut(at..at + LANES)
            .and_then(|row| row.first_chunk_mut::<LANES>())
        {
            *row = std::array::from_fn(|x| lighter(row[x], colour & mask[x]));
        }
    }
}

#[inline(always)]
fn lighter(pixel: Pixel, colour: u32) -> Pixel {
    u32::from_le_bytes(pixel).max(colour).to_le_bytes()
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
                let rim_px = RIM_PX as f32;
                let shift_px = rim_px + 0.5 - sprite.width_px as f32 / 2.0;
                ((origin + step * TO_PX.px_per_step + shift_px).floor() - rim_px) as i32
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
            picture.begin();
            picture.draw_cell(&records, &TO_PX, &clock, &styles);
            picture.finish();
            let slow = slowly(&dots, &clock, &styles, 300, 200);
            for y in 0..200 {
                for x in 0..300 {
                    prop_assert_eq!(picture.pixel(x, y), slow[(y * 300 + x) as usize], "at {} {}", x, y);
                }
            }
        }
    }

    #[test]
    fn density_counts_every_dot_and_leaves_serious_alarms_above() {
        let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
        const DRIVING: u16 = 1;
        const ALARM: u16 = DRIVING | 3 << 5;
        let mut picture = Picture::default();
        picture.resize(40, 40);
        let plain = ScreenFromCell {
            origin_px: (0.0, 0.0),
            px_per_step: 1.0,
        };
        let dots: Vec<_> = [(20, DRIVING), (20, DRIVING), (20, DRIVING), (21, ALARM)]
            .map(|(at, look)| Dot::standing((at, at), look, 0).pack())
            .into();
        // Twice, because counts must not stay from one picture to the next.
        for _ in 0..2 {
            picture.begin_density();
            picture.draw_cell(&dots, &plain, &Clock::new(0), &styles);
            picture.finish();
        }
        let ramp = light::ramp();
        assert_eq!(picture.pixel(19, 19), ramp[3]);
        assert_eq!(picture.pixel(21, 21), styles.colour(ALARM));
        assert_eq!(picture.pixel(17, 17), 0);
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
