//! Which parts of a picture hold something. Half of a city's picture is bare ground; only the rest is emptied and put on the
//! screen, band by band, each from its first to its last dot.

use super::RIM_PX;
use crate::sprite::WIDEST_PX;

/// Pixels side by side that are noted together; the rows of a picture are whole multiples of it, no shape is wider.
pub(super) const PIECE_PX: u32 = 64;
/// Rows of a band: no shape reaches further than into the next one.
pub(super) const BAND_ROWS: u32 = WIDEST_PX;

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

/// Pieces of each row of a band, the last one not included.
#[derive(Clone, Copy, Debug)]
struct Extent {
    from: usize,
    to: usize,
}

impl Extent {
    const NONE: Self = Self {
        from: usize::MAX,
        to: 0,
    };

    fn with(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Not 0 where the square of a dot begins in this piece.
    pieces: Vec<u8>,
    pieces_a_row: usize,
    /// By band, in this picture and in the one before.
    now: Vec<Extent>,
    before: Vec<Extent>,
    /// The picture is full of light.
    whole: bool,
}

impl Touched {
    /// For an empty picture of this size with its rim.
    pub fn resize(&mut self, stride: u32, rows: u32) {
        self.pieces_a_row = (stride / PIECE_PX) as usize;
        self.pieces.clear();
        self.pieces.resize(self.pieces_a_row * rows as usize, 0);
        for bands in [&mut self.now, &mut self.before] {
            bands.clear();
            bands.resize(rows.div_ceil(BAND_ROWS) as usize, Extent::NONE);
        }
    }

    /// Another picture begins, on nothing or on light that is everywhere.
    pub fn begin(&mut self, whole: bool) {
        self.whole = whole;
        std::mem::swap(&mut self.now, &mut self.before);
    }

    /// A square begins at each of these places that is marked.
    pub fn pieces(&mut self) -> &mut [u8] {
        &mut self.pieces
    }

    /// Empties what the picture before left.
    pub fn empty(&self, bytes: &mut [u8]) {
        let piece = PIECE_PX as usize * 4;
        let row = self.pieces_a_row * piece;
        for (band, extent) in bytes.chunks_mut(row * BAND_ROWS as usize).zip(&self.before) {
            for row in band.chunks_mut(row) {
                if let Some(part) =
                    row.get_mut(extent.from.saturating_mul(piece)..extent.to * piece)
                {
                    part.fill(0);
                }
            }
        }
    }

    /// Sees what was marked.
    pub fn finish(&mut self) {
        let row = self.pieces_a_row;
        let mut above = Extent::NONE;
        let bands = self.pieces.chunks(row * BAND_ROWS as usize);
        for (extent, band) in self.now.iter_mut().zip(bands) {
            let mut here = Extent::NONE;
            for pieces in band.chunks(row) {
                let is_marked = |piece: &u8| *piece != 0;
                if let (Some(first), Some(last)) = (
                    pieces.iter().position(is_marked),
                    pieces.iter().rposition(is_marked),
                ) {
                    // What begins in a piece may end in the next one.
                    let to = (last + 2).min(row);
                    here = here.with(Extent { from: first, to });
                }
            }
            let all = Extent { from: 0, to: row };
            *extent = if self.whole { all } else { here.with(above) };
            above = here;
        }
        self.pieces.fill(0);
    }

    /// What may differ from the picture before.
    pub fn changed(&self) -> impl Iterator<Item = Part> {
        let bands = self.now.iter().zip(&self.before).zip(0_u32..);
        bands.filter_map(|((now, before), band)| {
            let Extent { from, to } = now.with(*before);
            (from < to).then(|| Part {
                x_px: from as u32 * PIECE_PX,
                y_px: band * BAND_ROWS,
                width_px: (to - from) as u32 * PIECE_PX,
                height_px: BAND_ROWS,
            })
        })
    }
}

/// Notes that a square begins at this place.
#[inline(always)]
pub(super) fn mark(pieces: &mut [u8], place: usize) {
    if let Some(piece) = pieces.get_mut(place / PIECE_PX as usize) {
        *piece = 1;
    }
}

// A square that begins in the last piece of a row ends in the rim, which is as wide as the widest shape.
const _: () = assert!(BAND_ROWS >= WIDEST_PX && PIECE_PX >= WIDEST_PX && RIM_PX >= WIDEST_PX);
