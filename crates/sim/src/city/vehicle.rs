//! One vehicle in motion: parked, driving or charging, and nothing else.
//!
//! `advance` brings it to a moment: it drives along links at what the traffic allows, waits at lights, walks
//! a few random streets at the end so that not everyone parks on the hub, charges when the pack is low and
//! sets out again when its day says so. Energy falls with every metre and rises only while charging.

use super::day::{self, HOUR_MS, Haunts, Place, Trip};
use crate::catalogue::{Class, Model};
use crate::chance::Chance;
use crate::roads::{Kind, Roads};

/// Streets walked at random from the hub before parking, at most.
const MOST_STEPS: u32 = 11;
/// Share of the standing vehicles that are found at a charger in the beginning, if they have the time.
const PLUGGED_IN: f32 = 0.12;
/// A pack is never drawn below this share.
const FLOOR: f32 = 0.04;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Parked,
    /// Still plugged in, full.
    Charged,
    Charging,
    /// Following the way to the hub.
    Driving,
    /// Past the hub, looking for a place.
    Searching,
}

/// What `advance` needs to know and does not change.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub roads: &'a Roads,
    pub model: &'a Model,
    pub who: Chance,
}

#[derive(Clone, Copy, Debug)]
pub struct Motion {
    /// Everything below is true at this moment, simulated milliseconds.
    at_ms: i64,
    /// End of parking or charging.
    until_ms: i64,
    odometer_m: f64,
    energy_wh: f32,
    along_m: f32,
    /// Where on the last link to stop; infinite before that.
    stop_m: f32,
    wait_ms: i32,
    speed_kmh: f32,
    link: u32,
    trips: u32,
    haunts: Haunts,
    /// Destination of the trip, or of the last one.
    hub: u16,
    /// Where the next trip leads, once one is planned.
    next_hub: u16,
    next_place: Place,
    pub doing: Doing,
    /// Where the trip leads, or where the vehicle stands.
    place: Place,
    steps_left: u8,
}

impl Motion {
    pub fn link(&self) -> u32 {
        self.link
    }

    /// While parked or charging: when that ends.
    pub fn standing_until_ms(&self) -> i64 {
        self.until_ms
    }

    pub fn odometer_m(&self) -> f64 {
        self.odometer_m
    }

    pub fn energy_wh(&self) -> f32 {
        self.energy_wh
    }

    /// 0 while parked or at a light.
    pub fn speed_kmh(&self) -> f32 {
        self.speed_kmh
    }

    pub fn moving(&self) -> bool {
        matches!(self.doing, Doing::Driving | Doing::Searching)
    }

    /// Metres east and north of the network's anchor.
    pub fn point(&self, roads: &Roads, who: Chance) -> (f32, f32) {
        let aside_m = if self.moving() {
            4.0
        } else {
            6.0 + 5.0 * who.then(40).unit()
        };
        roads.point(self.link, self.along_m, aside_m)
    }

    /// A vehicle somewhere in its day at `start_ms`.
    pub fn new(setting: Setting<'_>, start_ms: i64) -> Self {
        let Setting { roads, model, who } = setting;
        let haunts = day::haunts(roads, who, model.class);
        let mut motion = Self {
            at_ms: start_ms,
            until_ms: start_ms,
            odometer_m: f64::from(odometer_km(model.class, who)) * 1000.0,
            energy_wh: model.battery_kwh * 1000.0 * who.then(22).between(0.35, 0.98),
            along_m: 0.0,
            stop_m: f32::INFINITY,
            wait_ms: 0,
            speed_kmh: 0.0,
            link: 0,
            trips: 0,
            haunts,
            hub: haunts.home,
            next_hub: haunts.home,
            next_place: Place::Home,
            doing: Doing::Parked,
            place: Place::Home,
            steps_left: 0,
        };
        motion.put_near(setting, haunts.home);
        // A day begins at four in the morning at home; what happened until shortly before now is not driven
        // but skipped from stop to stop, the rest is lived through.
        let four_ms = (start_ms - 4 * HOUR_MS).div_euclid(day::DAY_MS) * day::DAY_MS + 4 * HOUR_MS;
        motion.at_ms = match model.class {
            Class::Taxi | Class::Bus | Class::Logistics => {
                start_ms - (who.then(23).unit() * HOUR_MS as f32) as i64
            }
            _ => four_ms,
        };
        let mut trip = motion.next_trip(setting);
        while trip.depart_ms < start_ms - HOUR_MS {
            let skipped_m = ground_m(roads, motion.hub, trip.hub) * 1.3;
            motion.put_near(setting, trip.hub);
            motion.hub = trip.hub;
            motion.place = trip.place;
            motion.trips += 1;
            motion.draw(model, skipped_m);
            motion.at_ms = trip.depart_ms + (skipped_m / 8.0 * 1000.0) as i64;
            trip = motion.next_trip(setting);
        }
        motion.plan_next(setting);
        motion.plug_in_some(setting, start_ms);
        motion
    }

    /// Some of those that stand for long are found at a charger.
    fn plug_in_some(&mut self, setting: Setting<'_>, start_ms: i64) {
        let missing_wh = setting.model.battery_kwh * 1000.0 - self.energy_wh;
        let hours = missing_wh / charger_w(setting.model, self.place);
        let full_ms = start_ms + (hours * HOUR_MS as f32) as i64 + 1;
        // Who must leave before it is full would be late.
        let in_time = self.at_ms <= start_ms && full_ms < self.until_ms;
        if in_time && setting.who.then(24).unit() < PLUGGED_IN {
            self.doing = Doing::Charging;
            self.at_ms = start_ms;
            self.until_ms = full_ms;
        }
    }

    /// Brings the vehicle to `to_ms`.
    pub fn advance(&mut self, setting: Setting<'_>, to_ms: i64) {
        while self.at_ms < to_ms {
            match self.doing {
                Doing::Parked | Doing::Charged => {
                    self.at_ms = to_ms.min(self.until_ms).max(self.at_ms);
                    if self.at_ms >= self.until_ms {
                        self.depart(setting);
                    }
                }
                Doing::Charging => {
                    let end_ms = to_ms.min(self.until_ms);
                    let full_wh = setting.model.battery_kwh * 1000.0;
                    let hours = (end_ms - self.at_ms) as f32 / HOUR_MS as f32;
                    self.energy_wh = (self.energy_wh
                        + charger_w(setting.model, self.place) * hours)
                        .min(full_wh);
                    self.at_ms = end_ms;
                    if end_ms >= self.until_ms {
                        self.doing = Doing::Charged;
                        self.plan_next(setting);
                    }
                }
                Doing::Driving | Doing::Searching => self.drive(setting, to_ms),
            }
        }
    }

    fn next_trip(&self, setting: Setting<'_>) -> Trip {
        day::next(
            setting.roads,
            setting.model.class,
            setting.who,
            self.haunts,
            self.place,
            self.trips,
            self.at_ms,
        )
    }

    /// Decides when to set out again, and where to.
    fn plan_next(&mut self, setting: Setting<'_>) {
        let trip = self.next_trip(setting);
        self.until_ms = trip.depart_ms;
        self.next_hub = trip.hub;
        self.next_place = trip.place;
    }

    fn depart(&mut self, setting: Setting<'_>) {
        self.trips += 1;
        self.hub = self.next_hub;
        self.place = self.next_place;
        self.stop_m = f32::INFINITY;
        self.doing = Doing::Driving;
        let link = setting.roads.link(self.link);
        if setting.roads.towards(self.hub, link.to) == Some(link.back) {
            self.along_m = link.length_m - self.along_m;
            self.link = link.back;
        }
    }

    /// Up to `to_ms`, or to the end of the link.
    fn drive(&mut self, setting: Setting<'_>, to_ms: i64) {
        let link = *setting.roads.link(self.link);
        if self.wait_ms > 0 {
            let waited_ms = i64::from(self.wait_ms).min(to_ms - self.at_ms);
            self.at_ms += waited_ms;
            self.wait_ms -= waited_ms as i32;
            self.speed_kmh = 0.0;
            self.energy_wh -= 400.0 * waited_ms as f32 / HOUR_MS as f32;
            self.draw(setting.model, 0.0);
            return;
        }
        let kmh = cruise_kmh(setting, self.link, link.kind, link.limit_kmh, self.at_ms);
        let end_m = link.length_m.min(self.stop_m);
        let left_m = (end_m - self.along_m).max(0.0);
        let m_per_ms = kmh / 3600.0;
        // Rounded up, so that no link is driven faster than its limit.
        let needed_ms = (left_m / m_per_ms).ceil() as i64;
        self.speed_kmh = kmh;
        if self.at_ms + needed_ms > to_ms {
            let driven_m = m_per_ms * (to_ms - self.at_ms) as f32;
            self.along_m = (self.along_m + driven_m).min(end_m);
            self.at_ms = to_ms;
            self.draw(setting.model, driven_m);
            return;
        }
        self.at_ms += needed_ms;
        self.along_m = end_m;
        self.draw(setting.model, left_m);
        if self.stop_m <= link.length_m {
            self.park(setting);
        } else {
            self.turn(setting, link.to, link.kind);
        }
    }

    /// From the end of a link into the next.
    fn turn(&mut self, setting: Setting<'_>, node: u32, kind: Kind) {
        let throw = setting.who.then(self.at_ms as u64);
        let roads = setting.roads;
        if self.doing == Doing::Driving {
            match roads.towards(self.hub, node) {
                Some(next) => {
                    self.link = next;
                    self.along_m = 0.0;
                    let lights = kind != Kind::Highway && roads.leaving(node).len() > 2;
                    if lights && throw.unit() < 0.3 {
                        self.wait_ms = throw.then(1).between(3_000.0, 40_000.0) as i32;
                    }
                    return;
                }
                None => {
                    self.doing = Doing::Searching;
                    self.steps_left = throw.then(2).below(MOST_STEPS) as u8;
                }
            }
        }
        self.link = wander(roads, self.link, node, throw.then(3));
        self.along_m = 0.0;
        if self.steps_left == 0 {
            self.stop_m = throw.then(4).unit() * roads.link(self.link).length_m;
        } else {
            self.steps_left -= 1;
        }
    }

    fn park(&mut self, setting: Setting<'_>) {
        let model = setting.model;
        self.speed_kmh = 0.0;
        self.stop_m = f32::INFINITY;
        let full_wh = model.battery_kwh * 1000.0;
        let share = self.energy_wh / full_wh;
        let throw = setting.who.then(3_000 + u64::from(self.trips));
        let low = match (model.class, self.place) {
            (Class::Private | Class::Other, Place::Home) => throw.between(0.3, 0.8),
            (Class::Private | Class::Other, _) => 0.22,
            (Class::Bus, Place::Home) => 0.6,
            _ => 0.3,
        };
        if share < low {
            let hours = (full_wh - self.energy_wh) / charger_w(model, self.place);
            self.doing = Doing::Charging;
            self.until_ms = self.at_ms + (hours * HOUR_MS as f32) as i64 + 1;
        } else {
            self.doing = Doing::Parked;
            self.plan_next(setting);
        }
    }

    /// Metres driven cost energy.
    fn draw(&mut self, model: &Model, driven_m: f32) {
        self.odometer_m += f64::from(driven_m);
        let floor_wh = model.battery_kwh * 1000.0 * FLOOR;
        self.energy_wh = (self.energy_wh - driven_m / 1000.0 * model.wh_per_km).max(floor_wh);
    }

    /// Stands it a few random streets from the hub.
    fn put_near(&mut self, setting: Setting<'_>, hub: u16) {
        let roads = setting.roads;
        let throw = setting.who.then(4_000 + u64::from(self.trips));
        let mut node = roads.hub_node(hub);
        let mut link = wander(roads, u32::MAX, node, throw);
        for step in 0..u64::from(throw.then(1).below(MOST_STEPS)) {
            node = roads.link(link).to;
            link = wander(roads, link, node, throw.then(5 + step));
        }
        self.link = link;
        self.along_m = throw.then(2).unit() * roads.link(link).length_m;
    }
}

/// A random street out of `node`, not back where `from` came from unless there is no other.
fn wander(roads: &Roads, from: u32, node: u32, throw: Chance) -> u32 {
    let back = if from == u32::MAX {
        u32::MAX
    } else {
        roads.link(from).back
    };
    let leaving = roads.leaving(node);
    let count = leaving.len() as u32;
    let first = throw.below(count);
    (0..count)
        .map(|n| leaving.start + (first + n) % count)
        .filter(|&link| link != back)
        .min_by_key(|&link| roads.link(link).kind != Kind::Street)
        .unwrap_or(leaving.start)
}

/// What the traffic allows; never above the limit.
fn cruise_kmh(setting: Setting<'_>, link: u32, kind: Kind, limit_kmh: u8, at_ms: i64) -> f32 {
    let hour = at_ms.rem_euclid(day::DAY_MS) as f32 / HOUR_MS as f32;
    // Two rush hours, and a working day that is denser than the night.
    let rush = (-((hour - 8.3) / 1.1).powi(2)).exp() + (-((hour - 18.0) / 1.4).powi(2)).exp();
    let working = if (6.5..21.0).contains(&hour) {
        0.12
    } else {
        0.0
    };
    let jam = Chance::new(13, u64::from(link), at_ms.div_euclid(900_000) as u64).unit();
    let flow = match kind {
        Kind::Highway => 0.97 - working - 0.45 * rush.min(1.0) * jam - 0.08 * jam,
        Kind::Street | Kind::Ramp => 0.85 - working - 0.35 * rush.min(1.0) * jam - 0.2 * jam,
    };
    let driver = setting.who.then(41).between(0.9, 1.03);
    let limit_kmh = f32::from(limit_kmh);
    let pace_kmh = match setting.model.class {
        Class::Sanitation => 18.0,
        Class::Bus => limit_kmh.min(70.0) * 0.8,
        _ => limit_kmh,
    };
    (pace_kmh * flow * driver).clamp(4.0, limit_kmh)
}

fn charger_w(model: &Model, place: Place) -> f32 {
    match (model.class, place) {
        (Class::Private | Class::Other, Place::Home) => 7_000.0,
        (Class::Bus, _) => 120_000.0,
        _ => 60_000.0,
    }
}

fn odometer_km(class: Class, who: Chance) -> f32 {
    let throw = who.then(21);
    match class {
        Class::Private | Class::Other => throw.between(1_500.0, 120_000.0),
        Class::Taxi => throw.between(40_000.0, 420_000.0),
        Class::Bus => throw.between(20_000.0, 380_000.0),
        Class::Logistics | Class::Sanitation => throw.between(8_000.0, 190_000.0),
    }
}

fn ground_m(roads: &Roads, a: u16, b: u16) -> f32 {
    crate::ground::length(roads.node(roads.hub_node(a)), roads.node(roads.hub_node(b)))
}
