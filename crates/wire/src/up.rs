//! Frames from the page to the server: one a message, all small.
//!
//! The server trusts none of it: a frame longer than [`MAX_UP_BYTES`] is refused before it is read, and a viewport
//! that touches more than [`MAX_VIEW_CELLS`] cells is refused whole rather than served in part.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::down::{put_control, take_control};
use crate::{CellKey, FINEST_LEVEL, Handle, WireError};

/// The longest frame a page may send.
pub const MAX_UP_BYTES: usize = 64;
/// The most cells one viewport may touch.
pub const MAX_VIEW_CELLS: usize = 512;

/// One frame from the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Up {
    /// What the page looks at now; replaces the view before.
    View(View),
    /// Everything up to this tick has been taken in.
    Ack { tick: u64 },
    /// A dot was clicked.
    Click(Click),
    /// Send the card of this vehicle as it changes.
    Watch { handle: Handle },
    /// No longer.
    Unwatch { handle: Handle },
    /// The mirror of this cell is no good (a gap, a digest that differs): send its base.
    Resend { key: CellKey },
    /// How a wall is doing, every ten seconds.
    Report(ScreenReport),
}

/// A viewport in world units, margin included, all four edges belonging to it. Where it crosses the date line,
/// `x0 > x1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The page's own number, growing.
    pub seq: u32,
    pub level: u8,
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

/// What a wall says of itself. Nothing of it is believed but as what this wall said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScreenReport {
    /// Frames in the last second.
    pub fps: u16,
    /// Of WebAssembly memory.
    pub memory_mib: u16,
    /// Dots on the screen.
    pub drawn: u32,
    /// How often the GPU's context was lost since the page was loaded.
    pub gpu_losses: u16,
    /// Drawn with WebGL2, or by the CPU.
    pub webgl2: bool,
    /// Of the files that the page is made of; 0 if it does not know.
    pub site: u64,
}

/// A click on a dot, as the page saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Click {
    /// The page's own number, which the answer repeats.
    pub ask: u32,
    pub key: CellKey,
    pub generation: u32,
    pub slot: u32,
    pub tick: u64,
}

/// A viewport that touches more cells than are served, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a view of {cells} cells; at most {MAX_VIEW_CELLS} are served")]
pub struct ViewTooWide {
    pub cells: u64,
}

impl View {
    /// The cells this view touches, row by row, in the given scope.
    pub fn cells(&self, scope: u8) -> Result<impl Iterator<Item = CellKey> + use<>, ViewTooWide> {
        if self.level > FINEST_LEVEL || self.y0 > self.y1 {
            return Err(ViewTooWide { cells: 0 });
        }
        let level = self.level;
        let side = 1u64 << level;
        let column = |x: u32| (u64::from(x) << level) >> 32;
        let (first_x, last_x) = (column(self.x0), column(self.x1));
        let (first_y, last_y) = (column(self.y0), column(self.y1));
        // A view that comes round to its own first column has all of them, once each.
        let columns = if self.x0 <= self.x1 {
            last_x - first_x + 1
        } else {
            (side - first_x + last_x + 1).min(side)
        };
        let rows = last_y - first_y + 1;
        if columns * rows > MAX_VIEW_CELLS as u64 {
            return Err(ViewTooWide {
                cells: columns * rows,
            });
        }
        Ok((first_y..=last_y).flat_map(move |y| {
            (0..columns).map(move |i| CellKey {
                scope,
                level,
                x: ((first_x + i) % side) as u32,
                y: y as u32,
            })
        }))
    }
}

const VIEW: u8 = 65;
const ACK: u8 = 66;
const CLICK: u8 = 67;
const WATCH: u8 = 68;
const UNWATCH: u8 = 69;
const RESEND: u8 = 70;
const REPORT: u8 = 71;

impl Up {
    /// This frame as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        match self {
            Self::View(view) => put_control(&mut out, VIEW, view),
            Self::Ack { tick } => put_control(&mut out, ACK, tick),
            Self::Click(click) => put_control(&mut out, CLICK, click),
            Self::Watch { handle } => put_control(&mut out, WATCH, handle),
            Self::Unwatch { handle } => put_control(&mut out, UNWATCH, handle),
            Self::Resend { key } => put_control(&mut out, RESEND, key),
            Self::Report(report) => put_control(&mut out, REPORT, report),
        }
        out
    }

    /// Reads one frame, which must take all the bytes.
    pub fn decode(frame: &[u8]) -> Result<Self, WireError> {
        if frame.len() > MAX_UP_BYTES {
            return Err(WireError::TooMany {
                what: "bytes of an upward frame",
                count: frame.len() as u64,
                limit: MAX_UP_BYTES as u64,
            });
        }
        let (&kind, rest) = frame.split_first().ok_or(WireError::Short)?;
        let up = match kind {
            VIEW => Self::View(take_control(rest)?),
            ACK => Self::Ack {
                tick: take_control(rest)?,
            },
            CLICK => Self::Click(take_control(rest)?),
            WATCH => Self::Watch {
                handle: take_control(rest)?,
            },
            UNWATCH => Self::Unwatch {
                handle: take_control(rest)?,
            },
            RESEND => Self::Resend {
                key: take_control(rest)?,
            },
            REPORT => Self::Report(take_control(rest)?),
            _ => return Err(WireError::UnknownKind { kind }),
        };
        match &up {
            Self::Click(Click { key, .. }) | Self::Resend { key } if !key.is_valid() => {
                Err(WireError::BadKey)
            }
            Self::View(view) if view.level > FINEST_LEVEL => Err(WireError::BadKey),
            _ => Ok(up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(level: u8, x0: u32, x1: u32, y0: u32, y1: u32) -> View {
        View {
            seq: 1,
            level,
            x0,
            y0,
            x1,
            y1,
        }
    }

    #[test]
    fn a_view_across_the_date_line_has_the_cells_of_both_sides() {
        let cells: Vec<_> = view(3, u32::MAX - 5, 5, 0, 0).cells(1).unwrap().collect();
        assert_eq!(cells.iter().map(|k| k.x).collect::<Vec<_>>(), [7, 0]);
        assert!(
            cells
                .iter()
                .all(|k| k.scope == 1 && k.level == 3 && k.y == 0)
        );
    }

    #[test]
    fn a_view_that_comes_round_to_itself_has_each_column_once() {
        let cells: Vec<_> = view(2, 100, 50, 0, u32::MAX).cells(0).unwrap().collect();
        assert_eq!(cells.len(), 16);
        let distinct: std::collections::BTreeSet<_> = cells.iter().collect();
        assert_eq!(distinct.len(), 16);
    }

    #[test]
    fn a_view_of_the_whole_world_at_street_level_is_refused() {
        assert!(view(20, 0, u32::MAX, 0, u32::MAX).cells(0).is_err());
        assert!(view(4, 0, u32::MAX, 0, u32::MAX).cells(0).is_ok());
        assert!(view(5, 0, u32::MAX, 0, u32::MAX).cells(0).is_err());
        assert!(view(5, 0, 1, 9, 8).cells(0).is_err());
    }

    #[test]
    fn an_8k_wall_at_any_zoom_fits_in_the_limit() {
        // 7,680 × 4,320 px, 128 px of margin, 512 px a cell; half a zoom in between shrinks cells to 363 px.
        let (w_cells, h_cells) = ((7_680 + 256) / 362 + 2, (4_320 + 256) / 362 + 2);
        assert!(w_cells * h_cells <= MAX_VIEW_CELLS, "{w_cells} × {h_cells}");
    }
}
