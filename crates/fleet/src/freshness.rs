//! Who becomes late or silent when, without looking at everybody each tick.
//!
//! A line of vehicles by the second at or before which each may change; each stands in it once. A report does not touch the
//! line; when the second comes the vehicle is looked at and put back if it was heard meanwhile.

use std::collections::BTreeSet;

use wire::{Activity, Freshness};

use crate::{Class, Patience, Rules};

/// Of a vehicle that does not stand in the line.
pub(crate) const UNSCHEDULED: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Second and vehicle.
    places: BTreeSet<(u32, u32)>,
}

impl Line {
    /// Puts a vehicle into the second of `due_mono_ms`, rounded up, unless it stands in an earlier one, and says where
    /// it stands now.
    pub fn schedule(&mut self, vehicle: u32, scheduled_s: u32, due_mono_ms: u64) -> u32 {
        let due_s = u32::try_from(due_mono_ms.div_ceil(1_000)).unwrap_or(UNSCHEDULED - 1);
        if due_s >= scheduled_s {
            return scheduled_s;
        }
        // Whoever is switched off may be silent for days, and would stand there that long each time it was.
        if scheduled_s != UNSCHEDULED {
            self.places.remove(&(scheduled_s, vehicle));
        }
        self.places.insert((due_s, vehicle));
        due_s
    }

    /// Takes out a vehicle whose second has come.
    pub fn take_due(&mut self, now_mono_ms: u64) -> Option<u32> {
        let &(second, vehicle) = self.places.first()?;
        (u64::from(second) * 1_000 <= now_mono_ms).then(|| {
            self.places.pop_first();
            vehicle
        })
    }
}

/// What patience a vehicle has earned.
pub(crate) fn patience(rules: &Rules, class: Class, activity: Activity) -> Patience {
    if activity == Activity::Off {
        rules.patience_off[class as usize]
    } else {
        rules.patience[class as usize]
    }
}

/// The freshness after so long, and when it changes next, counted from when the vehicle was heard.
pub(crate) fn freshness(patience: Patience, age_ms: u64) -> (Freshness, Option<u64>) {
    if age_ms < patience.late_after_ms {
        (
            Freshness::Live,
            Some(patience.late_after_ms.min(patience.silent_after_ms)),
        )
    } else if age_ms < patience.silent_after_ms {
        (Freshness::Late, Some(patience.silent_after_ms))
    } else {
        (Freshness::Silent, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vehicle_stands_in_the_line_once_however_often_it_is_switched_off_and_on() {
        let mut line = Line::default();
        for minute in 0..1_000 {
            let now_ms = minute * 60_000;
            let off_s = line.schedule(7, UNSCHEDULED, now_ms + 14 * 3_600_000);
            line.schedule(7, off_s, now_ms + 30_000);
            assert_eq!(line.places.len(), 1);
            assert_eq!(line.take_due(now_ms + 29_999), None);
            assert_eq!(line.take_due(now_ms + 30_000), Some(7));
            assert_eq!(line.take_due(u64::MAX), None);
        }
    }

    #[test]
    fn the_line_is_gone_through_in_the_order_of_time() {
        let mut line = Line::default();
        for (vehicle, due_ms) in [(1, 9_001), (2, 3_000), (3, 9_500), (4, 2_999)] {
            assert_eq!(
                line.schedule(vehicle, UNSCHEDULED, due_ms),
                due_ms.div_ceil(1_000) as u32
            );
        }
        assert_eq!(line.take_due(2_999), None);
        let due = std::iter::from_fn(|| line.take_due(10_000));
        assert_eq!(due.collect::<Vec<_>>(), [2, 4, 1, 3]);
    }
}
