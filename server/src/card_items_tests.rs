//! Every item of the standard, both editions, that a frame carries turns up on the card: with its name, its unit and its mark.

use std::collections::BTreeSet;

use app::card::{FieldRow, Group, Shown};
use app::text::fields;
use fleet::Item;
use gb32960::codes::alarm_flag_name;
use gb32960::full::{self, Values};
use gb32960::{Edition, Form};

use crate::card_groups::{self, Newest};
use crate::card_plots;

/// A body of each type with two sensors where there may be several; `**` is any byte.
const BODIES_2016: &[(u8, &str)] = &[
    (0x01, "**********.**********.**********.**********"),
    (0x02, "01.************************"),
    (0x03, "************.0002.****.********************"),
    (0x04, "**********"),
    (0x05, "******************"),
    (0x06, "****************************"),
    (0x07, "**.00048001.01.00000001.00.00.00"),
    (0x08, "01.**.****.****.****.00C9.02.****.****"),
    (0x09, "01.**.0002.****"),
];
const BODIES_2025: &[(u8, &str)] = &[
    (0x01, "************************************"),
    (0x02, "01.********************"),
    (0x03, "************************"),
    (0x04, "****"),
    (0x05, "********************"),
    (0x06, "**.08000001.00.02.00000001.00000002.00.00.01.00.03"),
    (0x07, "01.**.****.****.0002.****.****"),
    (0x08, "01.**.0002.****"),
    (0x30, "01.**.****.****.****.****.**.0002.****"),
    (0x31, "**.****.****.0002.********.0002.****"),
    (0x32, "************************************"),
];

fn body(template: &str, any: u8) -> Vec<u8> {
    let text = template
        .replace('.', "")
        .replace("**", &format!("{any:02X}"));
    hex::decode(text).unwrap()
}

fn bodies(edition: Edition, any: u8) -> Vec<(u8, Vec<u8>)> {
    let templates = match edition {
        Edition::V2016 => BODIES_2016,
        Edition::V2025 => BODIES_2025,
    };
    let made = templates
        .iter()
        .map(|(kind, template)| (*kind, body(template, any)));
    made.collect()
}

fn items(edition: Edition, bodies: &[(u8, Vec<u8>)], stamp_unix_s: i64) -> Vec<Item<'_>> {
    let made = bodies.iter().map(|(kind, body)| Item {
        kind: *kind,
        part: 0,
        stamp_unix_s,
        edition,
        body,
    });
    made.collect()
}

const NOW: Newest = Newest {
    reported_unix_s: 1_000,
    is_late: false,
};

fn fields(groups: &[Group]) -> impl Iterator<Item = &FieldRow> {
    groups.iter().flat_map(|group| &group.fields)
}

/// The mark that a field of this form has to show.
fn is_marked_as(form: Form, shown: &Shown<String>) -> bool {
    match form {
        Form::Number(number) => {
            matches!(shown, Shown::Value(text) if text.parse() == Ok(number.to_f64()))
        }
        Form::OutOfRange(number) => {
            matches!(shown, Shown::OutOfRange(text) if text.parse() == Ok(number.to_f64()))
        }
        Form::UnknownCode(_) => matches!(shown, Shown::OutOfRange(_)),
        Form::Abnormal => *shown == Shown::Abnormal,
        Form::Invalid => *shown == Shown::Invalid,
        Form::Gear(gear) if gear.valid == Some(false) => *shown == Shown::Invalid,
        Form::Gear(gear) => {
            matches!(shown, Shown::Value(text) if text.starts_with(gear.position()))
        }
        Form::Word(word) => *shown == Shown::Value(word.to_owned()),
        Form::Pressed | Form::Bits(_) => matches!(shown, Shown::Value(_)),
    }
}

#[test]
fn every_item_that_a_frame_carries_is_on_the_card_with_name_unit_and_mark() {
    for edition in [Edition::V2016, Edition::V2025] {
        for any in [0x00, 0x01, 0x03, 0x20, 0x65, 0x80, 0xFE, 0xFF] {
            let bodies = bodies(edition, any);
            let items = items(edition, &bodies, 1_000);
            let groups = card_groups::of(&items, Some(edition), NOW);
            let plots = card_plots::of(&items, Some(edition), NOW);
            let mut seen = BTreeSet::new();
            for (kind, body) in &bodies {
                let item = full::Item::read(edition, *kind, body)
                    .unwrap_or_else(|| panic!("{edition:?} {kind:02X} is an item"));
                item.entries(|entry| {
                    let key = format!("{}.{}", entry.group.name(), entry.key);
                    let row = fields(&groups).find(|row| row.key == key);
                    match entry.values {
                        Values::One(form) => {
                            let row = row.unwrap_or_else(|| panic!("{key} is on the card"));
                            assert!(is_marked_as(form, &row.shown), "{key} {form:?} {row:?}");
                            if let Form::Number(number) | Form::OutOfRange(number) = form {
                                assert_eq!(row.unit, number.unit, "{key}");
                            }
                        }
                        Values::Cells(_) | Values::Temps(_) | Values::StackTemps(_) => {
                            assert!(row.is_some_and(|row| !row.unit.is_empty()), "{key}");
                            let plot = plots.iter().find(|plot| plot.key == key);
                            let plot = plot.unwrap_or_else(|| panic!("{key} is drawn"));
                            assert_eq!(plot.values.len(), 2);
                            assert!(groups.iter().any(|group| group.key == plot.group), "{key}");
                        }
                        Values::Faults(faults) => {
                            let row = row.unwrap_or_else(|| panic!("{key} is on the card"));
                            for code in faults.codes() {
                                let Shown::Value(text) = &row.shown else {
                                    panic!("{row:?}")
                                };
                                assert!(text.contains(&format!("{code:08X}")), "{text}");
                            }
                        }
                        Values::Flag { bit, .. } | Values::FlagLevel { bit, .. } => {
                            let name = format!("alarm.{}", alarm_flag_name(edition, bit).unwrap());
                            assert!(fields(&groups).any(|row| row.key == name), "{name}");
                        }
                        Values::Bytes { .. } => unreachable!("no custom block among them"),
                    }
                    seen.insert(key);
                });
            }
            assert!(seen.len() >= 61, "{}", seen.len());
            assert!(fields(&groups).all(|row| row.shown != Shown::NotSent && !row.old));
        }
    }
}

#[test]
fn every_key_and_every_word_on_a_card_has_words_in_both_languages() {
    let mut keys = BTreeSet::new();
    for edition in [Edition::V2016, Edition::V2025] {
        for any in 0..=255 {
            let bodies = bodies(edition, any);
            let items = items(edition, &bodies, 1_000);
            for group in card_groups::of(&items, Some(edition), NOW) {
                for row in group.fields {
                    if let Shown::Value(text) = &row.shown {
                        // What begins with a small letter is a word; digits, codes and gears are not.
                        let words = text.split(' ').filter(|word| {
                            word.starts_with(|c: char| c.is_ascii_lowercase())
                                || word.len() == 5 && word.contains('J')
                        });
                        keys.extend(words.map(str::to_owned));
                    }
                    keys.insert(row.key);
                }
                keys.insert(group.key);
            }
        }
        let names = (0..32).filter_map(|bit| alarm_flag_name(edition, bit));
        keys.extend(names.map(|name| format!("alarm.{name}")));
        full::catalogue(edition, |entry| {
            keys.insert(format!("{}.{}", entry.group.name(), entry.key));
        });
    }
    let wordless: Vec<_> = keys.iter().filter(|key| !fields::has(key)).collect();
    assert!(wordless.is_empty(), "{wordless:?}");
}

#[test]
fn what_was_not_sent_is_named_with_its_unit_and_what_lags_behind_is_old() {
    for edition in [Edition::V2016, Edition::V2025] {
        let empty = card_groups::of(&[], Some(edition), NOW);
        assert!(fields(&empty).count() >= 61);
        assert!(fields(&empty).all(|row| row.shown == Shown::NotSent));
        assert!(empty.iter().all(|group| group.reported_unix_s.is_none()));
        let speed = fields(&empty)
            .find(|row| row.key == "vehicle.speed_kmh")
            .unwrap();
        assert_eq!(speed.unit, "km/h");

        let bodies = bodies(edition, 1);
        let is_old = |stamp, newest| {
            let groups =
                card_groups::of(&items(edition, &bodies[..1], stamp), Some(edition), newest);
            fields(&groups).any(|row| row.old)
        };
        assert!(!is_old(970, NOW));
        assert!(
            is_old(969, NOW),
            "a newer report left it out for more than thirty seconds"
        );
        assert!(
            is_old(
                1_000,
                Newest {
                    is_late: true,
                    ..NOW
                }
            ),
            "no report has come for long"
        );
    }
    assert!(
        card_groups::of(&[], None, NOW).is_empty(),
        "another format has no items"
    );
}

#[test]
fn an_alarm_shows_its_level_and_a_reserved_bit_its_number() {
    let bodies = [(
        0x06,
        hex::decode("0480000010000000000104".to_owned() + "03").unwrap(),
    )];
    let groups = card_groups::of(
        &items(Edition::V2025, &bodies, 1_000),
        Some(Edition::V2025),
        NOW,
    );
    let alarms = groups.iter().find(|group| group.key == "alarms").unwrap();
    let row = |key: &str| alarms.fields.iter().find(|row| row.key == key).unwrap();
    assert_eq!(row("alarm.soc_low").shown, Shown::Value("3".to_owned()));
    assert_eq!(row("alarm.soc_low").unit, "level");
    assert_eq!(row("alarms.reserved").of, "31");
    assert_eq!(row("alarms.flags").shown, Shown::Value("2".to_owned()));
    assert_eq!(
        row("alarms.ress_faults").shown,
        Shown::Value("none".to_owned())
    );
}

#[test]
fn cells_that_come_in_two_frames_are_one_row_and_a_lagging_half_makes_it_old() {
    let pack = |first: u16, count: u8, mv: u16| {
        let mut body = vec![1, 1, 0x0D, 0xAC, 0x27, 0x10, 0x00, 0xFF];
        body.extend(first.to_be_bytes());
        body.push(count);
        (0..count).for_each(|_| body.extend(mv.to_be_bytes()));
        body
    };
    let (one, two) = (pack(1, 200, 3_700), pack(201, 55, 3_655));
    let item = |part, stamp_unix_s, body| Item {
        kind: 8,
        part,
        stamp_unix_s,
        edition: Edition::V2016,
        body,
    };
    let both = [item(201, 1_000, &two[..]), item(1, 1_000, &one[..])];
    let plots = card_plots::of(&both, Some(Edition::V2016), NOW);
    assert_eq!(plots.len(), 1);
    assert_eq!(
        (plots[0].first, plots[0].values.len(), plots[0].old),
        (1, 255, false)
    );
    assert_eq!(
        (plots[0].values[199], plots[0].values[200]),
        (Some(3_700), Some(3_655))
    );
    let groups = card_groups::of(&both, Some(Edition::V2016), NOW);
    let of: BTreeSet<_> = fields(&groups)
        .filter(|row| row.key == "cell_voltages.cells_v")
        .map(|row| row.of.as_str())
        .collect();
    assert_eq!(of, BTreeSet::from(["1", "1/201"]));

    let lagging = [item(1, 1_000, &one[..]), item(201, 900, &two[..])];
    assert!(card_plots::of(&lagging, Some(Edition::V2016), NOW)[0].old);
    let second_alone = card_plots::of(&lagging[1..], Some(Edition::V2016), NOW);
    assert_eq!(
        (second_alone[0].first, second_alone[0].values.len()),
        (201, 55)
    );
}

#[test]
fn bytes_that_are_no_item_give_no_line_and_the_bytes_as_sent_are_kept_apart() {
    let bodies = [
        (0x01, vec![1, 2, 3]),
        (0x79, Vec::new()),
        (0x80, vec![0, 2, 0xAB, 0xCD]),
    ];
    let items = items(Edition::V2016, &bodies, 7);
    let groups = card_groups::of(&items, Some(Edition::V2016), NOW);
    let vehicle = groups.iter().find(|group| group.key == "vehicle").unwrap();
    assert!(vehicle.fields.iter().all(|row| row.shown == Shown::NotSent));
    let custom = groups.iter().find(|group| group.key == "custom").unwrap();
    assert_eq!(custom.fields[0].shown, Shown::Value("80: abcd".to_owned()));
    let raw = card_groups::raw(&items);
    assert_eq!(raw.len(), 3);
    assert_eq!((raw[2].kind, raw[2].hex.as_str()), (0x80, "0002abcd"));
}
