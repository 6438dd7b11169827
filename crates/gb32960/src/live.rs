//! The live view: one walk over a report that takes what a dot on the map needs and steps over the rest. No allocation,
//! no judgement about age. Items before a broken one count; a type that comes twice counts the last time, except that of
//! two alarm levels the higher one counts.

use crate::codes::{ChargeState, PositionStatus, RunningMode, VehicleState};
use crate::datum::Datum;
use crate::frame::{Edition, Frame};
use crate::quantity::{
    AlarmLevel2016, AlarmLevel2025, LatE6, LonE6, Odometer, SocPct, Speed2016, Speed2025,
};
use crate::reading::{Coded, Quantity, Reading, Wire};
use crate::time::Time;
use crate::walk::{Customs, ITEMS_AT, Stop, items_by};

/// What a dot needs. A field is `None` when the report has no item that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// When the vehicle collected the data.
    pub time: Time,
    /// Started, off, other.
    pub vehicle_state: Option<Reading<VehicleState>>,
    /// Charging or not, and how.
    pub charge_state: Option<Reading<ChargeState>>,
    /// Electric, hybrid, fuel.
    pub running_mode: Option<Reading<RunningMode>>,
    /// Speed in 0.1 km/h; in range 0–2200 (2016) or 0–5000 (2025).
    pub speed_dkmh: Option<Reading<u16>>,
    /// Odometer in 0.1 km; in range 0–9,999,999.
    pub odometer_hm: Option<Reading<u32>>,
    /// Battery charge in percent; in range 0–100.
    pub soc_pct: Option<Reading<u8>>,
    /// Where it is, or was when it last had a fix.
    pub position: Option<Position>,
    /// Highest alarm level; in range 0–3 (2016) or 0–4 (2025).
    pub alarm_level: Option<Reading<u8>>,
    /// The general alarm flags as sent, of all alarm items together.
    pub alarm_flags: Option<u32>,
    /// Why the walk ended early; `None` when every item was read.
    pub stopped: Option<Stop>,
}

/// A position with the signs of the status bits applied, in degrees × 10⁶, in the datum it was sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The sender has a fix, and the coordinates are possible: within ±180 and ±90 degrees and not 0/0. When false the
    /// coordinates are stale or meaningless and must not be drawn.
    pub valid: bool,
    /// East positive. 0 when what was sent is not on the globe.
    pub lon_e6: i32,
    /// North positive. 0 when what was sent is not on the globe.
    pub lat_e6: i32,
    /// As sent in 2025; `None` in 2016, which does not say.
    pub datum: Option<Datum>,
}

/// Why a frame has no live view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// Neither command 02 nor 03.
    #[error("not a report")]
    NotAReport,
    /// The reply flag says that this answers a report.
    #[error("a reply to a report")]
    Reply,
    /// The data unit is encrypted, or marked so. A sender known to mark plain data wrongly is read with
    /// [`live_of_data`].
    #[error("encrypted")]
    Encrypted,
    /// Fewer than six bytes: not even a time.
    #[error("no time")]
    NoTime,
}

/// The live view of a report.
pub fn live(frame: &Frame<'_>) -> Result<Live, LiveError> {
    if !frame.command().is_report() {
        return Err(LiveError::NotAReport);
    }
    if !frame.is_command() {
        return Err(LiveError::Reply);
    }
    if !frame.encryption().is_plain() {
        return Err(LiveError::Encrypted);
    }
    live_of_data(frame.data(), frame.edition())
}

/// The live view of a plain data unit of command 02 or 03, whatever its header says.
pub fn live_of_data(report_data: &[u8], edition: Edition) -> Result<Live, LiveError> {
    live_by(report_data, edition, Customs::Measured)
}

/// [`live_of_data`] of a sender whose custom blocks are known.
pub fn live_by(report_data: &[u8], edition: Edition, customs: Customs) -> Result<Live, LiveError> {
    let time = report_data
        .first_chunk::<ITEMS_AT>()
        .ok_or(LiveError::NoTime)?;
    let mut live = Live {
        time: Time(*time),
        vehicle_state: None,
        charge_state: None,
        running_mode: None,
        speed_dkmh: None,
        odometer_hm: None,
        soc_pct: None,
        position: None,
        alarm_level: None,
        alarm_flags: None,
        stopped: None,
    };
    let mut walk = items_by(report_data, edition, customs);
    for (kind, body) in walk.by_ref() {
        match (edition, kind) {
            (_, 0x01) => live.take_vehicle(body, edition),
            (_, 0x05) => live.take_position(body, edition),
            (Edition::V2016, 0x07) => live.take_alarms(AlarmLevel2016(body[0]), body),
            (Edition::V2025, 0x06) => live.take_alarms(AlarmLevel2025(body[0]), body),
            _ => {}
        }
    }
    live.stopped = walk.stopped();
    Ok(live)
}

impl Live {
    /// The first 14 bytes of the whole-vehicle item are laid out alike in both editions.
    #[inline]
    fn take_vehicle(&mut self, body: &[u8], edition: Edition) {
        let body: &[u8; 18] = body.first_chunk().expect("the walk gives whole items");
        self.vehicle_state = Some(Coded::from_byte(body[0]).reading());
        self.charge_state = Some(Coded::from_byte(body[1]).reading());
        self.running_mode = Some(Coded::from_byte(body[2]).reading());
        let speed = u16::from_be_bytes([body[3], body[4]]);
        let speed_steps = match edition {
            Edition::V2016 => Speed2016(speed).steps(),
            Edition::V2025 => Speed2025(speed).steps(),
        };
        // No offset: steps are raw values and fit.
        self.speed_dkmh = Some(speed_steps.map(|_| speed));
        let odometer = Odometer::get(&body[5..9]);
        self.odometer_hm = Some(odometer.steps().map(|_| odometer.0));
        self.soc_pct = Some(SocPct(body[13]).steps().map(|_| body[13]));
    }

    #[inline]
    fn take_position(&mut self, body: &[u8], edition: Edition) {
        let status = PositionStatus(body[0]);
        let (datum, coordinates) = match edition {
            Edition::V2016 => (None, &body[1..9]),
            Edition::V2025 => (Some(datum_of(body[1])), &body[2..10]),
        };
        let (lon, lat) = (LonE6::get(coordinates), LatE6::get(&coordinates[4..]));
        self.position = Some(Position::of(status, lon, lat, datum));
    }

    #[inline]
    fn take_alarms<L: Quantity>(&mut self, level: L, body: &[u8]) {
        let level = level.steps().map(|_| body[0]);
        self.alarm_level = match (self.alarm_level, level) {
            (Some(Reading::Value(before)), Reading::Value(now)) => {
                Some(Reading::Value(before.max(now)))
            }
            (Some(before @ Reading::Value(_)), _) => Some(before),
            (_, now) => Some(now),
        };
        let flags = u32::from_be_bytes([body[1], body[2], body[3], body[4]]);
        self.alarm_flags = Some(self.alarm_flags.unwrap_or(0) | flags);
    }
}

impl Position {
    /// From the fields as sent.
    #[inline]
    pub fn of(status: PositionStatus, lon: LonE6, lat: LatE6, datum: Option<Datum>) -> Self {
        let (lon, lat) = match (lon.steps(), lat.steps()) {
            (Reading::Value(lon), Reading::Value(lat)) => (lon as i32, lat as i32),
            _ => (0, 0),
        };
        Self {
            valid: status.is_valid() && (lon, lat) != (0, 0),
            lon_e6: if status.is_west() { -lon } else { lon },
            lat_e6: if status.is_south() { -lat } else { lat },
            datum,
        }
    }
}

/// The datum of the coordinate-system byte of 2025.
pub(crate) fn datum_of(byte: u8) -> Datum {
    match byte {
        0x01 => Datum::Wgs84,
        0x02 => Datum::Gcj02,
        0x03 => Datum::Other,
        _ => Datum::Unknown,
    }
}
