//! An adaptive binary range coder: each yes or no costs as much as it was unexpected, and is then expected more.
//!
//! What is written and what is read are told by one and the same function, generic over [`Coder`]: the writer is given
//! the values and hands them back, the reader ignores what it is given and hands back what it read. So the two sides
//! cannot disagree about the order of things.

use crate::WireError;

/// Probabilities have 16 bits, and stay this far from certainty: a surprise costs at most about 11 bits.
const FLOOR: u32 = 32;
/// After so many observations a chance follows with a fixed weight.
const PATIENCE: u8 = 120;
/// Renormalised below this, a byte at a time.
const BOTTOM: u32 = 1 << 24;

/// How likely the next bit is a zero, by what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance {
    zero: u16,
    seen: u8,
}

/// The weight of the newest observation after so many, in 65,536ths: 1/(n + 1.6).
const WEIGHTS: [u32; PATIENCE as usize + 1] = {
    let mut weights = [0; PATIENCE as usize + 1];
    let mut n = 0;
    while n < weights.len() {
        weights[n] = 655_360 / (10 * n as u32 + 16);
        n += 1;
    }
    weights
};

impl Chance {
    /// Nothing known.
    pub const EVEN: Self = Self {
        zero: 1 << 15,
        seen: 0,
    };

    /// A zero expected with this probability in 65,536ths, held with the confidence of `seen` observations.
    pub const fn expecting(zero: u16, seen: u8) -> Self {
        Self { zero, seen }
    }

    fn learn(&mut self, bit: bool) {
        let weight = WEIGHTS[usize::from(self.seen)];
        let zero = u32::from(self.zero);
        let zero = if bit {
            zero - ((zero * weight) >> 16)
        } else {
            zero + (((65_536 - zero) * weight) >> 16)
        };
        self.zero = zero.clamp(FLOOR, 65_536 - FLOOR) as u16;
        self.seen += u8::from(self.seen < PATIENCE);
    }
}

/// Either side of the coder.
pub(crate) trait Coder {
    /// One bit under a chance, which learns from it.
    fn bit(&mut self, bit: bool, chance: &mut Chance) -> bool;

    /// Up to 16 bits of which all values are as likely.
    fn plain16(&mut self, value: u32, bits: u32) -> u32;

    /// Up to 32 bits of which all values are as likely.
    fn plain(&mut self, value: u32, bits: u32) -> u32 {
        if bits <= 16 {
            self.plain16(value, bits)
        } else {
            let high = self.plain16(value >> 16, bits - 16);
            (high << 16) | self.plain16(value & 0xffff, 16)
        }
    }

    /// A value of as many bits as `NODES` has, each bit under the chance of those before it.
    fn tree<const NODES: usize>(&mut self, value: u32, chances: &mut [Chance; NODES]) -> u32 {
        let mut node = 1;
        for bit in (0..NODES.trailing_zeros()).rev() {
            let bit = self.bit((value >> bit) & 1 == 1, &mut chances[node]);
            node = (node << 1) | usize::from(bit);
        }
        (node - NODES) as u32
    }
}

/// Appends to a buffer.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    low: u32,
    range: u32,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            low: 0,
            range: u32::MAX,
        }
    }

    fn add(&mut self, step: u32) {
        let (low, carry) = self.low.overflowing_add(step);
        self.low = low;
        if carry {
            // What has been written so far is a number below one, so a carry never runs off its front.
            for byte in self.out.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
    }

    fn renormalise(&mut self) {
        while self.range < BOTTOM {
            self.out.push((self.low >> 24) as u8);
            self.low <<= 8;
            self.range <<= 8;
        }
    }

    /// Writes as few bytes as tell the rest; a reader takes what lies behind them for zeros.
    pub fn finish(mut self) {
        for bytes in 0..=4 {
            let below = u32::MAX.checked_shr(8 * bytes).unwrap_or(0);
            // The next multiple: it may be 2^32, which is a carry.
            let target = (u64::from(self.low) + u64::from(below)) & !u64::from(below);
            let step = target - u64::from(self.low);
            if step < u64::from(self.range) {
                self.add(step as u32);
                self.out
                    .extend_from_slice(&self.low.to_be_bytes()[..bytes as usize]);
                return;
            }
        }
    }
}

impl Coder for Writer<'_> {
    #[inline]
    fn bit(&mut self, bit: bool, chance: &mut Chance) -> bool {
        let zero = (self.range >> 16) * u32::from(chance.zero);
        if bit {
            self.add(zero);
            self.range -= zero;
        } else {
            self.range = zero;
        }
        chance.learn(bit);
        self.renormalise();
        bit
    }

    #[inline]
    fn plain16(&mut self, value: u32, bits: u32) -> u32 {
        self.range >>= bits;
        self.add(self.range * value);
        self.renormalise();
        value
    }
}

/// Reads from a slice; behind its end come zeros, and [`finish`](Self::finish) says whether too many were needed.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    code: u32,
    range: u32,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self {
            bytes,
            at: 0,
            code: 0,
            range: u32::MAX,
        };
        for _ in 0..4 {
            reader.shift();
        }
        reader
    }

    fn shift(&mut self) {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        self.code = (self.code << 8) | u32::from(byte);
    }

    #[inline]
    fn renormalise(&mut self) {
        while self.range < BOTTOM {
            self.shift();
            self.range <<= 8;
        }
    }

    /// Whether more was read than can have been written: the bytes end too early.
    pub fn is_beyond_end(&self) -> bool {
        self.at > self.bytes.len() + 4
    }

    /// All bytes are read, and not more than there were.
    pub fn finish(&self) -> Result<(), WireError> {
        if self.is_beyond_end() {
            Err(WireError::Short)
        } else if self.at < self.bytes.len() {
            Err(WireError::Trailing)
        } else {
            Ok(())
        }
    }
}

impl Coder for Reader<'_> {
    #[inline]
    fn bit(&mut self, _: bool, chance: &mut Chance) -> bool {
        let zero = (self.range >> 16) * u32::from(chance.zero);
        let bit = self.code >= zero;
        if bit {
            self.code -= zero;
            self.range -= zero;
        } else {
            self.range = zero;
        }
        chance.learn(bit);
        self.renormalise();
        bit
    }

    #[inline]
    fn plain16(&mut self, _: u32, bits: u32) -> u32 {
        self.range >>= bits;
        // Bytes that nobody wrote may point behind the last value.
        let value = (self.code / self.range).min((1 << bits) - 1);
        self.code -= value * self.range;
        self.renormalise();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for seed in 0..200u64 {
            let mut lot = seed;
            let mut next = || {
                lot = lot
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (lot >> 33) as u32
            };
            let symbols: Vec<(u32, u32)> = (0..next() % 600)
                .map(|_| {
                    let bits = next() % 33;
                    (
                        bits,
                        next() & (1u32.checked_shl(bits).unwrap_or(0).wrapping_sub(1)),
                    )
                })
                .collect();
            let mut out = vec![0xee];
            let (mut tree, mut chance) = ([Chance::EVEN; 32], Chance::EVEN);
            let mut writer = Writer::new(&mut out);
            for (bits, value) in &symbols {
                writer.bit(value % 7 == 0, &mut chance);
                writer.tree(value & 31, &mut tree);
                writer.plain(*value, *bits);
            }
            writer.finish();
            assert_eq!(out[0], 0xee);
            let (mut tree, mut chance) = ([Chance::EVEN; 32], Chance::EVEN);
            let mut reader = Reader::new(&out[1..]);
            for (bits, value) in &symbols {
                assert_eq!(reader.bit(false, &mut chance), value % 7 == 0);
                assert_eq!(reader.tree(0, &mut tree), value & 31);
                assert_eq!(reader.plain(0, *bits), *value);
            }
            reader.finish().unwrap();
        }
    }

    #[test]
    fn a_thousand_expected_bits_cost_a_few_bytes() {
        let (mut out, mut chance) = (Vec::new(), Chance::EVEN);
        let mut writer = Writer::new(&mut out);
        for _ in 0..1_000 {
            writer.bit(false, &mut chance);
        }
        writer.finish();
        assert!(out.len() <= 3, "{} bytes", out.len());
    }
}
