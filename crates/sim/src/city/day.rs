//! When a vehicle of each class sets out, and where to.
//!
//! Simulated time is milliseconds since a Monday's midnight, local. Private cars commute or stay at home and
//! run errands; taxis hardly rest; buses go to and fro between two ends; vans stop often; sweepers work
//! before dawn and after lunch. Every choice is a hash of the vehicle and of which day or trip it is.

use crate::catalogue::Class;
use crate::chance::Chance;
use crate::ground;
use crate::roads::Roads;

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;
const MINUTE_MS: f32 = 60_000.0;

/// Where a vehicle stands, as far as its day is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Work,
    Elsewhere,
}

/// The two places a vehicle keeps coming back to, as hubs.
#[derive(Clone, Copy, Debug)]
pub struct Haunts {
    pub home: u16,
    pub work: u16,
}

/// When the next trip begins, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trip {
    pub depart_ms: i64,
    pub hub: u16,
    pub place: Place,
}

/// Picks home and work. Work lies rather towards the centre, and rather near.
pub fn haunts(roads: &Roads, who: Chance, class: Class) -> Haunts {
    let home = any_hub(roads, who.then(1));
    let work = match class {
        Class::Bus => best_hub(roads, who.then(2), 6, |hub| {
            (metres(roads, home, hub) - 9_000.0).abs()
        }),
        Class::Private | Class::Other => best_hub(roads, who.then(2), 4, |hub| {
            metres(roads, home, hub) * 0.6 + to_centre(roads, hub)
        }),
        _ => any_hub(roads, who.then(2)),
    };
    Haunts { home, work }
}

/// The trip after `now_ms` of a vehicle that stands at `place`; `nth` counts its trips.
pub fn next(
    roads: &Roads,
    class: Class,
    who: Chance,
    haunts: Haunts,
    place: Place,
    nth: u32,
    now_ms: i64,
) -> Trip {
    let throw = who.then(100 + u64::from(nth));
    let day = now_ms.div_euclid(DAY_MS);
    let hour = (now_ms.rem_euclid(DAY_MS)) as f32 / HOUR_MS as f32;
    let pause = |from_min: f32, to_min: f32| {
        now_ms + (throw.then(1).between(from_min, to_min) * MINUTE_MS) as i64
    };
    let home = |depart_ms| Trip {
        depart_ms,
        hub: haunts.home,
        place: Place::Home,
    };
    let errand = |depart_ms, hub| Trip {
        depart_ms,
        hub,
        place: Place::Elsewhere,
    };
    let at = |day: i64, hour: f32| day * DAY_MS + (hour * HOUR_MS as f32) as i64;
    // The next working morning, a little different each day.
    let morning = |start: f32| {
        let today = at(day, start + throw.then(2).bell() * 0.2);
        if today > now_ms {
            today
        } else {
            at(day + 1, start + throw.then(2).bell() * 0.2)
        }
    };
    match class {
        Class::Private => private(roads, who, haunts, place, throw, now_ms),
        Class::Taxi => {
            let resting = (1.0..5.5).contains(&hour) && who.then(9).unit() < 0.7;
            let hub = best_hub(roads, throw.then(3), 2, |hub| to_centre(roads, hub));
            errand(
                if resting {
                    morning(5.5)
                } else {
                    pause(1.0, 14.0)
                },
                hub,
            )
        }
        Class::Bus => {
            let (hub, there) = if place == Place::Home {
                (haunts.work, Place::Work)
            } else {
                (haunts.home, Place::Home)
            };
            let depart_ms = if (5.5..22.5).contains(&hour) {
                pause(4.0, 16.0)
            } else {
                morning(5.3)
            };
            Trip {
                depart_ms,
                hub,
                place: there,
            }
        }
        Class::Logistics if (7.5..19.5).contains(&hour) => {
            errand(pause(4.0, 30.0), near_hub(roads, throw, haunts.work))
        }
        Class::Sanitation if (4.5..8.0).contains(&hour) || (13.0..16.5).contains(&hour) => {
            errand(pause(2.0, 10.0), near_hub(roads, throw, haunts.home))
        }
        Class::Other if (9.0..17.0).contains(&hour) => {
            errand(pause(20.0, 120.0), near_hub(roads, throw, haunts.home))
        }
        // After hours: home first, and from there out again in the morning.
        _ if place != Place::Home => home(pause(2.0, 15.0)),
        Class::Logistics => errand(morning(8.0), near_hub(roads, throw, haunts.work)),
        Class::Sanitation if hour < 13.0 => {
            errand(at(day, 13.1), near_hub(roads, throw, haunts.home))
        }
        Class::Sanitation => errand(morning(4.7), near_hub(roads, throw, haunts.home)),
        Class::Other => errand(morning(9.3), near_hub(roads, throw, haunts.home)),
    }
}

fn private(
    roads: &Roads,
    who: Chance,
    haunts: Haunts,
    place: Place,
    throw: Chance,
    now_ms: i64,
) -> Trip {
    let commutes = who.then(10).unit() < 0.62;
    let usual_out = 7.9 + who.then(11).bell() * 0.75;
    let usual_back = 18.1 + who.then(12).bell() * 1.1;
    let on = |day: i64, hour: f32, what: u64| {
        let wobble = who.then(1_000 + day as u64).then(what).bell() * 0.15;
        day * DAY_MS + ((hour + wobble) * HOUR_MS as f32) as i64
    };
    let errand = |depart_ms, hub| Trip {
        depart_ms,
        hub,
        place: Place::Elsewhere,
    };
    let today = now_ms.div_euclid(DAY_MS);
    match place {
        Place::Home => {
            for day in today..today + 14 {
                let working = day.rem_euclid(7) < 5;
                if commutes && working && on(day, usual_out, 1) > now_ms {
                    return Trip {
                        depart_ms: on(day, usual_out, 1),
                        hub: haunts.work,
                        place: Place::Work,
                    };
                }
                let free = who.then(2_000 + day as u64);
                let (chance, from, to) = match (commutes, working) {
                    (true, true) => (0.22, 19.3, 21.0),
                    (false, true) => (0.65, 9.0, 19.0),
                    (_, false) => (0.75, 9.0, 18.0),
                };
                let out_ms = on(day, free.then(1).between(from, to), 2);
                if free.unit() < chance && out_ms > now_ms {
                    return errand(out_ms, near_hub(roads, throw, haunts.home));
                }
            }
            errand(now_ms + DAY_MS, near_hub(roads, throw, haunts.home))
        }
        Place::Work => {
            let back_ms = on(today, usual_back, 3);
            let late_ms = now_ms + (throw.between(10.0, 60.0) * MINUTE_MS) as i64;
            Trip {
                depart_ms: if back_ms > now_ms { back_ms } else { late_ms },
                hub: haunts.home,
                place: Place::Home,
            }
        }
        Place::Elsewhere => {
            let depart_ms = now_ms + (throw.then(1).between(20.0, 150.0) * MINUTE_MS) as i64;
            if throw.then(2).unit() < 0.75 {
                Trip {
                    depart_ms,
                    hub: haunts.home,
                    place: Place::Home,
                }
            } else {
                errand(depart_ms, near_hub(roads, throw, haunts.home))
            }
        }
    }
}

fn any_hub(roads: &Roads, throw: Chance) -> u16 {
    throw.below(roads.hubs() as u32) as u16
}

/// The best of a few random hubs.
fn best_hub(roads: &Roads, throw: Chance, tries: u64, cost_m: impl Fn(u16) -> f32) -> u16 {
    (0..tries)
        .map(|n| any_hub(roads, throw.then(n)))
        .min_by(|&a, &b| cost_m(a).total_cmp(&cost_m(b)))
        .unwrap_or(0)
}

fn near_hub(roads: &Roads, throw: Chance, from: u16) -> u16 {
    best_hub(roads, throw.then(3), 5, |hub| metres(roads, from, hub))
}

fn metres(roads: &Roads, a: u16, b: u16) -> f32 {
    ground::length(roads.node(roads.hub_node(a)), roads.node(roads.hub_node(b)))
}

fn to_centre(roads: &Roads, hub: u16) -> f32 {
    ground::length(roads.node(roads.hub_node(hub)), (0.0, 0.0))
}
