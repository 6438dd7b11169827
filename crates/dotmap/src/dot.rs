//! One drawn dot, sixteen bytes, laid out as the GPU reads it. It knows where the dot glides from and to inside its
//! cell, when the glide began, how long it takes, and how the dot looks. Nothing is recomputed per frame: the clock
//! moves, the records stay. A record is plain bytes, so a whole cell can be handed to WebGL without a copy and
//! without `unsafe`.
//!
//! Layout, little-endian: `from.x i16, from.y i16, to.x i16, to.y i16, start_ms u32, look u16, glide_ms u16`.
//! Positions are cell steps (4,096 a cell side); `from` may lie up to eight cells outside.

/// A dot as it is kept and uploaded.
pub type Record = [u8; 16];

/// Shortest and longest glide; a dot whose last change is unknown takes [`UNKNOWN_GLIDE_MS`].
pub const SHORTEST_GLIDE_MS: u32 = 1_000;
pub const LONGEST_GLIDE_MS: u32 = 15_000;
pub const UNKNOWN_GLIDE_MS: u32 = 10_000;

/// Set in the look of a slot that nobody stands in any more; such a slot is neither drawn nor picked.
pub const VACANT: u16 = 1 << 12;
/// Bits of the look that say how the dot is drawn.
pub const LOOK_MASK: u16 = 0x0fff;

/// An unpacked record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dot {
    /// Where the glide began, in cell steps.
    pub from: (i16, i16),
    /// Where the dot was last reported, in cell steps.
    pub to: (i16, i16),
    /// Engine clock at the last change; it wraps after 49 days, which [`Dot::settle`] takes care of.
    pub start_ms: u32,
    /// Look bits as on the wire, plus [`VACANT`].
    pub look: u16,
    /// Length of the glide; 0 = this dot has not been seen to move yet.
    pub glide_ms: u16,
}

impl Dot {
    /// A dot that stands where it was first seen.
    pub fn standing(at: (i16, i16), look: u16, now_ms: u32) -> Self {
        Self {
            from: at,
            to: at,
            start_ms: now_ms,
            look,
            glide_ms: 0,
        }
    }

    /// A slot without a dot.
    pub fn vacant() -> Self {
        Self {
            from: (0, 0),
            to: (0, 0),
            start_ms: 0,
            look: VACANT,
            glide_ms: 0,
        }
    }

    pub fn is_vacant(&self) -> bool {
        self.look & VACANT != 0
    }

    /// Where the dot is drawn at this moment, in cell steps.
    pub fn at(&self, clock: &Clock) -> (f32, f32) {
        let part = clock.part(self.start_ms, self.glide_ms);
        let (from_x, from_y) = (f32::from(self.from.0), f32::from(self.from.1));
        (
            from_x + (f32::from(self.to.0) - from_x) * part,
            from_y + (f32::from(self.to.1) - from_y) * part,
        )
    }

    /// Starts a glide to `to` from wherever the dot is drawn now. The glide takes as long as the dot has been known to
    /// stand still, so that a vehicle that reports every ten seconds is always under way.
    pub fn move_to(&mut self, to: (i16, i16), clock: &Clock) {
        let (x, y) = self.at(clock);
        self.from = (round_step(x), round_step(y));
        self.glide_ms = self.next_glide_ms(clock);
        self.to = to;
        self.start_ms = clock.now_ms;
    }

    /// How long the glide lasts that a change seen now would start.
    pub fn next_glide_ms(&self, clock: &Clock) -> u16 {
        let glide_ms = if clock.catching_up {
            SHORTEST_GLIDE_MS
        } else if self.glide_ms == 0 {
            UNKNOWN_GLIDE_MS
        } else {
            clock
                .now_ms
                .wrapping_sub(self.start_ms)
                .clamp(SHORTEST_GLIDE_MS, LONGEST_GLIDE_MS)
        };
        glide_ms as u16
    }

    /// Ends a glide that is over, so that the clock may wrap without starting it again.
    pub fn settle(&mut self, now_ms: u32) {
        if now_ms.wrapping_sub(self.start_ms) > LONGEST_GLIDE_MS {
            self.from = self.to;
            self.start_ms = now_ms.wrapping_sub(LONGEST_GLIDE_MS + 1);
        }
    }

    pub fn pack(&self) -> Record {
        let mut record = [0; 16];
        record[0..2].copy_from_slice(&self.from.0.to_le_bytes());
        record[2..4].copy_from_slice(&self.from.1.to_le_bytes());
        record[4..6].copy_from_slice(&self.to.0.to_le_bytes());
        record[6..8].copy_from_slice(&self.to.1.to_le_bytes());
        record[8..12].copy_from_slice(&self.start_ms.to_le_bytes());
        record[12..14].copy_from_slice(&self.look.to_le_bytes());
        record[14..16].copy_from_slice(&self.glide_ms.to_le_bytes());
        record
    }

    #[inline(always)]
    pub fn unpack(record: &Record) -> Self {
        // By whole words: read byte by byte the drawing loop would be assembled from single bytes.
        let (words, _) = record.as_chunks::<4>();
        let [from, to, start_ms, look_glide] = [0, 1, 2, 3].map(|ix| u32::from_le_bytes(words[ix]));
        let low_high = |word: u32| (word as i16, (word >> 16) as i16);
        Self {
            from: low_high(from),
            to: low_high(to),
            start_ms,
            look: look_glide as u16,
            glide_ms: (look_glide >> 16) as u16,
        }
    }
}

/// The nearest step; a place further than eight cells away is held at the edge of what a record can say.
pub fn round_step(step: f32) -> i16 {
    // `as` saturates, which is the hold that the sentence above promises.
    (step + 0.5).floor() as i16
}

/// What time it is for gliding dots, and how gliding is limited at this zoom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Milliseconds since the engine started, wrapping.
    pub now_ms: u32,
    /// No glide is drawn longer than this: 15 s far out, 1 s from zoom 14, 1 ms where motion is unwanted.
    pub cap_ms: u16,
    /// The page was hidden: what comes now is old, dots go there within a second.
    pub catching_up: bool,
}

impl Clock {
    pub fn new(now_ms: u32) -> Self {
        Self {
            now_ms,
            cap_ms: LONGEST_GLIDE_MS as u16,
            catching_up: false,
        }
    }

    /// How much of a glide is over, 0..=1.
    #[inline(always)]
    pub fn part(&self, start_ms: u32, glide_ms: u16) -> f32 {
        // A start in the future (a frame time read before the message) counts as now.
        let age_ms = (self.now_ms.wrapping_sub(start_ms) as i32).max(0);
        let glide_ms = i32::from(glide_ms.min(self.cap_ms).max(1));
        // Bounded as a whole number: WebAssembly has no least of two floats that Rust could use, and would call for it.
        age_ms.min(glide_ms) as f32 / glide_ms as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_packing() {
        let dot = Dot {
            from: (-30_000, 5),
            to: (4095, 0),
            start_ms: 0xfeed_beef,
            look: 0x0abc,
            glide_ms: 15_000,
        };
        assert_eq!(Dot::unpack(&dot.pack()), dot);
    }

    #[test]
    fn a_dot_glides_over_the_time_since_its_last_change() {
        let mut dot = Dot::standing((100, 100), 0, 0);
        let mut clock = Clock::new(5_000);
        dot.move_to((200, 100), &clock);
        assert_eq!(u32::from(dot.glide_ms), UNKNOWN_GLIDE_MS);
        clock.now_ms = 10_000;
        assert_eq!(dot.at(&clock), (150.0, 100.0));
        clock.now_ms = 13_000;
        dot.move_to((300, 100), &clock);
        assert_eq!(dot.from, (180, 100), "it starts where it was drawn");
        assert_eq!(dot.glide_ms, 8_000);
    }

    #[test]
    fn a_glide_is_never_shorter_or_longer_than_its_bounds() {
        let mut dot = Dot {
            glide_ms: 5_000,
            ..Dot::standing((0, 0), 0, 0)
        };
        dot.move_to((1, 1), &Clock::new(10));
        assert_eq!(u32::from(dot.glide_ms), SHORTEST_GLIDE_MS);
        dot.move_to((2, 2), &Clock::new(4_000_000));
        assert_eq!(u32::from(dot.glide_ms), LONGEST_GLIDE_MS);
    }

    #[test]
    fn the_clock_may_wrap_under_a_glide() {
        let start_ms = u32::MAX - 999;
        let dot = Dot {
            from: (0, 0),
            to: (100, 0),
            start_ms,
            look: 0,
            glide_ms: 2_000,
        };
        assert_eq!(dot.at(&Clock::new(start_ms.wrapping_add(1_000))).0, 50.0);
    }

    #[test]
    fn a_settled_dot_stays_when_the_clock_comes_round() {
        let mut dot = Dot {
            from: (0, 0),
            to: (100, 0),
            start_ms: 0,
            look: 0,
            glide_ms: 2_000,
        };
        dot.settle(3_600_000);
        for now_ms in [3_600_000, u32::MAX, 5] {
            assert_eq!(dot.at(&Clock::new(now_ms)).0, 100.0);
        }
    }

    #[test]
    fn a_frame_time_older_than_the_message_does_not_finish_the_glide() {
        let dot = Dot {
            from: (0, 0),
            to: (100, 0),
            start_ms: 1_000,
            look: 0,
            glide_ms: 2_000,
        };
        assert_eq!(dot.at(&Clock::new(995)).0, 0.0);
    }
}
