//! JSON reports, for fleets outside the standard: one object or an array of them in a text message.
//!
//! `{"vin","t","lon","lat","speed_kmh","soc","odometer_km","state","charging","alarm_level"}`: `t` in milliseconds
//! since 1970, `state` one of `started`, `off`, `other`, `charging` a boolean, degrees in WGS-84. Whatever else stands
//! in an object is dropped while it is read: there is no field it could be kept in.

use bytes::Bytes;
use fleet::{RawPosition, Report, SourceId};
use gb32960::{Reading, Vin};
use serde::Deserialize;
use wire::{Activity, WorldPoint};

use crate::Kind;

#[derive(Deserialize)]
struct Object {
    vin: String,
    t: i64,
    lon: Option<f64>,
    lat: Option<f64>,
    speed_kmh: Option<f64>,
    soc: Option<f64>,
    odometer_km: Option<f64>,
    state: Option<State>,
    charging: Option<bool>,
    alarm_level: Option<u8>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Started,
    Off,
    Other,
}

/// Reads one message. An object that cannot be read costs the others nothing.
///
/// # Errors
/// `json` where the message is no JSON at all.
pub fn read(text: &str, source: SourceId) -> Result<Vec<Result<Report, Kind>>, Kind> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| "json")?;
    let objects = match value {
        serde_json::Value::Array(objects) => objects,
        object => vec![object],
    };
    Ok(objects
        .into_iter()
        .map(|object| report(object, source))
        .collect())
}

fn report(object: serde_json::Value, source: SourceId) -> Result<Report, Kind> {
    let object: Object = serde_json::from_value(object).map_err(|_| "json_fields")?;
    let vin = Vin::parse(&object.vin).map_err(|_| "identifier")?;
    let position = match (object.lon, object.lat) {
        (Some(lon), Some(lat)) => Some((lon, lat)),
        _ => None,
    };
    let fix = position.filter(|(lon, lat)| {
        lon.abs() <= 180.0 && lat.abs() <= 90.0 && (*lon != 0.0 || *lat != 0.0)
    });
    Ok(Report {
        vin,
        source,
        stamp_unix_s: object.t.div_euclid(1000),
        reissued: false,
        edition: None,
        fix: fix.map(|(lon, lat)| WorldPoint::from_lon_lat(lon, lat)),
        raw_position: fix.map(|(lon, lat)| RawPosition {
            lon_e6: (lon * 1e6).round() as i32,
            lat_e6: (lat * 1e6).round() as i32,
            valid: true,
        }),
        activity: activity(object.state, object.charging),
        speed_dkmh: object.speed_kmh.map(|kmh| reading(kmh * 10.0, 2200)),
        odometer_hm: object.odometer_km.map(|km| reading(km * 10.0, 9_999_999)),
        soc_pct: object.soc.map(|pct| reading(pct, 100)),
        alarm_level: object.alarm_level.map(|level| reading(f64::from(level), 4)),
        items: Bytes::new(),
    })
}

fn activity(state: Option<State>, charging: Option<bool>) -> Option<Activity> {
    Some(match (state, charging) {
        (None, None) => return None,
        (Some(State::Started), _) => Activity::Driving,
        (_, Some(true)) => Activity::Charging,
        (Some(State::Off), _) => Activity::Off,
        _ => Activity::Unknown,
    })
}

/// A number in the standard's steps; one that the standard could not carry is out of range.
fn reading<T: TryFrom<u32> + Default>(steps: f64, most: u32) -> Reading<T> {
    let rounded = steps.round();
    let in_range = rounded >= 0.0 && rounded <= f64::from(most);
    match T::try_from(rounded.clamp(0.0, f64::from(u32::MAX)) as u32) {
        Ok(value) if in_range => Reading::Value(value),
        Ok(value) => Reading::OutOfRange(value),
        Err(_) => Reading::OutOfRange(T::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIN: &str = "LGXCE4CB0P0000019";

    #[test]
    fn one_object_or_an_array_of_them() {
        let one = format!(
            r#"{{"vin":"{VIN}","t":1780000000500,"lon":121.47,"lat":31.23,"soc":55.4,"state":"started"}}"#
        );
        let reports = read(&one, SourceId(3)).unwrap();
        let report = reports[0].as_ref().unwrap();
        assert_eq!(report.stamp_unix_s, 1_780_000_000);
        assert_eq!(report.soc_pct, Some(Reading::Value(55)));
        assert_eq!(report.activity, Some(Activity::Driving));
        assert_eq!(report.speed_dkmh, None);
        assert_eq!(
            read(&format!("[{one},{one}]"), SourceId(3)).unwrap().len(),
            2
        );
    }

    #[test]
    fn a_bad_object_costs_the_others_nothing() {
        let text = format!(r#"[{{"vin":"","t":1}},{{"t":1}},{{"vin":"{VIN}","t":1000}}]"#);
        let kinds: Vec<_> = read(&text, SourceId(0))
            .unwrap()
            .into_iter()
            .map(|r| r.map(|_| ()))
            .collect();
        assert_eq!(kinds, [Err("identifier"), Err("json_fields"), Ok(())]);
        assert!(read("not json", SourceId(0)).is_err());
    }

    #[test]
    fn a_name_in_a_report_goes_nowhere() {
        let text = format!(r#"{{"vin":"{VIN}","t":1000,"owner":"Zhang San","plate":"A12345"}}"#);
        let report = read(&text, SourceId(0)).unwrap().remove(0).unwrap();
        let all = format!("{report:?}");
        assert!(!all.contains("Zhang") && !all.contains("A12345"), "{all}");
    }

    #[test]
    fn values_out_of_range_stay_out_of_averages() {
        let text =
            format!(r#"{{"vin":"{VIN}","t":1000,"soc":180,"speed_kmh":-5,"lon":999,"lat":0}}"#);
        let report = read(&text, SourceId(0)).unwrap().remove(0).unwrap();
        assert_eq!(report.soc_pct.unwrap().value(), None);
        assert_eq!(report.speed_dkmh.unwrap().value(), None);
        assert_eq!(report.fix, None);
    }
}
