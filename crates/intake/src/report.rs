//! One frame of command 02 or 03 as the fleet takes it.

use bytes::Bytes;
use fleet::{RawPosition, Report, SourceId};
use gb32960::codes::{ChargeState, VehicleState};
use gb32960::datum::wgs84_from;
use gb32960::{Command, Datum, Frame, Live, LiveError, Reading};
use wire::{Activity, WorldPoint};

/// Why something was not taken; a label for metrics.
pub type Kind = &'static str;

/// The report in a frame. `bytes` is the buffer that the frame lies in: the report keeps a share of it. `datum` is that
/// of positions in frames that do not name one. The flag says whether every item could be read; what stood before one
/// that could not is in the report.
///
/// # Errors
/// Why there is none.
pub fn report_of(
    frame: &Frame<'_>,
    bytes: &Bytes,
    source: SourceId,
    datum: Datum,
) -> Result<(Report, bool), Kind> {
    let live = gb32960::live(frame).map_err(name_of)?;
    let vin = frame.identifier();
    if vin.as_str().is_none() {
        return Err("identifier");
    }
    let stamp_unix_s = live.time.to_unix_s().ok_or("time")?;
    let fix = live
        .position
        .filter(|position| position.valid)
        .map(|position| {
            let degrees = |e6: i32| f64::from(e6) / 1e6;
            let (lon, lat) = wgs84_from(
                position.datum.unwrap_or(datum),
                degrees(position.lon_e6),
                degrees(position.lat_e6),
            );
            WorldPoint::from_lon_lat(lon, lat)
        });
    let report = Report {
        vin,
        source,
        stamp_unix_s,
        reissued: frame.command() == Command::Reissue,
        edition: Some(frame.edition()),
        fix,
        raw_position: live.position.map(|position| RawPosition {
            lon_e6: position.lon_e6,
            lat_e6: position.lat_e6,
            valid: position.valid,
        }),
        activity: activity(&live),
        speed_dkmh: live.speed_dkmh,
        odometer_hm: live.odometer_hm,
        soc_pct: live.soc_pct,
        alarm_level: live.alarm_level,
        items: bytes.slice_ref(frame.data()),
    };
    Ok((report, live.stopped.is_none()))
}

/// What a vehicle is doing, as far as one report tells. Charging while driving is driving.
fn activity(live: &Live) -> Option<Activity> {
    let state = live.vehicle_state?.value();
    let charge = live.charge_state.and_then(Reading::value);
    Some(match (state, charge) {
        (_, Some(ChargeState::Parked)) => Activity::Charging,
        (Some(VehicleState::Started), _) => Activity::Driving,
        (Some(VehicleState::Off), _) => Activity::Off,
        _ => Activity::Unknown,
    })
}

fn name_of(error: LiveError) -> Kind {
    match error {
        LiveError::NotAReport => "not_a_report",
        LiveError::Reply => "reply",
        LiveError::Encrypted => "encrypted",
        LiveError::NoTime => "no_time",
    }
}
