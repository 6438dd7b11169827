//! A recording becomes traffic: shifted to now, at any speed, looped, folded, cloned.
//!
//! Each recorded vehicle is a cursor over its track. A tenth of the vehicles is looked at every 100 ms, so
//! that each is looked at once a second and sends the newest recorded moment that has come due since, if
//! any: whatever the speed, a vehicle sends at most one report a second and its stamps rise. Between the
//! end of its track and the next loop it stands, off, and says so every ten seconds. What the recording does
//! not hold (odometer, and state of charge where the whole track has none) is derived from the distance
//! driven; a deterministic few vehicles mark those values invalid or abnormal instead.

use std::collections::HashSet;

use crate::chance::{Chance, of_bytes};
use crate::identity::Identity;
use crate::recording::{Moment, Recording};
use crate::report::{Charge, Power, Report, Told, Traffic, Values};

/// A standing vehicle repeats itself this often.
const STANDING_INTERVAL_S: i64 = 10;
/// Between two loops, in recorded time.
const PAUSE_MS: i64 = 20_000;
/// Recorded positions further apart than this speed allows are a fault of the recording, not driving.
const FASTEST_M_PER_S: f32 = 60.0;
/// Vehicles looked at per step of 100 ms: one in ten.
const STEPS_PER_S: i64 = 10;

#[derive(Clone, Debug)]
pub struct Options {
    /// Recorded seconds per second.
    pub speed: f64,
    /// Start again at the end; otherwise the traffic finishes.
    pub looped: bool,
    /// Every trip begins at the start, and loops by itself.
    pub fold: bool,
    /// Vehicles made of each recorded one, offset in time (which needs `looped` to make sense).
    pub clones: u32,
    /// A vehicle reports no more often than this.
    pub interval_s: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            speed: 1.0,
            looped: false,
            fold: false,
            clones: 1,
            interval_s: 1,
        }
    }
}

pub struct Playback {
    tracks: Vec<Road>,
    vehicles: Vec<Vehicle>,
    identities: Vec<Identity>,
    options: Options,
    start_unix_ms: Option<i64>,
    last_step: i64,
    finished: bool,
}

/// One track and what is derived from it.
struct Road {
    moments: Vec<Moment>,
    /// Metres driven from the first moment to each, in step with `moments`.
    driven_m: Vec<f32>,
    /// When the first moment is due, after the start of a lap.
    begins_ms: i64,
    period_ms: i64,
    has_soc: bool,
}

struct Vehicle {
    track: u32,
    shift_ms: i64,
    lap: i64,
    /// The next moment that is not yet due in this lap.
    next: usize,
    /// Newest (lap, moment) that was sent.
    sent: Option<(i64, usize)>,
    stamp_unix_s: i64,
}

impl Playback {
    /// The moments of `recording` that lie in one period of play.
    #[must_use]
    pub fn new(recording: Recording, options: Options) -> Self {
        let first_ms = recording
            .tracks
            .iter()
            .map(|t| t.moments[0].t_ms)
            .min()
            .unwrap_or(0);
        let last_ms = recording
            .tracks
            .iter()
            .map(|t| t.moments[t.moments.len() - 1].t_ms)
            .max()
            .unwrap_or(0);
        let mut tracks = Vec::with_capacity(recording.tracks.len());
        let mut vehicles = Vec::new();
        let mut identities = Vec::new();
        let mut taken = HashSet::new();
        for (index, track) in (0u32..).zip(recording.tracks) {
            let own_first_ms = track.moments[0].t_ms;
            let own_last_ms = track.moments[track.moments.len() - 1].t_ms;
            let (begins_ms, period_ms) = if options.fold {
                (0, own_last_ms - own_first_ms + PAUSE_MS)
            } else {
                (own_first_ms - first_ms, last_ms - first_ms + PAUSE_MS)
            };
            for clone in 0..options.clones.max(1) {
                identities.push(Identity::of_recorded(&track.id, clone, &mut taken));
                vehicles.push(Vehicle {
                    track: index,
                    shift_ms: period_ms * i64::from(clone) / i64::from(options.clones.max(1)),
                    lap: -1,
                    next: 0,
                    sent: None,
                    stamp_unix_s: i64::MIN,
                });
            }
            tracks.push(Road {
                driven_m: driven(&track.moments),
                has_soc: track.moments.iter().any(|m| m.soc.is_some()),
                moments: track.moments,
                begins_ms,
                period_ms,
            });
        }
        Self {
            tracks,
            vehicles,
            identities,
            options,
            start_unix_ms: None,
            last_step: 0,
            finished: false,
        }
    }

    /// Looks at one vehicle; whether it has something to say now.
    fn due(&mut self, vehicle: usize, now_unix_ms: i64, played_ms: i64) -> Option<Report> {
        let Options {
            looped, interval_s, ..
        } = self.options;
        let state = &mut self.vehicles[vehicle];
        let road = &self.tracks[state.track as usize];
        let at_ms = played_ms + state.shift_ms;
        let (lap, in_lap_ms) = if looped {
            (
                at_ms.div_euclid(road.period_ms),
                at_ms.rem_euclid(road.period_ms),
            )
        } else {
            (0, at_ms)
        };
        if lap != state.lap {
            state.lap = lap;
            state.next = 0;
        }
        let first_t_ms = road.moments[0].t_ms;
        while let Some(moment) = road.moments.get(state.next)
            && moment.t_ms - first_t_ms + road.begins_ms <= in_lap_ms
        {
            state.next += 1;
        }
        let stamp_unix_s = now_unix_ms.div_euclid(1000);
        let since_s = stamp_unix_s.saturating_sub(state.stamp_unix_s);
        if since_s < i64::from(interval_s.max(1)) {
            return None;
        }
        // Before its own start, a vehicle stands where its last lap ended; in the first lap it is unknown.
        let newest = match state.next {
            0 if lap > 0 => (lap - 1, road.moments.len() - 1),
            0 => return None,
            next => (lap, next - 1),
        };
        let standing = newest.1 + 1 == road.moments.len();
        if state.sent == Some(newest) && (!standing || since_s < STANDING_INTERVAL_S) {
            return None;
        }
        state.sent = Some(newest);
        state.stamp_unix_s = stamp_unix_s;
        let identity = &self.identities[vehicle];
        Some(Report {
            vehicle: vehicle as u32,
            stamp_unix_s,
            reissued: false,
            values: values(identity, road, newest.0, newest.1, standing),
        })
    }
}

impl Traffic for Playback {
    fn identities(&self) -> &[Identity] {
        &self.identities
    }

    fn advance(&mut self, now_unix_ms: i64, send: &mut dyn FnMut(&Report)) {
        let step = now_unix_ms.div_euclid(1000 / STEPS_PER_S);
        if self.start_unix_ms.is_none() {
            self.start_unix_ms = Some(now_unix_ms);
            self.last_step = step - 1;
        }
        let started_ms = self.start_unix_ms.unwrap_or(now_unix_ms);
        let played_ms = ((now_unix_ms - started_ms) as f64 * self.options.speed) as i64;
        // A late caller does not look at a vehicle twice.
        let from = self.last_step.max(step - STEPS_PER_S) + 1;
        self.last_step = step;
        for step in from..=step {
            let first = step.rem_euclid(STEPS_PER_S) as usize;
            for vehicle in (first..self.vehicles.len()).step_by(STEPS_PER_S as usize) {
                if let Some(report) = self.due(vehicle, now_unix_ms, played_ms) {
                    send(&report);
                }
            }
        }
        self.finished = !self.options.looped
            && self.vehicles.iter().all(|vehicle| {
                let road = &self.tracks[vehicle.track as usize];
                vehicle.sent == Some((0, road.moments.len() - 1))
            });
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

/// What the vehicle says at one recorded moment of one lap.
fn values(identity: &Identity, road: &Road, lap: i64, at: usize, standing: bool) -> Values {
    let moment = &road.moments[at];
    let key = of_bytes(identity.vin.0.as_slice());
    let throw = |what| Chance::new(0, key, what);
    let model = identity.model();
    let lap_m = road.driven_m[road.driven_m.len() - 1];
    let driven_m = road.driven_m[at];

    let odometer_km = throw(1).between(2_000.0, 110_000.0).floor();
    let odometer_hm = odometer_km as u32 * 10
        + (lap.max(0) as f64 * f64::from(lap_m) / 100.0 + f64::from(driven_m) / 100.0) as u32;

    // What the pack holds when a lap begins: it is charged again between the laps.
    let start_pct = throw(2).then(lap as u64).between(45.0, 95.0);
    let used_pct = driven_m / 1000.0 * model.wh_per_km / 10.0 / model.battery_kwh;
    let soc_pct = match (road.has_soc, moment.soc) {
        (true, Some(recorded)) => Told::Value(recorded.round() as u8),
        (true, None) => Told::Invalid,
        (false, _) => Told::Value((start_pct - used_pct).max(5.0).round() as u8),
    };
    // The few that show what a wall must cope with.
    let (soc_pct, odometer_hm) = match throw(3).below(24) {
        0 => (Told::Invalid, Told::Value(odometer_hm)),
        1 => (Told::Abnormal, Told::Value(odometer_hm)),
        2 => (soc_pct, Told::Invalid),
        3 => (soc_pct, Told::Abnormal),
        _ => (soc_pct, Told::Value(odometer_hm)),
    };
    let speed_dkmh = match moment.speed_kmh {
        _ if standing => Told::Value(0),
        Some(speed_kmh) => Told::Value((speed_kmh * 10.0).round().clamp(0.0, 2200.0) as u16),
        None => Told::Invalid,
    };
    let moving = matches!(speed_dkmh, Told::Value(1..));
    Values {
        power: if standing { Power::Off } else { Power::Started },
        charge: Charge::Not,
        speed_dkmh,
        odometer_hm,
        soc_pct,
        current_da: if moving { 250 } else { 10 },
        fix_valid: true,
        lon_e6: (moment.lon * 1e6).round() as i32,
        lat_e6: (moment.lat * 1e6).round() as i32,
        alarm_level: 0,
        alarm_flags: 0,
        temp_c: 22 + throw(4).below(10) as i8,
    }
}

/// Metres along the track up to each moment.
fn driven(moments: &[Moment]) -> Vec<f32> {
    let mut sum_m = 0.0f64;
    let mut driven_m = vec![0.0f32];
    for pair in moments.windows(2) {
        let seconds = (pair[1].t_ms - pair[0].t_ms) as f32 / 1000.0;
        let metres =
            crate::ground::metres_between((pair[0].lon, pair[0].lat), (pair[1].lon, pair[1].lat));
        sum_m += f64::from(metres.min(seconds * FASTEST_M_PER_S));
        driven_m.push(sum_m as f32);
    }
    driven_m
}
