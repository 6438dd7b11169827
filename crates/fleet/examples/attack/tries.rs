//! What somebody tries with a recorded session who knows a target's home and work to within 500 m.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::{Activity, CellPoint};

use super::week::{Track, Week, metres, positions};

/// How far what is known beforehand is off, at most, in metres.
const KNOWN_WITHIN_M: f64 = 500.0;
/// A home is found when the answer is so near: one house and not the next.
const FOUND_WITHIN_M: f64 = 25.0;
/// Figures below are not told.
const SMALL: u32 = 5;

/// How often an attack was right, and how often guessing is, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub attack_pct: f64,
    pub guess_pct: f64,
    /// How often it was tried.
    pub tries: usize,
}

fn rate(attack: usize, guess_pct: f64, tries: usize) -> Rate {
    Rate {
        attack_pct: attack as f64 * 100.0 / tries.max(1) as f64,
        guess_pct,
        tries,
    }
}

fn place(at: CellPoint) -> (f64, f64) {
    (f64::from(at.x), f64::from(at.y))
}

/// Somewhere within [`KNOWN_WITHIN_M`].
fn roughly(rng: &mut ChaCha8Rng, at: CellPoint) -> (f64, f64) {
    let radius = positions(KNOWN_WITHIN_M) * rng.random::<f64>().sqrt();
    let (sin, cos) = (rng.random::<f64>() * std::f64::consts::TAU).sin_cos();
    (
        f64::from(at.x) + radius * cos,
        f64::from(at.y) + radius * sin,
    )
}

/// Where a dot came to rest.
struct Rest {
    second: i64,
    at: (f64, f64),
    /// Where it was last seen to drive.
    driven: (f64, f64),
}

fn rests(track: &Track) -> Vec<Rest> {
    let mut rests = Vec::new();
    let mut last_driven = None;
    for (second, at, activity) in track {
        if *activity == Activity::Driving {
            last_driven = Some(place(*at));
        } else if let Some(driven) = last_driven.take() {
            rests.push(Rest {
                second: *second,
                at: place(*at),
                driven,
            });
        }
    }
    rests
}

/// Takes the dot that goes most often between the two places, and for the home where it rests at night or where it was
/// last seen to drive in the evening, whichever is right more often.
pub fn home(week: &Week, seed: u64) -> Rate {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rested: Vec<_> = week.tracks.iter().map(rests).collect();
    let (mut by_rest, mut by_drive, mut by_guess) = (0, 0, 0);
    for car in &week.cars {
        let (home, work) = (roughly(&mut rng, car.home), roughly(&mut rng, car.work));
        let reach = KNOWN_WITHIN_M + 400.0;
        let is_evening = |second: i64| second % 86_400 > 12 * 3_600;
        let likely = rested.iter().max_by_key(|rests| {
            let fits = rests.iter().filter(|rest| {
                let wanted = if is_evening(rest.second) { home } else { work };
                metres(rest.at, wanted) < reach
            });
            // Of two alike the one that is nearer to what is known.
            let far: f64 = rests
                .iter()
                .filter(|rest| is_evening(rest.second))
                .map(|rest| metres(rest.at, home))
                .sum();
            (fits.count(), std::cmp::Reverse(far as u64))
        });
        let evenings: Vec<_> = likely
            .into_iter()
            .flatten()
            .filter(|rest| is_evening(rest.second))
            .collect();
        let mean = |of: fn(&Rest) -> (f64, f64)| {
            let n = evenings.len().max(1) as f64;
            let sum = evenings.iter().fold((0.0, 0.0), |sum, rest| {
                (sum.0 + of(rest).0, sum.1 + of(rest).1)
            });
            (sum.0 / n, sum.1 / n)
        };
        let found = |at: (f64, f64)| usize::from(metres(at, place(car.home)) <= FOUND_WITHIN_M);
        by_rest += found(mean(|rest| rest.at));
        by_drive += found(mean(|rest| rest.driven));
        by_guess += found(home);
    }
    let guess_pct = by_guess as f64 * 100.0 / week.cars.len().max(1) as f64;
    rate(by_rest.max(by_drive), guess_pct, week.cars.len())
}

/// Shown the counters of two ticks, of which in one a car went into the zone, takes the one in which more went down.
pub fn zone_entry(week: &Week, seed: u64) -> Rate {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let fell = |i: usize| {
        let of = |i: usize| {
            let status = &week.ticks[i].1;
            i64::from(status.live) + i64::from(status.activity[1]) + i64::from(status.registered)
        };
        of(i - 1) - of(i)
    };
    let quiet: Vec<usize> = (1..week.ticks.len())
        .filter(|i| week.ticks[*i].2.is_empty() && week.ticks[*i].0 - week.ticks[*i - 1].0 == 10)
        .collect();
    let (mut right, mut tries) = (0, 0);
    for i in (1..week.ticks.len()).filter(|i| !week.ticks[*i].2.is_empty()) {
        let other = quiet[rng.random_range(0..quiet.len())];
        tries += 1;
        right += usize::from(match fell(i).cmp(&fell(other)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => rng.random(),
            std::cmp::Ordering::Less => false,
        });
    }
    rate(right, 50.0, tries)
}

/// Shares what the sum over the city and the told districts leave among those that are not told; where that is no small
/// number, guesses. Guessing takes the small number that is most frequent.
pub fn subtraction(week: &Week) -> Rate {
    let mut small = [0usize; SMALL as usize];
    for truth in week.driving.values().flatten().filter(|n| **n < SMALL) {
        small[*truth as usize] += 1;
    }
    let most_often = (0..SMALL).max_by_key(|n| small[*n as usize]).unwrap_or(0);
    let (mut right, mut guessed, mut tries) = (0, 0, 0);
    for (second, status, _) in &week.ticks {
        let Some(truth) = week.driving.get(second) else {
            continue;
        };
        let told: u32 = status.districts.iter().filter_map(|d| d.driving).sum();
        let missing = status.districts.iter().filter(|d| d.driving.is_none());
        let missing = missing.count() as u32;
        let left = status.activity[Activity::Driving as usize].saturating_sub(told);
        for (district, truth) in status.districts.iter().zip(truth) {
            // When nobody drives anywhere there is nothing to find out.
            if district.driving.is_none() && *truth < SMALL && left > 0 {
                tries += 1;
                let share = (left + missing / 2) / missing;
                let answer = if share < SMALL { share } else { most_often };
                right += usize::from(answer == *truth);
                guessed += usize::from(most_often == *truth);
            }
        }
    }
    let guess_pct = guessed as f64 * 100.0 / tries.max(1) as f64;
    rate(right, guess_pct, tries)
}

/// A session that ends in the evening and one that begins in the morning: takes the only dot that stands where it stood.
pub fn link_across_night(week: &Week) -> Rate {
    let at = |track: &Track, second: i64| {
        let seen = track.iter().take_while(|(at, ..)| *at <= second).last();
        seen.map(|(_, at, _)| *at)
    };
    let (evening, morning) = (23 * 3_600, (24 + 6) * 3_600);
    let mornings: Vec<_> = week.tracks.iter().map(|track| at(track, morning)).collect();
    let mut right = 0;
    for (i, track) in week.tracks.iter().enumerate() {
        let stood = at(track, evening);
        let same: Vec<usize> = (0..mornings.len())
            .filter(|of| stood.is_some() && mornings[*of] == stood)
            .collect();
        right += usize::from(same == [i]);
    }
    rate(
        right,
        100.0 / week.tracks.len().max(1) as f64,
        week.tracks.len(),
    )
}
