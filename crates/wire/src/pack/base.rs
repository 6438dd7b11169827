//! A base: how many dots, then for each, in Morton order, the gap from the one before and its look.
//!
//! Where dots are dense the next gap is small too, so what is expected of a gap depends on the two before it.

use super::coder::{Coder, Reader, Writer};
use super::look::Looks;
use super::number::Number;
use crate::message::{put_varint, take_varint};
use crate::mirror::MAX_SLOTS;
use crate::world::from_morton;
use crate::{CellPoint, Look, WireError, morton};

const SITUATIONS: usize = 5;

/// How often gaps of so many bits come in a city, in thousandths; the likeliest stands at [`LIKELIEST`].
const LENGTHS: [u32; 16] = [
    1, 3, 6, 13, 22, 35, 60, 95, 135, 170, 175, 140, 85, 40, 15, 5,
];
const LIKELIEST: u32 = 10;

struct Expected {
    gaps: [Number; SITUATIONS],
    looks: Looks,
    /// Length of the mean gap.
    mean_length: u32,
    /// Sum of the lengths of the last two gaps.
    recent: u32,
}

impl Expected {
    fn new(dots: u32) -> Self {
        let mean_length = 32 - ((1 << 24) / dots.max(1)).leading_zeros();
        let gaps = std::array::from_fn(|situation| {
            let likeliest = (4 * mean_length).saturating_sub(5 * situation as u32) / 4;
            Number::expecting(
                |length| {
                    let away = (length + LIKELIEST).saturating_sub(likeliest) as usize;
                    LENGTHS.get(away).copied().unwrap_or(0)
                },
                8,
            )
        });
        Self {
            gaps,
            looks: Looks::unknown(),
            mean_length,
            recent: 2 * mean_length,
        }
    }

    #[inline]
    fn gap(&mut self, coder: &mut impl Coder, gap: u32) -> u32 {
        // Twice the mean length less this: 0 about the mean, more where it is denser.
        let denser = (2 * self.mean_length + 2).saturating_sub(self.recent);
        let situation = (denser as usize / 4).min(SITUATIONS - 1);
        let gap = self.gaps[situation].code(coder, gap);
        let length = 32 - gap.leading_zeros();
        self.recent = self.recent / 2 + length;
        gap
    }
}

pub(crate) fn put_base(out: &mut Vec<u8>, at: &[CellPoint], look: &[u16]) {
    put_varint(out, at.len() as u64);
    let mut expected = Expected::new(at.len() as u32);
    let mut coder = Writer::new(out);
    let mut last = 0;
    for (at, look) in at.iter().zip(look) {
        let code = morton(*at);
        expected.gap(&mut coder, code - last);
        last = code;
        expected.looks.code(&mut coder, Look(*look));
    }
    coder.finish();
}

pub(crate) fn take_base(
    mut body: &[u8],
    at: &mut Vec<CellPoint>,
    look: &mut Vec<u16>,
) -> Result<(), WireError> {
    let dots = take_varint(&mut body)?;
    if dots > u64::from(MAX_SLOTS) {
        return Err(WireError::TooMany {
            what: "dots of a cell",
            count: dots,
            limit: u64::from(MAX_SLOTS),
        });
    }
    let mut expected = Expected::new(dots as u32);
    let mut coder = Reader::new(body);
    let mut code = 0u32;
    for slot in 0..dots as u32 {
        code = code.saturating_add(expected.gap(&mut coder, 0));
        if code >> 24 != 0 || coder.is_beyond_end() {
            return Err(WireError::Impossible { slot });
        }
        at.push(from_morton(code));
        look.push(expected.looks.code(&mut coder, Look(0)).0);
    }
    coder.finish()
}
