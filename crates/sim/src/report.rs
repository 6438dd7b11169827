//! What one vehicle says at one moment, before it is a frame.
//!
//! Traffic (a recording or the simulated fleet) makes these, `frames` turns them into bytes, `truth` keeps
//! the last one of each vehicle. All units are those of the standard, so nothing is rounded twice and the
//! truth is exactly what was sent.

use crate::identity::Identity;

/// A value, or one of the two ways in which GB/T 32960 says that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<T> {
    Value(T),
    Abnormal,
    Invalid,
}

impl<T> Told<T> {
    #[must_use]
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Value(value) => Told::Value(with(value)),
            Self::Abnormal => Told::Abnormal,
            Self::Invalid => Told::Invalid,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Started,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    Parked,
    Not,
    Complete,
}

/// One report's content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values {
    pub power: Power,
    pub charge: Charge,
    /// 0.1 km/h
    pub speed_dkmh: Told<u16>,
    /// 0.1 km
    pub odometer_hm: Told<u32>,
    pub soc_pct: Told<u8>,
    /// Discharge positive, 0.1 A.
    pub current_da: i16,
    /// Status bit 0 of the position item: false repeats the last good position.
    pub fix_valid: bool,
    /// WGS-84, degrees × 10⁶, east and north positive.
    pub lon_e6: i32,
    pub lat_e6: i32,
    /// 0 none … 3
    pub alarm_level: u8,
    /// GB/T 32960.3-2016 table 18, bits 0–18.
    pub alarm_flags: u32,
    /// Warmest cell, °C.
    pub temp_c: i8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Index into the traffic's identities.
    pub vehicle: u32,
    /// Seconds since 1970, UTC: the second of sending, or of recording when re-issued.
    pub stamp_unix_s: i64,
    /// Command 03 instead of 02.
    pub reissued: bool,
    pub values: Values,
}

/// Something that moves and reports. Time comes in; nothing here looks at a clock.
pub trait Traffic: Send {
    fn identities(&self) -> &[Identity];

    /// Hands every report that is due at `now_unix_ms` to `send`. `now_unix_ms` never goes back.
    fn advance(&mut self, now_unix_ms: i64, send: &mut dyn FnMut(&Report));

    /// Nothing will ever be due again.
    fn finished(&self) -> bool {
        false
    }
}
