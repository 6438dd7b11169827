//! What a dot looks like, in sixteen bits: what the vehicle does, how fresh that is, its alarm, its charge.
//!
//! Bits 0–2 activity, 3–4 freshness, 5–7 alarm level (7 unknown), 8–11 charge in steps of a tenth (15 unknown),
//! 12–15 always zero. Any bits are a look: codes that mean nothing read as unknown.

/// What a vehicle is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Activity {
    /// It has not said.
    #[default]
    Unknown = 0,
    /// Under way, or ready to be.
    Driving = 1,
    /// Standing with its systems on.
    Parked = 2,
    /// Taking charge.
    Charging = 3,
    /// Switched off.
    Off = 4,
}

impl Activity {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 5] = [
        Self::Unknown,
        Self::Driving,
        Self::Parked,
        Self::Charging,
        Self::Off,
    ];

    fn from_code(code: u16) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or_default()
    }
}

/// How fresh what is shown is, by the time since the vehicle was last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Freshness {
    /// Heard within the time its class allows.
    #[default]
    Live = 0,
    /// Overdue.
    Late = 1,
    /// Not heard for long.
    Silent = 2,
    /// The platform it reports through went silent, so nothing can be said about the vehicle.
    CutOff = 3,
}

impl Freshness {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Live, Self::Late, Self::Silent, Self::CutOff];
}

/// The parts of a look, to build one from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LookParts {
    /// What it does.
    pub activity: Activity,
    /// How fresh that is.
    pub freshness: Freshness,
    /// Highest alarm level, 0 (none) to 4; above 4 reads as unknown.
    pub alarm_level: Option<u8>,
    /// Charge in tenths of full, 0 to 9 (100 % is 9); above 9 reads as unknown.
    pub charge_step: Option<u8>,
}

/// What a dot looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look(pub u16);

impl Default for Look {
    fn default() -> Self {
        Self::new(LookParts::default())
    }
}

impl Look {
    /// The bits that mean something.
    pub const MASK: u16 = 0x0fff;
    /// And how many those are.
    pub(crate) const BITS: u32 = 12;
    const UNKNOWN_ALARM: u16 = 7;
    const UNKNOWN_CHARGE: u16 = 15;

    /// Builds a look.
    #[must_use]
    pub fn new(parts: LookParts) -> Self {
        let alarm = match parts.alarm_level {
            Some(level @ 0..=4) => u16::from(level),
            _ => Self::UNKNOWN_ALARM,
        };
        let charge = match parts.charge_step {
            Some(step @ 0..=9) => u16::from(step),
            _ => Self::UNKNOWN_CHARGE,
        };
        Self(parts.activity as u16 | ((parts.freshness as u16) << 3) | (alarm << 5) | (charge << 8))
    }

    /// The look with these bits; bits that mean nothing are dropped.
    #[must_use]
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & Self::MASK)
    }

    /// The charge step (tenths, 0..=9) of a state of charge in percent.
    #[must_use]
    pub fn charge_step_from_pct(soc_pct: u8) -> u8 {
        (soc_pct / 10).min(9)
    }

    /// What the vehicle does.
    #[must_use]
    pub fn activity(self) -> Activity {
        Activity::from_code(self.0 & 7)
    }

    /// How fresh that is.
    #[must_use]
    pub fn freshness(self) -> Freshness {
        Freshness::ALL[usize::from((self.0 >> 3) & 3)]
    }

    /// Alarm level 0..=4; `None` if unknown.
    #[must_use]
    pub fn alarm_level(self) -> Option<u8> {
        let level = ((self.0 >> 5) & 7) as u8;
        (level <= 4).then_some(level)
    }

    /// Charge in tenths, 0..=9; `None` if unknown.
    #[must_use]
    pub fn charge_step(self) -> Option<u8> {
        let step = ((self.0 >> 8) & 15) as u8;
        (step <= 9).then_some(step)
    }

    /// All four parts.
    #[must_use]
    pub fn parts(self) -> LookParts {
        LookParts {
            activity: self.activity(),
            freshness: self.freshness(),
            alarm_level: self.alarm_level(),
            charge_step: self.charge_step(),
        }
    }

    /// The same look with another freshness.
    #[must_use]
    pub fn with_freshness(self, freshness: Freshness) -> Self {
        Self((self.0 & !(3 << 3)) | ((freshness as u16) << 3))
    }

    /// What visitors may know: whether it moves, and how fresh that is, for what is old is never shown as new.
    #[must_use]
    pub fn coarse(self) -> Self {
        let activity = match self.activity() {
            Activity::Parked | Activity::Charging | Activity::Off => Activity::Parked,
            known @ (Activity::Driving | Activity::Unknown) => known,
        };
        Self::new(LookParts {
            activity,
            freshness: self.freshness(),
            alarm_level: None,
            charge_step: None,
        })
    }

    /// What is drawn on top where dots overlap: the higher. An alarm is above everything, a worse one above a
    /// lesser; then what moves above what stands, then the fresh above the stale.
    #[must_use]
    pub fn priority(self) -> u8 {
        let alarm = self.alarm_level().unwrap_or(0);
        let activity = match self.activity() {
            Activity::Driving => 4,
            Activity::Charging => 3,
            Activity::Parked => 2,
            Activity::Unknown => 1,
            Activity::Off => 0,
        };
        (alarm << 5) | (activity << 2) | (3 - self.freshness() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_the_bits() {
        for activity in Activity::ALL {
            for freshness in Freshness::ALL {
                for alarm_level in [None, Some(0), Some(4)] {
                    for charge_step in [None, Some(0), Some(9)] {
                        let parts = LookParts {
                            activity,
                            freshness,
                            alarm_level,
                            charge_step,
                        };
                        let look = Look::new(parts);
                        assert_eq!(look.parts(), parts);
                        assert_eq!(look, Look::from_bits(look.0));
                    }
                }
            }
        }
    }

    #[test]
    fn bits_that_mean_nothing_read_as_unknown() {
        let look = Look::from_bits(0xffff);
        assert_eq!(look.0, 0x0fff);
        assert_eq!(look.activity(), Activity::Unknown);
        assert_eq!(look.alarm_level(), None);
        assert_eq!(look.charge_step(), None);
    }

    #[test]
    fn an_alarm_is_above_everything() {
        let silent_alarm = Look::new(LookParts {
            activity: Activity::Off,
            freshness: Freshness::CutOff,
            alarm_level: Some(1),
            charge_step: None,
        });
        let driving = Look::new(LookParts {
            activity: Activity::Driving,
            ..LookParts::default()
        });
        assert!(silent_alarm.priority() > driving.priority());
    }
}
