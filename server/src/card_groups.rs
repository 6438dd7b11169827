//! Everything a vehicle reports, as lines of a card: the latest bytes of each information type, decoded in full.

use app::card::{FieldRow, Group, Shown};
use fleet::Item;
use gb32960::full::{self, Entry, Values};
use gb32960::{Form, full::Group as Part};

/// Values of one series that are written out; a card says how many more there are.
const MAX_SERIES: usize = 400;

/// One group for each part of the vehicle that has reported, in the order of the standard.
#[must_use]
pub fn of(items: &[Item<'_>]) -> Vec<Group> {
    let mut parts: Vec<(Part, Vec<FieldRow>)> = Vec::new();
    for item in items {
        let Some(read) = full::Item::read(item.edition, item.kind, item.body) else {
            continue;
        };
        read.entries(|entry| {
            let rows = match parts.iter_mut().position(|(part, _)| *part == entry.group) {
                Some(at) => &mut parts[at].1,
                None => {
                    parts.push((entry.group, Vec::new()));
                    &mut parts.last_mut().expect("it was pushed").1
                }
            };
            rows.extend(row(&entry));
        });
    }
    parts.sort_by_key(|(part, _)| *part);
    parts
        .into_iter()
        .map(|(part, fields)| Group {
            key: part.name().to_owned(),
            fields,
        })
        .collect()
}

fn row(entry: &Entry<'_>) -> Option<FieldRow> {
    let key = match entry.index {
        Some(index) => format!("{} {}", entry.key, index + 1),
        None => entry.key.to_owned(),
    };
    let (unit, shown) = match entry.values {
        Values::One(form) => one(form),
        Values::Cells(_) | Values::Temps(_) | Values::StackTemps(_) => series(&entry.values),
        Values::Faults(faults) => {
            let codes: Vec<_> = faults.codes().map(|code| format!("{code:08X}")).collect();
            (
                String::new(),
                Shown::Value(if codes.is_empty() {
                    "–".to_owned()
                } else {
                    codes.join(" ")
                }),
            )
        }
        Values::Flag { bit, name } => (String::new(), Shown::Value(flag(bit, name))),
        Values::FlagLevel { bit, name, level } => (
            String::new(),
            Shown::Value(format!("{}: {level}", flag(bit, name))),
        ),
        Values::Bytes { kind, bytes } => {
            return Some(FieldRow {
                key: format!("{kind:02X}"),
                unit: String::new(),
                shown: Shown::Value(hex::encode(bytes)),
            });
        }
    };
    Some(FieldRow { key, unit, shown })
}

fn flag(bit: u8, name: Option<&str>) -> String {
    name.map_or_else(|| format!("bit {bit}"), str::to_owned)
}

/// Unit and value of one field.
fn one(form: Form) -> (String, Shown<String>) {
    let plain = |text: String| (String::new(), Shown::Value(text));
    match form {
        Form::Number(number) => (number.unit.to_owned(), Shown::Value(decimal(number))),
        Form::OutOfRange(number) => (number.unit.to_owned(), Shown::OutOfRange(decimal(number))),
        Form::Abnormal => (String::new(), Shown::Abnormal),
        Form::Invalid => (String::new(), Shown::Invalid),
        Form::Word(word) => plain(word.replace('_', " ")),
        Form::UnknownCode(code) => (String::new(), Shown::OutOfRange(format!("{code:02X}"))),
        Form::Pressed => plain("pressed".to_owned()),
        Form::Bits(bits) => plain(format!("{bits:08X}")),
        Form::Gear(gear) => plain(gear.position().to_owned()),
    }
}

fn decimal(number: gb32960::Number) -> String {
    format!("{:.*}", usize::from(number.decimals), number.to_f64())
}

/// A list of values; one that is marked stands in it as a dash.
fn series(values: &Values<'_>) -> (String, Shown<String>) {
    let mut unit = String::new();
    let mut texts = Vec::new();
    let mut more = 0;
    values.forms(|form| {
        if texts.len() == MAX_SERIES {
            more += 1;
            return;
        }
        let (of_unit, shown) = one(form);
        if unit.is_empty() {
            unit = of_unit;
        }
        texts.push(match shown {
            Shown::Value(text) | Shown::OutOfRange(text) => text,
            Shown::Abnormal | Shown::Invalid | Shown::NotSent => "–".to_owned(),
        });
    });
    let mut text = texts.join(" ");
    if more > 0 {
        text.push_str(&format!(" … +{more}"));
    }
    if texts.is_empty() {
        return (unit, Shown::NotSent);
    }
    (unit, Shown::Value(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gb32960::Edition;

    fn item(kind: u8, body: &[u8]) -> Item<'_> {
        Item {
            kind,
            part: 0,
            stamp_unix_s: 0,
            edition: Edition::V2016,
            body,
        }
    }

    #[test]
    fn a_marked_value_has_no_digits_and_an_engine_has_three_lines() {
        let groups = of(&[item(0x04, &[0x01, 0xFF, 0xFF, 0x00, 0x64])]);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].key, "engine");
        let shown: Vec<_> = groups[0].fields.iter().map(|field| &field.shown).collect();
        assert_eq!(shown.len(), 3);
        assert_eq!(*shown[1], Shown::Invalid);
        assert_eq!(*shown[2], Shown::Value("1.00".to_owned()));
    }

    #[test]
    fn bytes_that_are_no_item_give_no_line() {
        assert!(of(&[item(0x01, &[1, 2, 3]), item(0x79, &[])]).is_empty());
    }
}
