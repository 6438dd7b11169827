//! Bits in bytes, low ones first. The reader looks at them through a window of 64 bits that it fills word by word, so
//! that a number costs a shift and a mask.

use crate::WireError;

/// Bits that [`Reader::refill`] makes ready.
pub(crate) const READY_BITS: u32 = 56;

/// Appends to a buffer.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    window: u64,
    /// Bits in the window, fewer than 32.
    held: u32,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            window: 0,
            held: 0,
        }
    }

    /// Writes a value of up to 32 bits.
    #[inline]
    pub fn put(&mut self, value: u32, bits: u32) {
        debug_assert!(bits <= 32 && u64::from(value) < 1 << bits);
        self.window |= u64::from(value) << self.held;
        self.held += bits;
        if self.held >= 32 {
            self.out
                .extend_from_slice(&(self.window as u32).to_le_bytes());
            self.window >>= 32;
            self.held -= 32;
        }
    }

    /// Fills the last byte with zeros.
    pub fn finish(self) {
        let bytes = self.held.div_ceil(8) as usize;
        self.out
            .extend_from_slice(&self.window.to_le_bytes()[..bytes]);
    }
}

/// Reads from a slice; behind its end come zeros, and [`finish`](Self::finish) says whether too many were needed.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// The first byte that is not wholly in the window; may lie behind the end.
    at: usize,
    window: u64,
    /// Bits in the window that count. Higher ones are either zero or those of the byte at `at`.
    held: u32,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            window: 0,
            held: 0,
        }
    }

    /// Makes [`READY_BITS`] ready.
    #[inline]
    pub fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            self.window |= u64::from_le_bytes(*word) << self.held;
            self.at += ((63 - self.held) >> 3) as usize;
            self.held |= 56;
        } else {
            self.refill_at_the_end();
        }
    }

    #[cold]
    fn refill_at_the_end(&mut self) {
        while self.held < READY_BITS {
            let byte = self.bytes.get(self.at).copied().unwrap_or(0);
            self.window |= u64::from(byte) << self.held;
            self.held += 8;
            self.at += 1;
        }
    }

    /// The next bits, as many as are ready, the next one lowest.
    #[inline]
    pub fn window(&self) -> u64 {
        self.window
    }

    /// Goes on by so many bits of those that are ready.
    #[inline]
    pub fn skip(&mut self, bits: u32) {
        debug_assert!(bits <= self.held);
        self.window >>= bits;
        self.held -= bits;
    }

    /// Reads a value of up to 32 bits that are ready.
    #[inline]
    pub fn take(&mut self, bits: u32) -> u32 {
        let value = self.window & ((1 << bits) - 1);
        self.skip(bits);
        value as u32
    }

    /// [`take`](Self::take), made ready first.
    pub fn refill_take(&mut self, bits: u32) -> u32 {
        self.refill();
        self.take(bits)
    }

    /// Bits of the slice that were not read; negative if more were read than there are.
    pub fn left(&self) -> i64 {
        8 * self.bytes.len() as i64 - (8 * self.at as i64 - i64::from(self.held))
    }

    /// All bytes are read, and not more than there were.
    pub fn finish(&mut self) -> Result<(), WireError> {
        self.refill();
        match self.left() {
            ..0 => Err(WireError::Short),
            left @ 0..8 if self.take(left as u32) == 0 => Ok(()),
            _ => Err(WireError::Trailing),
        }
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
            let values: Vec<(u32, u32)> = (0..next() % 600)
                .map(|_| {
                    let bits = next() % 33;
                    let value = (u64::from(next()) << 1 | 1) & ((1u64 << bits) - 1);
                    (value as u32, bits)
                })
                .collect();
            let mut out = vec![0xee];
            let mut writer = Writer::new(&mut out);
            for (value, bits) in &values {
                writer.put(*value, *bits);
            }
            writer.finish();
            assert_eq!(out[0], 0xee);
            let mut reader = Reader::new(&out[1..]);
            for (value, bits) in &values {
                assert_eq!(reader.refill_take(*bits), *value);
            }
            assert_eq!(reader.finish(), Ok(()));
            if out.len() > 9 {
                let mut reader = Reader::new(&out[1..out.len() - 1]);
                for (_, bits) in &values {
                    reader.refill_take(*bits);
                }
                assert_eq!(reader.finish(), Err(WireError::Short), "seed {seed}");
            }
            out.push(0);
            let mut reader = Reader::new(&out[1..]);
            for (_, bits) in &values {
                reader.refill_take(*bits);
            }
            assert_eq!(reader.finish(), Err(WireError::Trailing), "seed {seed}");
        }
    }
}
