//! What most platforms send besides the wall's five items: motors, cell voltages, probe temperatures, the engine of a range
//! extender. Follows from the report and from which vehicle it is, so that the same seed says the same.

use gb32960::Edition;
use gb32960::codes::{EngineState, MotorState};
use gb32960::encode::ReportWriter;
use gb32960::full::{CellsHead2016, CellsHead2025, Engine2016, Engine2025, Motor2016, Motor2025};
use gb32960::quantity::{
    CellVoltage, CellsInFrame, ControllerVoltage, CrankSpeed, Current2016, Current2025, FirstCell,
    FuelUse, MotorNo, MotorSpeed2016, MotorSpeed2025, MotorTorque2016, MotorTorque2025, PackNo,
    SubsystemNo, TempC, Total, Voltage2016, Voltage2025,
};

use crate::frames::{COLDEST_PROBE, HIGHEST_CELL, LOWEST_CELL, WARMEST_PROBE, voltage_dv};
use crate::identity::Identity;
use crate::report::{Power, Report, Told};

const CELLS: u16 = 96;
const PROBES: u8 = 24;
/// Motor revolutions for a wheel's way of 0.1 km/h.
const RPM_PER_DKMH: u16 = 8;

/// Adds them to a report of this edition.
pub fn append<'a>(
    writer: ReportWriter<'a>,
    edition: Edition,
    identity: &Identity,
    report: &Report,
) -> ReportWriter<'a> {
    let extender = identity.model().range_extender;
    let (cells, temps) = (cells(report), temps(report));
    match edition {
        Edition::V2016 => {
            let head = CellsHead2016 {
                no: SubsystemNo(1),
                voltage: Voltage2016(voltage_dv(report)),
                current: Current2016((i32::from(report.values.current_da) + 10_000) as u16),
                total: Total(CELLS),
                first: FirstCell(1),
                in_frame: CellsInFrame(0),
            };
            let writer = writer
                .motors(&[motor_2016(report)])
                .voltages(&head, &cells)
                .temperatures(1, &temps);
            if extender {
                writer.engine(&engine(report))
            } else {
                writer
            }
        }
        Edition::V2025 => {
            let head = CellsHead2025 {
                no: PackNo(1),
                voltage: Voltage2025(voltage_dv(report)),
                current: Current2025((i32::from(report.values.current_da) + 30_000) as u16),
                total: Total(CELLS),
            };
            let writer = writer
                .motors_2025(&[motor_2025(report)])
                .voltages_2025(&head, &cells)
                .temperatures(1, &temps);
            if extender {
                writer.engine_2025(&Engine2025 {
                    crank: engine(report).crank,
                })
            } else {
                writer
            }
        }
    }
}

/// A small number that belongs to this vehicle's sensor and stays the same.
fn bias(report: &Report, sensor: u16, range: u16) -> u16 {
    let mixed = (report.vehicle ^ u32::from(sensor) << 16)
        .wrapping_mul(0x9E37_79B1)
        .rotate_left(13)
        .wrapping_mul(0x85EB_CA77);
    (mixed >> 16) as u16 % range
}

/// Around the mean that the extremes are made of; the highest and the lowest are where those say.
fn cells(report: &Report) -> Vec<CellVoltage> {
    let mean_mv = voltage_dv(report);
    let of = |cell| match cell {
        HIGHEST_CELL => mean_mv + 6,
        LOWEST_CELL => mean_mv - 9,
        cell => mean_mv - 7 + bias(report, cell, 12),
    };
    (1..=CELLS).map(|cell| CellVoltage(of(cell))).collect()
}

fn temps(report: &Report) -> Vec<TempC> {
    let warmest = (i16::from(report.values.temp_c) + 40) as u8;
    let of = |probe| match probe {
        WARMEST_PROBE => warmest,
        COLDEST_PROBE => warmest - 2,
        probe => warmest - bias(report, 1_000 + u16::from(probe), 2) as u8,
    };
    (1..=PROBES).map(|probe| TempC(of(probe))).collect()
}

fn is_on(report: &Report) -> bool {
    report.values.power == Power::Started
}

fn rpm(report: &Report) -> u16 {
    match report.values.speed_dkmh {
        Told::Value(speed) => speed.saturating_mul(RPM_PER_DKMH),
        Told::Abnormal | Told::Invalid => 0,
    }
}

fn motor_state(report: &Report) -> MotorState {
    match (is_on(report), report.values.current_da) {
        (false, _) => MotorState::Off,
        (true, 1..) => MotorState::Consuming,
        (true, ..0) => MotorState::Generating,
        (true, 0) => MotorState::Ready,
    }
}

fn motor_2016(report: &Report) -> Motor2016 {
    Motor2016 {
        no: MotorNo(1),
        state: motor_state(report).into(),
        controller_temp: TempC(40 + 35),
        speed: MotorSpeed2016(20_000 + rpm(report)),
        torque: MotorTorque2016((20_000 + i32::from(report.values.current_da)) as u16),
        temp: TempC(40 + 48),
        controller_voltage: ControllerVoltage(voltage_dv(report)),
        controller_current: Current2016((i32::from(report.values.current_da) + 10_000) as u16),
    }
}

fn motor_2025(report: &Report) -> Motor2025 {
    Motor2025 {
        no: MotorNo(1),
        state: motor_state(report).into(),
        controller_temp: TempC(40 + 35),
        speed: MotorSpeed2025(32_000 + rpm(report)),
        torque: MotorTorque2025((200_000 + i32::from(report.values.current_da)) as u32),
        temp: TempC(40 + 48),
    }
}

fn engine(report: &Report) -> Engine2016 {
    let runs = is_on(report) && matches!(report.values.soc_pct, Told::Value(soc) if soc < 20);
    Engine2016 {
        state: if runs {
            EngineState::Running
        } else {
            EngineState::Off
        }
        .into(),
        crank: CrankSpeed(if runs { 2_400 } else { 0 }),
        fuel: FuelUse(if runs { 620 } else { 0 }),
    }
}
