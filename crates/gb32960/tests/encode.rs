//! What the writer writes, the decoder reads.

mod support;

use gb32960::encode::{ReportWriter, logout, platform_login, vehicle_login};
use gb32960::full::{
    CellsHead2016, CellsHead2025, Item, Motor2016, Motor2025, Record, Unit, decode,
};
use gb32960::quantity::{CellVoltage, TempC};
use gb32960::{Command, Edition, Vin};
use support::{TIME, report_of, vin, whole};

fn writer(out: &mut Vec<u8>, edition: Edition) -> ReportWriter<'_> {
    ReportWriter::new(out, edition, Command::RealTime, &vin(), TIME)
}

#[test]
fn lists_of_2016_are_written_with_their_counts() {
    let motor = Motor2016::read(&[1; 12]).unwrap();
    let head = CellsHead2016::read(&[1; 10]).unwrap();
    let (cells, temps) = ([CellVoltage(3300); 120], [TempC(65); 7]);
    let mut out = Vec::new();
    writer(&mut out, Edition::V2016)
        .motors(&[motor, motor])
        .voltages(&head, &cells)
        .temperatures(1, &temps)
        .custom(0x80, b"abc")
        .finish()
        .unwrap();
    let report = report_of(&out);
    assert_eq!(report.stopped, None);
    let [
        Item::Motors2016(motors),
        Item::Voltages2016(voltages),
        Item::Temperatures2016(temperatures),
        Item::Custom { bytes, .. },
    ] = report.items[..]
    else {
        panic!("{report:?}")
    };
    assert_eq!(motors.iter().collect::<Vec<_>>(), [motor, motor]);
    let pack = voltages.iter().next().unwrap();
    assert_eq!((pack.head.in_frame.0, pack.values.len()), (120, 120));
    assert_eq!(
        temperatures
            .iter()
            .next()
            .unwrap()
            .values
            .iter()
            .collect::<Vec<_>>(),
        temps
    );
    assert_eq!(bytes, b"abc");
}

#[test]
fn lists_of_2025_are_written_with_their_counts() {
    let motor = Motor2025::read(&[1; 10]).unwrap();
    let head = CellsHead2025::read(&[1; 7]).unwrap();
    let mut out = Vec::new();
    writer(&mut out, Edition::V2025)
        .motors_2025(&[motor])
        .voltages_2025(&head, &[CellVoltage(3300); 300])
        .temperatures(1, &[])
        .finish()
        .unwrap();
    let report = report_of(&out);
    let [
        Item::Motors2025(_),
        Item::Voltages2025(voltages),
        Item::Temperatures2025(temperatures),
    ] = report.items[..]
    else {
        panic!("{report:?}")
    };
    assert_eq!(voltages.iter().next().unwrap().head.total.0, 300);
    assert!(temperatures.iter().next().unwrap().values.is_empty());
}

#[test]
fn of_more_than_200_cells_a_frame_of_2016_takes_200() {
    let head = CellsHead2016::read(&[1; 10]).unwrap();
    let mut out = Vec::new();
    writer(&mut out, Edition::V2016)
        .voltages(&head, &[CellVoltage(3300); 255])
        .finish()
        .unwrap();
    let report = report_of(&out);
    let [Item::Voltages2016(voltages)] = report.items[..] else {
        panic!("{report:?}")
    };
    assert_eq!(voltages.iter().next().unwrap().values.len(), 200);
}

#[test]
fn a_report_that_is_too_long_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let refused = writer(&mut out, Edition::V2016)
        .custom(0x80, &[0; 65_531])
        .finish();
    assert_eq!(refused.unwrap_err().len, 6 + 3 + 65_531);
    assert_eq!(out, b"before");
    writer(&mut out, Edition::V2016)
        .custom(0x80, &[0; 65_531 - 9])
        .finish()
        .unwrap();
    assert_eq!(whole(&out[6..]).data().len(), 65_531);
}

#[test]
fn logins_and_logouts_read_back() {
    let platform = Vin::parse("PLATFORM").unwrap();
    let mut out = Vec::new();
    platform_login(
        &mut out,
        Edition::V2016,
        &platform,
        TIME,
        7,
        b"user",
        b"a password",
    );
    let Unit::PlatformLogin(login) = decode(&whole(&out)).unit else {
        panic!()
    };
    assert_eq!(
        (login.serial, &login.user[..5], &login.password[..11]),
        (7, &b"user\0"[..], &b"a password\0"[..])
    );
    assert_eq!(
        format!("{login:?}"),
        "PlatformLogin(serial 7, 0 bytes left)"
    );

    for edition in [Edition::V2016, Edition::V2025] {
        out.clear();
        vehicle_login(&mut out, edition, &vin(), TIME, 8, b"0000TESTICCID0000001");
        let Unit::VehicleLogin(login) = decode(&whole(&out)).unit else {
            panic!()
        };
        assert_eq!(
            (
                login.serial,
                login.storage.codes().count(),
                login.left.len()
            ),
            (8, 0, 0)
        );
        out.clear();
        logout(&mut out, edition, Command::VehicleLogout, &vin(), TIME, 8);
        let Unit::Logout(unit) = decode(&whole(&out)).unit else {
            panic!()
        };
        assert_eq!((unit.time, unit.serial), (TIME, 8));
    }
}
