//! Fields that are one of a few words, the gear byte, and the bits of the position status and of the general alarms.
//! Each keeps the byte as sent; a byte without meaning is `Unknown`, never an error.

use crate::reading::{Code, Form, Wire};

macro_rules! codes {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $byte:literal $word:literal ),+ $(,)? } )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[$vdoc])* $variant, )+
            /// A byte the standard gives no meaning.
            Unknown(u8),
        }
        impl Code for $name {
            #[inline]
            fn from_byte(byte: u8) -> Self {
                match byte { $( $byte => Self::$variant, )+ other => Self::Unknown(other) }
            }
            fn byte(self) -> u8 {
                match self { $( Self::$variant => $byte, )+ Self::Unknown(byte) => byte }
            }
            #[inline]
            fn word(self) -> Option<&'static str> {
                match self { $( Self::$variant => Some($word), )+ Self::Unknown(_) => None }
            }
        }
    )+};
}

codes! {
    /// Vehicle state (2016 table 9, 2025 table 10), FE abnormal, FF invalid.
    VehicleState {
        /// 01, powered on and able to move.
        Started = 0x01 "started",
        /// 02.
        Off = 0x02 "off",
        /// 03.
        Other = 0x03 "other",
    }

    /// Charge state (2016 table 9, 2025 table 10), FE abnormal, FF invalid.
    ChargeState {
        /// 01, standing at a charger.
        Parked = 0x01 "parked_charging",
        /// 02, charging while driving.
        Driving = 0x02 "charging_while_driving",
        /// 03.
        NotCharging = 0x03 "not_charging",
        /// 04.
        Complete = 0x04 "charge_complete",
    }

    /// Running mode (2016 table 9, 2025 table 10), FE abnormal, FF invalid.
    RunningMode {
        /// 01, pure electric.
        Electric = 0x01 "electric",
        /// 02.
        Hybrid = 0x02 "hybrid",
        /// 03.
        Fuel = 0x03 "fuel",
    }

    /// DC-DC converter (2016 tables 9 and 12, 2025 tables 10 and 17), FE abnormal, FF invalid.
    DcDc {
        /// 01, working.
        On = 0x01 "on",
        /// 02.
        Off = 0x02 "off",
    }

    /// Drive-motor state (2016 table 11, 2025 table 16), FE abnormal, FF invalid.
    MotorState {
        /// 01, takes power.
        Consuming = 0x01 "consuming",
        /// 02, gives power back.
        Generating = 0x02 "generating",
        /// 03.
        Off = 0x03 "off",
        /// 04.
        Ready = 0x04 "ready",
    }

    /// Engine state (2016 table 13), FE abnormal, FF invalid. Gone in 2025.
    EngineState {
        /// 01.
        Running = 0x01 "running",
        /// 02.
        Off = 0x02 "off",
    }

    /// Coordinate system of a position (2025 table 21). No abnormal or invalid is defined.
    CoordinateSystem {
        /// 01.
        Wgs84 = 0x01 "WGS84",
        /// 02.
        Gcj02 = 0x02 "GCJ02",
        /// 03.
        Other = 0x03 "other",
    }
}

/// What the gear byte says: bits 0–3 the gear, bit 4 braking force, bit 5 driving force, in 2025 bit 7 "invalid".
/// Brake and drive together are sent by real buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gear {
    /// As sent.
    pub raw: u8,
    /// Bit 7 clear; `None` in 2016, which has no such bit.
    pub valid: Option<bool>,
}

impl Gear {
    /// `N`, `1`–`12`, `R`, `D`, `P`.
    pub fn position(self) -> &'static str {
        const POSITIONS: [&str; 16] = [
            "N", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "R", "D", "P",
        ];
        POSITIONS[usize::from(self.raw & 0x0F)]
    }

    /// Braking force is present.
    pub fn brake(self) -> bool {
        self.raw & 0x10 != 0
    }

    /// Driving force is present.
    pub fn drive(self) -> bool {
        self.raw & 0x20 != 0
    }
}

macro_rules! byte_field {
    ($name:ident, $value:ident => $form:expr) => {
        impl Wire for $name {
            const LEN: usize = 1;
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                Self(bytes[0])
            }
            fn put(self, out: &mut Vec<u8>) {
                out.push(self.0);
            }
            #[inline]
            fn form(self) -> Form {
                let $value = self.0;
                $form
            }
        }
    };
}

/// The gear byte of 2016 (A.1): bits 6 and 7 are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gear2016(pub u8);
byte_field!(Gear2016, raw => Form::Gear(Gear { raw, valid: None }));

/// The gear byte of 2025 (A.1): bit 7 set means that the gear is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gear2025(pub u8);
byte_field!(Gear2025, raw => Form::Gear(Gear { raw, valid: Some(raw & 0x80 == 0) }));

/// Brake pedal of 2016 annex B, table B.4: travel 0–100 %, 0 released, 101 pressed without a travel value, FE abnormal,
/// FF invalid. Two reserved bytes in the main text; gone in 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrakePedal(pub u8);
byte_field!(BrakePedal, raw => match raw {
    101 => Form::Pressed,
    _ => crate::quantity::PedalPct(raw).form(),
});

/// Position status (2016 table 15, 2025 table 22): bit 0 no valid fix, bit 1 south, bit 2 west, the rest reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PositionStatus(pub u8);
byte_field!(PositionStatus, raw => Form::Bits(u32::from(raw)));

impl PositionStatus {
    /// Bit 0 clear. When it is set the coordinates are those of the last valid fix, or nothing.
    pub fn is_valid(self) -> bool {
        self.0 & 1 == 0
    }
    /// Bit 1.
    pub fn is_south(self) -> bool {
        self.0 & 2 != 0
    }
    /// Bit 2.
    pub fn is_west(self) -> bool {
        self.0 & 4 != 0
    }
}

/// The general alarm flags (2016 table 18: bits 0–18; 2025 table 24: bits 0–27), 1 = alarm, held until cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct AlarmFlags(pub u32);

impl AlarmFlags {
    /// The numbers of the bits that are set, least significant first.
    pub fn bits(self) -> impl Iterator<Item = u8> {
        let flags = self.0;
        (0u8..32).filter(move |bit| flags >> bit & 1 == 1)
    }
}

/// The snake_case name of a general alarm flag, `None` where the edition reserves the bit.
pub fn alarm_flag_name(edition: crate::Edition, bit: u8) -> Option<&'static str> {
    const NAMES: [&str; 28] = [
        "temperature_difference",
        "battery_high_temperature",
        "storage_over_voltage",
        "storage_under_voltage",
        "soc_low",
        "cell_over_voltage",
        "cell_under_voltage",
        "soc_too_high",
        "soc_jump",
        "storage_mismatch",
        "poor_cell_consistency",
        "insulation",
        "dcdc_temperature",
        "brake_system",
        "dcdc_status",
        "motor_controller_temperature",
        "high_voltage_interlock",
        "motor_temperature",
        "storage_over_charge",
        "motor_over_speed",
        "motor_over_current",
        "super_capacitor_over_temperature",
        "super_capacitor_over_voltage",
        "thermal_event",
        "hydrogen_leak",
        "hydrogen_pressure",
        "hydrogen_temperature",
        "stack_over_temperature",
    ];
    let known = match edition {
        crate::Edition::V2016 => 19,
        crate::Edition::V2025 => NAMES.len(),
    };
    NAMES[..known].get(usize::from(bit)).copied()
}
