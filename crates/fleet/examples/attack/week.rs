//! A made-up week of private cars between home and work, and what one viewer's session receives of it: every byte is
//! made by the fleet and read by the mirror that the page has.
//!
//! Cars leave home between seven and half past eight, work between five and half past six in the afternoon, drive along
//! streets a hundred metres apart, report every ten seconds while they drive and once when they are switched off.

use std::collections::HashMap;

use bytes::Bytes;
use fleet::{
    Class, District, Fleet, Now, RegistryEntry, Report, Rules, SCOPES, SourceId, Zone, ZoneRule,
    Zones,
};
use gb32960::{Edition, Reading, Vin};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::{Activity, CellKey, CellMirror, CellPoint, Change, Down, Status, WorldPoint, frames};

/// The cell of level 11 that the city lies in, some 17 km wide, as a viewer sees it.
pub const CITY: CellKey = CellKey {
    scope: 1,
    level: 11,
    x: 1715,
    y: 836,
};
const MONDAY_UNIX_S: i64 = 1_699_833_600;
const STEP_S: i64 = 10;
/// Positions of the cell from street to street, about a hundred metres.
const STREETS: u16 = 26;
/// Positions of the cell that a car drives in ten seconds, about 110 m.
const STEP: u16 = 28;

pub struct Car {
    pub home: CellPoint,
    pub work: CellPoint,
}

/// One dot as the page followed it: second of the week, place, what it does.
pub type Track = Vec<(i64, CellPoint, Activity)>;

pub struct Week {
    pub cars: Vec<Car>,
    /// What the viewer could follow, dot by dot.
    pub tracks: Vec<Track>,
    /// Of every tick: its second, what the status said, and who went into the zone.
    pub ticks: Vec<(i64, Status, Vec<usize>)>,
    /// The true number of driving cars by district at the ticks that told districts.
    pub driving: HashMap<i64, Vec<u32>>,
    pub rebases: u32,
    /// Of each followed dot: the vehicle that it was at the first tick and is at the last.
    pub followed_right: usize,
}

pub struct Plan {
    pub seed: u64,
    pub cars: usize,
    pub days: i64,
    pub rules: Rules,
}

fn world(at: CellPoint) -> WorldPoint {
    CITY.world_from_cell(at)
}

pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let unit_m = f64::from(CITY.unit_world()) / world(CellPoint::default()).units_per_metre();
    (a.0 - b.0).hypot(a.1 - b.1) * unit_m
}

/// About so many positions are so many metres.
pub fn positions(of_m: f64) -> f64 {
    of_m / metres((0.0, 0.0), (1.0, 0.0))
}

fn vin(car: usize) -> Vin {
    let mut vin = *b"TEST0000000000000";
    vin[9..].copy_from_slice(format!("{car:08}").as_bytes());
    Vin(vin)
}

/// Every tenth second of a way from one place to another: along a street, then along another.
fn way(from: CellPoint, to: CellPoint) -> Vec<CellPoint> {
    let street = |along: u16| (along + STREETS / 2) / STREETS * STREETS;
    let (mut at, mut way) = (from, vec![from]);
    let corners = [
        CellPoint {
            x: from.x,
            y: street(from.y),
        },
        CellPoint {
            x: street(to.x),
            y: street(from.y),
        },
        CellPoint {
            x: street(to.x),
            y: to.y,
        },
        to,
    ];
    for corner in corners {
        while at != corner {
            let toward = |at: u16, to: u16| {
                let step = i32::from(to) - i32::from(at);
                (i32::from(at) + step.clamp(-i32::from(STEP), i32::from(STEP))) as u16
            };
            at = CellPoint {
                x: toward(at.x, corner.x),
                y: toward(at.y, corner.y),
            };
            way.push(at);
        }
    }
    way
}

/// Nine districts of equal size.
fn districts() -> Vec<District> {
    let corner = |x: u32, y: u32| {
        let at = CellPoint {
            x: (x * 1_365) as u16,
            y: (y * 1_365) as u16,
        };
        let (lon, lat) = world(at).to_lon_lat();
        geo::coord! { x: lon, y: lat }
    };
    (0..9)
        .map(|i| District {
            name_en: format!("District {i}"),
            name_zh: format!("第{i}区"),
            outline: geo::Rect::new(corner(i % 3, i / 3), corner(i % 3 + 1, i / 3 + 1))
                .to_polygon()
                .into(),
        })
        .collect()
}

/// Where the zone is, in positions: some 1.5 km each way around the middle of the city.
pub fn in_zone(at: CellPoint) -> bool {
    at.x.abs_diff(2_048) < 200 && at.y.abs_diff(2_048) < 200
}

fn zone() -> Zones {
    let corner = |along: u16| {
        let at = CellPoint { x: along, y: along };
        let (lon, lat) = world(at).to_lon_lat();
        geo::coord! { x: lon, y: lat }
    };
    let zone = Zone {
        name: "Zone".to_owned(),
        outline: geo::Rect::new(corner(1_848), corner(2_248))
            .to_polygon()
            .into(),
        rule: ZoneRule::Hide,
        exempt: [false; SCOPES],
    };
    Zones::new(&[zone]).expect("one square is not too much")
}

/// What the page of the viewer holds.
struct Page {
    mirror: Option<CellMirror>,
    /// By slot: which track.
    tracks: Vec<usize>,
    rebases: u32,
}

impl Page {
    fn take(&mut self, fleet: &Fleet, second: i64, tracks: &mut Vec<Track>) {
        let stream = fleet.cell(&CITY).expect("it is watched");
        let have = self.mirror.as_ref().map(|m| (m.generation(), m.tick()));
        for message in stream.lacking(have) {
            for frame in frames(&message) {
                self.frame(frame.expect("the server writes frames"), second, tracks);
            }
        }
    }

    fn frame(&mut self, frame: Down<'_>, second: i64, tracks: &mut Vec<Track>) {
        match frame {
            Down::Base {
                generation,
                tick,
                body,
                ..
            } => {
                let mirror =
                    CellMirror::from_base(generation, tick, body).expect("the server writes bases");
                self.tracks = mirror
                    .dots()
                    .map(|dot| {
                        let (at, look) = dot.expect("a base has no gaps");
                        tracks.push(vec![(second, at, look.activity())]);
                        tracks.len() - 1
                    })
                    .collect();
                self.mirror = Some(mirror);
            }
            Down::Delta {
                generation,
                tick,
                follows,
                body,
                ..
            } => {
                let mirror = self.mirror.as_mut().expect("a base came first");
                let of_slot = &mut self.tracks;
                let mut touched = Vec::new();
                mirror
                    .apply_delta(generation, tick, follows, body, |change| match change {
                        Change::Enter { slot, .. } => {
                            of_slot.resize(slot as usize + 1, usize::MAX);
                            of_slot[slot as usize] = tracks.len();
                            tracks.push(Track::new());
                            touched.push(slot);
                        }
                        Change::Move { slot, .. } | Change::Look { slot, .. } => touched.push(slot),
                        Change::Leave { .. } => {}
                    })
                    .expect("the server writes deltas");
                touched.dedup();
                for slot in touched {
                    if let Some((at, look)) = mirror.dot(slot) {
                        tracks[of_slot[slot as usize]].push((second, at, look.activity()));
                    }
                }
            }
            Down::Rebase {
                generation,
                digest32,
                ..
            } => {
                let before = std::mem::take(&mut self.tracks);
                let after = &mut self.tracks;
                let mirror = self.mirror.as_mut().expect("a base came first");
                mirror
                    .rebase(generation, digest32, |old, _| {
                        after.push(before[old as usize])
                    })
                    .expect("both sides renumber alike");
                self.rebases += 1;
            }
            other => unreachable!("{other:?}"),
        }
    }
}

/// Lives the week.
pub fn live(plan: &Plan, with_zone: bool) -> Week {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let mut fleet = Fleet::new(Rules {
        seed: rng.random(),
        ..plan.rules.clone()
    });
    fleet.set_districts(&districts());
    if with_zone {
        fleet.set_zones(zone());
    }
    let mut place = |around: (u16, u16)| CellPoint {
        x: rng.random_range(around.0..around.1),
        y: rng.random_range(around.0..around.1),
    };
    let cars: Vec<Car> = (0..plan.cars)
        .map(|_| Car {
            home: place((200, 3_900)),
            work: place((1_600, 2_500)),
        })
        .collect();
    for car in 0..cars.len() {
        fleet.register(&RegistryEntry {
            vin: vin(car),
            make: "Make".to_owned(),
            model: "Model".to_owned(),
            class: Class::Private,
        });
    }
    let mut week = Week {
        cars,
        tracks: Vec::new(),
        ticks: Vec::new(),
        driving: HashMap::new(),
        rebases: 0,
        followed_right: 0,
    };
    let mut page = Page {
        mirror: None,
        tracks: Vec::new(),
        rebases: 0,
    };
    let report = |car: usize, second: i64, at: CellPoint, activity: Activity| Report {
        vin: vin(car),
        source: SourceId(0),
        stamp_unix_s: MONDAY_UNIX_S + second,
        reissued: false,
        edition: Some(Edition::V2016),
        fix: Some(world(at)),
        raw_position: None,
        activity: Some(activity),
        speed_dkmh: Some(Reading::Value(400)),
        odometer_hm: None,
        soc_pct: Some(Reading::Value(60)),
        alarm_level: Some(Reading::Value(0)),
        items: Bytes::new(),
    };
    let now = |second: i64| Now {
        unix_ms: (MONDAY_UNIX_S + second) * 1_000,
        mono_ms: (second * 1_000) as u64,
    };
    for (car, of) in week.cars.iter().enumerate() {
        fleet.apply(&report(car, 3_600, of.home, Activity::Off), now(3_600));
    }
    fleet.tick(now(3_600));
    assert!(fleet.watch(CITY));
    page.take(&fleet, 3_600, &mut week.tracks);
    let at_first = who(&fleet, &page);
    for day in 0..plan.days {
        for (hour, to_work) in [(7, true), (17, false)] {
            let began = (day * 24 + hour) * 3_600;
            let ways: Vec<(i64, Vec<CellPoint>)> = week
                .cars
                .iter()
                .map(|car| {
                    let way = if to_work {
                        way(car.home, car.work)
                    } else {
                        way(car.work, car.home)
                    };
                    (began + rng.random_range(0..540) * STEP_S, way)
                })
                .collect();
            let ends = ways.iter().map(|(at, way)| at + way.len() as i64 * STEP_S);
            let ended = ends.max().unwrap_or(began) + STEP_S;
            let mut second = began;
            while second <= ended {
                let mut entered = Vec::new();
                for (car, (start, way)) in ways.iter().enumerate() {
                    let step = (second - start).div_euclid(STEP_S);
                    let Some(at) = usize::try_from(step).ok().and_then(|step| way.get(step)) else {
                        continue;
                    };
                    let is_last = step as usize == way.len() - 1;
                    let activity = if is_last {
                        Activity::Off
                    } else {
                        Activity::Driving
                    };
                    fleet.apply(&report(car, second, *at, activity), now(second));
                    let before = (step as usize).checked_sub(1).map(|step| way[step]);
                    if in_zone(*at) && before.is_some_and(|before| !in_zone(before)) {
                        entered.push(car);
                    }
                }
                let summary = fleet.tick(now(second));
                let status = summary.status(CITY.scope, |_| String::new());
                if !status.districts.is_empty() {
                    let driving = |tally: &fleet::Tally| tally.activity[Activity::Driving as usize];
                    let by_district = summary.counts.by_district.iter().map(driving);
                    week.driving.insert(second, by_district.collect());
                }
                week.ticks.push((second, status, entered));
                page.take(&fleet, second, &mut week.tracks);
                second += STEP_S;
            }
        }
    }
    week.rebases = page.rebases;
    let at_last = who(&fleet, &page);
    let right = at_first
        .iter()
        .filter(|(track, of)| at_last.get(track) == Some(*of));
    week.followed_right = right.count();
    week
}

/// By track: the vehicle that the fleet says it is.
fn who(fleet: &Fleet, page: &Page) -> HashMap<usize, u32> {
    let mirror = page.mirror.as_ref().expect("a base came first");
    (0..mirror.slots())
        .filter_map(|slot| {
            mirror.dot(slot)?;
            let of = fleet.resolve(&CITY, mirror.generation(), slot, fleet.last_tick())?;
            Some((page.tracks[slot as usize], of.0))
        })
        .collect()
}
