//! What comes into the fleet, and what became of it.

use bytes::Bytes;
use gb32960::{Edition, Reading, Vin};
use wire::{Activity, WorldPoint};

/// The moment of a call, on both clocks: the wall clock judges report times, the monotonic one judges silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    pub unix_ms: i64,
    pub mono_ms: u64,
}

/// One telemetry source, numbered by the server from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u16);

/// A vehicle, by the order in which it became known. Never leaves the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VehicleIx(pub u32);

/// What a vehicle is for; it sets how long its silence is normal, and whether its parking place is private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Class {
    Private,
    Taxi,
    Bus,
    Logistics,
    Sanitation,
    #[default]
    Other,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Private,
        Self::Taxi,
        Self::Bus,
        Self::Logistics,
        Self::Sanitation,
        Self::Other,
    ];

    /// In lower case, as in the registry file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Taxi => "taxi",
            Self::Bus => "bus",
            Self::Logistics => "logistics",
            Self::Sanitation => "sanitation",
            Self::Other => "other",
        }
    }
}

/// One line of the registry. There is no place for an owner or a plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryEntry {
    pub vin: Vin,
    pub make: String,
    pub model: String,
    pub class: Class,
}

/// A position as the vehicle sent it, before any change of datum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RawPosition {
    /// Millionths of a degree, east positive.
    pub lon_e6: i32,
    /// Millionths of a degree, north positive.
    pub lat_e6: i32,
    /// Whether the vehicle said that it is valid.
    pub valid: bool,
}

/// One report of one vehicle. `None` in a field means that this report does not speak of it; what an earlier report
/// said then stays.
#[derive(Debug, Clone)]
pub struct Report {
    pub vin: Vin,
    pub source: SourceId,
    /// The vehicle's own time of this report.
    pub stamp_unix_s: i64,
    /// Sent again from the terminal's memory (command 03).
    pub reissued: bool,
    pub edition: Option<Edition>,
    /// On the map, WGS-84; `None` where the report has no valid fix.
    pub fix: Option<WorldPoint>,
    pub raw_position: Option<RawPosition>,
    /// What the vehicle says it does. One that is on but stands still is `Driving`; the fleet makes `Parked` of it when
    /// that lasts.
    pub activity: Option<Activity>,
    /// 0.1 km/h.
    pub speed_dkmh: Option<Reading<u16>>,
    /// 0.1 km.
    pub odometer_hm: Option<Reading<u32>>,
    pub soc_pct: Option<Reading<u8>>,
    /// Highest alarm level, 0 none.
    pub alarm_level: Option<Reading<u8>>,
    /// The data unit as received: time, then information items. Copied, never kept.
    pub items: Bytes,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applied {
    /// It is now what is shown.
    Fresh,
    /// Its state is now what is shown; it has no valid fix, so the dot stays where it was.
    NoFix,
    /// A newer one is shown: nothing changed.
    Older,
    /// Its time is ahead of the server's clock by more than the tolerance: nothing changed.
    Future,
    /// Re-issued: at most the card's items are newer for it.
    Reissued,
    /// There is no room for another vehicle: nothing changed.
    Full,
}

impl Applied {
    /// In snake_case, for metric labels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::NoFix => "no_fix",
            Self::Older => "older",
            Self::Future => "future",
            Self::Reissued => "reissued",
            Self::Full => "full",
        }
    }
}
