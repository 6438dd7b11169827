//! What the picture may cost. Under load the light goes first (afterglow and density), then the rate at which dots glide;
//! dots are never dropped. Light that went comes back after a while, and after a longer one each time it proved too much.

/// A frame that takes longer, from one to the next, is too slow for light.
pub const LIGHT_GAP_MS: f64 = 34.0;
/// Drawing that takes longer leaves the page no time to answer: dots glide in every second frame, or every third, …
pub const DRAW_MS: f64 = 50.0;
/// … or at worst in every fourth.
pub const MOST_SKIPPED: u32 = 3;
const FIRST_REST_MS: f64 = 20_000.0;
const LONGEST_REST_MS: f64 = 600_000.0;
/// Weight of a new frame in the means.
const FRESH: f64 = 0.1;
/// Longer gaps are pauses, not slow frames.
const PAUSE_MS: f64 = 1_000.0;
/// So many frames have to be seen before anything is decided.
const FEWEST_FRAMES: u32 = 20;

/// Means over the last frames, and what follows from them.
#[derive(Debug)]
pub struct Budget {
    gap_ms: f64,
    draw_ms: f64,
    frames: u32,
    skip: u32,
    skipped: u32,
    dark_until_ms: Option<f64>,
    rest_ms: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            gap_ms: 0.0,
            draw_ms: 0.0,
            frames: 0,
            skip: 0,
            skipped: 0,
            dark_until_ms: None,
            rest_ms: FIRST_REST_MS,
        }
    }
}

impl Budget {
    /// A frame was drawn `gap_ms` after the one before, with light or without. `draw_ms` of it were our own work.
    pub fn drew(&mut self, now_ms: f64, gap_ms: f64, draw_ms: f64, lit: bool) {
        if gap_ms > PAUSE_MS {
            return;
        }
        let mean = |mean: &mut f64, fresh: f64| *mean += (fresh - *mean) * FRESH;
        mean(&mut self.gap_ms, gap_ms);
        mean(&mut self.draw_ms, draw_ms);
        self.frames = self.frames.saturating_add(1);
        if self.frames < FEWEST_FRAMES {
            return;
        }
        if lit && self.gap_ms > LIGHT_GAP_MS {
            self.dark_until_ms = Some(now_ms + self.rest_ms);
            self.rest_ms = (self.rest_ms * 2.0).min(LONGEST_REST_MS);
            self.begin_anew();
            return;
        }
        // Without light, or there would be something to shed before.
        if !lit {
            let wanted = (self.draw_ms / DRAW_MS) as u32;
            // A step back only when there is room, so that the rate does not tremble.
            let roomy = self.draw_ms < f64::from(self.skip) * DRAW_MS * 0.8;
            if wanted > self.skip || roomy {
                self.skip = wanted.min(MOST_SKIPPED);
            }
        }
    }

    /// Whether light may be drawn.
    pub fn allows_light(&mut self, now_ms: f64) -> bool {
        if self
            .dark_until_ms
            .is_some_and(|until_ms| now_ms >= until_ms)
        {
            self.dark_until_ms = None;
            self.begin_anew();
        }
        self.dark_until_ms.is_none()
    }

    /// Whether this frame of the browser is to be left out.
    pub fn skips(&mut self) -> bool {
        let skips = self.skipped < self.skip;
        self.skipped = if skips { self.skipped + 1 } else { 0 };
        skips
    }

    fn begin_anew(&mut self) {
        (self.gap_ms, self.draw_ms, self.frames) = (0.0, 0.0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws for a while; returns the time after it.
    fn run(budget: &mut Budget, from_ms: f64, gap_ms: f64, draw_ms: f64, frames: u32) -> f64 {
        let mut now_ms = from_ms;
        for _ in 0..frames {
            now_ms += gap_ms;
            let lit = budget.allows_light(now_ms);
            budget.drew(now_ms, gap_ms, draw_ms, lit);
        }
        now_ms
    }

    #[test]
    fn a_fast_picture_keeps_its_light_and_its_rate() {
        let mut budget = Budget::default();
        let now_ms = run(&mut budget, 0.0, 17.0, 8.0, 500);
        assert!(budget.allows_light(now_ms));
        assert!(!budget.skips());
    }

    #[test]
    fn light_goes_before_the_rate_and_comes_back_later_each_time() {
        let mut budget = Budget::default();
        let mut now_ms = run(&mut budget, 0.0, 50.0, 45.0, 60);
        assert!(!budget.allows_light(now_ms));
        assert!(
            !budget.skips(),
            "the rate is not touched while there was light"
        );
        assert!(budget.allows_light(now_ms + FIRST_REST_MS));
        now_ms = run(&mut budget, now_ms + FIRST_REST_MS, 50.0, 20.0, 60);
        assert!(!budget.allows_light(now_ms + FIRST_REST_MS));
        assert!(budget.allows_light(now_ms + 2.0 * FIRST_REST_MS));
    }

    #[test]
    fn a_picture_that_takes_too_long_is_drawn_less_often_and_never_stops() {
        let mut budget = Budget::default();
        run(&mut budget, 0.0, 200.0, 190.0, 300);
        let drawn = (0..40).filter(|_| !budget.skips()).count();
        assert_eq!(drawn, 10, "one frame of four");
        run(&mut budget, 60_000.0, 40.0, 10.0, 100);
        assert!(!budget.skips(), "the rate comes back with the time");
    }

    #[test]
    fn a_pause_is_no_slow_frame() {
        let mut budget = Budget::default();
        let now_ms = run(&mut budget, 0.0, 5_000.0, 5.0, 50);
        assert!(budget.allows_light(now_ms));
    }
}
