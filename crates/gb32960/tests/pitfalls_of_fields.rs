//! What goes wrong inside single fields in real traffic, one test each.

mod support;

use gb32960::codes::{BrakePedal, PositionStatus};
use gb32960::full::{Item, decode};
use gb32960::quantity::{LatE6, LonE6};
use gb32960::{Edition, Form, Position, Quantity, Reading, Time, Wire};
use support::{POSITION, TIME, VEHICLE, common_report, live_of, report, report_of, whole};

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
fn each_hemisphere_has_its_own_bit() {
    let signs = |status| {
        let position = Position::of(PositionStatus(status), LonE6(5), LatE6(7), None);
        (position.lon_e6, position.lat_e6)
    };
    assert_eq!(
        [signs(0), signs(2), signs(4), signs(6)],
        [(5, 7), (5, -7), (-5, 7), (-5, -7)]
    );
    // Bits 3–7 are reserved and change nothing.
    assert_eq!(signs(0xF8), (5, 7));
}

#[test]
fn the_live_view_applies_the_ranges_of_the_edition() {
    let speed_in = |edition, rest: usize| {
        let item = [&[0x01, 1, 3, 1][..], &3000u16.to_be_bytes(), &vec![0; rest]].concat();
        live_of(&report(edition, &[&item])).speed_dkmh
    };
    assert_eq!(
        speed_in(Edition::V2016, 15),
        Some(Reading::OutOfRange(3000))
    );
    assert_eq!(speed_in(Edition::V2025, 13), Some(Reading::Value(3000)));
    let level_in = |edition, kind, lists: usize| {
        let item = [&[kind, 4, 0, 0, 0, 0][..], &vec![0; lists]].concat();
        live_of(&report(edition, &[&item])).alarm_level
    };
    assert_eq!(
        level_in(Edition::V2016, 0x07, 4),
        Some(Reading::OutOfRange(4))
    );
    assert_eq!(level_in(Edition::V2025, 0x06, 5), Some(Reading::Value(4)));
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
fn a_time_is_not_bcd_and_not_utc() {
    // Read as BCD, 0x10 would be 10 o'clock; it is 16.
    let time = Time([26, 7, 7, 0x10, 0x30, 0x00]);
    assert_eq!(time.to_unix_s(), Time([26, 7, 7, 16, 48, 0]).to_unix_s());
    assert_eq!(time.to_unix_s(), Some(1_783_414_080));
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
