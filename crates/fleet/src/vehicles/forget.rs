//! What was said of a vehicle that is not heard any more goes: position, values, items. The vehicle itself stays known, as
//! one that was never heard, with what the registry says of it, and where its lattice lies: another one after it would tell
//! more of it than one.

use super::{DIRTY, DISPLACED, HEARD, HEARD_AHEAD, HEARD_REISSUED, Latest, NEVER, Vehicles};
use crate::Now;
use crate::items::ItemStore;

impl Vehicles {
    /// Forgets what was said of a vehicle if that is `older_than_ms` old; whether there was anything.
    pub fn forget(&mut self, vehicle: u32, older_than_ms: u64, now: Now) -> bool {
        let i = vehicle as usize;
        let latest = &self.latest[i];
        if latest.flags & (HEARD | HEARD_AHEAD | HEARD_REISSUED) == 0 {
            return false;
        }
        let is_young = if latest.stamp == NEVER {
            // Only re-issued reports: when they came nobody has noted, but they say of when they are.
            let newest = self.items[i].iter().map(|item| item.stamp_unix_s).max();
            let age_ms = newest.map(|at| now.unix_ms.saturating_sub(at.saturating_mul(1_000)));
            age_ms.is_some_and(|age_ms| u64::try_from(age_ms).unwrap_or(0) < older_than_ms)
        } else {
            now.mono_ms.saturating_sub(latest.received_mono_ms) < older_than_ms
        };
        if is_young {
            return false;
        }
        self.blurred -= u32::from(latest.flags & DISPLACED != 0);
        self.latest[i] = Latest {
            class: latest.class,
            scheduled_s: latest.scheduled_s,
            lattice: latest.lattice,
            flags: latest.flags & DIRTY,
            ..Latest::new(latest.vin, latest.source)
        };
        self.items[i] = ItemStore::default();
        self.mark_dirty(vehicle);
        true
    }
}
