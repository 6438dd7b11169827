//! Who becomes late or silent when, without looking at everybody each tick.
//!
//! A wheel of seconds: each vehicle stands in it once, at or before the second in which it may change. A report does
//! not touch the wheel; when the second comes the vehicle is looked at and put back if it was heard meanwhile.

use std::collections::BTreeMap;

use wire::{Activity, Freshness};

use crate::{Class, Patience, Rules};

/// Of a vehicle that stands nowhere in the wheel.
pub(crate) const UNSCHEDULED: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Wheel {
    seconds: BTreeMap<u32, Vec<u32>>,
}

impl Wheel {
    /// Puts a vehicle into the second of `due_mono_ms`, rounded up, unless it stands in an earlier one, and says where
    /// it stands now.
    pub fn schedule(&mut self, vehicle: u32, scheduled_s: u32, due_mono_ms: u64) -> u32 {
        let due_s = u32::try_from(due_mono_ms.div_ceil(1_000)).unwrap_or(UNSCHEDULED - 1);
        if due_s >= scheduled_s {
            return scheduled_s;
        }
        self.seconds.entry(due_s).or_default().push(vehicle);
        due_s
    }

    /// Takes out one second that has come, with its vehicles. A vehicle whose own record says another second was
    /// scheduled anew meanwhile and is to be passed over.
    pub fn take_due(&mut self, now_mono_ms: u64) -> Option<(u32, Vec<u32>)> {
        let first = self.seconds.first_entry()?;
        (u64::from(*first.key()) * 1_000 <= now_mono_ms).then(|| first.remove_entry())
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
