//! Looks: field by field, each under what the activity lets expect.

use super::coder::{Chance, Coder};
use crate::Look;

/// What is expected of looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looks {
    activity: [Chance; 8],
    freshness: [[Chance; 4]; 8],
    alarm: [Chance; 8],
    charge: [[Chance; 16]; 8],
    changed: [Chance; 4],
}

impl Looks {
    pub const fn unknown() -> Self {
        Self {
            activity: [Chance::EVEN; 8],
            freshness: [[Chance::EVEN; 4]; 8],
            alarm: [Chance::EVEN; 8],
            charge: [[Chance::EVEN; 16]; 8],
            changed: [Chance::EVEN; 4],
        }
    }

    /// A look of which nothing is known.
    #[inline]
    pub fn code(&mut self, coder: &mut impl Coder, look: Look) -> Look {
        let [activity, freshness, alarm, charge] = fields(look);
        let activity = coder.tree(activity, &mut self.activity);
        let a = activity as usize;
        let freshness = coder.tree(freshness, &mut self.freshness[a]);
        let alarm = coder.tree(alarm, &mut self.alarm);
        let charge = coder.tree(charge, &mut self.charge[a]);
        from_fields([activity, freshness, alarm, charge])
    }

    /// A look that another one has become: which fields changed, then those.
    pub fn code_change(&mut self, coder: &mut impl Coder, before: Look, look: Look) -> Look {
        let (old, new) = (fields(before), fields(look));
        let mut out = old;
        for field in 0..4 {
            if !coder.bit(old[field] != new[field], &mut self.changed[field]) {
                continue;
            }
            let a = out[0] as usize;
            out[field] = match field {
                0 => coder.tree(new[0], &mut self.activity),
                1 => coder.tree(new[1], &mut self.freshness[a]),
                2 => coder.tree(new[2], &mut self.alarm),
                _ => coder.tree(new[3], &mut self.charge[a]),
            };
        }
        from_fields(out)
    }
}

fn fields(look: Look) -> [u32; 4] {
    let bits = u32::from(look.0);
    [bits & 7, (bits >> 3) & 3, (bits >> 5) & 7, (bits >> 8) & 15]
}

fn from_fields([activity, freshness, alarm, charge]: [u32; 4]) -> Look {
    Look((activity | (freshness << 3) | (alarm << 5) | (charge << 8)) as u16)
}
