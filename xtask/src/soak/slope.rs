//! Whether a series of measurements rises, and by how much, in spite of noise and of starts in between.
//!
//! The slope is that of Theil and Sen: the median of the slopes between all pairs of points. Half of the points may be
//! anything before it is wrong. Pairs are made within a *segment* only (one start of the programs, one load of the page), so
//! each segment stands at a height of its own: a start that gives memory back does not hide that it grows in between, and
//! one that takes more is no growth.
//!
//! Its bounds are those of Sen (1968): slopes as many ranks from the median as the spread of Kendall's S says, with ties,
//! summed over segments. Points that follow each other are alike, which makes that too narrow: so points are first brought
//! together as medians of blocks, and the spread is widened by how alike neighbouring rests are (lag-1, after von Storch).

/// Points that remain, all segments together.
const BLOCKS: usize = 60;
/// Fewer say nothing.
const FEWEST_BLOCKS: usize = 8;
/// A segment of fewer has no direction.
const FEWEST_OF_SEGMENT: usize = 3;
/// 99 of 100 such intervals hold the truth.
const Z_99: f64 = 2.576;
/// Rests that are more alike than this are taken as being so much alike.
const MOST_ALIKE: f64 = 0.9;

/// (x, y) by rising x.
pub type Segment = Vec<(f64, f64)>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// Of y for one x.
    pub per_x: f64,
    /// The bounds of 99 % around it.
    pub low: f64,
    pub high: f64,
    /// How far x goes, all segments together.
    pub length: f64,
}

impl Slope {
    /// What y would rise by over all that was measured.
    pub fn growth(&self) -> f64 {
        self.per_x * self.length
    }

    /// Outside noise: the whole interval lies above zero, and the growth is more than `least`, which is what cannot be told
    /// from nothing in this series.
    pub fn rises(&self, least: f64) -> bool {
        self.low > 0.0 && self.growth() > least
    }
}

/// None where there is too little to say anything.
pub fn slope(segments: &[Segment]) -> Option<Slope> {
    let points: usize = segments.iter().map(Vec::len).sum();
    let size = points.div_ceil(BLOCKS).max(1);
    let blocks: Vec<Segment> = segments
        .iter()
        .map(|segment| medians(segment, size))
        .filter(|blocks| blocks.len() >= FEWEST_OF_SEGMENT)
        .collect();
    if blocks.iter().map(Vec::len).sum::<usize>() < FEWEST_BLOCKS {
        return None;
    }
    let mut slopes = Vec::new();
    for segment in &blocks {
        for (ix, (x0, y0)) in segment.iter().enumerate() {
            let later = segment[ix + 1..].iter();
            slopes.extend(later.map(|(x1, y1)| (y1 - y0) / (x1 - x0)));
        }
    }
    slopes.sort_by(f64::total_cmp);
    let per_x = median(&slopes);
    let alike = alikeness(&blocks, per_x);
    let variance: f64 = blocks.iter().map(|segment| variance_of_s(segment)).sum();
    let reach = Z_99 * (variance * (1.0 + alike) / (1.0 - alike)).sqrt();
    let pairs = slopes.len() as f64;
    let at = |rank: f64| slopes[rank.clamp(0.0, pairs - 1.0) as usize];
    let length = blocks.iter().map(|segment| span(segment)).sum();
    Some(Slope {
        per_x,
        low: at(((pairs - reach) / 2.0).floor()),
        high: at(((pairs + reach) / 2.0).ceil()),
        length,
    })
}

/// The first and the last level of one segment: medians of a tenth of it each.
pub fn ends(segment: &[(f64, f64)]) -> Option<(f64, f64)> {
    let part = segment.len().div_ceil(10);
    let level = |points: &[(f64, f64)]| {
        let mut ys: Vec<f64> = points.iter().map(|point| point.1).collect();
        ys.sort_by(f64::total_cmp);
        (!ys.is_empty()).then(|| median(&ys))
    };
    Some((
        level(&segment[..part])?,
        level(&segment[segment.len() - part..])?,
    ))
}

fn medians(segment: &[(f64, f64)], size: usize) -> Segment {
    let middle = |points: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = points.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        median(&values)
    };
    // What is left over at the end would be noisier than the others.
    let blocks = segment.chunks_exact(size);
    blocks
        .map(|block| {
            (
                middle(block, |point| point.0),
                middle(block, |point| point.1),
            )
        })
        .collect()
}

/// Of sorted values, at least one.
pub fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

fn span(segment: &[(f64, f64)]) -> f64 {
    match (segment.first(), segment.last()) {
        (Some(first), Some(last)) => last.0 - first.0,
        _ => 0.0,
    }
}

/// Of Kendall's S in one segment, ties in y taken into account.
fn variance_of_s(segment: &[(f64, f64)]) -> f64 {
    let of = |count: usize| {
        let n = count as f64;
        n * (n - 1.0) * (2.0 * n + 5.0) / 18.0
    };
    let mut ys: Vec<f64> = segment.iter().map(|point| point.1).collect();
    ys.sort_by(f64::total_cmp);
    let ties: f64 = ys.chunk_by(|a, b| a == b).map(|tied| of(tied.len())).sum();
    of(segment.len()) - ties
}

/// How much a rest, what the slope leaves, tells of the next one: 0, nothing, to [`MOST_ALIKE`].
fn alikeness(segments: &[Segment], per_x: f64) -> f64 {
    let (mut together, mut alone) = (0.0, 0.0);
    for segment in segments {
        let mut rests: Vec<f64> = segment.iter().map(|(x, y)| y - per_x * x).collect();
        let middle = rests.iter().sum::<f64>() / rests.len() as f64;
        rests.iter_mut().for_each(|rest| *rest -= middle);
        together += rests.windows(2).map(|two| two[0] * two[1]).sum::<f64>();
        alone += rests.iter().map(|rest| rest * rest).sum::<f64>();
    }
    if alone > 0.0 {
        (together / alone).clamp(0.0, MOST_ALIKE)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise between −1 and 1, about as bell-shaped as a sum of four; the same for the same seed.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut lot = seed.wrapping_mul(2) | 1;
        let mut next = move || {
            lot = lot
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (lot >> 11) as f64 / (1_u64 << 53) as f64
        };
        move || (next() + next() + next() + next()) / 2.0 - 1.0
    }

    fn series(points: usize, mut y: impl FnMut(f64) -> f64) -> Segment {
        (0..points).map(|x| (x as f64, y(x as f64))).collect()
    }

    #[test]
    fn flat_noise_does_not_rise() {
        let risen = (0..200)
            .filter(|seed| {
                let mut noise = noise(*seed);
                let slope = slope(&[series(300, |_| 60.0 + noise())]).expect("enough points");
                assert!(slope.low <= slope.per_x && slope.per_x <= slope.high);
                slope.rises(0.0)
            })
            .count();
        // One side of 99 %: one in 200 is to be expected.
        assert!(risen <= 4, "{risen} of 200 flat series were said to rise");
    }

    #[test]
    fn noise_that_wanders_does_not_rise() {
        let risen = (0..200)
            .filter(|seed| {
                let (mut noise, mut level) = (noise(*seed), 0.0);
                let wanders = series(300, |_| {
                    level = 0.8 * level + noise();
                    60.0 + level
                });
                slope(&[wanders]).expect("enough points").rises(0.0)
            })
            .count();
        assert!(
            risen <= 10,
            "{risen} of 200 wandering series were said to rise"
        );
    }

    #[test]
    fn a_leak_of_a_tenth_of_the_noise_in_a_hundred_points_is_found() {
        for seed in 0..50 {
            let mut noise = noise(seed);
            // From end to end it is less than the noise from point to point.
            let leak = series(1000, |x| 60.0 + 0.001 * x + noise());
            let slope = slope(&[leak]).expect("enough points");
            assert!(slope.rises(0.25), "seed {seed}: {slope:?}");
            assert!((0.0005..0.0015).contains(&slope.per_x), "{slope:?}");
        }
    }

    #[test]
    fn a_start_in_between_hides_no_leak_and_makes_none() {
        for seed in 0..50 {
            let mut noise = noise(seed);
            let mut saw = |rise: f64, step: f64| -> Vec<Segment> {
                (0..4)
                    .map(|run| {
                        let from = 100.0 * f64::from(run);
                        let at = |x: f64| 60.0 + step * f64::from(run) + rise * x + noise();
                        let points = series(100, at).into_iter();
                        points.map(|(x, y)| (from + x, y)).collect()
                    })
                    .collect()
            };
            let leaks = slope(&saw(0.02, -50.0)).expect("enough points");
            assert!(leaks.rises(0.25), "seed {seed}: {leaks:?}");
            // Of 14 whole blocks of seven each.
            assert_eq!(leaks.length, 4.0 * 91.0, "what lies between does not count");
            let steps = slope(&saw(0.0, 50.0)).expect("enough points");
            assert!(steps.growth().abs() < 1.0, "seed {seed}: {steps:?}");
        }
    }

    #[test]
    fn readings_that_are_wild_now_and_then_change_nothing() {
        let mut noise = noise(7);
        let wild = series(300, |x| {
            let spike = if (x as u32).is_multiple_of(10) {
                500.0
            } else {
                0.0
            };
            60.0 + noise() + spike
        });
        let slope = slope(&[wild]).expect("enough points");
        assert!(!slope.rises(0.0) && slope.per_x.abs() < 0.01, "{slope:?}");
    }

    #[test]
    fn what_never_changes_has_no_slope_and_what_is_too_short_says_nothing() {
        let still = slope(&[series(100, |_| 17.0)]).expect("enough points");
        assert_eq!((still.per_x, still.low, still.high), (0.0, 0.0, 0.0));
        assert!(!still.rises(0.0));
        assert_eq!(slope(&[series(7, |x| x)]), None);
        let many_short: Vec<Segment> = (0..20).map(|_| series(2, |x| x)).collect();
        assert_eq!(slope(&many_short), None);
        assert_eq!(slope(&[]), None);
    }

    #[test]
    fn growth_below_what_can_be_told_from_nothing_is_none() {
        let crawl = slope(&[series(100, |x| 17.0 + 1e-4 * x)]).expect("enough points");
        assert!(crawl.low > 0.0 && !crawl.rises(0.1) && crawl.rises(0.001));
    }

    #[test]
    fn the_ends_are_levels_and_not_single_readings() {
        let mut segment = series(100, |x| x);
        segment[0].1 = 1e6;
        assert_eq!(ends(&segment), Some((5.5, 94.5)));
        assert_eq!(ends(&[(1.0, 2.0)]), Some((2.0, 2.0)));
        assert_eq!(ends(&[]), None);
    }
}
