//! What a supervisor sees of one vehicle.
//!
//! A card is made on the server from the latest bytes of each information type and travels as JSON,
//! once when it is opened and again whenever the vehicle has reported. It names its fields by keys; the words for them come
//! once, with the card that was opened, so that the page need not hold those of the whole standard.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// One value as the vehicle sent it. A value marked abnormal or invalid has no number, so that none can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// What is old although the newest report may not be.
    pub old: OldParts,
    /// Second of the newest report, by the vehicle's clock; `None` before the first.
    pub reported_unix_s: Option<i64>,
    /// Second in which the newest report came in, by the server's clock.
    pub received_unix_s: Option<i64>,
    /// Age of the newest report when this card was made, by the server's monotonic clock.
    pub age_ms: Option<u64>,
    /// Last valid position, degrees WGS-84, longitude first.
    pub position: Option<(f64, f64)>,
    /// It is in a precision zone: the position is coarse, late or missing, and items that could tell it are left out.
    pub in_zone: bool,
    /// Name of the platform or stream that reported it.
    pub source: Option<String>,
    /// Year of the edition of the standard in which it reports; `None` for reports of another format.
    pub edition: Option<u16>,
    /// Everything that the vehicle reports, and what it could report and does not, grouped by part of the vehicle.
    pub groups: Vec<Group>,
    /// Cell voltages and temperatures, for drawing.
    pub plots: Vec<Plot>,
}

/// Values of which newer ones are due: they came more than the longest interval of the standard before the newest report,
/// or no report has come for so long that the vehicle is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OldParts {
    /// State, speed, mileage, charge.
    pub vehicle: bool,
    pub alarms: bool,
    pub position: bool,
}

/// A part of the vehicle, or of what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `vehicle`, `motors`, `battery`, …: a key of [`Word`].
    pub key: String,
    /// Second of its newest report, by the vehicle's clock; `None` when nothing of it was sent.
    pub reported_unix_s: Option<i64>,
    pub fields: Vec<FieldRow>,
}

/// One item of the standard.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FieldRow {
    /// A key of [`Word`].
    pub key: String,
    /// Which of several: `2`, or `1/201` for the cells of pack 1 from number 201 on; empty where there is one.
    pub of: String,
    /// As the standard writes it, or a key of [`Word`]; empty for counts and words.
    pub unit: String,
    /// Words in it are keys of [`Word`], with spaces between them.
    pub shown: Shown<String>,
    /// As in [`OldParts`].
    pub old: bool,
}

/// A row of equal sensors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plot {
    /// The group that it belongs to.
    pub group: String,
    /// A key of [`Word`].
    pub key: String,
    /// Number of the pack, stack or subsystem; empty where there is one.
    pub of: String,
    pub unit: String,
    /// A value is its number of steps / 10^`decimals`.
    pub decimals: u8,
    /// Number of the first sensor.
    pub first: u32,
    /// In steps; `None` where the vehicle marked it or did not send it.
    pub values: Vec<Option<i32>>,
    /// Sensors beyond those.
    pub more: u32,
    pub old: bool,
}

/// What a key is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub key: String,
    pub en: String,
    pub zh: String,
}

/// The words of one opened card, by key: English, Chinese.
pub type Words = HashMap<String, (String, String)>;

/// A card that was opened under a permit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenedCard {
    pub card: Card,
    /// The words for all keys that this and later cards of the vehicle may hold.
    pub words: Vec<Word>,
    /// The server stops answering for this card at this second.
    pub until_unix_s: i64,
}

impl OpenedCard {
    #[must_use]
    pub fn words(&self) -> Words {
        let pairs = self.words.iter();
        pairs
            .map(|word| (word.key.clone(), (word.en.clone(), word.zh.clone())))
            .collect()
    }
}

/// The latest bytes of one information type, as they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawItem {
    /// Year of the edition.
    pub edition: u16,
    /// The information type of the standard.
    pub kind: u8,
    /// Second of the report that brought it, by the vehicle's clock.
    pub reported_unix_s: i64,
    /// The body behind the type byte, two digits a byte.
    pub hex: String,
}
