//! A report becomes a GB/T 32960 frame, in the edition of its maker's platform.
//!
//! Vehicle, position, extremes (2016 only) and alarms, the maker's custom block where it has one, and what `detail` adds.

use gb32960::codes::{
    BrakePedal, ChargeState, CoordinateSystem, DcDc, Gear2016, Gear2025, RunningMode, VehicleState,
};
use gb32960::encode::ReportWriter;
use gb32960::full::{Alarms, Extremes2016, Position2016, Position2025, Vehicle2016, Vehicle2025};
use gb32960::quantity::{
    CellNo, Current2016, Current2025, ExtremeCellVoltage, Insulation2016, Insulation2025, Odometer,
    PedalPct, ProbeNo, SocPct, Speed2016, Speed2025, SubsystemNo, TempC, Voltage2016, Voltage2025,
};
use gb32960::{Command, Edition, Time, datum};

use crate::detail;
use crate::dialect::Dialect;
use crate::identity::Identity;
use crate::report::{Charge, Power, Report, Told};

/// Where the extremes are.
pub const HIGHEST_CELL: u16 = 17;
pub const LOWEST_CELL: u16 = 88;
pub const WARMEST_PROBE: u8 = 3;
pub const COLDEST_PROBE: u8 = 12;

/// Room to reserve per report; most take 87 bytes.
pub const USUAL_BYTES: usize = 96;

/// Appends the frame of one report, as the platform of its maker says it.
pub fn append(out: &mut Vec<u8>, identity: &Identity, report: &Report, dialect: Dialect) {
    let command = if report.reissued {
        Command::Reissue
    } else {
        Command::RealTime
    };
    let time = Time::from_unix_s(report.stamp_unix_s);
    let values = &report.values;
    let (lon_e6, lat_e6) = if dialect.gcj02 {
        shifted(values.lon_e6, values.lat_e6)
    } else {
        (values.lon_e6, values.lat_e6)
    };
    let alarms = Alarms::plain(dialect.edition, values.alarm_level, values.alarm_flags);
    let writer = ReportWriter::new(out, dialect.edition, command, &identity.vin, time);
    let writer = match dialect.edition {
        Edition::V2025 => {
            let system = if dialect.gcj02 {
                CoordinateSystem::Gcj02
            } else {
                CoordinateSystem::Wgs84
            };
            let position = Position2025::at(lon_e6, lat_e6, values.fix_valid, system);
            writer
                .vehicle_2025(&vehicle_2025(identity, report))
                .position_2025(&position)
                .alarms(&alarms)
        }
        Edition::V2016 => writer
            .vehicle(&vehicle_2016(identity, report))
            .position(&Position2016::at(lon_e6, lat_e6, values.fix_valid))
            .extremes(&extremes(report))
            .alarms(&alarms),
    };
    let writer = if dialect.detail {
        detail::append(writer, dialect.edition, identity, report)
    } else {
        writer
    };
    const BLOCK: [u8; 64] = [0x23; 64];
    let written = match usize::from(dialect.custom_block).min(BLOCK.len()) {
        0 => writer.finish(),
        bytes => writer.custom(0x80, &BLOCK[..bytes]).finish(),
    };
    written.expect("a report of a few fixed items is far shorter than the longest frame");
}

fn shifted(lon_e6: i32, lat_e6: i32) -> (i32, i32) {
    let (lon, lat) = datum::gcj02_from_wgs84(f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6);
    ((lon * 1e6).round() as i32, (lat * 1e6).round() as i32)
}

fn state(report: &Report) -> (VehicleState, ChargeState) {
    let state = match report.values.power {
        Power::Started => VehicleState::Started,
        Power::Off => VehicleState::Off,
    };
    let charge = match report.values.charge {
        Charge::Parked => ChargeState::Parked,
        Charge::Not => ChargeState::NotCharging,
        Charge::Complete => ChargeState::Complete,
    };
    (state, charge)
}

fn mode(identity: &Identity, report: &Report) -> RunningMode {
    // A range extender starts its engine when the pack runs low.
    let low = matches!(report.values.soc_pct, Told::Value(soc) if soc < 20);
    if identity.model().range_extender && low {
        RunningMode::Hybrid
    } else {
        RunningMode::Electric
    }
}

/// Gear (D 14, P 15) with the bit for driving force.
fn gear(report: &Report) -> u8 {
    match (report.values.power, report.values.speed_dkmh) {
        (Power::Off, _) => 15,
        (Power::Started, Told::Value(0)) => 14,
        (Power::Started, _) => 14 | 0x20,
    }
}

/// Pack voltage in 0.1 V: between 320 and 400 V, falling with the charge.
pub fn voltage_dv(report: &Report) -> u16 {
    match report.values.soc_pct {
        Told::Value(soc) => 3200 + u16::from(soc) * 8,
        Told::Abnormal | Told::Invalid => 3600,
    }
}

fn word(told: Told<u16>) -> u16 {
    match told {
        Told::Value(value) => value,
        Told::Abnormal => 0xFFFE,
        Told::Invalid => 0xFFFF,
    }
}

fn odometer(told: Told<u32>) -> Odometer {
    Odometer(match told {
        Told::Value(value) => value,
        Told::Abnormal => 0xFFFF_FFFE,
        Told::Invalid => 0xFFFF_FFFF,
    })
}

fn soc(told: Told<u8>) -> SocPct {
    SocPct(match told {
        Told::Value(value) => value,
        Told::Abnormal => 0xFE,
        Told::Invalid => 0xFF,
    })
}

fn vehicle_2016(identity: &Identity, report: &Report) -> Vehicle2016 {
    let (state, charge) = state(report);
    let moving = !matches!(report.values.speed_dkmh, Told::Value(0));
    Vehicle2016 {
        state: state.into(),
        charge: charge.into(),
        mode: mode(identity, report).into(),
        speed: Speed2016(word(report.values.speed_dkmh)),
        odometer: odometer(report.values.odometer_hm),
        voltage: Voltage2016(voltage_dv(report)),
        current: Current2016((i32::from(report.values.current_da) + 10_000) as u16),
        soc: soc(report.values.soc_pct),
        dcdc: DcDc::On.into(),
        gear: Gear2016(gear(report)),
        insulation: Insulation2016(2000),
        accelerator: PedalPct(if moving { 20 } else { 0 }),
        brake: BrakePedal(if moving { 0 } else { 101 }),
    }
}

fn vehicle_2025(identity: &Identity, report: &Report) -> Vehicle2025 {
    let (state, charge) = state(report);
    Vehicle2025 {
        state: state.into(),
        charge: charge.into(),
        mode: mode(identity, report).into(),
        speed: Speed2025(word(report.values.speed_dkmh)),
        odometer: odometer(report.values.odometer_hm),
        voltage: Voltage2025(voltage_dv(report)),
        current: Current2025((i32::from(report.values.current_da) + 30_000) as u16),
        soc: soc(report.values.soc_pct),
        dcdc: DcDc::On.into(),
        gear: Gear2025(gear(report)),
        insulation: Insulation2025(2000),
    }
}

fn extremes(report: &Report) -> Extremes2016 {
    let cell_mv = voltage_dv(report);
    let temp = (i16::from(report.values.temp_c) + 40) as u8;
    Extremes2016 {
        vmax_sub: SubsystemNo(1),
        vmax_cell: CellNo(HIGHEST_CELL as u8),
        vmax: ExtremeCellVoltage(cell_mv + 6),
        vmin_sub: SubsystemNo(1),
        vmin_cell: CellNo(LOWEST_CELL as u8),
        vmin: ExtremeCellVoltage(cell_mv - 9),
        tmax_sub: SubsystemNo(1),
        tmax_probe: ProbeNo(WARMEST_PROBE),
        tmax: TempC(temp),
        tmin_sub: SubsystemNo(1),
        tmin_probe: ProbeNo(COLDEST_PROBE),
        tmin: TempC(temp - 2),
    }
}
