//! Frames for tests, written by hand where a test is about bytes and by the encoder where it is not. The vehicle is made up.
#![expect(dead_code, reason = "every test file uses a part of it")]

pub mod checks;

use gb32960::encode::{self, ReportWriter};
use gb32960::full::{
    Alarms, Extremes2016, Position2016, Record, Report, Unit, Vehicle2016, decode,
};
use gb32960::quantity::{Odometer, SocPct, Speed2016};
use gb32960::{Command, Edition, Frame, Live, Split, Time, Vin, live, split};

/// 2026-05-04 03:02:01 in Beijing.
pub const TIME: Time = Time([26, 5, 4, 3, 2, 1]);

pub fn vin() -> Vin {
    Vin(*b"TEST0000000000001")
}

/// A frame with a right checksum around any data unit.
pub fn frame(edition: Edition, command: u8, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode::frame(
        &mut out,
        edition,
        Command::from_byte(command),
        0xFE,
        &vin(),
        data,
    )
    .unwrap();
    out
}

/// A real-time report of the given items, types included.
pub fn report(edition: Edition, items: &[&[u8]]) -> Vec<u8> {
    frame(edition, 0x02, &[&TIME.0[..], &items.concat()].concat())
}

/// A report as most cars send it, without lists.
pub fn common_report(speed_dkmh: u16) -> Vec<u8> {
    let vehicle = Vehicle2016 {
        speed: Speed2016(speed_dkmh),
        odometer: Odometer(1_234_567),
        soc: SocPct(81),
        ..Vehicle2016::UNKNOWN
    };
    let mut out = Vec::new();
    ReportWriter::new(&mut out, Edition::V2016, Command::RealTime, &vin(), TIME)
        .vehicle(&vehicle)
        .position(&Position2016::at(121_473_700, 31_230_400, true))
        .extremes(&Extremes2016::read(&[1; 14]).unwrap())
        .alarms(&Alarms::plain(Edition::V2016, 0, 0))
        .finish()
        .unwrap();
    out
}

pub fn whole(bytes: &[u8]) -> Frame<'_> {
    match split(bytes) {
        Split::Frame { frame, len } if len == bytes.len() => frame,
        other => panic!("not one frame: {other:?}"),
    }
}

/// Type and body of a vehicle item: 25.0 km/h, 80 %.
pub const VEHICLE: [u8; 21] = [
    0x01, 1, 3, 1, 0, 0xFA, 0, 0, 0x27, 0x10, 0x0D, 0xB0, 0x27, 0x74, 80, 1, 0x2E, 0x05, 0xDC, 0,
    101,
];
/// Type and body of a valid position: 121.4721 E.
pub const POSITION: [u8; 10] = [0x05, 0, 0x07, 0x3D, 0x84, 0x64, 0x01, 0xDC, 0x8A, 0x40];

pub fn report_of(bytes: &[u8]) -> Report<'_> {
    match decode(&whole(bytes)).unit {
        Unit::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

pub fn live_of(bytes: &[u8]) -> Live {
    live(&whole(bytes)).unwrap()
}

/// A xorshift generator: the same numbers in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }

    pub fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}
