//! Which parts of a picture hold something. More than half of a city's picture is bare ground; only the rest is put on the
//! screen and emptied, band by band, in runs of pieces with dots.

use super::RIM_PX;
use crate::sprite::WIDEST_PX;

/// Pixels side by side that are noted together; the rows of a picture are whole multiples of it, no shape is wider.
pub(super) const PIECE_PX: u32 = 64;
/// Rows of a band: no shape reaches further than into the next one.
pub(super) const BAND_ROWS: u32 = WIDEST_PX;

/// A square begins in this piece of a row,
const BEGINS: u8 = 1;
/// … and may end in the next one;
const TO_THE_RIGHT: u8 = 2;
/// it is larger than most, and may end in the next band, …
const LARGE: u8 = 4;
/// … as may one that begins in the last rows of its band.
const BELOW: u8 = 8;

/// A part of a picture, in pixels, rim included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub x_px: u32,
    pub y_px: u32,
    pub width_px: u32,
    pub height_px: u32,
}

impl Part {
    /// Empties it in a picture with rows of so many pixels.
    pub(super) fn empty(self, bytes: &mut [u8], stride: u32) {
        let rows = bytes.chunks_mut(stride as usize * 4);
        let (from, to) = (
            self.x_px as usize * 4,
            (self.x_px + self.width_px) as usize * 4,
        );
        for row in rows.skip(self.y_px as usize).take(self.height_px as usize) {
            if let Some(pixels) = row.get_mut(from..to) {
                pixels.fill(0);
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Touched {
    /// What begins in this piece of a row.
    pieces: Vec<u8>,
    pieces_a_row: usize,
    /// Not 0 where there is something in this piece of a band, in this picture and in the one before.
    now: Vec<u8>,
    before: Vec<u8>,
    /// The picture is full of light.
    whole: bool,
    /// Rows of the squares that are not large.
    ordinary_px: u32,
}

impl Touched {
    /// For an empty picture of this size with its rim.
    pub fn resize(&mut self, stride: u32, rows: u32) {
        self.pieces_a_row = (stride / PIECE_PX) as usize;
        self.pieces.clear();
        self.pieces.resize(self.pieces_a_row * rows as usize, 0);
        for bands in [&mut self.now, &mut self.before] {
            bands.clear();
            bands.resize(self.pieces_a_row * rows.div_ceil(BAND_ROWS) as usize, 0);
        }
    }

    /// Another picture begins, on nothing or on light that is everywhere.
    pub fn begin(&mut self, whole: bool) {
        self.whole = whole;
        self.ordinary_px = 1;
        std::mem::swap(&mut self.now, &mut self.before);
    }

    /// Squares up to this width are marked with [`mark`].
    pub fn expect(&mut self, width_px: u32) {
        self.ordinary_px = self.ordinary_px.max(width_px);
    }

    /// A square begins at each of these places that is marked.
    pub fn pieces(&mut self) -> &mut [u8] {
        &mut self.pieces
    }

    /// Sees what was marked.
    pub fn finish(&mut self) {
        let row = self.pieces_a_row;
        if self.whole {
            self.now.fill(1);
        } else if row > 0 {
            let bands = self.pieces.chunks(row * BAND_ROWS as usize);
            for (now, rows) in self.now.chunks_mut(row).zip(bands) {
                now.fill(0);
                for (y, pieces) in (1..).zip(rows.chunks(row)) {
                    let below = if y + self.ordinary_px > BAND_ROWS + 1 {
                        BELOW
                    } else {
                        0
                    };
                    for (piece, marked) in now.iter_mut().zip(pieces) {
                        *piece |= if *marked == 0 { 0 } else { marked | below };
                    }
                }
            }
            reach_over(&mut self.now, row);
        }
        self.pieces.fill(0);
    }

    /// What the picture before left.
    pub fn left(&self) -> impl Iterator<Item = Part> {
        self.parts(|at| self.before[at] != 0)
    }

    /// What may differ from the picture before.
    pub fn changed(&self) -> impl Iterator<Item = Part> {
        self.parts(|at| self.now[at] | self.before[at] != 0)
    }

    /// Pieces of a band side by side, taken together.
    fn parts(&self, holds: impl Fn(usize) -> bool) -> impl Iterator<Item = Part> {
        let row = self.pieces_a_row;
        let end = self.now.len();
        let mut at = 0;
        std::iter::from_fn(move || {
            let from = (at..end).find(|at| holds(*at))?;
            let band = from / row;
            let to = (from..(band + 1) * row).find(|at| !holds(*at));
            at = to.unwrap_or((band + 1) * row);
            Some(Part {
                x_px: (from - band * row) as u32 * PIECE_PX,
                y_px: band as u32 * BAND_ROWS,
                width_px: (at - from) as u32 * PIECE_PX,
                height_px: BAND_ROWS,
            })
        })
    }
}

/// What begins in a piece may end in the next one of its row, or in those two of the band below.
fn reach_over(bands: &mut [u8], row: usize) {
    const RIGHT: u8 = TO_THE_RIGHT | LARGE;
    const DOWN: u8 = BELOW | LARGE;
    // From the end, so that each piece still sees what begins before it.
    for at in (0..bands.len()).rev() {
        let is_first = at % row == 0;
        let begins = |at: Option<usize>| at.map_or(0, |at| bands[at]);
        let left = |at: Option<usize>| {
            if is_first {
                0
            } else {
                begins(at.and_then(|at| at.checked_sub(1)))
            }
        };
        let above = at.checked_sub(row);
        let corner = left(above);
        let is_reached = left(Some(at)) & RIGHT != 0
            || begins(above) & DOWN != 0
            || corner & RIGHT != 0 && corner & DOWN != 0;
        bands[at] |= if is_reached { BEGINS } else { 0 };
    }
}

/// Notes that a square of an expected width begins at this place.
#[inline(always)]
pub(super) fn mark(pieces: &mut [u8], place: usize, width_px: u32) {
    let x_px = place as u32 % PIECE_PX;
    let reaches = if x_px + width_px > PIECE_PX {
        TO_THE_RIGHT
    } else {
        0
    };
    if let Some(piece) = pieces.get_mut(place / PIECE_PX as usize) {
        *piece |= BEGINS | reaches;
    }
}

/// The same for a square of any width.
pub(super) fn mark_large(pieces: &mut [u8], place: usize) {
    if let Some(piece) = pieces.get_mut(place / PIECE_PX as usize) {
        *piece |= LARGE;
    }
}

// A square that begins in the last piece of a row ends in the rim, which is as wide as the widest shape.
const _: () = assert!(BAND_ROWS >= WIDEST_PX && PIECE_PX >= WIDEST_PX && RIM_PX >= WIDEST_PX);
