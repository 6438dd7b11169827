//! Everything a vehicle reports, as lines of a card: the latest bytes of each information type, decoded in full, and a line
//! for each item of its edition that it has not sent.

use std::collections::HashMap;
use std::sync::LazyLock;

use app::card::{FieldRow, Group, RawItem, Shown};
use fleet::Item;
use gb32960::full::{self, Entry, Group as Part, Values};
use gb32960::{Edition, Form};

use crate::card_fields::{Value, one, values};
use crate::card_plots::is_split;

/// The longest interval between two reports of a vehicle (GB/T 32960.3 clause 5.2): what lags behind the newest report by
/// more than this was left out of later ones.
pub const OLD_AFTER_S: i64 = 30;

/// What a card says about time: when the newest report was made, and whether the vehicle is late or silent, so that
/// everything is old.
#[derive(Debug, Clone, Copy, Default)]
pub struct Newest {
    pub reported_unix_s: i64,
    pub is_late: bool,
}

impl Newest {
    #[must_use]
    pub fn makes_old(&self, stamp_unix_s: i64) -> bool {
        self.is_late || stamp_unix_s + OLD_AFTER_S < self.reported_unix_s
    }
}

/// Parts of a vehicle as a card has them, in its order; each takes in parts as the standard has them.
const GROUPS: &[(&str, &[Part])] = &[
    ("vehicle", &[Part::Vehicle]),
    ("motors", &[Part::Motors]),
    ("battery", &[Part::Voltages, Part::Temperatures]),
    ("extremes", &[Part::Extremes]),
    ("alarms", &[Part::Alarms]),
    ("fuel_cell", &[Part::FuelCell, Part::Stacks]),
    ("engine", &[Part::Engine]),
    ("position", &[Part::Position]),
    (
        "super_capacitor",
        &[Part::Capacitor, Part::CapacitorExtremes],
    ),
    ("custom", &[Part::Custom]),
];

/// The group of a part of the standard.
#[must_use]
pub fn group_of(part: &str) -> &'static str {
    let named = |of: &[Part]| of.iter().any(|group| group.name() == part);
    let found = GROUPS.iter().find(|(_, of)| named(of));
    found.map_or("", |(key, _)| key)
}

/// The groups of a vehicle that reports in `edition`; items of the other edition are from before it changed and are left
/// out. Empty for vehicles that report in another format.
#[must_use]
pub fn of(items: &[Item<'_>], edition: Option<Edition>, newest: Newest) -> Vec<Group> {
    let Some(edition) = edition else {
        return Vec::new();
    };
    let mut parts: Vec<Sent> = Vec::new();
    for item in items.iter().filter(|item| item.edition == edition) {
        let Some(read) = full::Item::read(item.edition, item.kind, item.body) else {
            continue;
        };
        let part = read.group();
        let at = parts.iter().position(|sent| sent.part == part);
        let at = at.unwrap_or_else(|| {
            parts.push(Sent::new(part));
            parts.len() - 1
        });
        let sent = &mut parts[at];
        sent.reported_unix_s = sent.reported_unix_s.max(Some(item.stamp_unix_s));
        rows(
            edition,
            &read,
            newest.makes_old(item.stamp_unix_s),
            &mut sent.rows,
        );
    }
    let mut missing: Vec<(Part, FieldRow)> = Vec::new();
    full::catalogue(edition, |entry| {
        if !parts.iter().any(|sent| sent.part == entry.group) {
            missing.push((entry.group, not_sent(edition, &entry)));
        }
    });
    let groups = GROUPS.iter().map(|(key, of)| {
        let mut group = Group {
            key: (*key).to_owned(),
            reported_unix_s: None,
            fields: Vec::new(),
        };
        for part in *of {
            if let Some(sent) = parts.iter_mut().find(|sent| sent.part == *part) {
                group.reported_unix_s = group.reported_unix_s.max(sent.reported_unix_s);
                group.fields.append(&mut sent.rows);
            }
            let missing = missing.iter().filter(|(group, _)| group == part);
            group.fields.extend(missing.map(|(_, row)| row.clone()));
        }
        group
    });
    groups.filter(|group| !group.fields.is_empty()).collect()
}

/// The latest bytes of each information type, both editions, in the order of the standard.
#[must_use]
pub fn raw(items: &[Item<'_>]) -> Vec<RawItem> {
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by_key(|item| (item.edition as u8, item.kind, item.part));
    items
        .into_iter()
        .map(|item| RawItem {
            edition: year(item.edition),
            kind: item.kind,
            reported_unix_s: item.stamp_unix_s,
            hex: hex::encode(item.body),
        })
        .collect()
}

/// The year by which an edition is called.
#[must_use]
pub fn year(edition: Edition) -> u16 {
    match edition {
        Edition::V2016 => 2016,
        Edition::V2025 => 2025,
    }
}

/// A part of the vehicle that was sent.
struct Sent {
    part: Part,
    reported_unix_s: Option<i64>,
    rows: Vec<FieldRow>,
}

impl Sent {
    fn new(part: Part) -> Self {
        Self {
            part,
            reported_unix_s: None,
            rows: Vec::new(),
        }
    }
}

/// The lines of one item.
fn rows(edition: Edition, read: &full::Item<'_>, old: bool, out: &mut Vec<FieldRow>) {
    if let full::Item::Alarms(alarms) = read {
        return alarm_rows(alarms, old, out);
    }
    // The cells of a pack that are split over frames are told apart by the number of the first.
    let split = is_split(read);
    read.entries(|entry| {
        let of = match (entry.index, &split) {
            (Some(index), Some(numbers)) => numbers.get(usize::from(index)).cloned(),
            (Some(index), None) => Some((index + 1).to_string()),
            (None, _) => None,
        };
        out.push(row(edition, &entry, of.unwrap_or_default(), old));
    });
}

fn row(edition: Edition, entry: &Entry<'_>, of: String, old: bool) -> FieldRow {
    let value = match entry.values {
        Values::One(Form::Bits(bits)) => Value::plain(position_words(bits)),
        Values::One(form) => one(form),
        Values::Bytes { kind, bytes } => {
            Value::plain(format!("{kind:02X}: {}", hex::encode(bytes)))
        }
        _ => values(&entry.values),
    };
    let unit = match value.unit {
        "" => unit_of(edition, entry),
        unit => unit,
    };
    FieldRow {
        key: format!("{}.{}", entry.group.name(), entry.key),
        of,
        unit: unit.to_owned(),
        shown: value.shown,
        old,
    }
}

/// A marked value has no number, and so no unit of its own; the standard's catalogue knows it.
fn unit_of(edition: Edition, entry: &Entry<'_>) -> &'static str {
    static UNITS: LazyLock<HashMap<(u16, Part, &str), &str>> = LazyLock::new(|| {
        let mut units = HashMap::new();
        for edition in [Edition::V2016, Edition::V2025] {
            full::catalogue(edition, |entry| {
                let unit = match entry.values {
                    Values::One(form) => one(form).unit,
                    _ => values(&entry.values).unit,
                };
                units.insert((year(edition), entry.group, entry.key), unit);
            });
        }
        units
    });
    match entry.values {
        Values::One(Form::Pressed) => "",
        _ => UNITS
            .get(&(year(edition), entry.group, entry.key))
            .copied()
            .unwrap_or_default(),
    }
}

fn not_sent(edition: Edition, entry: &Entry<'_>) -> FieldRow {
    FieldRow {
        shown: Shown::NotSent,
        ..row(edition, entry, String::new(), false)
    }
}

/// Position status (2016 table 15, 2025 table 22).
fn position_words(bits: u32) -> String {
    let word = |bit: u32, set, clear| if bits & bit != 0 { set } else { clear };
    [
        word(1, "fix_invalid", "fix_valid"),
        word(2, "south", "north"),
        word(4, "west", "east"),
    ]
    .join(" ")
}

/// A line for each general alarm that is on or has a level, and for each list of the maker's codes.
fn alarm_rows(alarms: &full::Alarms<'_>, old: bool, out: &mut Vec<FieldRow>) {
    let row = |key: String, of: String, unit: &str, shown| FieldRow {
        key,
        of,
        unit: unit.to_owned(),
        shown,
        old,
    };
    let plain = |key: &str, shown| row(format!("alarms.{key}"), String::new(), "", shown);
    out.push(plain("max_level", one(alarms.level_form()).shown));
    let mut named: Vec<(u8, Option<u8>)> = alarms.flags.bits().map(|bit| (bit, None)).collect();
    for (bit, level) in alarms.flag_levels() {
        match named
            .iter_mut()
            .find(|(known, at)| *known == bit && at.is_none())
        {
            Some((_, at)) => *at = Some(level),
            None => named.push((bit, Some(level))),
        }
    }
    let count = match alarms.flags.bits().count() {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    out.push(plain("flags", Shown::Value(count)));
    for (bit, level) in named {
        let (unit, shown) = match level {
            Some(level) => ("level", Shown::Value(level.to_string())),
            None => ("", Shown::Value("set".to_owned())),
        };
        out.push(match gb32960::codes::alarm_flag_name(alarms.edition, bit) {
            Some(name) => row(format!("alarm.{name}"), String::new(), unit, shown),
            None => row("alarms.reserved".to_owned(), bit.to_string(), unit, shown),
        });
    }
    for (key, faults) in full::FAULT_KEYS.into_iter().zip(alarms.faults) {
        let codes: Vec<_> = faults.codes().map(|code| format!("{code:08X}")).collect();
        let shown = match faults.0.reading() {
            gb32960::Reading::Abnormal => Shown::Abnormal,
            gb32960::Reading::Invalid => Shown::Invalid,
            _ if codes.is_empty() => Shown::Value("none".to_owned()),
            _ => Shown::Value(codes.join(" ")),
        };
        out.push(plain(key, shown));
    }
}
