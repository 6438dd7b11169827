//! Every numeric field of both editions as a type that holds the raw integer as sent. Where the editions differ in
//! range or offset the type name says which one. The last line of each says raw range, step and offset, and whether the field is
//! *marked*: all ones (FF, FFFF, FFFFFFFF) means invalid and one less (FE, FFFE, FFFFFFFE) abnormal.

use crate::reading::{Form, Quantity, Spec, Wire};

macro_rules! quantities {
    ($( $(#[$doc:meta])* $name:ident($int:ident) $min:literal..=$max:literal, $decimals:literal, $offset:literal, $unit:literal, $sentinels:ident; )*) => {$(
        $(#[$doc])*
        ///
        #[doc = concat!(
            "Raw ", $min, "–", $max, " in steps of 10^−", $decimals, " ", $unit, ", offset ", $offset, " steps, ",
            stringify!($sentinels), ".",
        )]
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub $int);

        impl $name {
            /// All ones: the sender does not know (a mark only where the field defines one).
            pub const INVALID: Self = Self($int::MAX);
        }

        impl Quantity for $name {
            const SPEC: Spec = Spec {
                raw_min: $min,
                raw_max: $max,
                offset_steps: $offset,
                decimals: $decimals,
                unit: $unit,
                width: ($int::BITS / 8) as u8,
                has_sentinels: quantities!(@$sentinels),
            };
            #[inline]
            fn raw(self) -> u32 {
                u32::from(self.0)
            }
            #[inline]
            fn from_raw(raw: u32) -> Self {
                Self(raw as $int)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?} {}", self.physical(), Self::SPEC.unit)
            }
        }

        impl Wire for $name {
            const LEN: usize = ($int::BITS / 8) as usize;
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let mut raw = [0; ($int::BITS / 8) as usize];
                raw.copy_from_slice(&bytes[..<Self as Wire>::LEN]);
                Self($int::from_be_bytes(raw))
            }
            #[inline]
            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_be_bytes());
            }
            #[inline]
            fn form(self) -> Form {
                self.number().into()
            }
        }
    )*};
    (@marked) => { true };
    (@unmarked) => { false };
}

// name(raw type) least..=greatest raw value, decimals, offset in steps, unit, marked = FE…/FF… mean abnormal/invalid
quantities! {
    /// Vehicle speed, 2016 table 9: 0–220 km/h.
    Speed2016(u16) 0..=2200, 1, 0, "km/h", marked;
    /// Vehicle speed, 2025 table 10: 0–500 km/h.
    Speed2025(u16) 0..=5000, 1, 0, "km/h", marked;
    /// Odometer, 2016 table 9, 2025 table 10: 0–999,999.9 km.
    Odometer(u32) 0..=9_999_999, 1, 0, "km", marked;
    /// Total or subsystem voltage, 2016 tables 9 and B.6: 0–1000 V. Also the super-capacitor, 2025 table 25.
    Voltage2016(u16) 0..=10_000, 1, 0, "V", marked;
    /// Total or pack voltage, 2025 tables 10 and 12: 0–6000 V.
    Voltage2025(u16) 0..=60_000, 1, 0, "V", marked;
    /// Total, controller or subsystem current, 2016 tables 9, 11, B.6: −1000…+1000 A. Real vehicles send discharge as positive.
    Current2016(u16) 0..=20_000, 1, -10_000, "A", marked;
    /// Total, pack or super-capacitor current, 2025 tables 10, 12, 25: −3000…+3000 A.
    Current2025(u16) 0..=60_000, 1, -30_000, "A", marked;
    /// State of charge, 2016 table 9, 2025 table 10: 0–100 %.
    SocPct(u8) 0..=100, 0, 0, "%", marked;
    /// Insulation resistance, 2016 table 9: 0–60,000 kΩ. No marks are defined; FFFF is sent all the same and is out of range.
    Insulation2016(u16) 0..=60_000, 0, 0, "kΩ", unmarked;
    /// Insulation resistance, 2025 table 10: 0–60,000 kΩ, the smaller of positive and negative to ground.
    Insulation2025(u16) 0..=60_000, 0, 0, "kΩ", marked;
    /// Accelerator travel, 2016 table B.4: 0–100 %.
    PedalPct(u8) 0..=100, 0, 0, "%", marked;

    /// Motor number, 2016 table 11, 2025 table 16: 1–253. 2016 defines no marks; FE and FF are taken for them all the same.
    MotorNo(u8) 1..=253, 0, 0, "", marked;
    /// A temperature in one byte, 2016 tables 11, 16, B.8, 2025 tables 14, 16, 17, 19, 25, 26: −40…+210 °C.
    TempC(u8) 0..=250, 0, -40, "°C", marked;
    /// Motor speed, 2016 table 11: −20,000…45,531 r/min.
    MotorSpeed2016(u16) 0..=65_531, 0, -20_000, "r/min", marked;
    /// Motor speed, 2025 table 16: −32,000…33,531 r/min.
    MotorSpeed2025(u16) 0..=65_531, 0, -32_000, "r/min", marked;
    /// Motor torque, 2016 table 11: −2000…4553.1 N·m; the offset of 20,000 is in raw steps.
    MotorTorque2016(u16) 0..=65_531, 1, -20_000, "N·m", marked;
    /// Motor torque, 2025 table 16: −20,000…20,000 N·m.
    MotorTorque2025(u32) 0..=400_000, 1, -200_000, "N·m", marked;
    /// Motor controller input voltage, 2016 table 11: 0–6000 V.
    ControllerVoltage(u16) 0..=60_000, 1, 0, "V", marked;

    /// Fuel-cell voltage, 2016 table 12, 2025 table 19: 0–2000 V.
    StackVoltage(u16) 0..=20_000, 1, 0, "V", marked;
    /// Fuel-cell current, 2016 table 12, 2025 table 19: 0–2000 A.
    StackCurrent(u16) 0..=20_000, 1, 0, "A", marked;
    /// Hydrogen consumption, 2016 table 12: 0–600 kg/100 km.
    HydrogenUse(u16) 0..=60_000, 2, 0, "kg/100km", marked;
    /// A number of probes that follow, 2016 table 12, 2025 table 19: 0–65,531; FFFE and FFFF are followed by nothing.
    Count(u16) 0..=65_531, 0, 0, "", marked;
    /// Fuel-cell probe temperature, 2016 table 12: −40…+200 °C; no marks are defined.
    StackProbeTempC(u8) 0..=240, 0, -40, "°C", unmarked;
    /// Highest temperature in the hydrogen system, 2016 table 12: −40…+200 °C.
    HydrogenTemp2016(u16) 0..=2400, 1, -400, "°C", marked;
    /// Highest temperature in the hydrogen system, 2025 table 17: −40…+210 °C in two bytes.
    HydrogenTemp2025(u16) 0..=250, 0, -40, "°C", marked;
    /// Number of a hydrogen probe or sensor, 2016 table 12: 1–252.
    SensorNo2016(u8) 1..=252, 0, 0, "", marked;
    /// Number of a hydrogen probe or sensor, 2025 table 17: 1–253.
    SensorNo2025(u8) 1..=253, 0, 0, "", marked;
    /// Highest hydrogen concentration, 2016 table 12: 0–60,000 mg/kg (the same row says 50,000 as well).
    HydrogenConc2016(u16) 0..=60_000, 0, 0, "mg/kg", marked;
    /// Highest hydrogen concentration, 2025 table 17: 0–6 % by volume.
    HydrogenConc2025(u16) 0..=60_000, 4, 0, "%", marked;
    /// Highest hydrogen pressure, 2016 table 12: 0–100 MPa; no marks are defined.
    HydrogenPressure2016(u16) 0..=1000, 1, 0, "MPa", unmarked;
    /// Highest hydrogen pressure, 2025 table 17: 0–100 MPa.
    HydrogenPressure2025(u16) 0..=1000, 1, 0, "MPa", marked;
    /// Hydrogen left, 2025 table 17: 0–100 %.
    HydrogenLeftPct(u8) 0..=100, 0, 0, "%", marked;
    /// Inlet pressure of a stack, 2025 table 19: −100…+400 kPa.
    InletPressure(u16) 0..=5000, 1, -1000, "kPa", marked;

    /// Crankshaft speed, 2016 table 13, 2025 table 20: 0–60,000 r/min.
    CrankSpeed(u16) 0..=60_000, 0, 0, "r/min", marked;
    /// Fuel consumption, 2016 table 13: 0–600 L/100 km.
    FuelUse(u16) 0..=60_000, 2, 0, "L/100km", marked;

    /// Number of a storage subsystem, 2016 tables 16, B.6, B.8: 1–250. Tables B.6 and B.8 define no marks; FE and FF are sent and taken for them.
    SubsystemNo(u8) 1..=250, 0, 0, "", marked;
    /// Number of a cell, 2016 table 16: 1–250; one byte although packs have more cells.
    CellNo(u8) 1..=250, 0, 0, "", marked;
    /// Number of a temperature probe, 2016 table 16: 1–250.
    ProbeNo(u8) 1..=250, 0, 0, "", marked;
    /// Highest or lowest cell voltage, 2016 table 16: 0–15 V.
    ExtremeCellVoltage(u16) 0..=15_000, 3, 0, "V", marked;
    /// Voltage of a cell or smallest parallel unit, 2016 table B.6, 2025 tables 12, 25, 26: 0–60 V.
    CellVoltage(u16) 0..=60_000, 3, 0, "V", marked;
    /// Total number of cells or probes, 2016 tables B.6 and B.8, 2025 tables 12, 14, 25: 1–65,531.
    Total(u16) 1..=65_531, 0, 0, "", marked;
    /// Number of the first cell in this frame, 2016 table B.6: 1–65,531; no marks are defined.
    FirstCell(u16) 1..=65_531, 0, 0, "", unmarked;
    /// Cells in this frame, 2016 table B.6: 1–200; no marks are defined.
    CellsInFrame(u8) 1..=200, 0, 0, "", unmarked;
    /// Number of a battery pack, 2025 tables 12 and 14: 1–50.
    PackNo(u8) 1..=50, 0, 0, "", marked;
    /// Number of a fuel-cell stack or super-capacitor system, 2025 tables 19, 25, 26: 1–253.
    SystemNo(u8) 1..=253, 0, 0, "", marked;
    /// Number of a super-capacitor cell or probe, 2025 table 26: 1–65,531; no marks are defined.
    CapacitorPartNo(u16) 1..=65_531, 0, 0, "", unmarked;

    /// Highest alarm level, 2016 table 17: 0 none, 1 drive on, 2 drive carefully, 3 stop at once.
    AlarmLevel2016(u8) 0..=3, 0, 0, "", marked;
    /// Highest alarm level, 2025 table 23: as 2016, and 4 for a thermal event.
    AlarmLevel2025(u8) 0..=4, 0, 0, "", marked;

    /// Longitude without sign, 2016 table 14, 2025 table 21: degrees × 10⁶, 0–180. No marks; FFFFFFFF and 0 occur.
    LonE6(u32) 0..=180_000_000, 6, 0, "°", unmarked;
    /// Latitude without sign, 2016 table 14, 2025 table 21: degrees × 10⁶, 0–90. No marks; FFFFFFFF and 0 occur.
    LatE6(u32) 0..=90_000_000, 6, 0, "°", unmarked;
}
