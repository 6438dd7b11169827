//! A fleet and a server in one: dots drive to and fro on made-up roads around Shanghai, and what a viewer of them would
//! be sent comes out as messages. The same seed gives the same bytes.

use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;
use wire::{
    Activity, CellChanges, CellKey, CellMirror, CellPoint, Down, Enter, Freshness, Hello, Look,
    LookParts, Status, Up, WorldPoint, cell_of, push_frame,
};

/// Roads of the made-up town.
const ROADS: usize = 600;
/// Ticks between two renumberings of a cell.
const REBASE_EVERY: u64 = 5;

struct Vehicle {
    road: usize,
    /// Share of the road that lies behind it, and how much of it a second takes.
    along: f64,
    speed: f64,
    look: Look,
    at: WorldPoint,
}

/// The dots of a cell, and which vehicle each of them is.
type Content = (Vec<(CellPoint, Look)>, Vec<u32>);

struct Served {
    mirror: CellMirror,
    /// The vehicle of each slot.
    vehicles: Vec<u32>,
    changes: CellChanges,
}

/// What a server would send to one viewer.
#[wasm_bindgen]
pub struct Feed {
    roads: Vec<[(f64, f64); 2]>,
    vehicles: Vec<Vehicle>,
    cells: BTreeMap<CellKey, Served>,
    /// Cell and slot of each vehicle in view.
    place: Vec<Option<(CellKey, u32)>>,
    /// How far a vehicle drives beside its road, in 256ths.
    aside_deg: f64,
    level: u8,
    tick: u64,
    /// Seconds from one report of a vehicle to the next.
    period: u64,
    /// Vehicles that drove on in the last tick.
    moved: u32,
    random: u64,
}

#[wasm_bindgen]
impl Feed {
    #[wasm_bindgen(constructor)]
    pub fn new(vehicles: u32, period: u32, seed: u32, spread_deg: f64, all_drive: bool) -> Self {
        let mut feed = Self {
            roads: Vec::new(),
            vehicles: Vec::new(),
            cells: BTreeMap::new(),
            place: vec![None; vehicles as usize],
            aside_deg: spread_deg / 4_000.0,
            level: 0,
            tick: 1,
            period: u64::from(period.max(1)),
            moved: 0,
            random: u64::from(seed) | 1 << 40,
        };
        for _ in 0..ROADS {
            let (x, y) = (feed.bell() * spread_deg, feed.bell() * spread_deg * 0.6);
            let (turn, long) = (
                feed.share() * std::f64::consts::TAU,
                spread_deg * (0.05 + 0.3 * feed.share()),
            );
            let end = |way: f64| {
                (
                    121.47 + x + way * long * turn.cos(),
                    31.23 + y + way * long * turn.sin() * 0.86,
                )
            };
            feed.roads.push([end(-0.5), end(0.5)]);
        }
        for _ in 0..vehicles {
            let mut look = feed.look();
            if all_drive {
                look = Look(look.0 & !7 | Activity::Driving as u16);
            }
            let speed = (0.2 + feed.share()) * 0.0012 / spread_deg;
            let road = (feed.share() * ROADS as f64) as usize;
            let along = feed.share();
            feed.vehicles.push(Vehicle {
                road,
                along,
                speed,
                look,
                at: WorldPoint::default(),
            });
        }
        for ix in 0..feed.vehicles.len() {
            feed.vehicles[ix].at = feed.world(ix);
        }
        feed
    }

    /// What a server says first.
    pub fn hello(&self) -> Vec<u8> {
        message(&[Down::Hello(Hello {
            version: wire::VERSION,
            epoch: 1,
            tick: self.tick,
            tick_ms: 1_000,
            server_unix_ms: 0,
            scope: 0,
            finest_level: 20,
            districts: Vec::new(),
            site: 0,
            ground_is_gcj02: false,
        })
        .to_vec()])
    }

    /// Takes what the page sends; returns what it gets for that.
    pub fn up(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut frames = Vec::new();
        match Up::decode(bytes) {
            Ok(Up::View(view)) => {
                if view.level != self.level {
                    self.level = view.level;
                    self.cells.clear();
                    self.place.fill(None);
                }
                let wanted: Vec<CellKey> = view.cells(0).map(Iterator::collect).unwrap_or_default();
                self.cells.retain(|key, served| {
                    let keep = wanted.contains(key);
                    if !keep {
                        served
                            .vehicles
                            .iter()
                            .for_each(|&ix| self.place[ix as usize] = None);
                    }
                    keep
                });
                let new: Vec<CellKey> = wanted
                    .into_iter()
                    .filter(|key| !self.cells.contains_key(key))
                    .collect();
                let mut dots: BTreeMap<CellKey, Content> = new
                    .into_iter()
                    .map(|key| (key, Content::default()))
                    .collect();
                for (ix, vehicle) in self.vehicles.iter().enumerate() {
                    let (key, at) = cell_of(vehicle.at, view.level, 0);
                    if let Some((points, vehicles)) = dots.get_mut(&key) {
                        points.push((at, vehicle.look));
                        vehicles.push(ix as u32);
                    }
                }
                for (key, (points, vehicles)) in dots {
                    let (mirror, order) =
                        CellMirror::from_dots(self.tick as u32, self.tick, &points);
                    let vehicles: Vec<u32> =
                        order.iter().map(|&dot| vehicles[dot as usize]).collect();
                    for (slot, &ix) in vehicles.iter().enumerate() {
                        self.place[ix as usize] = Some((key, slot as u32));
                    }
                    let mut frame = Vec::new();
                    mirror.encode_base(&key, &mut frame);
                    frames.push(frame);
                    self.cells.insert(
                        key,
                        Served {
                            mirror,
                            vehicles,
                            changes: CellChanges::default(),
                        },
                    );
                }
            }
            Ok(Up::Resend { key }) => {
                if let Some(served) = self.cells.get_mut(&key) {
                    renumber(&key, served, self.tick as u32, &mut self.place);
                    let mut frame = Vec::new();
                    served.mirror.encode_base(&key, &mut frame);
                    frames.push(frame);
                }
            }
            _ => {}
        }
        message(&frames)
    }

    /// The bases of all cells in view, as a page gets them that has nothing.
    pub fn bases(&mut self) -> Vec<u8> {
        let mut frames = Vec::new();
        for (key, served) in &mut self.cells {
            renumber(key, served, self.tick as u32, &mut self.place);
            let mut frame = Vec::new();
            served.mirror.encode_base(key, &mut frame);
            frames.push(frame);
        }
        message(&frames)
    }

    /// How many vehicles the last tick moved.
    pub fn moved(&self) -> u32 {
        self.moved
    }

    /// Where all vehicles are, in degrees, for who draws them otherwise.
    pub fn lon_lats(&self) -> Vec<f32> {
        let places = self.vehicles.iter().map(|vehicle| vehicle.at.to_lon_lat());
        places
            .flat_map(|(lon, lat)| [lon as f32, lat as f32])
            .collect()
    }

    /// What all vehicles do.
    pub fn activities(&self) -> Vec<u8> {
        let looks = self.vehicles.iter().map(|vehicle| vehicle.look);
        looks.map(|look| look.activity() as u8).collect()
    }

    /// A second passes; returns what the page gets for that.
    pub fn tick(&mut self) -> Vec<u8> {
        self.tick += 1;
        self.moved = 0;
        for ix in 0..self.vehicles.len() {
            if !(ix as u64 + self.tick).is_multiple_of(self.period) {
                continue;
            }
            let period = self.period as f64;
            let vehicle = &mut self.vehicles[ix];
            if vehicle.look.activity() == Activity::Driving {
                vehicle.along += vehicle.speed * period;
                if !(0.0..=1.0).contains(&vehicle.along) {
                    vehicle.along = vehicle.along.clamp(0.0, 1.0);
                    vehicle.speed = -vehicle.speed;
                }
                let before = vehicle.at;
                let now = self.world(ix);
                self.vehicles[ix].at = now;
                self.move_vehicle(ix, before, now);
                self.moved += 1;
            }
        }
        let mut frames = Vec::new();
        for (key, served) in &mut self.cells {
            if !served.changes.is_empty() {
                let mut frame = Vec::new();
                served
                    .mirror
                    .encode_delta(key, self.tick, &mut served.changes, &mut frame);
                served.changes.clear();
                frames.push(frame);
            }
            if self.tick.is_multiple_of(REBASE_EVERY) {
                let digest32 = renumber(key, served, self.tick as u32, &mut self.place);
                let (generation, tick) = (self.tick as u32, self.tick);
                frames.push(
                    Down::Rebase {
                        key: *key,
                        generation,
                        digest32,
                        tick,
                    }
                    .to_vec(),
                );
            }
        }
        let vehicles = self.vehicles.len() as u32;
        frames.push(
            Down::Status(Status {
                tick: self.tick,
                registered: vehicles,
                live: vehicles,
                ..Status::default()
            })
            .to_vec(),
        );
        message(&frames)
    }
}

impl Feed {
    fn move_vehicle(&mut self, ix: usize, before: WorldPoint, now: WorldPoint) {
        let (key, at) = cell_of(now, self.level, 0);
        let look = self.vehicles[ix].look;
        match self.place[ix] {
            Some((old, slot)) if old == key => {
                if let Some(served) = self.cells.get_mut(&key)
                    && served
                        .mirror
                        .dot(slot)
                        .is_some_and(|(there, _)| there != at)
                {
                    served.changes.moves.push((slot, at));
                }
                return;
            }
            Some((old, slot)) => {
                if let Some(served) = self.cells.get_mut(&old) {
                    served.changes.leaves.push(slot);
                }
            }
            None => {}
        }
        self.place[ix] = self.cells.get_mut(&key).map(|served| {
            served.changes.enters.push(Enter {
                at,
                look,
                from: Some(key.offset_of(before)),
            });
            served.vehicles.push(ix as u32);
            (key, served.vehicles.len() as u32 - 1)
        });
    }

    fn world(&self, ix: usize) -> WorldPoint {
        let vehicle = &self.vehicles[ix];
        let [from, to] = self.roads[vehicle.road];
        let part = |a: f64, b: f64| a + (b - a) * vehicle.along;
        // Lanes and side streets: the same for a vehicle's whole life.
        let aside = |bits: usize| ((ix >> bits & 255) as f64 - 127.5) * self.aside_deg;
        WorldPoint::from_lon_lat(part(from.0, to.0) + aside(0), part(from.1, to.1) + aside(8))
    }

    fn look(&mut self) -> Look {
        let activity = match (self.share() * 20.0) as u32 {
            0..=11 => Activity::Driving,
            12..=15 => Activity::Parked,
            16..=17 => Activity::Charging,
            _ => Activity::Off,
        };
        let freshness = match (self.share() * 100.0) as u32 {
            0..=91 => Freshness::Live,
            92..=95 => Freshness::Late,
            96..=98 => Freshness::Silent,
            _ => Freshness::CutOff,
        };
        let alarm_level = Some(if self.share() < 0.004 {
            1 + (self.share() * 4.0) as u8
        } else {
            0
        });
        let charge_step = Some((self.share() * 10.0) as u8);
        Look::new(LookParts {
            activity,
            freshness,
            alarm_level,
            charge_step,
        })
    }

    /// Between 0 and 1, evenly.
    fn share(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.random >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// Around 0, mostly within 1.
    fn bell(&mut self) -> f64 {
        (0..4).map(|_| self.share() - 0.5).sum::<f64>()
    }
}

fn renumber(
    key: &CellKey,
    served: &mut Served,
    generation: u32,
    place: &mut [Option<(CellKey, u32)>],
) -> u32 {
    let renumbered = served.mirror.renumber(generation);
    served.vehicles = renumbered
        .old_slots
        .iter()
        .map(|&old| served.vehicles[old as usize])
        .collect();
    for (slot, &ix) in served.vehicles.iter().enumerate() {
        place[ix as usize] = Some((*key, slot as u32));
    }
    renumbered.digest32
}

fn message(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut message = Vec::new();
    frames
        .iter()
        .for_each(|frame| push_frame(&mut message, frame));
    message
}
