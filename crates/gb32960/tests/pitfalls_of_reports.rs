//! What goes wrong inside a report in real traffic, one test each.

mod support;

use gb32960::codes::{BrakePedal, PositionStatus};
use gb32960::full::{Item, Report, SubsystemCells, Unit, decode};
use gb32960::quantity::{LatE6, LonE6};
use gb32960::{
    Customs, Edition, Form, Position, Quantity, Reading, Stop, Time, Wire, items, live_by,
};
use support::{TIME, common_report, live_of, report, whole};

const VEHICLE: [u8; 21] = [
    0x01, 1, 3, 1, 0, 0xFA, 0, 0, 0x27, 0x10, 0x0D, 0xB0, 0x27, 0x74, 80, 1, 0x2E, 0x05, 0xDC, 0,
    101,
];
const POSITION: [u8; 10] = [0x05, 0, 0x07, 0x3D, 0x84, 0x64, 0x01, 0xDC, 0x8A, 0x40];
const ALARMS: [u8; 10] = [0x07, 2, 0, 0, 0, 1, 0, 0, 0, 0];

fn report_of<'a>(bytes: &'a [u8]) -> Report<'a> {
    match decode(&whole(bytes)).unit {
        Unit::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

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
fn an_invalid_fix_with_stale_coordinates_is_never_valid() {
    let mut stale = POSITION;
    stale[1] = 0x01;
    let position = live_of(&report(Edition::V2016, &[&stale]))
        .position
        .unwrap();
    assert_eq!((position.valid, position.lon_e6), (false, 121_472_100));
    // 0/0 with "invalid, west".
    let position = live_of(&report(
        Edition::V2016,
        &[&[0x05, 0x05, 0, 0, 0, 0, 0, 0, 0, 0]],
    ))
    .position
    .unwrap();
    assert_eq!(
        (position.valid, position.lon_e6, position.lat_e6),
        (false, 0, 0)
    );
}

#[test]
fn a_valid_flag_does_not_make_an_impossible_position_valid() {
    let of = |status, lon, lat| Position::of(PositionStatus(status), LonE6(lon), LatE6(lat), None);
    for (lon, lat) in [
        (0, 0),
        (u32::MAX, u32::MAX),
        (180_000_001, 1),
        (1, 90_000_001),
        (u32::MAX, 31_000_000),
    ] {
        assert!(!of(0, lon, lat).valid, "{lon} {lat}");
    }
    assert!(of(0, 180_000_000, 90_000_000).valid && of(0, 0, 51_000_000).valid);
    let south_west = of(6, 70_000_001, 33_000_002);
    assert_eq!(
        (south_west.lon_e6, south_west.lat_e6),
        (-70_000_001, -33_000_002)
    );
}

#[test]
fn zero_degrees_south_prints_as_zero() {
    let bytes = report(Edition::V2016, &[&[0x05, 0x06, 0, 0, 0, 0, 0, 0, 0, 0]]);
    let printed = gb32960::json::decode_line(&hex::encode(bytes), false).to_string();
    assert!(
        printed.contains("\"lat\":0.0") && !printed.contains("-0.0"),
        "{printed}"
    );
}

#[test]
fn motor_offsets_are_in_raw_steps_and_differ_between_the_editions() {
    use gb32960::quantity::{MotorSpeed2016, MotorSpeed2025, MotorTorque2016, MotorTorque2025};
    assert_eq!(MotorSpeed2016(20_000).physical(), Reading::Value(0.0));
    assert_eq!(MotorSpeed2025(32_000).physical(), Reading::Value(0.0));
    assert_eq!(MotorTorque2016(20_000).physical(), Reading::Value(0.0));
    assert_eq!(MotorTorque2016(65_531).physical(), Reading::Value(4553.1));
    assert_eq!(MotorTorque2025(200_000).physical(), Reading::Value(0.0));
}

#[test]
fn pack_current_and_vehicle_current_read_alike() {
    use gb32960::quantity::{Current2016, Current2025};
    assert_eq!(Current2016(10_025).physical(), Reading::Value(2.5));
    assert_eq!(Current2025(30_025).physical(), Reading::Value(2.5));
    let head = [0x08, 1, 1, 0x0D, 0xB0, 0x27, 0x74, 0, 1, 0, 1, 0];
    let bytes = report(Edition::V2016, &[&VEHICLE, &head]);
    let report = report_of(&bytes);
    let [Item::Vehicle2016(vehicle), Item::Voltages2016(list)] = report.items[..] else {
        panic!()
    };
    assert_eq!(list.iter().next().unwrap().head.current, vehicle.current);
}

#[test]
fn pedal_101_means_pressed_and_not_101_percent() {
    assert_eq!(BrakePedal(101).form(), Form::Pressed);
    assert!(matches!(BrakePedal(102).form(), Form::OutOfRange(_)));
    assert!(matches!(BrakePedal(100).form(), Form::Number(_)));
    assert_eq!(
        (BrakePedal(0xFE).form(), BrakePedal(0xFF).form()),
        (Form::Abnormal, Form::Invalid)
    );
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
fn a_time_is_not_bcd_and_not_utc() {
    // Read as BCD, 0x10 would be 10 o'clock; it is 16.
    let time = Time([26, 7, 7, 0x10, 0x30, 0x00]);
    assert_eq!(time.to_unix_s(), Time([26, 7, 7, 16, 48, 0]).to_unix_s());
    assert_eq!(time.to_unix_s(), Some(1_783_414_080));
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

#[test]
fn raw_degrees_survive_where_floats_would_round() {
    for raw in [249, 16_000_002, 128_000_003] {
        assert_eq!(
            LonE6::from_physical(LonE6(raw).physical().value().unwrap()).0,
            raw
        );
        let item = [&[0x05, 0][..], &raw.to_be_bytes(), &1u32.to_be_bytes()].concat();
        let bytes = report(Edition::V2016, &[&item]);
        let mut written = Vec::new();
        decode(&whole(&bytes)).write(&mut written).unwrap();
        assert_eq!(written, bytes);
    }
}

#[test]
fn a_mark_is_compared_at_the_width_of_its_field() {
    use gb32960::quantity::{Odometer, SocPct, Speed2016};
    assert!(matches!(
        Speed2016(0xFEFE).steps(),
        Reading::OutOfRange(0xFEFE)
    ));
    assert!(matches!(Speed2016(0x00FF).steps(), Reading::Value(255)));
    assert!(matches!(Odometer(0xFFFF).steps(), Reading::Value(65_535)));
    assert_eq!(
        (Odometer(u32::MAX).steps(), Odometer(u32::MAX - 1).steps()),
        (Reading::Invalid, Reading::Abnormal)
    );
    assert!(matches!(SocPct(102).steps(), Reading::OutOfRange(102)));
}

#[test]
fn texts_padded_on_the_left_are_trimmed_on_both_sides() {
    use gb32960::vin::trim_nul;
    assert_eq!(trim_nul(b"\0\0user\0\0"), b"user");
    assert_eq!((trim_nul(b"\0\0\0"), trim_nul(b"")), (&b""[..], &b""[..]));
}

#[test]
fn binary_battery_codes_print_as_hex() {
    let data = [
        &TIME.0[..],
        &[0, 1],
        &[b'0'; 11],
        &[0; 9],
        &[1, 2, 0x80, 0xFF],
    ]
    .concat();
    let bytes = support::frame(Edition::V2016, 0x01, &data);
    let printed = gb32960::json::decode_line(&hex::encode(bytes), false);
    assert_eq!(printed["body"]["codes"], serde_json::json!(["80ff"]));
    assert_eq!(printed["body"]["iccid"], "00000000000");
}

#[test]
fn a_common_report_reads_back_what_was_written() {
    let live = live_of(&common_report(523));
    assert_eq!(live.time, TIME);
    assert_eq!(
        (live.speed_dkmh, live.odometer_hm),
        (Some(Reading::Value(523)), Some(Reading::Value(1_234_567)))
    );
    assert_eq!(live.vehicle_state, Some(Reading::Invalid));
    assert_eq!(live.alarm_level, Some(Reading::Value(0)));
}
