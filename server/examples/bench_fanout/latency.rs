//! How long reports take from their source to every viewer.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::probes::Seen;
use crate::viewers::{Arrival, Crowd};

/// Reports of the last moments may still be on their way; a viewer that has not got an older one counts as having
/// waited until now.
const ON_THEIR_WAY: Duration = Duration::from_millis(2_500);

pub struct Latency {
    pub probes: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// From the first viewer that has a tick to each other.
    pub spread_p99_ms: f64,
}

impl Latency {
    /// Of what was sent since then; forgets it.
    pub fn of(crowd: &Crowd, seen: &Mutex<Vec<Seen>>, from: Instant) -> Option<Self> {
        let now = Instant::now();
        let until = now - ON_THEIR_WAY;
        let mut seen = std::mem::take(&mut *seen.lock().expect("no panic while held"));
        seen.retain(|seen| (from..until).contains(&seen.sent));
        let arrivals: Vec<Vec<Arrival>> = crowd
            .arrivals
            .iter()
            .map(|arrivals| std::mem::take(&mut *arrivals.lock().expect("no panic while held")))
            .collect();
        let mut waits = Vec::with_capacity(seen.len() * arrivals.len());
        let mut first: HashMap<u64, Instant> = HashMap::new();
        let mut ticks: Vec<Arrival> = Vec::new();
        for of_viewer in &arrivals {
            for seen in &seen {
                let got = of_viewer.partition_point(|arrival| arrival.tick < seen.tick);
                let at = of_viewer.get(got).map_or(now, |arrival| arrival.at);
                waits.push(at.saturating_duration_since(seen.sent));
            }
            for arrival in of_viewer.iter().filter(|arrival| arrival.at >= from) {
                let first = first.entry(arrival.tick).or_insert(arrival.at);
                *first = arrival.at.min(*first);
                ticks.push(*arrival);
            }
        }
        let mut spreads: Vec<Duration> = ticks
            .iter()
            .map(|arrival| arrival.at - first[&arrival.tick])
            .collect();
        Some(Self {
            probes: seen.len(),
            p50_ms: share_ms(&mut waits, 50)?,
            p99_ms: share_ms(&mut waits, 99)?,
            spread_p99_ms: share_ms(&mut spreads, 99)?,
        })
    }
}

fn share_ms(values: &mut [Duration], percent: usize) -> Option<f64> {
    values.sort_unstable();
    let value = values.get(values.len() * percent / 100)?;
    Some(value.as_secs_f64() * 1e3)
}
