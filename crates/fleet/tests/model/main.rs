//! The model test: a seeded fleet, viewers that pan, zoom, stall and reconnect at any moment, and after every tick
//! two comparisons. The fleet must show what a naive reading of the rules says (`oracle`), and what each viewer has
//! decoded from bytes must be what a walk over the fleet finds in its cells (`viewer`).
//!
//! That it would notice is shown by planting three faults, one at a time: a leave that is not told, a tick whose
//! frames are lost, a rebase that puts two equal dots in another order. Each must make the test fail.

mod oracle;
mod viewer;

use fleet::{
    Applied, Class, Fault, Fleet, Now, RegistryEntry, Report, Rules, SCOPES, SourceId, Zone,
    ZoneRule, Zones,
};
use gb32960::{Edition, Reading, Vin};
use oracle::Oracle;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use viewer::Viewer;
use wire::{Activity, WorldPoint};

const TICKS: u64 = 120;
const VEHICLES: u32 = 140;
const VIEWERS: usize = 6;
const START_UNIX_S: i64 = 1_700_000_000;

/// Places where things go wrong: a city, a corner where four cells of every level up to 11 meet, the date line.
fn places() -> [WorldPoint; 3] {
    [
        WorldPoint::from_lon_lat(121.47, 31.23),
        WorldPoint {
            x: 1715 << 21,
            y: 836 << 21,
        },
        WorldPoint { x: 0, y: 3 << 30 },
    ]
}

struct World {
    rng: ChaCha8Rng,
    fleet: Fleet,
    oracle: Oracle,
    viewers: Vec<Viewer>,
    now: Now,
}

impl World {
    fn new(seed: u64) -> Self {
        let rules = Rules {
            seed,
            max_vehicles: VEHICLES - 5,
            ..Rules::default()
        };
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            oracle: Oracle::new(rules.clone()),
            fleet: Fleet::new(rules),
            viewers: (0..VIEWERS).map(|i| Viewer::new(i as u8 % 2)).collect(),
            now: Now {
                unix_ms: START_UNIX_S * 1_000,
                mono_ms: 5_000,
            },
        }
    }

    fn vin(number: u32) -> Vin {
        let mut vin = *b"TEST0000000000000";
        vin[9..].copy_from_slice(format!("{number:08}").as_bytes());
        Vin(vin)
    }

    fn somewhere(&mut self) -> WorldPoint {
        let centre = places()[self.rng.random_range(0..3)];
        // Steps of few sizes and places, so that dots meet in one position at every level.
        let step = 1i32 << self.rng.random_range(0..24);
        WorldPoint {
            x: centre
                .x
                .wrapping_add_signed(self.rng.random_range(-3..3) * step),
            y: centre
                .y
                .wrapping_add_signed(self.rng.random_range(-3..3) * step),
        }
    }

    /// Around somewhere, for the blurred scope: its viewers must see what it shows, whatever that is.
    fn zone(&mut self) -> Zone {
        let (lon, lat) = self.somewhere().to_lon_lat();
        // Outlines do not go across the date line.
        let lon = lon.clamp(-179.9, 179.9);
        let half = f64::from(self.rng.random_range(1..20)) / 1_000.0;
        let outline = geo::Rect::new(
            geo::coord! { x: lon - half, y: lat - half },
            geo::coord! { x: lon + half, y: lat + half },
        );
        let rule = match self.rng.random_range(0..3) {
            0 => ZoneRule::Hide,
            1 => ZoneRule::Delay {
                seconds: self.rng.random_range(1..20),
            },
            _ => ZoneRule::Coarsen {
                level: self.rng.random_range(0..12),
            },
        };
        let mut exempt = [false; SCOPES];
        exempt[0] = true;
        Zone {
            name: String::new(),
            outline: outline.to_polygon().into(),
            rule,
            exempt,
        }
    }

    fn report(&mut self) -> Report {
        let vin = Self::vin(self.rng.random_range(0..VEHICLES));
        let known = self.oracle.fix_of(&vin);
        let fix = match (self.rng.random_range(0..10), known) {
            (0, _) => None,
            (1..4, Some(at)) => Some(at),
            (4..8, Some(at)) => {
                let step = 1i32 << self.rng.random_range(0..22);
                Some(WorldPoint {
                    x: at
                        .x
                        .wrapping_add_signed(self.rng.random_range(-2..3) * step),
                    y: at
                        .y
                        .wrapping_add_signed(self.rng.random_range(-2..3) * step),
                })
            }
            _ => Some(self.somewhere()),
        };
        let stamp_unix_s = self.now.unix_ms / 1_000
            + match self.rng.random_range(0..12) {
                0 => -self.rng.random_range(1..40),
                1 => self.rng.random_range(1..60),
                2 => self.rng.random_range(61..90_000),
                _ => 0,
            };
        let one_in = |rng: &mut ChaCha8Rng, n: u32| rng.random_range(0..n) == 0;
        Report {
            vin,
            source: SourceId(self.rng.random_range(0..2)),
            stamp_unix_s,
            reissued: one_in(&mut self.rng, 15),
            edition: Some(Edition::V2016),
            fix,
            raw_position: None,
            activity: (!one_in(&mut self.rng, 4))
                .then(|| Activity::ALL[self.rng.random_range(0..5)]),
            speed_dkmh: Some(Reading::Value(if one_in(&mut self.rng, 3) {
                0
            } else {
                123
            })),
            odometer_hm: None,
            soc_pct: one_in(&mut self.rng, 3).then(|| match self.rng.random_range(0..4) {
                0 => Reading::Invalid,
                1 => Reading::Abnormal,
                _ => Reading::Value(self.rng.random_range(0..=100)),
            }),
            alarm_level: one_in(&mut self.rng, 5)
                .then(|| Reading::Value(self.rng.random_range(0..4))),
            items: bytes::Bytes::from_static(b"what the terminal sent"),
        }
    }

    fn something_happens(&mut self) -> Result<(), String> {
        match self.rng.random_range(0..100) {
            0..88 => {
                let report = self.report();
                let applied = self.fleet.apply(&report, self.now);
                let expected = self.oracle.apply(&report, self.now);
                if applied != expected {
                    return Err(format!("report {applied:?}, by the rules {expected:?}"));
                }
            }
            88..90 => {
                let entry = RegistryEntry {
                    vin: Self::vin(self.rng.random_range(0..VEHICLES)),
                    make: "Make".into(),
                    model: "Model".into(),
                    class: Class::ALL[self.rng.random_range(0..6)],
                };
                self.fleet.register(&entry);
                self.oracle.register(&entry);
            }
            90 => {
                let source = SourceId(self.rng.random_range(0..2));
                let connected = self.rng.random_range(0..3) > 0;
                self.fleet.source_state(source, connected, self.now);
                self.oracle.source_state(source, connected, self.now);
            }
            91 if self.rng.random_range(0..3) == 0 => {
                let zones: Vec<Zone> = (0..self.rng.random_range(0..3))
                    .map(|_| self.zone())
                    .collect();
                self.fleet
                    .set_zones(Zones::new(&zones).map_err(|e| e.to_string())?);
            }
            92 if self.rng.random_range(0..8) == 0 => {
                let older_than_ms = [20_000, 60_000, 700_000][self.rng.random_range(0..3)];
                let gone = self.fleet.forget(0..u32::MAX, older_than_ms, self.now);
                let expected = self.oracle.forget(older_than_ms, self.now);
                // Those that were only ever re-issued or ahead of the clock count too, and the oracle keeps none.
                if gone < expected {
                    return Err(format!("{gone} were forgotten, by the rules {expected}"));
                }
            }
            _ => {
                let i = self.rng.random_range(0..VIEWERS);
                let place = self.somewhere();
                self.viewers[i].acts(&mut self.fleet, &mut self.rng, place)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), String> {
        let step_ms = match self.rng.random_range(0..20) {
            0 => 80_000,
            1 => 700_000,
            _ => 1_000,
        };
        self.now.unix_ms += step_ms;
        self.now.mono_ms += step_ms as u64;
        self.fleet.tick(self.now);
        self.oracle.tick(&self.fleet, self.now)?;
        for viewer in &mut self.viewers {
            viewer.takes_tick(&self.fleet, &mut self.rng)?;
        }
        Ok(())
    }
}

/// Runs one seed; the error says what differed first.
fn run(seed: u64, fault: Option<Fault>) -> Result<(), String> {
    let mut world = World::new(seed);
    for tick in 1..=TICKS {
        if tick == 20
            && let Some(fault) = fault
        {
            world.fleet.plant(fault);
        }
        // A burst now and then, so that deltas outgrow the base.
        let happenings = world.rng.random_range(0..60);
        for _ in 0..happenings {
            world
                .something_happens()
                .map_err(|e| format!("seed {seed}, before tick {tick}: {e}"))?;
        }
        world
            .tick()
            .map_err(|e| format!("seed {seed}, tick {tick}: {e}"))?;
    }
    Ok(())
}

#[test]
fn every_viewer_sees_the_fleet_at_the_tick_it_is_stamped_with() {
    for seed in 0..24 {
        run(seed, None).unwrap();
    }
}

/// Plants a fault at tick 20; whatever the seed, the test must fail soon after.
fn is_noticed(fault: Fault) {
    for seed in 0..6 {
        let how = run(seed, Some(fault)).expect_err("the fault was not noticed");
        println!("{fault:?} noticed: {how}");
    }
}

#[test]
fn a_lost_leave_is_noticed() {
    is_noticed(Fault::LostLeave);
}

#[test]
fn a_skipped_tick_is_noticed() {
    is_noticed(Fault::SkippedTick);
}

#[test]
fn a_rebase_that_sorts_ties_differently_is_noticed() {
    is_noticed(Fault::RebaseTies);
}

#[test]
fn a_report_for_which_there_is_no_room_is_refused() {
    let mut fleet = Fleet::new(Rules {
        max_vehicles: 1,
        ..Rules::default()
    });
    let mut world = World::new(1);
    let mut report = world.report();
    report.reissued = false;
    report.stamp_unix_s = START_UNIX_S;
    assert_ne!(fleet.apply(&report, world.now), Applied::Full);
    report.vin = World::vin(99_999);
    assert_eq!(fleet.apply(&report, world.now), Applied::Full);
}
