//! What a supervisor sees of one vehicle.
//!
//! A card is made on the server from the latest bytes of each information type and travels as JSON,
//! once when it is opened and again whenever the vehicle has reported.

use serde::{Deserialize, Serialize};

/// One value as the vehicle sent it. A value marked abnormal or invalid has no number, so that none can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown<T> {
    Value(T),
    /// The vehicle marked it abnormal (FE, FFFE, … in GB/T 32960.3).
    Abnormal,
    /// The vehicle marked it invalid (FF, FFFF, …).
    Invalid,
    /// Outside the range that the standard gives; shown as such, beside the number.
    OutOfRange(T),
    /// This vehicle has not sent it yet.
    NotSent,
}

impl<T> Shown<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Shown<U> {
        match self {
            Self::Value(value) => Shown::Value(f(value)),
            Self::OutOfRange(value) => Shown::OutOfRange(f(value)),
            Self::Abnormal => Shown::Abnormal,
            Self::Invalid => Shown::Invalid,
            Self::NotSent => Shown::NotSent,
        }
    }
}

/// The card of one vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub vin: String,
    pub make: Option<String>,
    pub model: Option<String>,
    pub class: String,
    /// Distance the vehicle says it has driven, km, resolution 0.1.
    pub mileage_km: Shown<f64>,
    /// Battery charge, percent.
    pub charge_pct: Shown<u8>,
    pub speed_kmh: Shown<f64>,
    pub alarm_level: Shown<u8>,
    /// Activity code of [`wire::Look`], for the words "driving", "parked", ….
    pub activity: u8,
    /// Second of the newest report, by the vehicle's clock; `None` before the first.
    pub reported_unix_s: Option<i64>,
    /// Age of the newest report when this card was made, by the server's monotonic clock.
    pub age_ms: Option<u64>,
    /// Last valid position, degrees WGS-84, longitude first.
    pub position: Option<(f64, f64)>,
    /// Name of the platform or stream that reported it.
    pub source: Option<String>,
    /// Everything else that the vehicle reports, grouped by information type.
    pub groups: Vec<Group>,
}

/// The fields of one information type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub key: String,
    pub fields: Vec<FieldRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldRow {
    pub key: String,
    pub unit: String,
    pub shown: Shown<String>,
}

/// A card that was opened under a permit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenedCard {
    pub card: Card,
    /// The server stops answering for this card at this second.
    pub until_unix_s: i64,
}
