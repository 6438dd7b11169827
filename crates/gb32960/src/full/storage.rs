//! Batteries and super-capacitors: cell voltages and temperatures.
//!
//! In 2016 a pack of more than 200 cells is split over several reports with the same collection time, and the first cell
//! is numbered (1, 201, 401, …); the stated total is not to be trusted. In 2025 nothing is split.

use super::drive::following;
use super::layout::{Record, layout};
use super::parts::{Block, Head, Parts, Series};
use crate::quantity::*;
use crate::reading::{Quantity, Reading};
use crate::walk::{long_count, short_count};

layout! {
    /// One storage subsystem of type 08, 2016 (B.3.5.3.8, table B.6), before its cells.
    CellsHead2016, 10 {
        /// 1–250.
        no "no": SubsystemNo,
        /// 0–1000 V.
        voltage "volt_v": Voltage2016,
        /// −1000…+1000 A.
        current "curr_a": Current2016,
        /// 1–65,531.
        total "cells_total": Total,
        /// 1–65,531, no marks.
        first "start": FirstCell,
        /// 1–200.
        in_frame "in_frame": CellsInFrame,
    }
}

impl Head for CellsHead2016 {
    #[inline]
    fn following(&self) -> usize {
        short_count(&[self.in_frame.0], 0)
    }
}

layout! {
    /// One battery pack of type 07, 2025 (7.2.4.2, table 12), before its smallest parallel units.
    CellsHead2025, 7 {
        /// 1–50.
        no "no": PackNo,
        /// 0–6000 V.
        voltage "volt_v": Voltage2025,
        /// −3000…+3000 A.
        current "curr_a": Current2025,
        /// 1–65,531.
        total "cells_total": Total,
    }
}

impl Head for CellsHead2025 {
    #[inline]
    fn following(&self) -> usize {
        following(self.total)
    }
}

layout! {
    /// One subsystem of type 09, 2016 (B.3.5.3.9, table B.8), before its probes.
    ProbesHead2016, 3 {
        /// 1–250.
        no "no": SubsystemNo,
        /// 1–65,531.
        probes "probes": Total,
    }
}

impl Head for ProbesHead2016 {
    #[inline]
    fn following(&self) -> usize {
        following(self.probes)
    }
}

layout! {
    /// One battery pack of type 08, 2025 (7.2.4.3, table 14), before its probes.
    ProbesHead2025, 3 {
        /// 1–50.
        no "no": PackNo,
        /// 1–65,531.
        probes "probes": Total,
    }
}

impl Head for ProbesHead2025 {
    #[inline]
    fn following(&self) -> usize {
        following(self.probes)
    }
}

/// One subsystem and its cells, 0–60 V each.
pub type SubsystemCells<'a> = Block<'a, CellsHead2016, CellVoltage>;
/// Type 08 of 2016: cell voltages.
pub type Voltages2016<'a> = Parts<'a, SubsystemCells<'a>>;
/// One pack and its smallest parallel units, 0–60 V each.
pub type PackCells<'a> = Block<'a, CellsHead2025, CellVoltage>;
/// Type 07 of 2025: voltages of the smallest parallel units.
pub type Voltages2025<'a> = Parts<'a, PackCells<'a>>;
/// Type 09 of 2016: probe temperatures, −40…+210 °C each.
pub type Temperatures2016<'a> = Parts<'a, Block<'a, ProbesHead2016, TempC>>;
/// Type 08 of 2025: probe temperatures, −40…+210 °C each.
pub type Temperatures2025<'a> = Parts<'a, Block<'a, ProbesHead2025, TempC>>;

layout! {
    /// The fields of the super-capacitor item before its cells (2025 type 31, 7.2.4.10, table 25).
    CapacitorHead, 7 {
        /// 1–253.
        no "no": SystemNo,
        /// 0–1000 V.
        voltage "volt_v": Voltage2016,
        /// −3000…+3000 A.
        current "curr_a": Current2025,
        /// 1–65,531.
        total "cells_total": Total,
    }
}

/// Type 31 of 2025: a super-capacitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacitor<'a> {
    /// The system as a whole.
    pub head: CapacitorHead,
    /// 0–60 V each.
    pub cells: Series<'a, CellVoltage>,
    /// Number of probes as sent.
    pub probes: Total,
    /// −40…+210 °C each.
    pub temps: Series<'a, TempC>,
}

impl<'a> Capacitor<'a> {
    /// From a whole body.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let head = CapacitorHead::read(body)?;
        let (cells, rest) =
            body[CapacitorHead::LEN..].split_at_checked(2 * following(head.total))?;
        let (count, temps) = rest.split_first_chunk::<2>()?;
        let is_whole = temps.len() == long_count(count, 0);
        let probes = Total(u16::from_be_bytes(*count));
        is_whole.then_some(Self {
            head,
            cells: Series::new(cells),
            probes,
            temps: Series::new(temps),
        })
    }

    /// Appends the body as it stands on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.head.write(out);
        self.cells.write(out);
        out.extend_from_slice(&self.probes.0.to_be_bytes());
        self.temps.write(out);
    }
}

layout! {
    /// Type 32 of 2025 (7.2.4.11, table 26): extremes of the super-capacitors.
    CapacitorExtremes, 18 {
        /// 1–253.
        vmax_sys "vmax_sys": SystemNo,
        /// 1–65,531.
        vmax_cell "vmax_cell": CapacitorPartNo,
        /// 0–60 V.
        vmax "vmax_v": CellVoltage,
        /// 1–253.
        vmin_sys "vmin_sys": SystemNo,
        /// 1–65,531.
        vmin_cell "vmin_cell": CapacitorPartNo,
        /// 0–60 V.
        vmin "vmin_v": CellVoltage,
        /// 1–253.
        tmax_sys "tmax_sys": SystemNo,
        /// 1–65,531.
        tmax_probe "tmax_probe": CapacitorPartNo,
        /// −40…+210 °C.
        tmax "tmax_c": TempC,
        /// 1–253.
        tmin_sys "tmin_sys": SystemNo,
        /// 1–65,531.
        tmin_probe "tmin_probe": CapacitorPartNo,
        /// −40…+210 °C.
        tmin "tmin_c": TempC,
    }
}

/// One cell after merging the frames of one second (2016): its number in the pack and its voltage.
pub type NumberedCell = (u32, Reading<i64>);

impl SubsystemCells<'_> {
    /// The cells with their numbers in the pack, for merging split frames by (vehicle, time, subsystem): the number of the
    /// first cell counts, the stated total does not. A first cell of 0, which is out of range, counts as 1.
    pub fn numbered(&self) -> impl Iterator<Item = NumberedCell> + '_ {
        let first = u32::from(self.head.first.0).max(1);
        (first..).zip(self.values.iter().map(Quantity::steps))
    }
}
