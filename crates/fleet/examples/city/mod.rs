//! A made-up city to measure with: rings, radial roads and thousands of winding streets in Shanghai's extent, a third
//! of the vehicles driving with stops at lights, the others off, parked or at chargers. The same seed gives the same
//! city; a report is a function of vehicle and second, so nothing is stored between ticks.

use std::f64::consts::TAU;

use bytes::Bytes;
use fleet::{Class, Fleet, Now, RegistryEntry, Report, SourceId};
use gb32960::{Edition, Reading, Vin};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::{Activity, WorldPoint};

/// Metres between the points of a road.
const SPACING_M: f64 = 50.0;
/// The first second of every run: 2023-11-14.
const START_UNIX_S: i64 = 1_700_000_000;
/// Before that, so that vehicles can have been silent for long.
const START_MONO_MS: u64 = 10_000_000;

type Road = Vec<(f64, f64)>;

/// What is the same for a vehicle all along.
struct Car {
    road: u32,
    activity: Activity,
    class: Class,
    soc_pct: u8,
    alarm: Option<u8>,
    /// When in its interval it reports, in seconds.
    phase_s: u32,
    /// Heard last so long before the start, and never again.
    silent_since_s: Option<u32>,
    start_m: f32,
    speed_m_s: f32,
    /// A stretch of driving and a wait at a light, in seconds.
    cycle_s: f32,
    /// Beside the road, to the right as it drives.
    aside_m: f32,
}

pub struct City {
    /// Around the first place; the others have the same.
    roads: Vec<Road>,
    /// From the first place to each, in world units.
    away: Vec<(f64, f64)>,
    cars: Vec<Car>,
    items: Bytes,
}

/// World units in a metre on the ground of Shanghai.
fn units_per_metre() -> f64 {
    WorldPoint::from_lon_lat(121.47, 31.23).units_per_metre()
}

fn walk(rng: &mut ChaCha8Rng, from: (f64, f64), heading: f64, bend: f64, length_m: f64) -> Road {
    let step = SPACING_M * units_per_metre();
    let (mut at, mut heading) = (from, heading);
    let mut road = vec![at];
    for _ in 0..(length_m / SPACING_M) as usize {
        heading += bend + rng.random_range(-0.035..0.035);
        at = (at.0 + step * heading.cos(), at.1 + step * heading.sin());
        road.push(at);
    }
    road
}

fn roads_of(rng: &mut ChaCha8Rng, centre: WorldPoint, roads: &mut Vec<Road>) {
    let unit = units_per_metre();
    let centre = (f64::from(centre.x), f64::from(centre.y));
    let around = |radius_m: f64, angle: f64| {
        (
            centre.0 + radius_m * unit * angle.cos(),
            centre.1 + radius_m * unit * angle.sin(),
        )
    };
    for radius_m in [4_000.0, 9_000.0, 16_000.0, 26_000.0] {
        for quarter in 0..4 {
            let angle = f64::from(quarter) * TAU / 4.0;
            let heading = angle + TAU / 4.0;
            let bend = SPACING_M / radius_m;
            let length_m = radius_m * TAU / 4.0;
            roads.push(walk(rng, around(radius_m, angle), heading, bend, length_m));
        }
    }
    for spoke in 0..12 {
        let angle = f64::from(spoke) * TAU / 12.0;
        roads.push(walk(rng, around(1_500.0, angle), angle, 0.0, 38_000.0));
    }
    for _ in 0..8_000 {
        // Dense in the middle, thin at the edge, cut off at 45 km.
        let radius_m = (-rng.random_range(0.002f64..1.0).ln() * 11_000.0).min(45_000.0);
        let angle = rng.random_range(0.0..TAU);
        let grid = (angle * 3.0).floor() * 0.2 + rng.random_range(-0.06..0.06);
        let heading = grid + f64::from(rng.random_range(0..4)) * TAU / 4.0;
        let length_m = rng.random_range(400.0..3_500.0);
        roads.push(walk(rng, around(radius_m, angle), heading, 0.0, length_m));
    }
}

fn mix(mut v: u64) -> u64 {
    v = (v ^ (v >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    v = (v ^ (v >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    v ^ (v >> 31)
}

impl City {
    /// `count` vehicles spread evenly over cities at these places (longitude, latitude); each report carries
    /// `item_bytes` of information items.
    pub fn new(seed: u64, count: usize, centres: &[(f64, f64)], item_bytes: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut roads = Vec::new();
        let places: Vec<WorldPoint> = centres
            .iter()
            .map(|(lon, lat)| WorldPoint::from_lon_lat(*lon, *lat))
            .collect();
        roads_of(&mut rng, places[0], &mut roads);
        let away = |to: u32, from: u32| f64::from(to) - f64::from(from);
        let away = places
            .iter()
            .map(|place| (away(place.x, places[0].x), away(place.y, places[0].y)))
            .collect();
        // Roads take traffic by their length.
        let mut by_length = Vec::new();
        for (i, road) in roads.iter().enumerate() {
            by_length.extend(std::iter::repeat_n(i as u32, road.len() / 8 + 1));
        }
        let cars = (0..count)
            .map(|_| car(&mut rng, &roads, &by_length))
            .collect();
        Self {
            roads,
            away,
            cars,
            items: report_items(item_bytes),
        }
    }

    pub fn now(second: i64) -> Now {
        Now {
            unix_ms: (START_UNIX_S + second) * 1_000,
            mono_ms: START_MONO_MS.saturating_add_signed(second * 1_000),
        }
    }

    /// Registers everybody and has everybody heard once, some of them long ago.
    pub fn populate(&self, fleet: &mut Fleet) {
        for (i, car) in self.cars.iter().enumerate() {
            fleet.register(&RegistryEntry {
                vin: vin(i),
                make: "Make".into(),
                model: "Model".into(),
                class: car.class,
            });
        }
        for i in 0..self.cars.len() {
            let heard_s = match self.cars[i].silent_since_s {
                Some(since_s) => -i64::from(since_s),
                None => -i64::from(self.cars[i].phase_s % 10),
            };
            fleet.apply(&self.report(i, heard_s), Self::now(heard_s));
        }
    }

    /// The vehicles that report in a second, each every `interval_s`.
    pub fn reporting(&self, second: i64, interval_s: i64) -> impl Iterator<Item = usize> + '_ {
        self.cars
            .iter()
            .enumerate()
            .filter(move |(_, car)| {
                car.silent_since_s.is_none()
                    && (second + i64::from(car.phase_s)).rem_euclid(interval_s) == 0
            })
            .map(|(i, _)| i)
    }

    pub fn report(&self, i: usize, second: i64) -> Report {
        let car = &self.cars[i];
        let (at, stands) = self.position(i, second);
        Report {
            vin: vin(i),
            source: SourceId(0),
            stamp_unix_s: START_UNIX_S + second,
            reissued: false,
            edition: Some(Edition::V2016),
            fix: Some(at),
            raw_position: None,
            activity: Some(car.activity),
            speed_dkmh: Some(Reading::Value(if stands {
                0
            } else {
                (car.speed_m_s * 36.0) as u16
            })),
            odometer_hm: Some(Reading::Value(123_456 + i as u32)),
            soc_pct: Some(Reading::Value(self.soc_pct(car, second))),
            alarm_level: car.alarm.map(Reading::Value),
            items: self.items.clone(),
        }
    }

    fn soc_pct(&self, car: &Car, second: i64) -> u8 {
        // A full charge takes an hour, an empty battery five hours of driving.
        let change = match car.activity {
            Activity::Charging => second / 36,
            Activity::Driving => -second / 180,
            _ => 0,
        };
        (i64::from(car.soc_pct) + change).clamp(0, 100) as u8
    }

    fn position(&self, i: usize, second: i64) -> (WorldPoint, bool) {
        let car = &self.cars[i];
        let road = &self.roads[car.road as usize];
        let length_m = (road.len() - 1) as f64 * SPACING_M;
        let (mut along_m, mut stands) = (f64::from(car.start_m), true);
        let (cycle_s, speed_m_s) = (f64::from(car.cycle_s), f64::from(car.speed_m_s));
        if car.activity == Activity::Driving {
            let time_s = second as f64 + 100_000.0 + f64::from(car.phase_s) * 7.0;
            let (cycles, rest_s) = ((time_s / cycle_s).floor(), time_s % cycle_s);
            let drive_s = cycle_s * 0.72;
            stands = rest_s > drive_s;
            along_m += speed_m_s * (cycles * drive_s + rest_s.min(drive_s));
        }
        // To the end of the road and back again, on the other side.
        let lap_m = along_m.rem_euclid(2.0 * length_m);
        let (on_m, side) = if lap_m < length_m {
            (lap_m, 1.0)
        } else {
            (2.0 * length_m - lap_m, -1.0)
        };
        let part = (on_m / SPACING_M).min((road.len() - 1) as f64 - 1e-6);
        let (k, t) = (part as usize, part.fract());
        let ((x0, y0), (x1, y1)) = (road[k], road[k + 1]);
        let (dx, dy) = (x1 - x0, y1 - y0);
        let unit = units_per_metre();
        let across = side * f64::from(car.aside_m) * unit / dx.hypot(dy);
        let away = self.away[i % self.away.len()];
        // A receiver strays a little while driving; standing, terminals hold the last fix.
        let lot = mix(i as u64 ^ (second as u64) << 32);
        let stray = |bits: u64| {
            if stands {
                0.0
            } else {
                ((bits & 0xffff) as f64 / 65_535.0 - 0.5) * 6.0 * unit
            }
        };
        let at = WorldPoint {
            x: (away.0 + x0 + t * dx - across * dy + stray(lot)) as u32,
            y: (away.1 + y0 + t * dy + across * dx + stray(lot >> 16)) as u32,
        };
        (at, stands)
    }
}

fn car(rng: &mut ChaCha8Rng, roads: &[Road], by_length: &[u32]) -> Car {
    let activity = match rng.random_range(0..100) {
        0..33 => Activity::Driving,
        33..41 => Activity::Charging,
        41..50 => Activity::Parked,
        _ => Activity::Off,
    };
    let road = by_length[rng.random_range(0..by_length.len())];
    let length_m = (roads[road as usize].len() - 1) as f64 * SPACING_M;
    let driving = activity == Activity::Driving;
    let mut start_m = rng.random_range(0.0..2.0 * length_m);
    let mut aside_m = if driving {
        rng.random_range(2.0..9.0)
    } else {
        rng.random_range(4.0..90.0)
    };
    if activity == Activity::Charging {
        // Chargers stand together, one station on a road.
        start_m = length_m * 0.3 + f64::from(rng.random_range(0..10)) * 3.0;
        aside_m = 30.0 + rng.random_range(0..4) as f32 * 6.0;
    }
    Car {
        road,
        activity,
        class: match rng.random_range(0..20) {
            0..13 => Class::Private,
            13..16 => Class::Taxi,
            16 => Class::Bus,
            17 => Class::Logistics,
            18 => Class::Sanitation,
            _ => Class::Other,
        },
        soc_pct: rng.random_range(4..=100),
        alarm: match rng.random_range(0..1_000) {
            0..50 => None,
            50..970 => Some(0),
            970..990 => Some(1),
            990..997 => Some(2),
            _ => Some(3),
        },
        phase_s: rng.random_range(0..30),
        silent_since_s: match rng.random_range(0..100) {
            0..3 => Some(rng.random_range(200..400)),
            3..7 => Some(rng.random_range(1_000..9_000)),
            _ => None,
        },
        start_m: start_m as f32,
        speed_m_s: rng.random_range(5.0..19.0),
        cycle_s: rng.random_range(50.0..130.0),
        aside_m,
    }
}

/// A well-formed look, and nobody's.
pub fn vin(i: usize) -> Vin {
    let mut vin = *b"LTEST000000000000";
    vin[9..].copy_from_slice(format!("{i:08}").as_bytes());
    Vin(vin)
}

/// A data unit of the 2016 edition: whole vehicle, motor, position, extremes, alarms as lengths require, and cell
/// voltages up to the size wanted.
fn report_items(item_bytes: usize) -> Bytes {
    let mut unit = vec![23, 11, 14, 22, 13, 20];
    unit.push(0x01);
    unit.extend([1; 20]);
    unit.push(0x05);
    unit.extend([0; 9]);
    unit.push(0x06);
    unit.extend([1; 14]);
    let cells = item_bytes.saturating_sub(unit.len() + 12) / 2;
    if cells > 0 {
        let cells = cells.min(200) as u8;
        unit.extend([0x08, 1, 1, 0x0f, 0xa0, 0x27, 0x10, 0, cells, 0, 1, cells]);
        unit.extend(std::iter::repeat_n([0x0e, 0x74], usize::from(cells)).flatten());
    }
    let rest = item_bytes.saturating_sub(unit.len() + 3);
    if rest > 0 {
        unit.push(0x80);
        unit.extend((rest as u16).to_be_bytes());
        unit.extend(std::iter::repeat_n(0x5a, rest));
    }
    Bytes::from(unit)
}
