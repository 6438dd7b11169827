//! Whole-vehicle, engine, position and extremes: the items of fixed length that nearly every report carries.

use super::layout::layout;
use crate::codes::{
    BrakePedal, ChargeState, CoordinateSystem, DcDc, EngineState, Gear2016, Gear2025,
    PositionStatus, RunningMode, VehicleState,
};
use crate::quantity::*;
use crate::reading::Coded;

layout! {
    /// Type 01 of 2016 (7.2.3.1, table 9, the last two bytes from annex B, table B.4): the vehicle as a whole.
    Vehicle2016, 20 {
        /// 01 started, 02 off, 03 other.
        state "state": Coded<VehicleState>,
        /// 01 parked charging, 02 charging while driving, 03 not charging, 04 complete.
        charge "charge": Coded<ChargeState>,
        /// 01 electric, 02 hybrid, 03 fuel.
        mode "mode": Coded<RunningMode>,
        /// 0–220 km/h.
        speed "speed_kmh": Speed2016,
        /// 0–999,999.9 km.
        odometer "odometer_km": Odometer,
        /// 0–1000 V.
        voltage "voltage_v": Voltage2016,
        /// −1000…+1000 A.
        current "current_a": Current2016,
        /// 0–100 %.
        soc "soc_pct": SocPct,
        /// 01 working, 02 off.
        dcdc "dcdc": Coded<DcDc>,
        /// Gear, braking and driving force.
        gear "gear": Gear2016,
        /// 0–60,000 kΩ, no marks.
        insulation "insulation_kohm": Insulation2016,
        /// 0–100 %.
        accelerator "accel_pct": PedalPct,
        /// 0–100 %, 101 pressed.
        brake "brake_pct": BrakePedal,
    }
}

layout! {
    /// Type 01 of 2025 (7.2.4.1, table 10): the vehicle as a whole; wider ranges, no pedals.
    Vehicle2025, 18 {
        /// 01 started, 02 off, 03 other.
        state "state": Coded<VehicleState>,
        /// 01 parked charging, 02 charging while driving, 03 not charging, 04 complete.
        charge "charge": Coded<ChargeState>,
        /// 01 electric, 02 hybrid, 03 fuel.
        mode "mode": Coded<RunningMode>,
        /// 0–500 km/h.
        speed "speed_kmh": Speed2025,
        /// 0–999,999.9 km.
        odometer "odometer_km": Odometer,
        /// 0–6000 V.
        voltage "voltage_v": Voltage2025,
        /// −3000…+3000 A.
        current "current_a": Current2025,
        /// 0–100 %.
        soc "soc_pct": SocPct,
        /// 01 working, 02 off.
        dcdc "dcdc": Coded<DcDc>,
        /// Gear, braking and driving force, bit 7 invalid.
        gear "gear": Gear2025,
        /// 0–60,000 kΩ.
        insulation "insulation_kohm": Insulation2025,
    }
}

impl Vehicle2016 {
    /// Every field marked invalid (the gear neutral, which has no mark).
    pub const UNKNOWN: Self = Self {
        state: Coded::INVALID,
        charge: Coded::INVALID,
        mode: Coded::INVALID,
        speed: Speed2016::INVALID,
        odometer: Odometer::INVALID,
        voltage: Voltage2016::INVALID,
        current: Current2016::INVALID,
        soc: SocPct::INVALID,
        dcdc: Coded::INVALID,
        gear: Gear2016(0),
        insulation: Insulation2016::INVALID,
        accelerator: PedalPct::INVALID,
        brake: BrakePedal(0xFF),
    };
}

impl Vehicle2025 {
    /// Every field marked invalid.
    pub const UNKNOWN: Self = Self {
        state: Coded::INVALID,
        charge: Coded::INVALID,
        mode: Coded::INVALID,
        speed: Speed2025::INVALID,
        odometer: Odometer::INVALID,
        voltage: Voltage2025::INVALID,
        current: Current2025::INVALID,
        soc: SocPct::INVALID,
        dcdc: Coded::INVALID,
        gear: Gear2025(0x80),
        insulation: Insulation2025::INVALID,
    };
}

layout! {
    /// Type 04 of 2016 (7.2.3.4, table 13): the engine. Not sent while parked charging.
    Engine2016, 5 {
        /// 01 running, 02 off.
        state "state": Coded<EngineState>,
        /// 0–60,000 r/min.
        crank "crank_rpm": CrankSpeed,
        /// 0–600 L/100 km.
        fuel "fuel_l_100km": FuelUse,
    }
}

layout! {
    /// Type 04 of 2025 (7.2.4.7, table 20): the engine. Not sent while parked charging or in the electric mode of a range extender.
    Engine2025, 2 {
        /// 0–60,000 r/min.
        crank "crank_rpm": CrankSpeed,
    }
}

layout! {
    /// Type 05 of 2016 (7.2.3.5, tables 14 and 15): the position, in a datum that nobody states.
    Position2016, 9 {
        /// Bit 0 no fix, bit 1 south, bit 2 west.
        status "status": PositionStatus,
        /// Degrees × 10⁶, no sign.
        lon "lon": LonE6,
        /// Degrees × 10⁶, no sign.
        lat "lat": LatE6,
    }
}

layout! {
    /// Type 05 of 2025 (7.2.4.8, tables 21 and 22): the position and its coordinate system.
    Position2025, 10 {
        /// Bit 0 no fix, bit 1 south, bit 2 west.
        status "status": PositionStatus,
        /// 01 WGS-84, 02 GCJ-02, 03 other.
        crs "crs": Coded<CoordinateSystem>,
        /// Degrees × 10⁶, no sign.
        lon "lon": LonE6,
        /// Degrees × 10⁶, no sign.
        lat "lat": LatE6,
    }
}

/// Status byte and magnitudes of a signed position.
fn unsigned(lon_e6: i32, lat_e6: i32, valid: bool) -> (PositionStatus, LonE6, LatE6) {
    let status = u8::from(!valid) | u8::from(lat_e6 < 0) << 1 | u8::from(lon_e6 < 0) << 2;
    (
        PositionStatus(status),
        LonE6(lon_e6.unsigned_abs()),
        LatE6(lat_e6.unsigned_abs()),
    )
}

impl Position2016 {
    /// From signed degrees × 10⁶, east and north positive.
    pub fn at(lon_e6: i32, lat_e6: i32, valid: bool) -> Self {
        let (status, lon, lat) = unsigned(lon_e6, lat_e6, valid);
        Self { status, lon, lat }
    }
}

impl Position2025 {
    /// From signed degrees × 10⁶, east and north positive.
    pub fn at(lon_e6: i32, lat_e6: i32, valid: bool, crs: CoordinateSystem) -> Self {
        let (status, lon, lat) = unsigned(lon_e6, lat_e6, valid);
        Self {
            status,
            crs: crs.into(),
            lon,
            lat,
        }
    }
}

layout! {
    /// Type 06 of 2016 (7.2.3.6, table 16): highest and lowest cell voltage and temperature, and where they are. In a report
    /// whose cell voltages are split over frames it speaks only of the cells in this frame. Gone in 2025.
    Extremes2016, 14 {
        /// 1–250.
        vmax_sub "vmax_sub": SubsystemNo,
        /// 1–250; unusable in larger packs.
        vmax_cell "vmax_cell": CellNo,
        /// 0–15 V.
        vmax "vmax_v": ExtremeCellVoltage,
        /// 1–250.
        vmin_sub "vmin_sub": SubsystemNo,
        /// 1–250; unusable in larger packs.
        vmin_cell "vmin_cell": CellNo,
        /// 0–15 V.
        vmin "vmin_v": ExtremeCellVoltage,
        /// 1–250.
        tmax_sub "tmax_sub": SubsystemNo,
        /// 1–250.
        tmax_probe "tmax_probe": ProbeNo,
        /// −40…+210 °C.
        tmax "tmax_c": TempC,
        /// 1–250.
        tmin_sub "tmin_sub": SubsystemNo,
        /// 1–250.
        tmin_probe "tmin_probe": ProbeNo,
        /// −40…+210 °C.
        tmin "tmin_c": TempC,
    }
}
