//! Numbers that are mostly small: first how many bits it has, which is learnt; then its second bit, which is learnt
//! for each length; then the rest, plainly.

use super::coder::{Chance, Coder};

/// What is expected of a kind of number of less than `LENGTHS` bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number<const LENGTHS: usize = 32> {
    lengths: [Chance; LENGTHS],
    second: [Chance; LENGTHS],
}

impl<const LENGTHS: usize> Number<LENGTHS> {
    /// Nothing known.
    pub const fn unknown() -> Self {
        Self {
            lengths: [Chance::EVEN; LENGTHS],
            second: [Chance::EVEN; LENGTHS],
        }
    }

    /// Lengths expected as often as these weights say, all others hardly ever; held with the confidence of `seen`
    /// observations.
    pub fn expecting(weight_of_length: impl Fn(u32) -> u32, seen: u8) -> Self {
        let mut number = Self::unknown();
        let mut weights = [0u64; 64];
        for length in 0..LENGTHS {
            weights[LENGTHS + length] = 256 * u64::from(weight_of_length(length as u32)) + 1;
        }
        for node in (1..LENGTHS).rev() {
            let (zero, one) = (weights[2 * node], weights[2 * node + 1]);
            weights[node] = zero + one;
            let share = (zero * 65_536 / (zero + one)).clamp(64, 65_472);
            number.lengths[node] = Chance::expecting(share as u16, seen);
        }
        number
    }

    /// Like [`expecting`](Self::expecting), with a list of weights.
    pub fn of(weights: &[u32], seen: u8) -> Self {
        Self::expecting(
            |length| weights.get(length as usize).copied().unwrap_or(0),
            seen,
        )
    }

    #[inline]
    pub fn code(&mut self, coder: &mut impl Coder, value: u32) -> u32 {
        let length = coder.tree(32 - value.leading_zeros(), &mut self.lengths);
        if length < 2 {
            return length;
        }
        let rest_bits = length - 2;
        let second = coder.bit(
            (value >> rest_bits) & 1 == 1,
            &mut self.second[length as usize],
        );
        let top = 2 | u32::from(second);
        let rest = coder.plain(value & ((1 << rest_bits) - 1), rest_bits);
        (top << rest_bits) | rest
    }
}

/// A number of either sign: its size, then, if it is not 0, its sign plainly.
#[inline]
pub(crate) fn signed<const LENGTHS: usize>(
    coder: &mut impl Coder,
    size: &mut Number<LENGTHS>,
    value: i32,
) -> i32 {
    let magnitude = size.code(coder, value.unsigned_abs()) as i32;
    if magnitude == 0 {
        0
    } else if coder.plain16(u32::from(value < 0), 1) == 1 {
        -magnitude
    } else {
        magnitude
    }
}
