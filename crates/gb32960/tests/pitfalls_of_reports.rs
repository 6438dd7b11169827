//! What goes wrong inside a report in real traffic, one test each.

mod support;

use gb32960::full::{Item, Report, SubsystemCells};
use gb32960::{Customs, Edition, Reading, Stop, items, live_by};
use support::{POSITION, VEHICLE, live_of, report, report_of, whole};

const ALARMS: [u8; 10] = [0x07, 2, 0, 0, 0, 1, 0, 0, 0, 0];

fn kinds(bytes: &[u8]) -> Vec<u8> {
    let frame = whole(bytes);
    items(frame.data(), frame.edition())
        .map(|(kind, _)| kind)
        .collect()
}

#[test]
fn a_custom_block_without_a_length_word_keeps_the_items_before_it() {
    // Ten times (pedal, brake, speed, current): read as a length the first two bytes say 256.
    let block = [
        &[0x81][..],
        &[1, 0, 2, 0, 3, 0, 0, 4, 0x27, 0x10].repeat(10),
    ]
    .concat();
    let bytes = report(Edition::V2016, &[&VEHICLE, &POSITION, &block]);
    let live = live_of(&bytes);
    assert_eq!(live.speed_dkmh, Some(Reading::Value(250)));
    assert_eq!(
        live.stopped,
        Some(Stop::Overrun {
            kind: 0x81,
            offset: 37,
            need: 258,
            have: 100
        })
    );
    let report = report_of(&bytes);
    assert_eq!((report.items.len(), report.rest), (2, &block[..]));
}

#[test]
fn a_custom_block_that_a_chance_length_ends_before_an_unknown_type_is_distrusted() {
    let block = [0x82, 0, 2, 9, 9, 0x0C, 1, 2, 3];
    let bytes = report(Edition::V2016, &[&VEHICLE, &block]);
    let stopped = live_of(&bytes).stopped.unwrap();
    assert_eq!(
        stopped,
        Stop::UnknownType {
            kind: 0x0C,
            offset: 32,
            after_custom: true
        }
    );
    assert_eq!(stopped.name(), "unknown_type_after_custom");
    // Behind an item of known layout the same type is merely unknown.
    let bytes = report(Edition::V2016, &[&VEHICLE, &[0x0C, 1, 2, 3]]);
    assert_eq!(
        live_of(&bytes).stopped,
        Some(Stop::UnknownType {
            kind: 0x0C,
            offset: 27,
            after_custom: false
        })
    );
}

#[test]
fn custom_blocks_known_to_have_no_length_end_the_report() {
    // By chance a length of 2, and then a position in the Gulf of Guinea.
    let block = [&[0x82, 0, 2, 9, 9][..], &[0x05, 0, 0, 0, 0, 7, 0, 0, 0, 7]].concat();
    let bytes = report(Edition::V2016, &[&VEHICLE, &POSITION, &block]);
    let frame = whole(&bytes);
    let fooled = live_by(frame.data(), frame.edition(), Customs::Measured).unwrap();
    assert_eq!(fooled.position.unwrap().lon_e6, 7);
    let told = live_by(frame.data(), frame.edition(), Customs::Unmeasured).unwrap();
    assert_eq!(told.position.unwrap().lon_e6, 121_472_100);
    assert_eq!(
        told.stopped,
        Some(Stop::Unmeasured {
            kind: 0x82,
            offset: 37
        })
    );
    let report = Report::read_by(frame.data(), frame.edition(), Customs::Unmeasured).unwrap();
    assert_eq!(report.rest, block);
}

#[test]
fn unknown_custom_types_are_skipped_by_their_length() {
    let custom = [&[0xD0, 0, 20][..], &[7; 20]].concat();
    let bytes = report(
        Edition::V2016,
        &[
            &custom,
            &[0x8D, 0, 0],
            &VEHICLE,
            &[0xFE, 0, 1, 0],
            &POSITION,
        ],
    );
    assert_eq!(kinds(&bytes), [0xD0, 0x8D, 0x01, 0xFE, 0x05]);
    assert!(live_of(&bytes).position.unwrap().valid);
}

#[test]
fn an_unknown_type_without_length_keeps_the_rest_as_bytes() {
    let bytes = report(Edition::V2016, &[&VEHICLE, &[0x79, 1, 2, 3], &POSITION]);
    let report = report_of(&bytes);
    assert_eq!(report.items.len(), 1);
    assert_eq!(report.rest, [&[0x79, 1, 2, 3][..], &POSITION].concat());
    assert_eq!(live_of(&bytes).soc_pct, Some(Reading::Value(80)));
}

#[test]
fn cell_voltages_split_over_frames_merge_by_the_number_of_the_first_cell() {
    let part = |first: u16, cells: &[u16]| {
        let head = [0x08, 1, 1, 0, 0x0A, 0x27, 0x10, 0, 5];
        let voltages: Vec<u8> = cells.iter().flat_map(|volts| volts.to_be_bytes()).collect();
        let bytes = [
            &head[..],
            &first.to_be_bytes(),
            &[cells.len() as u8],
            &voltages,
        ]
        .concat();
        report(Edition::V2016, &[&bytes])
    };
    let mut pack = [0; 5];
    for bytes in [part(1, &[3001, 3002, 3003]), part(4, &[3004, 3005])] {
        let report = report_of(&bytes);
        let [Item::Voltages2016(list)] = report.items[..] else {
            panic!()
        };
        let subsystem: SubsystemCells<'_> = list.iter().next().unwrap();
        for (number, volts) in subsystem.numbered() {
            pack[number as usize - 1] = volts.value().unwrap();
        }
    }
    assert_eq!(pack, [3001, 3002, 3003, 3004, 3005]);
}

#[test]
fn a_total_of_cells_that_lies_does_not_move_the_end_of_the_list() {
    // 65,531 cells announced in all, two in this frame.
    let cells = [
        0x08, 1, 1, 0, 0x0A, 0x27, 0x10, 0xFF, 0xFB, 0, 1, 2, 0x0C, 0xC6, 0x0C, 0xC7,
    ];
    let bytes = report(Edition::V2016, &[&cells, &POSITION]);
    assert_eq!(kinds(&bytes), [0x08, 0x05]);
}

#[test]
fn of_a_type_that_comes_twice_both_are_kept_and_the_last_counts() {
    let mut second = VEHICLE;
    second[14] = 79;
    let bytes = report(Edition::V2016, &[&VEHICLE, &second]);
    assert_eq!(report_of(&bytes).items.len(), 2);
    assert_eq!(live_of(&bytes).soc_pct, Some(Reading::Value(79)));
}

#[test]
fn of_two_alarm_items_the_higher_level_counts() {
    let (mut none, mut marked) = (ALARMS, ALARMS);
    none[1] = 0;
    marked[1] = 0xFF;
    for order in [
        [&ALARMS, &none, &marked],
        [&none, &marked, &ALARMS],
        [&marked, &ALARMS, &none],
    ] {
        let items: Vec<&[u8]> = order.iter().map(|item| &item[..]).collect();
        let live = live_of(&report(Edition::V2016, &items));
        assert_eq!(
            (live.alarm_level, live.alarm_flags),
            (Some(Reading::Value(2)), Some(1))
        );
    }
}

#[test]
fn items_come_in_any_order() {
    let bytes = report(Edition::V2016, &[&ALARMS, &POSITION, &VEHICLE]);
    let live = live_of(&bytes);
    assert!(live.alarm_level.is_some() && live.position.is_some() && live.speed_dkmh.is_some());
    assert_eq!(live.stopped, None);
}

#[test]
fn zero_counts_and_marked_counts_are_followed_by_nothing() {
    for count in [0x00, 0xFE, 0xFF] {
        for kind in [0x02, 0x08, 0x09] {
            let bytes = report(Edition::V2016, &[&[kind, count], &POSITION]);
            assert_eq!(
                kinds(&bytes),
                [kind, 0x05],
                "type {kind:#x}, count {count:#x}"
            );
            assert_eq!(report_of(&bytes).items.len(), 2);
        }
        let alarms = [0x07, 1, 0, 0, 0, 0, count, count, count, count];
        assert_eq!(
            kinds(&report(Edition::V2016, &[&alarms, &POSITION])),
            [0x07, 0x05]
        );
        for kind in [0x02, 0x07, 0x08, 0x30] {
            let bytes = report(Edition::V2025, &[&[kind, count], &[0x04, 0, 1]]);
            assert_eq!(
                kinds(&bytes),
                [kind, 0x04],
                "type {kind:#x}, count {count:#x}"
            );
        }
    }
    for count in [[0, 0], [0xFF, 0xFE], [0xFF, 0xFF]] {
        let temps = [&[0x09, 1, 1][..], &count].concat();
        assert_eq!(
            kinds(&report(Edition::V2016, &[&temps, &POSITION])),
            [0x09, 0x05],
            "{count:?}"
        );
        let fuel_cell = [&[0x03, 0, 0, 0, 0, 0, 0][..], &count, &[0; 10]].concat();
        assert_eq!(
            kinds(&report(Edition::V2016, &[&fuel_cell, &POSITION])),
            [0x03, 0x05],
            "{count:?}"
        );
    }
}

#[test]
fn an_alarm_level_stands_without_flags_and_flags_without_a_level() {
    let level_only = [0x06, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0x14, 0x06, 0x02, 0];
    let bytes = report(Edition::V2025, &[&level_only]);
    let live = live_of(&bytes);
    assert_eq!(
        (live.alarm_level, live.alarm_flags),
        (Some(Reading::Value(3)), Some(0))
    );
    let report = report_of(&bytes);
    let [Item::Alarms(alarms)] = report.items[..] else {
        panic!()
    };
    assert_eq!(alarms.faults[3].codes().collect::<Vec<_>>(), [0x1014_0602]);
    assert_eq!(alarms.flag_levels().count(), 0);
}

#[test]
fn a_little_endian_count_overruns_and_keeps_what_came_before() {
    // 48 probes written 30 00.
    let temps = [&[0x09, 1, 1, 0x30, 0x00][..], &[65; 48]].concat();
    let bytes = report(Edition::V2016, &[&VEHICLE, &POSITION, &temps]);
    let report = report_of(&bytes);
    assert_eq!(report.items.len(), 2);
    assert!(matches!(
        report.stopped,
        Some(Stop::Overrun {
            kind: 0x09,
            need: 12_292,
            ..
        })
    ));
    assert_eq!(report.rest, temps);
}

#[test]
fn a_signature_counts_only_where_its_lengths_end_with_the_data() {
    let item = [0x04, 0x07, 0x08];
    let signature = [&[0xFF, 1, 0, 2, 1, 2, 0, 1, 3][..]].concat();
    let signed = report(Edition::V2025, &[&item, &signature]);
    let decoded = report_of(&signed);
    assert_eq!(
        decoded
            .signature
            .map(|signature| (signature.kind, signature.r, signature.s)),
        Some((1, &[1, 2][..], &[3][..]))
    );
    assert_eq!(decoded.signed_len(whole(&signed).data()), 6 + item.len());
    let trailing = report(Edition::V2025, &[&item, &signature, &[0]]);
    let decoded = report_of(&trailing);
    assert_eq!((decoded.signature, decoded.items.len()), (None, 1));
    assert_eq!(decoded.stopped, Some(Stop::NotASignature { offset: 9 }));
}

#[test]
fn an_ff_inside_an_item_is_data_and_not_a_signature() {
    let all_invalid = [&[0x01][..], &[0xFF; 18]].concat();
    let bytes = report(Edition::V2025, &[&all_invalid, &[0x04, 0xFF, 0xFF]]);
    let report = report_of(&bytes);
    assert_eq!(
        (report.items.len(), report.signature, report.stopped),
        (2, None, None)
    );
    // In 2016 FF is no signature at any place.
    let bytes = support::report(Edition::V2016, &[&VEHICLE, &[0xFF, 1, 0, 0, 0, 0]]);
    assert!(matches!(
        live_of(&bytes).stopped,
        Some(Stop::UnknownType { kind: 0xFF, .. })
    ));
}
