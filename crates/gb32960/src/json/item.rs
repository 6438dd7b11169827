//! One information item as JSON: `type`, `name`, then its fields by key; lists of motors, packs and stacks as arrays of
//! objects.

use serde_json::{Map, Value, json};

use crate::codes::{AlarmFlags, PositionStatus};
use crate::frame::Edition;
use crate::full::{Alarms, Block, FAULT_KEYS, Head, Item, Parts, Record, Series};
use crate::quantity::{LatE6, LonE6};
use crate::reading::{Form, Number, Quantity, Reading, Wire};

/// An information item, as `evwall decode` prints it.
pub fn item(item: &Item<'_>) -> Value {
    let mut object = Map::new();
    object.insert("type".into(), item.kind().into());
    object.insert("name".into(), item.group().name().into());
    match item {
        Item::Vehicle2016(item) => record(&mut object, item),
        Item::Vehicle2025(item) => record(&mut object, item),
        Item::Motors2016(item) => records(&mut object, "motors", item),
        Item::Motors2025(item) => records(&mut object, "motors", item),
        Item::FuelCell2016(item) => {
            record(&mut object, &item.head);
            object.insert("probe_temps_c".into(), series(&item.probes));
            record(&mut object, &item.tail);
        }
        Item::FuelCell2025(item) => record(&mut object, item),
        Item::Engine2016(item) => record(&mut object, item),
        Item::Engine2025(item) => record(&mut object, item),
        Item::Position2016(item) => position(&mut object, item.status, item.lon, item.lat),
        Item::Position2025(item) => {
            position(&mut object, item.status, item.lon, item.lat);
            let crs = match item.crs.form() {
                Form::Word(word) => word,
                _ => "unknown",
            };
            object.insert("crs".into(), crs.into());
        }
        Item::Extremes2016(item) => record(&mut object, item),
        Item::Alarms(item) => alarms(&mut object, item),
        Item::Voltages2016(item) => blocks(&mut object, "subs", "cells_v", item),
        Item::Voltages2025(item) => blocks(&mut object, "packs", "cells_v", item),
        Item::Temperatures2016(item) => blocks(&mut object, "subs", "temps_c", item),
        Item::Temperatures2025(item) => blocks(&mut object, "subs", "temps_c", item),
        Item::Stacks(item) => blocks(&mut object, "stacks", "temps_c", item),
        Item::Capacitor(item) => {
            record(&mut object, &item.head);
            object.insert("cells_v".into(), series(&item.cells));
            object.insert("probes".into(), form(item.probes.form()));
            object.insert("temps_c".into(), series(&item.temps));
        }
        Item::CapacitorExtremes(item) => record(&mut object, item),
        Item::Custom { bytes, .. } => {
            object.insert("len".into(), bytes.len().into());
            object.insert("hex".into(), hex::encode(bytes).into());
        }
    }
    Value::Object(object)
}

fn record(object: &mut Map<String, Value>, record: &impl Record) {
    record.visit(&mut |key, value| {
        object.insert(key.into(), form(value));
    });
}

fn records<'a, R: Record + Copy>(object: &mut Map<String, Value>, key: &str, parts: &Parts<'a, R>) {
    object.insert("count".into(), count(parts.count()));
    let all: Vec<Value> = parts
        .iter()
        .map(|part| {
            let mut object = Map::new();
            record(&mut object, &part);
            Value::Object(object)
        })
        .collect();
    object.insert(key.into(), all.into());
}

fn blocks<'a, H: Head, Q: Quantity + Wire>(
    object: &mut Map<String, Value>,
    key: &str,
    values_key: &str,
    parts: &Parts<'a, Block<'a, H, Q>>,
) {
    object.insert("count".into(), count(parts.count()));
    let all: Vec<Value> = parts
        .iter()
        .map(|part| {
            let mut object = Map::new();
            record(&mut object, &part.head);
            object.insert(values_key.into(), series(&part.values));
            Value::Object(object)
        })
        .collect();
    object.insert(key.into(), all.into());
}

/// Coordinates in degrees only where they are on the globe; the integers as sent in any case.
fn position(object: &mut Map<String, Value>, status: PositionStatus, lon: LonE6, lat: LatE6) {
    object.insert("status".into(), status.0.into());
    object.insert("valid".into(), status.is_valid().into());
    object.insert("south".into(), status.is_south().into());
    object.insert("west".into(), status.is_west().into());
    object.insert("lon_raw".into(), lon.0.into());
    object.insert("lat_raw".into(), lat.0.into());
    if let (Reading::Value(lon), Reading::Value(lat)) = (lon.number(), lat.number()) {
        // The sign goes to the integer: 0 degrees south is 0, not −0.
        let signed = |magnitude: Number, is_negative| {
            let steps = if is_negative {
                -magnitude.steps
            } else {
                magnitude.steps
            };
            Number { steps, ..magnitude }
        };
        object.insert("lon".into(), number(signed(lon, status.is_west())));
        object.insert("lat".into(), number(signed(lat, status.is_south())));
    }
}

fn alarms(object: &mut Map<String, Value>, alarms: &Alarms<'_>) {
    object.insert("max_level".into(), form(alarms.level_form()));
    object.insert("flags_raw".into(), alarms.flags.0.into());
    object.insert("flag_bits".into(), bits(alarms.flags));
    for (key, faults) in FAULT_KEYS.into_iter().zip(alarms.faults) {
        let codes: Vec<String> = faults.codes().map(|code| format!("{code:08x}")).collect();
        object.insert(key.into(), codes.into());
        mark(object, key, faults.0.reading());
    }
    if alarms.edition == Edition::V2025 {
        let levels: Vec<Value> = alarms
            .flag_levels()
            .map(|(bit, level)| json!([bit, level]))
            .collect();
        object.insert("flag_levels".into(), levels.into());
        mark(object, "flag_levels", alarms.flag_levels.reading());
    }
}

/// A marked count of a list that is printed as `[]`, so that it is not mistaken for a count of zero.
fn mark(object: &mut Map<String, Value>, key: &str, reading: Reading<u8>) {
    if !matches!(reading, Reading::Value(_)) {
        object.insert(format!("{key}_count"), count(reading));
    }
}

fn bits(flags: AlarmFlags) -> Value {
    flags.bits().collect::<Vec<u8>>().into()
}

fn count(count: Reading<u8>) -> Value {
    form(
        count
            .map(|count| Number {
                steps: i64::from(count),
                decimals: 0,
                unit: "",
            })
            .into(),
    )
}

fn series<Q: Quantity + Wire>(series: &Series<'_, Q>) -> Value {
    series.forms().map(form).collect::<Vec<Value>>().into()
}

fn form(form: Form) -> Value {
    match form {
        Form::Number(value) | Form::OutOfRange(value) => number(value),
        Form::Abnormal => "abnormal".into(),
        Form::Invalid => "invalid".into(),
        Form::Word(word) => word.into(),
        Form::UnknownCode(code) => format!("raw:{code}").into(),
        // 101 is out of the range of the pedal's travel and printed as it is.
        Form::Pressed => 101.into(),
        Form::Bits(bits) => bits.into(),
        Form::Gear(gear) => {
            let mut object = json!({
                "raw": gear.raw, "pos": gear.position(), "brake": gear.brake(), "drive": gear.drive(),
            });
            if let Some(valid) = gear.valid {
                object["valid"] = valid.into();
            }
            object
        }
    }
}

fn number(number: Number) -> Value {
    if number.decimals == 0 {
        number.steps.into()
    } else {
        number.to_f64().into()
    }
}
