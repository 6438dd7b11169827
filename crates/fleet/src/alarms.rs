//! Which vehicles report an alarm now, since when, and whether somebody has answered for it.
//!
//! An alarm begins when a vehicle's level rises above 0 and ends when it falls back; between them it has a number, which
//! says nothing of the vehicle and is never used again. One that reached [`UNFORGETTABLE`] stays after its end until it is
//! acknowledged. An acknowledgement holds up to the level at which it was given: a worse one has to be answered anew.
//! There is at most one for a vehicle, so vehicles are the bound.

use std::collections::HashMap;

use crate::VehicleIx;
use crate::hash::Folded;

/// An alarm of this level stays until it is acknowledged.
pub const UNFORGETTABLE: u8 = 4;

/// One alarm of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Of this alarm alone, counted from 1 since the start.
    pub id: u64,
    pub vehicle: VehicleIx,
    /// 1–4; of one that is over, the worst it was.
    pub level: u8,
    pub began_unix_ms: i64,
    /// The vehicle no longer reports it.
    pub over: bool,
    pub acknowledged: Option<Acknowledged>,
}

/// Who has answered for an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    pub by: String,
    pub comment: String,
    /// Up to this level.
    pub level: u8,
}

impl Alarm {
    /// Whether nobody has answered for it at its level.
    #[must_use]
    pub fn waits(&self) -> bool {
        let answered = self.acknowledged.as_ref();
        answered.is_none_or(|answered| answered.level < self.level)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Alarms {
    by_vehicle: HashMap<u32, Alarm, Folded>,
    last_id: u64,
}

impl Alarms {
    /// A vehicle reports this level, 0 for none.
    pub fn note(&mut self, vehicle: u32, level: u8, now_unix_ms: i64) {
        if level == 0 {
            if let Some(alarm) = self.by_vehicle.get_mut(&vehicle) {
                alarm.over = true;
                self.forget_if_done(vehicle);
            }
            return;
        }
        match self.by_vehicle.get_mut(&vehicle) {
            Some(alarm) => {
                // One that came back before anybody answered for it is still the same.
                let worst = alarm.waits() && alarm.level >= UNFORGETTABLE;
                alarm.level = if worst { alarm.level } else { level };
                alarm.over = false;
            }
            None => {
                self.last_id += 1;
                let alarm = Alarm {
                    id: self.last_id,
                    vehicle: VehicleIx(vehicle),
                    level,
                    began_unix_ms: now_unix_ms,
                    over: false,
                    acknowledged: None,
                };
                self.by_vehicle.insert(vehicle, alarm);
            }
        }
    }

    /// An alarm of an earlier start, under a number of this one.
    pub fn take_up(&mut self, vehicle: u32, alarm: Alarm) {
        self.last_id += 1;
        let alarm = Alarm {
            id: self.last_id,
            vehicle: VehicleIx(vehicle),
            ..alarm
        };
        self.by_vehicle.insert(vehicle, alarm);
    }

    /// Nobody will answer for it any more: the vehicle has not been heard for so long that it is forgotten.
    pub fn forget(&mut self, vehicle: u32) {
        self.by_vehicle.remove(&vehicle);
    }

    /// The alarm of a vehicle, if there is one.
    pub fn of(&self, vehicle: u32) -> Option<&Alarm> {
        self.by_vehicle.get(&vehicle)
    }

    fn forget_if_done(&mut self, vehicle: u32) {
        let done = |alarm: &Alarm| alarm.over && !(alarm.waits() && alarm.level >= UNFORGETTABLE);
        if self.by_vehicle.get(&vehicle).is_some_and(done) {
            self.by_vehicle.remove(&vehicle);
        }
    }

    pub fn get(&self, id: u64) -> Option<&Alarm> {
        self.by_vehicle.values().find(|alarm| alarm.id == id)
    }

    /// Somebody answers for an alarm; false if there is none of this number.
    pub fn acknowledge(&mut self, id: u64, by: &str, comment: &str) -> bool {
        let Some(vehicle) = self.get(id).map(|alarm| alarm.vehicle.0) else {
            return false;
        };
        if let Some(alarm) = self.by_vehicle.get_mut(&vehicle) {
            alarm.acknowledged = Some(Acknowledged {
                by: by.to_owned(),
                comment: comment.to_owned(),
                level: alarm.level,
            });
        }
        self.forget_if_done(vehicle);
        true
    }

    /// The worst ones, at most `most`: by level, those that wait for an answer first, then the newest.
    pub fn worst(&self, most: usize) -> Vec<Alarm> {
        let rank = |alarm: &&Alarm| {
            std::cmp::Reverse((alarm.level, alarm.waits(), alarm.began_unix_ms, alarm.id))
        };
        let mut all: Vec<&Alarm> = self.by_vehicle.values().collect();
        if all.len() > most {
            all.select_nth_unstable_by_key(most, rank);
            all.truncate(most);
        }
        all.sort_unstable_by_key(rank);
        all.into_iter().cloned().collect()
    }

    pub fn len(&self) -> usize {
        self.by_vehicle.len()
    }

    /// How many that must not be forgotten wait for an answer.
    pub fn unanswered(&self) -> usize {
        let waits = |alarm: &&Alarm| alarm.level >= UNFORGETTABLE && alarm.waits();
        self.by_vehicle.values().filter(waits).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(alarms: &Alarms) -> Vec<u64> {
        alarms.worst(10).iter().map(|alarm| alarm.id).collect()
    }

    #[test]
    fn the_worst_come_first_and_of_two_alike_the_one_that_waits() {
        let mut alarms = Alarms::default();
        for (vehicle, level) in [(1, 1), (2, 3), (3, 2), (4, 3)] {
            alarms.note(vehicle, level, 1_000 + i64::from(vehicle));
        }
        assert_eq!(ids(&alarms), [4, 2, 3, 1]);
        assert!(alarms.acknowledge(4, "demo", "watching"));
        assert_eq!(ids(&alarms), [2, 4, 3, 1]);
        assert_eq!(alarms.worst(2).len(), 2);
        assert_eq!(alarms.worst(2)[1].id, 4);
        assert_eq!(alarms.len(), 4);
    }

    #[test]
    fn an_alarm_goes_with_its_end_and_a_new_one_has_another_number() {
        let mut alarms = Alarms::default();
        alarms.note(7, 2, 1_000);
        alarms.note(7, 2, 2_000);
        assert_eq!(alarms.worst(1)[0].began_unix_ms, 1_000);
        alarms.note(7, 0, 3_000);
        assert_eq!(alarms.len(), 0);
        alarms.note(7, 2, 4_000);
        assert_eq!(ids(&alarms), [2]);
    }

    #[test]
    fn one_of_level_4_stays_until_somebody_answers_for_it() {
        let mut alarms = Alarms::default();
        alarms.note(7, 4, 1_000);
        alarms.note(7, 0, 2_000);
        assert_eq!(alarms.unanswered(), 1);
        assert!(alarms.worst(1)[0].over);
        alarms.note(7, 1, 3_000);
        assert_eq!(
            alarms.worst(1)[0].level,
            4,
            "it came back weaker before anybody looked"
        );
        alarms.note(7, 0, 4_000);
        assert!(alarms.acknowledge(1, "demo", "rescue_called"));
        assert_eq!((alarms.len(), alarms.unanswered()), (0, 0));
        assert!(!alarms.acknowledge(1, "demo", "watching"));
    }

    #[test]
    fn an_answer_holds_until_it_gets_worse() {
        let mut alarms = Alarms::default();
        alarms.note(7, 2, 1_000);
        alarms.acknowledge(1, "demo", "watching");
        assert!(!alarms.worst(1)[0].waits());
        alarms.note(7, 1, 2_000);
        assert!(!alarms.worst(1)[0].waits());
        alarms.note(7, 4, 3_000);
        assert!(alarms.worst(1)[0].waits());
        assert_eq!(alarms.unanswered(), 1);
        alarms.acknowledge(1, "demo", "rescue_called");
        alarms.note(7, 0, 4_000);
        assert_eq!(alarms.len(), 0);
    }
}
