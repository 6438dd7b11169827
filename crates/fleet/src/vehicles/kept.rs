//! What is kept of vehicles over a restart: one record a vehicle that was ever heard, one behind the other.
//!
//! A record has everything that the map, the counts and the alarms go by, with the times that decide which report wins,
//! and no information items: the card has those again when the vehicle next reports. Reading is total: whatever the bytes
//! are, it ends with a vehicle or with [`BadRecord`].

use gb32960::{Edition, Reading, Vin};
use wire::{Activity, WorldPoint};

use super::{
    DISPLACED, HAS_FIX, HAS_RAW, HEARD, HEARD_AHEAD, HEARD_REISSUED, KEPT, Latest, NEVER, Vehicles,
};
use crate::alarms::{Acknowledged, Alarm};
use crate::sources::NO_SOURCE;
use crate::{Now, RawPosition, Rules, SourceId, VehicleIx};

/// Of the form of a record; another one cannot be read.
pub const RECORD_VERSION: u16 = 2;
/// What of the flags is kept.
const KEPT_FLAGS: u8 = HAS_FIX | HEARD | HEARD_AHEAD | HEARD_REISSUED | DISPLACED | HAS_RAW;

/// How the records of an earlier start are to be read in this one.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// By the number that a source had then: the number that it has now, if there still is one of that name.
    pub sources: Vec<Option<SourceId>>,
    /// By how much private vehicles were displaced at most. Their lattices hold on if that is still so: two of one
    /// vehicle would tell more of it than one.
    pub blur_radius_m: f64,
}

/// Bytes that no record begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of a vehicle cannot be read")]
pub struct BadRecord;

/// One vehicle as it was.
pub(crate) struct Record {
    latest: Latest,
    pub alarm: Option<Alarm>,
}

impl Vehicles {
    /// Appends the record of a vehicle, if it was ever heard.
    pub fn keep(&self, vehicle: u32, alarm: Option<&Alarm>, out: &mut Vec<u8>) {
        if let Some(latest) = self.latest.get(vehicle as usize)
            && latest.flags & (HEARD | HEARD_AHEAD | HEARD_REISSUED) != 0
        {
            write(latest, alarm, out);
        }
    }

    /// Takes a vehicle up as it was, unless it has been heard since or its times lie ahead of the clock, which would keep
    /// it from ever being heard again. Gives its number.
    pub fn take_up(
        &mut self,
        record: &Record,
        before: &Before,
        now: Now,
        rules: &Rules,
    ) -> Option<u32> {
        let was = &record.latest;
        let latest_s = now.unix_ms.div_euclid(1_000) + rules.future_tolerance_s;
        if i64::from(was.stamp.max(was.fix_stamp)) > latest_s {
            return None;
        }
        let source = before.sources.get(usize::from(was.source.0));
        let source = source.copied().flatten().unwrap_or(NO_SOURCE);
        let vehicle = self.find_or_add(was.vin, source, rules.max_vehicles)?;
        let latest = &mut self.latest[vehicle as usize];
        if latest.stamp != NEVER || latest.flags & HAS_FIX != 0 {
            return None;
        }
        let age_ms = u64::try_from(now.unix_ms - was.received_unix_ms).unwrap_or(0);
        *latest = Latest {
            source,
            class: latest.class,
            scheduled_s: latest.scheduled_s,
            received_mono_ms: now.mono_ms.saturating_sub(age_ms),
            // Whether it is displaced is judged below, with the class that it has now.
            flags: latest.flags | KEPT | (was.flags & !DISPLACED),
            lattice: (0, 0),
            ..was.clone()
        };
        self.judge_displaced(vehicle, rules);
        let latest = &mut self.latest[vehicle as usize];
        if before.blur_radius_m == rules.blur_radius_m && was.lattice != (0, 0) {
            latest.lattice = was.lattice;
        }
        self.mark_dirty(vehicle);
        Some(vehicle)
    }
}

fn write(latest: &Latest, alarm: Option<&Alarm>, out: &mut Vec<u8>) {
    let edition = match latest.edition {
        None => 0,
        Some(Edition::V2016) => 1,
        Some(Edition::V2025) => 2,
    };
    out.extend_from_slice(&latest.vin.0);
    out.extend_from_slice(&[
        latest.flags & KEPT_FLAGS,
        latest.activity as u8,
        edition,
        u8::from(latest.raw_position.valid),
        u8::from(alarm.is_some()),
    ]);
    out.extend_from_slice(&latest.source.0.to_le_bytes());
    out.extend_from_slice(&latest.received_unix_ms.to_le_bytes());
    let signed = [
        latest.lattice.0,
        latest.lattice.1,
        latest.raw_position.lon_e6,
        latest.raw_position.lat_e6,
    ];
    let words = [
        latest.fix.x,
        latest.fix.y,
        latest.fix_stamp,
        latest.stamp,
        latest.stands_since,
        latest.raw_stamp,
        latest.vehicle_stamp,
        latest.alarm_stamp,
    ];
    words
        .into_iter()
        .chain(signed.map(i32::cast_unsigned))
        .for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    write_reading(latest.odometer_hm, out);
    write_reading(latest.speed_dkmh.map(|r| r.map(u32::from)), out);
    write_reading(latest.soc_pct.map(|r| r.map(u32::from)), out);
    write_reading(latest.alarm_level.map(|r| r.map(u32::from)), out);
    if let Some(alarm) = alarm {
        out.extend_from_slice(&alarm.began_unix_ms.to_le_bytes());
        let answered = alarm.acknowledged.as_ref();
        out.extend_from_slice(&[
            alarm.level,
            u8::from(alarm.over),
            answered.map_or(0, |answered| answered.level),
        ]);
        if let Some(answered) = answered {
            write_text(&answered.by, out);
            write_text(&answered.comment, out);
        }
    }
}

fn write_reading(reading: Option<Reading<u32>>, out: &mut Vec<u8>) {
    let (case, value) = match reading {
        None => (0, 0),
        Some(Reading::Value(value)) => (1, value),
        Some(Reading::Abnormal) => (2, 0),
        Some(Reading::Invalid) => (3, 0),
        Some(Reading::OutOfRange(value)) => (4, value),
    };
    out.push(case);
    out.extend_from_slice(&value.to_le_bytes());
}

/// At most 65,535 bytes of it; names and comments have a hundred.
fn write_text(text: &str, out: &mut Vec<u8>) {
    let len = text.floor_char_boundary(usize::from(u16::MAX));
    out.extend_from_slice(&(len as u16).to_le_bytes());
    out.extend_from_slice(&text.as_bytes()[..len]);
}

/// Reads the next record and moves on behind it.
pub(crate) fn read(bytes: &mut &[u8]) -> Result<Record, BadRecord> {
    let vin = Vin(take(bytes)?);
    let [flags, activity, edition, raw_valid, has_alarm] = take(bytes)?;
    let mut latest = Latest::new(vin, SourceId(u16::from_le_bytes(take(bytes)?)));
    latest.flags = flags & KEPT_FLAGS;
    latest.activity = *Activity::ALL.get(usize::from(activity)).ok_or(BadRecord)?;
    latest.edition = match edition {
        0 => None,
        1 => Some(Edition::V2016),
        2 => Some(Edition::V2025),
        _ => return Err(BadRecord),
    };
    latest.received_unix_ms = i64::from_le_bytes(take(bytes)?);
    let mut word = || take(bytes).map(u32::from_le_bytes);
    latest.fix = WorldPoint {
        x: word()?,
        y: word()?,
    };
    latest.fix_stamp = word()?;
    latest.stamp = word()?;
    latest.stands_since = word()?;
    latest.raw_stamp = word()?;
    latest.vehicle_stamp = word()?;
    latest.alarm_stamp = word()?;
    latest.lattice = (word()?.cast_signed(), word()?.cast_signed());
    latest.raw_position = RawPosition {
        lon_e6: word()?.cast_signed(),
        lat_e6: word()?.cast_signed(),
        valid: raw_valid != 0,
    };
    latest.odometer_hm = read_reading(bytes)?;
    latest.speed_dkmh = read_reading(bytes)?;
    latest.soc_pct = read_reading(bytes)?;
    latest.alarm_level = read_reading(bytes)?;
    let alarm = match has_alarm {
        0 => None,
        _ => Some(read_alarm(bytes)?),
    };
    Ok(Record { latest, alarm })
}

fn read_alarm(bytes: &mut &[u8]) -> Result<Alarm, BadRecord> {
    let began_unix_ms = i64::from_le_bytes(take(bytes)?);
    let [level, over, answered] = take(bytes)?;
    let acknowledged = match answered {
        0 => None,
        level => Some(Acknowledged {
            by: read_text(bytes)?,
            comment: read_text(bytes)?,
            level,
        }),
    };
    Ok(Alarm {
        // Both are given anew when it is taken up.
        id: 0,
        vehicle: VehicleIx(0),
        level,
        began_unix_ms,
        over: over != 0,
        acknowledged,
    })
}

fn read_reading<T: TryFrom<u32>>(bytes: &mut &[u8]) -> Result<Option<Reading<T>>, BadRecord> {
    let [case] = take(bytes)?;
    let value = u32::from_le_bytes(take(bytes)?);
    let value = T::try_from(value).map_err(|_| BadRecord);
    Ok(match case {
        0 => None,
        1 => Some(Reading::Value(value?)),
        2 => Some(Reading::Abnormal),
        3 => Some(Reading::Invalid),
        4 => Some(Reading::OutOfRange(value?)),
        _ => return Err(BadRecord),
    })
}

fn read_text(bytes: &mut &[u8]) -> Result<String, BadRecord> {
    let len = usize::from(u16::from_le_bytes(take(bytes)?));
    let (text, rest) = bytes.split_at_checked(len).ok_or(BadRecord)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).map_err(|_| BadRecord)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], BadRecord> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(BadRecord)?;
    *bytes = rest;
    Ok(*taken)
}
