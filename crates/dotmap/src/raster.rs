//! The CPU back end's half that needs no browser: dots written into a picture of 32-bit pixels. A pixel keeps the
//! greatest colour written to it, which is the order of [`crate::style`]. Around the picture lies a rim as wide as the
//! widest dot, so that a dot on the edge needs no clipping; the rim is not shown.
//!
//! This is the innermost loop of the wall on machines without a GPU: one pass over sixteen-byte records, no allocation, and
//! two steps for each lot of dots, where they are (four at once) and then their pixels.

pub mod light;
mod touched;

pub use touched::Part;

use crate::camera::ScreenFromCell;
use crate::dot::{Clock, Dot, Record};
use crate::sprite::{Shape, Sprite, WIDEST_MASKED_PX, WIDEST_PX};
use crate::style::Styles;
use touched::{Touched, mark};

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
    touched: Touched,
    /// Nothing is left of the picture before.
    emptied: bool,
    /// Dots at each pixel, for the picture of density. Empty until one is drawn.
    points: Vec<u32>,
    rows: light::Rows,
    /// Every dot but a serious alarm is counted at its point.
    counts: bool,
    ramp: Option<Box<[u32; light::MOST_COUNTED + 1]>>,
}

impl Picture {
    /// Makes the picture fit and empties it; false if it fitted already. Memory is kept when the picture shrinks.
    pub fn resize(&mut self, width_px: u32, height_px: u32) -> bool {
        if (self.width_px, self.height_px) == (width_px, height_px) {
            return false;
        }
        (self.width_px, self.height_px) = (width_px, height_px);
        let (stride, rows) = self.size_with_rim();
        self.bytes.clear();
        self.bytes.resize(stride as usize * rows as usize * 4, 0);
        self.points.clear();
        self.emptied = true;
        self.touched.resize(stride, rows);
        true
    }

    /// Empties the picture.
    pub fn begin(&mut self) {
        self.touched.begin(false);
        if !std::mem::take(&mut self.emptied) {
            self.touched.empty(&mut self.bytes);
        }
        self.counts = false;
    }

    /// The same, but what was there goes on glowing, less by `steps`.
    pub fn begin_in_afterglow(&mut self, steps: u32) {
        self.touched.begin(true);
        self.emptied = false;
        light::fade(self.bytes.as_chunks_mut::<4>().0, steps);
        self.counts = false;
    }

    /// Empties the picture for counting dots: only serious alarms will be drawn as such.
    pub fn begin_density(&mut self) {
        self.touched.begin(true);
        if !std::mem::take(&mut self.emptied) {
            self.bytes.fill(0);
        }
        self.counts = true;
        self.points.resize(self.bytes.len() / 4, 0);
    }

    /// Ends the picture: brings what was counted into it, and sees what has changed.
    pub fn finish(&mut self) {
        self.touched.finish();
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

    /// Gives all that may differ from the picture finished before to `put`, part by part, with the pixels it lies in. Unless
    /// it `stays`, to go on glowing, each part is emptied at once, while the processor still has it at hand.
    ///
    /// # Errors
    /// That of `put`, which is then given no more.
    pub fn put<E>(
        &mut self,
        stays: bool,
        mut put: impl FnMut(&[u8], Part) -> Result<(), E>,
    ) -> Result<(), E> {
        let (stride, _) = self.size_with_rim();
        for part in self.touched.changed() {
            put(&self.bytes, part)?;
            if !stays {
                part.empty(&mut self.bytes, stride);
            }
        }
        self.emptied = !stays;
        Ok(())
    }

    /// Width and height, rim included; to the right it may be a little wider.
    pub fn size_with_rim(&self) -> (u32, u32) {
        let stride = (self.width_px + 2 * RIM_PX).next_multiple_of(touched::PIECE_PX);
        (stride, self.height_px + 2 * RIM_PX)
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
        let pixels = &mut Pixels {
            all: self.bytes.as_chunks_mut::<4>().0,
            stride: stride as usize,
            touched: self.touched.pieces(),
        };
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
                    pixels.stamp_mask::<4>(place, colour, &[*first, *second, *third]);
                },
            ),
            (Some(masks), width) => draw_dots(
                pixels,
                dots,
                &frame,
                styles,
                |pixels, place, shape, colour| {
                    pixels.stamp_mask::<8>(place, colour, &masks[shape][..width]);
                },
            ),
            (None, _) => draw_dots(
                pixels,
                dots,
                &frame,
                styles,
                |pixels, place, shape, colour| {
                    pixels.stamp(&styles.sprites()[shape], place, colour);
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
            let mut pixels = Pixels {
                all: self.bytes.as_chunks_mut::<4>().0,
                stride: stride as usize,
                touched: self.touched.pieces(),
            };
            pixels.stamp(&sprite, place, colour);
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

    /// The same of a lot. A function of its own, because every way to draw a dot has a loop of its own around it.
    // The instructions are in every browser since 2021 (Safari 2023).
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    #[inline(never)]
    fn places(&self, lot: &[Record], places: &mut [u32; LOT]) {
        for (place, record) in places.iter_mut().zip(lot) {
            *place = self.place(record);
        }
    }
}

/// A picture while it is drawn.
struct Pixels<'a> {
    all: &'a mut [Pixel],
    stride: usize,
    touched: &'a mut [u8],
}

/// Draws dots, those of the ordinary width by `ordinary(pixels, place, shape, colour)`. Finds the places of a lot, then draws it.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn draw_dots(
    pixels: &mut Pixels<'_>,
    dots: &[Record],
    frame: &Frame,
    styles: &Styles,
    mut ordinary: impl FnMut(&mut Pixels<'_>, usize, usize, u32),
) -> u32 {
    let mut drawn = 0;
    let mut places = [OUTSIDE; LOT];
    for lot in dots.chunks(LOT) {
        frame.places(lot, &mut places);
        for (record, &place) in lot.iter().zip(&places) {
            let look = Dot::unpack(record).look;
            let colour = styles.colour(look);
            if place == OUTSIDE || colour == 0 {
                continue;
            }
            drawn += 1;
            let sprite = usize::from(styles.sprite_index(look));
            if sprite < Shape::ALL.len() {
                mark(pixels.touched, place as usize);
                ordinary(pixels, place as usize, sprite, colour);
            } else {
                draw_larger(pixels, record, frame, styles.sprite(look), colour);
            }
        }
    }
    drawn
}

/// A dot with a serious alarm; there are few.
#[cold]
#[inline(never)]
fn draw_larger(
    pixels: &mut Pixels<'_>,
    record: &Record,
    frame: &Frame,
    sprite: &Sprite,
    colour: u32,
) {
    let larger = Frame {
        width_px: sprite.width_px,
        ..*frame
    };
    let place = larger.place(record);
    if place != OUTSIDE {
        pixels.stamp(sprite, place as usize, colour);
    }
}

impl Pixels<'_> {
    #[inline(never)]
    fn stamp(&mut self, sprite: &Sprite, place: usize, colour: u32) {
        mark(self.touched, place);
        for run in &sprite.runs {
            let at = place + run.y as usize * self.stride + run.x as usize;
            if let Some(row) = self.all.get_mut(at..at + run.len as usize) {
                for pixel in row {
                    *pixel = lighter(*pixel, colour);
                }
            }
        }
    }

    /// The same for a small shape: `LANES` pixels of each row together, of which those outside the shape get nothing.
    #[inline(always)]
    fn stamp_mask<const LANES: usize>(
        &mut self,
        place: usize,
        colour: u32,
        rows: &[[u32; WIDEST_MASKED_PX]],
    ) {
        for (y, mask) in rows.iter().enumerate() {
            let at = place + y * self.stride;
            if let Some(row) = self
                .all
                .get_mut(at..at + LANES)
                .and_then(|row| row.first_chunk_mut::<LANES>())
            {
                *row = std::array::from_fn(|x| lighter(row[x], colour & mask[x]));
            }
        }
    }
}

/// Left or upper edge of a square of this width around a place, rim included.
#[inline(always)]
fn corner(middle_px: f32, width_px: u32) -> i32 {
    // `as` saturates, so that far away stays far away. It cuts towards zero where it should cut downwards: the difference is
    // one pixel at the outer edge of the rim, which nobody sees.
    (middle_px + (RIM_PX as f32 + 0.5 - width_px as f32 / 2.0)) as i32
}

#[inline(always)]
fn lighter(pixel: Pixel, colour: u32) -> Pixel {
    u32::from_le_bytes(pixel).max(colour).to_le_bytes()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
