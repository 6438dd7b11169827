//! The simulated fleet: a city's electric vehicles and their days.
//!
//! `day` says when a vehicle of each class sets out and where to, `vehicle` moves one along the roads, and here
//! they take turns to report. A vehicle is moved when it reports, not each tick: at 222,000 vehicles and ten
//! seconds that is 22,200 small moves a second. What may go wrong on the way to the centre also happens here:
//! silent vehicles, lost fixes, outages with re-issued reports, alarms that raise the rate.

mod day;
mod say;
mod vehicle;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::identity::Identity;
use crate::report::{Report, Traffic};
use crate::roads::{Roads, build};
use day::DAY_MS;
use say::Vehicle;

/// Steps a second; a vehicle belongs to one step of its interval.
const STEPS_PER_S: i64 = 10;
/// After a level-3 alarm a vehicle reports each second for this long (GB/T 32960.3, 5.2.2).
const BURST_S: i64 = 30;

#[derive(Clone, Debug)]
pub struct Plan {
    pub vehicles: u32,
    pub seed: u64,
    /// Simulated seconds per second.
    pub speed: f64,
    /// Seconds between two reports of a vehicle; `None`: each as its maker has it, 10 or 30.
    pub interval_s: Option<u32>,
    /// Local time of day at which the simulation begins, hours.
    pub start_hour: f32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            vehicles: 222_000,
            seed: 1,
            speed: 1.0,
            interval_s: None,
            start_hour: 8.2,
        }
    }
}

/// The vehicles of one interval, which take turns in it.
struct Round {
    interval_s: u32,
    members: Vec<u32>,
}

impl Round {
    fn slots(&self) -> i64 {
        i64::from(self.interval_s) * STEPS_PER_S
    }

    /// Whose turn it is at `step`: the members are spread evenly over the slots.
    fn turn(&self, step: i64) -> std::ops::Range<usize> {
        let (slots, members) = (self.slots() as usize, self.members.len());
        let slot = step.rem_euclid(self.slots()) as usize;
        members * slot / slots..members * (slot + 1) / slots
    }
}

/// A fleet on its roads.
pub struct City {
    roads: Arc<Roads>,
    plan: Plan,
    identities: Vec<Identity>,
    vehicles: Vec<Vehicle>,
    rounds: Vec<Round>,
    /// Vehicles that report each second, and until when (Unix seconds).
    burst: Vec<(u32, i64)>,
    start_unix_ms: Option<i64>,
    start_sim_ms: i64,
    last_step: i64,
    fastest_kmh: u8,
}

impl City {
    /// Grows the fleet in the built-in Shanghai.
    #[must_use]
    pub fn shanghai(plan: Plan) -> Self {
        // Fewer vehicles need fewer destinations, and start sooner.
        let hubs = (plan.vehicles / 100).clamp(64, 1024) as usize;
        Self::on(Arc::new(build::shanghai(hubs)), plan)
    }

    /// Grows the fleet on any roads.
    #[must_use]
    pub fn on(roads: Arc<Roads>, plan: Plan) -> Self {
        let start_sim_ms = (f64::from(plan.start_hour) * 3_600_000.0) as i64 + DAY_MS;
        let identities: Vec<Identity> = (0..plan.vehicles)
            .map(|index| Identity::of_fleet(plan.seed, index))
            .collect();
        let vehicles = identities
            .iter()
            .zip(0..)
            .map(|(identity, index)| Vehicle::new(&roads, plan.seed, index, identity, start_sim_ms))
            .collect();
        let mut by_interval = BTreeMap::<u32, Vec<u32>>::new();
        for (identity, index) in identities.iter().zip(0..) {
            let interval_s = interval_s(&plan, identity);
            by_interval.entry(interval_s).or_default().push(index);
        }
        let rounds = by_interval
            .into_iter()
            .map(|(interval_s, members)| Round {
                interval_s,
                members,
            })
            .collect();
        let fastest_kmh = (0..roads.links() as u32)
            .map(|link| roads.link(link).limit_kmh)
            .max()
            .unwrap_or(0);
        Self {
            roads,
            plan,
            identities,
            vehicles,
            rounds,
            burst: Vec::new(),
            start_unix_ms: None,
            start_sim_ms,
            last_step: 0,
            fastest_kmh,
        }
    }

    #[must_use]
    pub fn roads(&self) -> &Roads {
        &self.roads
    }

    /// The limit of the road vehicle `index` is on, km/h.
    #[must_use]
    pub fn limit_kmh(&self, index: u32) -> u8 {
        self.roads
            .link(self.vehicles[index as usize].motion.link())
            .limit_kmh
    }

    /// The highest limit of all roads, km/h.
    #[must_use]
    pub fn fastest_kmh(&self) -> u8 {
        self.fastest_kmh
    }

    /// Seconds between two reports of vehicle `index`.
    #[must_use]
    pub fn interval_s(&self, index: u32) -> u32 {
        interval_s(&self.plan, &self.identities[index as usize])
    }

    fn report(&mut self, index: u32, now_unix_ms: i64, send: &mut dyn FnMut(&Report)) {
        let identity = &self.identities[index as usize];
        let clock = say::Clock {
            start_unix_ms: self.start_unix_ms.unwrap_or(now_unix_ms),
            start_sim_ms: self.start_sim_ms,
            speed: self.plan.speed,
            interval_s: i64::from(interval_s(&self.plan, identity)),
            seed: self.plan.seed,
        };
        let vehicle = &mut self.vehicles[index as usize];
        if vehicle.report(index, identity, &self.roads, &clock, now_unix_ms, send) {
            self.burst
                .push((index, now_unix_ms.div_euclid(1000) + BURST_S));
        }
    }
}

fn interval_s(plan: &Plan, identity: &Identity) -> u32 {
    plan.interval_s
        .unwrap_or_else(|| identity.model().interval_s())
}

impl Traffic for City {
    fn identities(&self) -> &[Identity] {
        &self.identities
    }

    fn advance(&mut self, now_unix_ms: i64, send: &mut dyn FnMut(&Report)) {
        let step = now_unix_ms.div_euclid(1000 / STEPS_PER_S);
        if self.start_unix_ms.is_none() {
            self.start_unix_ms = Some(now_unix_ms);
            self.last_step = step - 1;
        }
        let rounds = std::mem::take(&mut self.rounds);
        for round in &rounds {
            // A late caller lets each vehicle report once, not once for every step it missed.
            for step in self.last_step.max(step - round.slots()) + 1..=step {
                for &index in &round.members[round.turn(step)] {
                    self.report(index, now_unix_ms, send);
                }
            }
        }
        self.rounds = rounds;
        self.last_step = step;
        let now_unix_s = now_unix_ms.div_euclid(1000);
        self.burst.retain(|&(_, until_s)| until_s >= now_unix_s);
        for at in 0..self.burst.len() {
            let index = self.burst[at].0;
            if i64::from(index).rem_euclid(STEPS_PER_S) == step.rem_euclid(STEPS_PER_S) {
                self.report(index, now_unix_ms, send);
            }
        }
    }
}
