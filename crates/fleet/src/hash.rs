//! A fast seeded hash for VINs and cell columns: two multiplications for seventeen bytes.
//!
//! A report costs one look-up, so this is on the hot path. The seed keeps a platform from choosing VINs that collide.

use std::hash::{BuildHasher, Hasher};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Folded(pub u64);

impl BuildHasher for Folded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding(self.0 ^ 0x243f_6a88_85a3_08d3)
    }
}

pub(crate) struct Folding(u64);

impl Folding {
    fn fold(&mut self, v: u64) {
        let wide = u128::from(self.0 ^ v) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.fold(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, v: u8) {
        self.fold(u64::from(v));
    }

    fn write_u32(&mut self, v: u32) {
        self.fold(u64::from(v));
    }

    fn write_u64(&mut self, v: u64) {
        self.fold(v);
    }

    /// A length adds nothing where all keys have the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A good mix of one number: for drawing lots without a generator's state.
pub(crate) fn mix(mut v: u64) -> u64 {
    v = v.wrapping_add(0x9e37_79b9_7f4a_7c15);
    v = (v ^ (v >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    v = (v ^ (v >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    v ^ (v >> 31)
}
