//! Builds a report item by item into a caller's buffer.

use super::{TooLong, begin, finish};
use crate::frame::{Command, Edition, MAX_DATA_LEN, REPLY_FLAG_COMMAND};
use crate::full::{
    Alarms, CellsHead2016, CellsHead2025, Engine2016, Engine2025, Extremes2016, Item, Motor2016,
    Motor2025, Position2016, Position2025, ProbesHead2016, ProbesHead2025, Record, Vehicle2016,
    Vehicle2025,
};
use crate::quantity::{CellVoltage, CellsInFrame, PackNo, SubsystemNo, TempC, Total};
use crate::reading::Wire;
use crate::time::Time;
use crate::vin::Vin;

/// A report under construction: the items are written in the order of the calls.
#[derive(Debug)]
pub struct ReportWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    edition: Edition,
}

impl<'a> ReportWriter<'a> {
    /// Begins a report (`RealTime` or `Reissue`) at the end of `out`.
    pub fn new(
        out: &'a mut Vec<u8>,
        edition: Edition,
        command: Command,
        vin: &Vin,
        time: Time,
    ) -> Self {
        let start = begin(out, edition, command, REPLY_FLAG_COMMAND, vin, 0x01);
        out.extend_from_slice(&time.0);
        Self {
            out,
            start,
            edition,
        }
    }

    /// Type 01 of 2016.
    pub fn vehicle(self, vehicle: &Vehicle2016) -> Self {
        self.record(0x01, vehicle)
    }

    /// Type 01 of 2025.
    pub fn vehicle_2025(self, vehicle: &Vehicle2025) -> Self {
        self.record(0x01, vehicle)
    }

    /// Type 04 of 2016.
    pub fn engine(self, engine: &Engine2016) -> Self {
        self.record(0x04, engine)
    }

    /// Type 04 of 2025.
    pub fn engine_2025(self, engine: &Engine2025) -> Self {
        self.record(0x04, engine)
    }

    /// Type 05 of 2016.
    pub fn position(self, position: &Position2016) -> Self {
        self.record(0x05, position)
    }

    /// Type 05 of 2025.
    pub fn position_2025(self, position: &Position2025) -> Self {
        self.record(0x05, position)
    }

    /// Type 06 of 2016.
    pub fn extremes(self, extremes: &Extremes2016) -> Self {
        self.record(0x06, extremes)
    }

    /// Alarms in the edition of this report: type 07 of 2016, 06 of 2025.
    pub fn alarms(self, alarms: &Alarms<'_>) -> Self {
        let kind = match self.edition {
            Edition::V2016 => 0x07,
            Edition::V2025 => 0x06,
        };
        self.out.push(kind);
        Alarms {
            edition: self.edition,
            ..*alarms
        }
        .write(self.out);
        self
    }

    /// Type 02 of 2016. What is beyond 253 motors is left out.
    pub fn motors(self, motors: &[Motor2016]) -> Self {
        self.records(0x02, motors)
    }

    /// Type 02 of 2025. What is beyond 253 motors is left out.
    pub fn motors_2025(self, motors: &[Motor2025]) -> Self {
        self.records(0x02, motors)
    }

    /// Type 08 of 2016 with one subsystem: the number of cells in this frame comes from the list. What is beyond 200
    /// cells is left out; it belongs into another report with the same time.
    pub fn voltages(self, head: &CellsHead2016, cells: &[CellVoltage]) -> Self {
        let cells = &cells[..cells.len().min(200)];
        let in_frame = CellsInFrame(cells.len() as u8);
        self.list(0x08, &CellsHead2016 { in_frame, ..*head }, cells)
    }

    /// Type 07 of 2025 with one pack: the total comes from the list. What is beyond 65,531 cells is left out.
    pub fn voltages_2025(self, head: &CellsHead2025, cells: &[CellVoltage]) -> Self {
        let cells = &cells[..cells.len().min(MAX_DATA_LEN)];
        let total = Total(cells.len() as u16);
        self.list(0x07, &CellsHead2025 { total, ..*head }, cells)
    }

    /// Probe temperatures of one subsystem or pack in the edition of this report: type 09 of 2016, 08 of 2025. What is
    /// beyond 65,531 probes is left out.
    pub fn temperatures(self, no: u8, temps: &[TempC]) -> Self {
        let temps = &temps[..temps.len().min(MAX_DATA_LEN)];
        let probes = Total(temps.len() as u16);
        match self.edition {
            Edition::V2016 => self.list(
                0x09,
                &ProbesHead2016 {
                    no: SubsystemNo(no),
                    probes,
                },
                temps,
            ),
            Edition::V2025 => self.list(
                0x08,
                &ProbesHead2025 {
                    no: PackNo(no),
                    probes,
                },
                temps,
            ),
        }
    }

    /// A count and that many parts; what is beyond 253 is left out.
    fn records(self, kind: u8, records: &[impl Record]) -> Self {
        let records = &records[..records.len().min(253)];
        self.out.extend_from_slice(&[kind, records.len() as u8]);
        records.iter().for_each(|record| record.write(self.out));
        self
    }

    /// One part with a series.
    fn list(self, kind: u8, head: &impl Record, fields: &[impl Wire]) -> Self {
        self.out.extend_from_slice(&[kind, 1]);
        head.write(self.out);
        fields.iter().for_each(|field| field.put(self.out));
        self
    }

    /// Any decoded item.
    pub fn item(self, item: &Item<'_>) -> Self {
        item.write(self.out);
        self
    }

    /// Any item of fixed layout.
    pub fn record(self, kind: u8, record: &impl Record) -> Self {
        self.out.push(kind);
        record.write(self.out);
        self
    }

    /// Any item as bytes, without its type.
    pub fn raw(self, kind: u8, body: &[u8]) -> Self {
        self.out.push(kind);
        self.out.extend_from_slice(body);
        self
    }

    /// A custom block, types 80–FE: its length word and bytes. What is longer than 65,531 bytes is cut there.
    pub fn custom(self, kind: u8, bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(MAX_DATA_LEN)];
        self.out.push(kind);
        self.out
            .extend_from_slice(&(bytes.len() as u16).to_be_bytes());
        self.out.extend_from_slice(bytes);
        self
    }

    /// Writes length and checksum. When the items are too long for one frame, the buffer is as it was before.
    pub fn finish(self) -> Result<(), TooLong> {
        finish(self.out, self.start)
    }
}
