//! Drive motors, fuel cells and the hydrogen system.

use super::layout::{Record, layout};
use super::parts::{Block, Head, Parts, Series};
use crate::codes::{DcDc, MotorState};
use crate::quantity::*;
use crate::reading::{Coded, Quantity, Reading};

layout! {
    /// One drive motor of type 02, 2016 (7.2.3.2, table 11). May be absent while parked charging.
    Motor2016, 12 {
        /// 1–253.
        no "no": MotorNo,
        /// 01 consuming, 02 generating, 03 off, 04 ready.
        state "state": Coded<MotorState>,
        /// −40…+210 °C.
        controller_temp "ctrl_temp_c": TempC,
        /// −20,000…45,531 r/min.
        speed "speed_rpm": MotorSpeed2016,
        /// −2000…4553.1 N·m.
        torque "torque_nm": MotorTorque2016,
        /// −40…+210 °C.
        temp "temp_c": TempC,
        /// 0–6000 V.
        controller_voltage "ctrl_volt_v": ControllerVoltage,
        /// −1000…+1000 A.
        controller_current "ctrl_curr_a": Current2016,
    }
}

layout! {
    /// One drive motor of type 02, 2025 (7.2.4.4, table 16): other offsets, no controller voltage and current.
    Motor2025, 10 {
        /// 1–253.
        no "no": MotorNo,
        /// 01 consuming, 02 generating, 03 off, 04 ready.
        state "state": Coded<MotorState>,
        /// −40…+210 °C.
        controller_temp "ctrl_temp_c": TempC,
        /// −32,000…33,531 r/min.
        speed "speed_rpm": MotorSpeed2025,
        /// −20,000…20,000 N·m.
        torque "torque_nm": MotorTorque2025,
        /// −40…+210 °C.
        temp "temp_c": TempC,
    }
}

/// Type 02 of 2016: 1–253 motors.
pub type Motors2016<'a> = Parts<'a, Motor2016>;
/// Type 02 of 2025: 1–253 motors, FE and FF for none.
pub type Motors2025<'a> = Parts<'a, Motor2025>;

layout! {
    /// The fields of the fuel-cell item before the probes (2016 type 03, 7.2.3.3, table 12).
    FuelCellHead2016, 8 {
        /// 0–2000 V.
        voltage "volt_v": StackVoltage,
        /// 0–2000 A.
        current "curr_a": StackCurrent,
        /// 0–600 kg/100 km.
        consumption "consumption_kg_100km": HydrogenUse,
        /// 0–65,531; FFFE and FFFF are followed by no probe.
        probes "probe_count": Count,
    }
}

layout! {
    /// The fields of the fuel-cell item behind the probes (2016 type 03, 7.2.3.3, table 12).
    FuelCellTail2016, 10 {
        /// −40…+200 °C.
        hydrogen_temp "h2_max_temp_c": HydrogenTemp2016,
        /// 1–252.
        hydrogen_temp_probe "h2_max_temp_probe": SensorNo2016,
        /// 0–60,000 mg/kg.
        hydrogen_conc "h2_max_conc_mgkg": HydrogenConc2016,
        /// 1–252.
        hydrogen_conc_sensor "h2_max_conc_sensor": SensorNo2016,
        /// 0–100 MPa, no marks.
        hydrogen_pressure "h2_max_press_mpa": HydrogenPressure2016,
        /// 1–252.
        hydrogen_pressure_sensor "h2_max_press_sensor": SensorNo2016,
        /// 01 working, 02 off.
        dcdc "hv_dcdc": Coded<DcDc>,
    }
}

/// Type 03 of 2016: the fuel cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuelCell2016<'a> {
    /// Stack and consumption.
    pub head: FuelCellHead2016,
    /// Probe temperatures, −40…+200 °C, no marks.
    pub probes: Series<'a, StackProbeTempC>,
    /// Hydrogen system.
    pub tail: FuelCellTail2016,
}

impl<'a> FuelCell2016<'a> {
    /// From a whole body.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let (head, rest) = body.split_at_checked(FuelCellHead2016::LEN)?;
        let (probes, tail) =
            rest.split_at_checked(rest.len().checked_sub(FuelCellTail2016::LEN)?)?;
        let head = FuelCellHead2016::read(head)?;
        let is_whole = probes.len() == following(head.probes);
        let tail = FuelCellTail2016::read(tail)?;
        is_whole.then_some(Self {
            head,
            probes: Series::new(probes),
            tail,
        })
    }

    /// Appends the body as it stands on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.head.write(out);
        self.probes.write(out);
        self.tail.write(out);
    }
}

/// How many parts a count announces: none for the marks.
pub(super) fn following(count: impl Quantity) -> usize {
    match count.steps() {
        Reading::Value(count) | Reading::OutOfRange(count) => count as usize,
        Reading::Abnormal | Reading::Invalid => 0,
    }
}

layout! {
    /// Type 03 of 2025 (7.2.4.5, table 17): fuel-cell engine and on-board hydrogen system.
    FuelCell2025, 12 {
        /// −40…+210 °C.
        hydrogen_temp "h2_max_temp_c": HydrogenTemp2025,
        /// 1–253.
        hydrogen_temp_probe "h2_max_temp_probe": SensorNo2025,
        /// 0–6 % by volume.
        hydrogen_conc "h2_max_conc_pct": HydrogenConc2025,
        /// 1–253.
        hydrogen_conc_sensor "h2_max_conc_sensor": SensorNo2025,
        /// 0–100 MPa.
        hydrogen_pressure "h2_max_press_mpa": HydrogenPressure2025,
        /// 1–253.
        hydrogen_pressure_sensor "h2_max_press_sensor": SensorNo2025,
        /// 01 working, 02 off.
        dcdc "hv_dcdc": Coded<DcDc>,
        /// 0–100 %.
        hydrogen_left "h2_left_pct": HydrogenLeftPct,
        /// −40…+210 °C.
        dcdc_temp "dcdc_temp_c": TempC,
    }
}

layout! {
    /// One fuel-cell stack of type 30, 2025 (7.2.4.6, table 19), before its probes.
    StackHead, 12 {
        /// 1–253.
        no "no": SystemNo,
        /// 0–2000 V.
        voltage "volt_v": StackVoltage,
        /// 0–2000 A.
        current "curr_a": StackCurrent,
        /// −100…+400 kPa.
        hydrogen_pressure "h2_inlet_kpa": InletPressure,
        /// −100…+400 kPa.
        air_pressure "air_inlet_kpa": InletPressure,
        /// −40…+210 °C.
        air_temp "air_inlet_temp_c": TempC,
        /// Coolant-outlet probes, 0–65,531; FFFE and FFFF are followed by none.
        probes "probes": Count,
    }
}

impl Head for StackHead {
    fn following(&self) -> usize {
        following(self.probes)
    }
}

/// One fuel-cell stack and its coolant-outlet temperatures.
pub type Stack<'a> = Block<'a, StackHead, TempC>;
/// Type 30 of 2025: fuel-cell stacks.
pub type Stacks<'a> = Parts<'a, Stack<'a>>;
