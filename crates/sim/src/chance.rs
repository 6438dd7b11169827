//! Randomness without state: a number from a seed and what it is for.
//!
//! A million vehicles would need a million generators to be independent of each other and of the order in
//! which they report. Instead every choice is a hash of (seed, vehicle, what for, which time), so the same
//! seed gives the same fleet whatever else happens, and a vehicle stores nothing for it.

/// Spreads `x` over all 64 bits (the finaliser of SplitMix64).
#[must_use]
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A hash of bytes (FNV-1a, then spread); the same on every machine and in every version.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(fnv)
}

/// One throw: `key` says whose and which, `what` says what for.
#[derive(Clone, Copy, Debug)]
pub struct Chance(u64);

impl Chance {
    #[must_use]
    pub fn new(seed: u64, key: u64, what: u64) -> Self {
        Self(mix(mix(seed ^ mix(key)) ^ what))
    }

    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// 0.0 ≤ x < 1.0
    #[must_use]
    pub fn unit(self) -> f32 {
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// `from` ≤ x < `to`
    #[must_use]
    pub fn between(self, from: f32, to: f32) -> f32 {
        from + self.unit() * (to - from)
    }

    /// 0 ≤ x < `below`; `below` must not be 0.
    #[must_use]
    pub fn below(self, below: u32) -> u32 {
        // The high half times the bound: no division, and no bias worth naming for bounds under 2^20.
        (((self.0 >> 32) * u64::from(below)) >> 32) as u32
    }

    /// Nearly normal, mean 0 and deviation 1, never beyond ±3.5.
    #[must_use]
    pub fn bell(self) -> f32 {
        let parts = [self.0, self.0 >> 16, self.0 >> 32, self.0 >> 48];
        let sum: f32 = parts.iter().map(|p| (p & 0xffff) as f32 / 65_536.0).sum();
        (sum - 2.0) * 1.732
    }

    /// A further throw from the same key.
    #[must_use]
    pub fn then(self, what: u64) -> Self {
        Self(mix(self.0 ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_are_spread_and_repeat() {
        let throws: Vec<f32> = (0..10_000).map(|i| Chance::new(1, i, 2).unit()).collect();
        let mean = throws.iter().sum::<f32>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let bell = (0..10_000)
            .map(|i| Chance::new(1, i, 3).bell())
            .sum::<f32>()
            / 10_000.0;
        assert!(bell.abs() < 0.05, "{bell}");
        assert_eq!(Chance::new(1, 2, 3).bits(), Chance::new(1, 2, 3).bits());
        assert!((0..1000).all(|i| Chance::new(9, i, 0).below(7) < 7));
    }
}
