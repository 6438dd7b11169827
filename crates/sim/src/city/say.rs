//! When a vehicle speaks, and what it says.
//!
//! Around the motion lie the things that make real streams hard: vehicles that stay silent for hours, fixes
//! that are lost while the old position is repeated, outages after which the missed reports come as
//! re-issued ones, and alarms, of which the third level brings the seconds before it as re-issued reports too.

use super::vehicle::{Doing, Motion, Setting};
use crate::catalogue::Class;
use crate::chance::Chance;
use crate::identity::Identity;
use crate::report::{Charge, Power, Report, Told, Values};
use crate::roads::Roads;

/// Missed reports that are re-issued after an outage, at most.
const MOST_REISSUED: i64 = 60;
/// The part of a level-3 alarm's history that is re-issued.
const HISTORY_S: i64 = 30;

/// Who leaves again within this does not switch off.
const LONGEST_WAIT_MS: i64 = 20 * 60_000;

/// How wall time and simulated time go together.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub start_unix_ms: i64,
    pub start_sim_ms: i64,
    pub speed: f64,
    pub interval_s: i64,
    pub seed: u64,
}

impl Clock {
    fn sim_ms(&self, unix_ms: i64) -> i64 {
        self.start_sim_ms + ((unix_ms - self.start_unix_ms) as f64 * self.speed) as i64
    }
}

pub struct Vehicle {
    pub motion: Motion,
    /// The last position with a good fix.
    shown_e6: (i32, i32),
    stamp_unix_s: i64,
    alarm_until_ms: i64,
    alarm_level: u8,
    alarm_bit: u8,
    /// Reports were withheld by an outage since the last one.
    owes: bool,
}

/// What the hash of a vehicle decides about its whole life.
fn odd(who: Chance, what: u64, one_in: u32) -> bool {
    who.then(what).below(one_in) == 0
}

impl Vehicle {
    pub fn new(roads: &Roads, seed: u64, index: u32, identity: &Identity, start_ms: i64) -> Self {
        let who = Chance::new(seed, u64::from(index), 7);
        let setting = Setting {
            roads,
            model: identity.model(),
            who,
        };
        let mut motion = Motion::new(setting, start_ms);
        motion.advance(setting, start_ms);
        Self {
            shown_e6: roads.degrees_e6(motion.point(roads, who)),
            motion,
            stamp_unix_s: i64::MIN,
            alarm_until_ms: 0,
            alarm_level: 0,
            alarm_bit: 0,
            owes: false,
        }
    }

    /// Its turn has come. Sends what it has to say; whether a burst of one report a second begins.
    pub fn report(
        &mut self,
        index: u32,
        identity: &Identity,
        roads: &Roads,
        clock: &Clock,
        now_unix_ms: i64,
        send: &mut dyn FnMut(&Report),
    ) -> bool {
        let stamp_unix_s = now_unix_ms.div_euclid(1000);
        if stamp_unix_s <= self.stamp_unix_s {
            return false;
        }
        let who = Chance::new(clock.seed, u64::from(index), 7);
        let setting = Setting {
            roads,
            model: identity.model(),
            who,
        };
        let sim_ms = clock.sim_ms(now_unix_ms);
        if self.is_silent(who, sim_ms) {
            // Time passes all the same, or a silent car would catch up with hours of driving at once.
            self.motion.advance(setting, sim_ms);
            return false;
        }
        let known = self.stamp_unix_s != i64::MIN;
        if known && self.is_cut_off(who, sim_ms) {
            self.owes = true;
            return false;
        }
        let onset = if known {
            self.new_alarm(who, sim_ms, clock)
        } else {
            None
        };
        if self.owes || onset == Some(3) {
            let (step_s, most) = if self.owes {
                (clock.interval_s, MOST_REISSUED)
            } else {
                (1, HISTORY_S)
            };
            let first_s = (self.stamp_unix_s + step_s).max(stamp_unix_s - most * step_s);
            let mut missed_s = first_s;
            while missed_s < stamp_unix_s {
                self.motion.advance(setting, clock.sim_ms(missed_s * 1000));
                let values = self.values(setting, clock.sim_ms(missed_s * 1000));
                send(&Report {
                    vehicle: index,
                    stamp_unix_s: missed_s,
                    reissued: true,
                    values,
                });
                missed_s += step_s;
            }
            self.owes = false;
        }
        if let Some(level) = onset {
            let throw = who.then(6_000).then(sim_ms as u64);
            self.alarm_level = level;
            // The flags a battery or a motor would raise, bits 0 to 18.
            self.alarm_bit = throw.below(19) as u8;
            self.alarm_until_ms = sim_ms + throw.then(1).between(120_000.0, 900_000.0) as i64;
        } else if sim_ms > self.alarm_until_ms {
            self.alarm_level = 0;
        }
        self.motion.advance(setting, sim_ms);
        let values = self.values(setting, sim_ms);
        self.stamp_unix_s = stamp_unix_s;
        send(&Report {
            vehicle: index,
            stamp_unix_s,
            reissued: false,
            values,
        });
        onset == Some(3)
    }

    /// A few parked vehicles are not heard of for hours.
    fn is_silent(&self, who: Chance, sim_ms: i64) -> bool {
        !self.motion.moving()
            && self.motion.doing != Doing::Charging
            && who
                .then(5_000)
                .then(sim_ms.div_euclid(4 * 3_600_000) as u64)
                .below(25)
                == 0
    }

    /// A vehicle on the move is sometimes out of reach for some minutes.
    fn is_cut_off(&self, who: Chance, sim_ms: i64) -> bool {
        self.motion.moving()
            && who
                .then(5_001)
                .then(sim_ms.div_euclid(240_000) as u64)
                .below(1_200)
                == 0
    }

    /// The level of an alarm that begins with this report.
    fn new_alarm(&self, who: Chance, sim_ms: i64, clock: &Clock) -> Option<u8> {
        // About one vehicle in sixty has an alarm on a given day.
        let reports_a_day = (86_400.0 / (clock.interval_s as f64 * clock.speed)).max(1.0) as u32;
        let throw = who.then(5_002).then(sim_ms.div_euclid(1000) as u64);
        if self.alarm_level > 0 || throw.below(60u32.saturating_mul(reports_a_day)) != 0 {
            return None;
        }
        Some(match throw.then(1).below(20) {
            0 => 3,
            1..=5 => 2,
            _ => 1,
        })
    }

    fn values(&mut self, setting: Setting<'_>, sim_ms: i64) -> Values {
        let Setting { roads, model, who } = setting;
        let motion = &self.motion;
        // At a stand, at the last stop or before a door the driver stays with it: it waits, switched on.
        let waiting = motion.doing == Doing::Parked
            && motion.standing_until_ms() - sim_ms < LONGEST_WAIT_MS
            && matches!(model.class, Class::Taxi | Class::Bus | Class::Logistics);
        let power = if motion.moving() || waiting {
            Power::Started
        } else {
            Power::Off
        };
        let charge = match motion.doing {
            Doing::Charging => Charge::Parked,
            Doing::Charged => Charge::Complete,
            _ => Charge::Not,
        };
        let never_fixed = odd(who, 50, 5_000);
        let fix_valid = !never_fixed
            && who
                .then(5_003)
                .then(sim_ms.div_euclid(300_000) as u64)
                .below(250)
                != 0;
        if fix_valid {
            self.shown_e6 = roads.degrees_e6(motion.point(roads, who));
        } else if never_fixed {
            self.shown_e6 = (0, 0);
        }
        let soc_pct = (motion.energy_wh() / (model.battery_kwh * 10.0))
            .round()
            .clamp(0.0, 100.0) as u8;
        let soc_pct = match who.then(51).below(600) {
            0 => Told::Invalid,
            1 => Told::Abnormal,
            _ => Told::Value(soc_pct),
        };
        let odometer_hm = (motion.odometer_m() / 100.0) as u32;
        let odometer_hm = match who.then(52).below(900) {
            0 => Told::Invalid,
            1 => Told::Abnormal,
            _ => Told::Value(odometer_hm),
        };
        let current_a = match motion.doing {
            Doing::Charging => -30.0,
            Doing::Driving | Doing::Searching => 3.0 + motion.speed_kmh() * model.wh_per_km / 360.0,
            Doing::Parked | Doing::Charged => 0.0,
        };
        Values {
            power,
            charge,
            speed_dkmh: Told::Value((motion.speed_kmh() * 10.0) as u16),
            odometer_hm,
            soc_pct,
            current_da: (current_a * 10.0) as i16,
            fix_valid,
            lon_e6: self.shown_e6.0,
            lat_e6: self.shown_e6.1,
            alarm_level: self.alarm_level,
            alarm_flags: if self.alarm_level > 0 {
                1 << self.alarm_bit
            } else {
                0
            },
            temp_c: if motion.moving() { 30 } else { 22 } + who.then(53).below(6) as i8,
        }
    }
}
