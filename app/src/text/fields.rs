//! What the items of GB/T 32960.3 are called, both editions, and the words and units among their values. On the server only:
//! a card that is opened brings the words along.
//!
//! A key is `part.field` as `gb32960` names them; a general alarm is `alarm.name`; words and units stand by themselves.

use crate::card::Word;

/// All of them, for a card that is opened.
#[must_use]
pub fn words() -> Vec<Word> {
    WORDS
        .iter()
        .map(|(key, en, zh)| Word {
            key: (*key).to_owned(),
            en: (*en).to_owned(),
            zh: (*zh).to_owned(),
        })
        .collect()
}

/// Whether a key has words.
#[must_use]
pub fn has(key: &str) -> bool {
    WORDS.iter().any(|(known, ..)| *known == key)
}

#[rustfmt::skip]
const WORDS: &[(&str, &str, &str)] = &[
    // Groups.
    ("vehicle", "Vehicle", "整车数据"),
    ("motors", "Drive motors", "驱动电机"),
    ("battery", "Battery", "动力电池"),
    ("extremes", "Extremes", "极值数据"),
    ("alarms", "Alarms", "报警数据"),
    ("fuel_cell", "Fuel cell", "燃料电池"),
    ("engine", "Engine", "发动机"),
    ("position", "Position", "车辆位置"),
    ("super_capacitor", "Super-capacitor", "超级电容"),
    ("custom", "Maker's own", "自定义数据"),

    ("vehicle.state", "Vehicle state", "车辆状态"),
    ("vehicle.charge", "Charging state", "充电状态"),
    ("vehicle.mode", "Running mode", "运行模式"),
    ("vehicle.speed_kmh", "Speed", "车速"),
    ("vehicle.odometer_km", "Odometer", "累计里程"),
    ("vehicle.voltage_v", "Total voltage", "总电压"),
    ("vehicle.current_a", "Total current", "总电流"),
    ("vehicle.soc_pct", "State of charge", "SOC"),
    ("vehicle.dcdc", "DC-DC converter", "DC/DC 状态"),
    ("vehicle.gear", "Gear", "挡位"),
    ("vehicle.insulation_kohm", "Insulation resistance", "绝缘电阻"),
    ("vehicle.accel_pct", "Accelerator", "加速踏板行程"),
    ("vehicle.brake_pct", "Brake pedal", "制动踏板状态"),

    ("motors.count", "Number of motors", "驱动电机个数"),
    ("motors.no", "Motor number", "驱动电机序号"),
    ("motors.state", "Motor state", "驱动电机状态"),
    ("motors.ctrl_temp_c", "Controller temperature", "控制器温度"),
    ("motors.speed_rpm", "Motor speed", "驱动电机转速"),
    ("motors.torque_nm", "Motor torque", "驱动电机转矩"),
    ("motors.temp_c", "Motor temperature", "驱动电机温度"),
    ("motors.ctrl_volt_v", "Controller voltage", "控制器输入电压"),
    ("motors.ctrl_curr_a", "Controller current", "控制器直流母线电流"),

    ("cell_voltages.count", "Packs with cell voltages", "电池包（子系统）个数"),
    ("cell_voltages.no", "Pack number", "电池包号"),
    ("cell_voltages.volt_v", "Pack voltage", "电池包电压"),
    ("cell_voltages.curr_a", "Pack current", "电池包电流"),
    ("cell_voltages.cells_total", "Cells in all", "单体总数"),
    ("cell_voltages.start", "First cell in the frame", "本帧起始单体序号"),
    ("cell_voltages.in_frame", "Cells in the frame", "本帧单体数"),
    ("cell_voltages.cells_v", "Cell voltages", "单体电压"),
    ("temperatures.count", "Packs with temperatures", "温度子系统个数"),
    ("temperatures.no", "Pack number (temperatures)", "电池包号（温度）"),
    ("temperatures.probes", "Temperature probes", "温度探针数"),
    ("temperatures.temps_c", "Battery temperatures", "电池温度"),

    ("extremes.vmax_sub", "Highest cell voltage: pack", "最高电压电池子系统号"),
    ("extremes.vmax_cell", "Highest cell voltage: cell", "最高电压单体代号"),
    ("extremes.vmax_v", "Highest cell voltage", "电池单体电压最高值"),
    ("extremes.vmin_sub", "Lowest cell voltage: pack", "最低电压电池子系统号"),
    ("extremes.vmin_cell", "Lowest cell voltage: cell", "最低电压单体代号"),
    ("extremes.vmin_v", "Lowest cell voltage", "电池单体电压最低值"),
    ("extremes.tmax_sub", "Highest temperature: pack", "最高温度子系统号"),
    ("extremes.tmax_probe", "Highest temperature: probe", "最高温度探针序号"),
    ("extremes.tmax_c", "Highest temperature", "最高温度值"),
    ("extremes.tmin_sub", "Lowest temperature: pack", "最低温度子系统号"),
    ("extremes.tmin_probe", "Lowest temperature: probe", "最低温度探针序号"),
    ("extremes.tmin_c", "Lowest temperature", "最低温度值"),

    ("alarms.max_level", "Highest alarm level", "最高报警等级"),
    ("alarms.flags", "General alarms", "通用报警标志"),
    ("alarms.reserved", "Reserved alarm bit", "预留报警位"),
    ("alarms.ress_faults", "Battery fault codes", "储能装置故障代码"),
    ("alarms.motor_faults", "Motor fault codes", "驱动电机故障代码"),
    ("alarms.engine_faults", "Engine fault codes", "发动机故障代码"),
    ("alarms.other_faults", "Other fault codes", "其他故障代码"),

    ("fuel_cell.volt_v", "Fuel-cell voltage", "燃料电池电压"),
    ("fuel_cell.curr_a", "Fuel-cell current", "燃料电池电流"),
    ("fuel_cell.consumption_kg_100km", "Hydrogen consumption", "燃料消耗率"),
    ("fuel_cell.probe_count", "Fuel-cell probes", "温度探针总数"),
    ("fuel_cell.probe_temps_c", "Fuel-cell probe temperatures", "探针温度值"),
    ("fuel_cell.h2_max_temp_c", "Highest hydrogen temperature", "氢系统最高温度"),
    ("fuel_cell.h2_max_temp_probe", "Its probe", "氢系统最高温度探针代号"),
    ("fuel_cell.h2_max_conc_mgkg", "Highest hydrogen concentration", "氢气最高浓度"),
    ("fuel_cell.h2_max_conc_pct", "Highest hydrogen concentration", "氢气最高浓度"),
    ("fuel_cell.h2_max_conc_sensor", "Its sensor (concentration)", "氢气最高浓度传感器代号"),
    ("fuel_cell.h2_max_press_mpa", "Highest hydrogen pressure", "氢气最高压力"),
    ("fuel_cell.h2_max_press_sensor", "Its sensor (pressure)", "氢气最高压力传感器代号"),
    ("fuel_cell.hv_dcdc", "High-voltage DC-DC converter", "高压 DC/DC 状态"),
    ("fuel_cell.h2_left_pct", "Hydrogen left", "剩余氢量"),
    ("fuel_cell.dcdc_temp_c", "DC-DC controller temperature", "DC/DC 控制器温度"),
    ("stacks.count", "Number of stacks", "电堆个数"),
    ("stacks.no", "Stack number", "电堆序号"),
    ("stacks.volt_v", "Stack voltage", "电堆电压"),
    ("stacks.curr_a", "Stack current", "电堆电流"),
    ("stacks.h2_inlet_kpa", "Hydrogen inlet pressure", "氢气入口压力"),
    ("stacks.air_inlet_kpa", "Air inlet pressure", "空气入口压力"),
    ("stacks.air_inlet_temp_c", "Air inlet temperature", "空气入口温度"),
    ("stacks.probes", "Coolant-outlet probes", "冷却水出水口温度探针总数"),
    ("stacks.temps_c", "Coolant-outlet temperatures", "冷却水出水口温度"),

    ("engine.state", "Engine state", "发动机状态"),
    ("engine.crank_rpm", "Crankshaft speed", "曲轴转速"),
    ("engine.fuel_l_100km", "Fuel consumption", "燃料消耗率"),

    ("position.status", "Positioning", "定位状态"),
    ("position.crs", "Coordinate system", "坐标系"),
    ("position.lon", "Longitude as sent", "经度（上报值）"),
    ("position.lat", "Latitude as sent", "纬度（上报值）"),

    ("super_capacitor.no", "System number", "系统号"),
    ("super_capacitor.volt_v", "System voltage", "系统电压"),
    ("super_capacitor.curr_a", "System current", "系统电流"),
    ("super_capacitor.cells_total", "Cells in all", "单体总数"),
    ("super_capacitor.cells_v", "Capacitor cell voltages", "超级电容单体电压"),
    ("super_capacitor.probes", "Capacitor probes", "温度探针数"),
    ("super_capacitor.temps_c", "Capacitor temperatures", "超级电容温度"),
    ("super_capacitor_extremes.vmax_sys", "Highest cell voltage: system", "最高电压系统号"),
    ("super_capacitor_extremes.vmax_cell", "Highest cell voltage: cell", "最高电压单体代号"),
    ("super_capacitor_extremes.vmax_v", "Highest cell voltage", "单体电压最高值"),
    ("super_capacitor_extremes.vmin_sys", "Lowest cell voltage: system", "最低电压系统号"),
    ("super_capacitor_extremes.vmin_cell", "Lowest cell voltage: cell", "最低电压单体代号"),
    ("super_capacitor_extremes.vmin_v", "Lowest cell voltage", "单体电压最低值"),
    ("super_capacitor_extremes.tmax_sys", "Highest temperature: system", "最高温度系统号"),
    ("super_capacitor_extremes.tmax_probe", "Highest temperature: probe", "最高温度探针序号"),
    ("super_capacitor_extremes.tmax_c", "Highest temperature", "最高温度值"),
    ("super_capacitor_extremes.tmin_sys", "Lowest temperature: system", "最低温度系统号"),
    ("super_capacitor_extremes.tmin_probe", "Lowest temperature: probe", "最低温度探针序号"),
    ("super_capacitor_extremes.tmin_c", "Lowest temperature", "最低温度值"),
    ("custom.custom", "Information type", "信息类型"),

    // General alarms.
    ("alarm.temperature_difference", "Temperature difference", "温度差异报警"),
    ("alarm.battery_high_temperature", "Battery high temperature", "电池高温报警"),
    ("alarm.storage_over_voltage", "Storage over-voltage", "车载储能装置类型过压报警"),
    ("alarm.storage_under_voltage", "Storage under-voltage", "车载储能装置类型欠压报警"),
    ("alarm.soc_low", "Charge low", "SOC 低报警"),
    ("alarm.cell_over_voltage", "Cell over-voltage", "单体电池过压报警"),
    ("alarm.cell_under_voltage", "Cell under-voltage", "单体电池欠压报警"),
    ("alarm.soc_too_high", "Charge too high", "SOC 过高报警"),
    ("alarm.soc_jump", "Charge jumped", "SOC 跳变报警"),
    ("alarm.storage_mismatch", "Storage system mismatch", "可充电储能系统不匹配报警"),
    ("alarm.poor_cell_consistency", "Poor cell consistency", "电池单体一致性差报警"),
    ("alarm.insulation", "Insulation", "绝缘报警"),
    ("alarm.dcdc_temperature", "DC-DC temperature", "DC/DC 温度报警"),
    ("alarm.brake_system", "Brake system", "制动系统报警"),
    ("alarm.dcdc_status", "DC-DC state", "DC/DC 状态报警"),
    ("alarm.motor_controller_temperature", "Motor controller temperature", "驱动电机控制器温度报警"),
    ("alarm.high_voltage_interlock", "High-voltage interlock", "高压互锁状态报警"),
    ("alarm.motor_temperature", "Motor temperature", "驱动电机温度报警"),
    ("alarm.storage_over_charge", "Storage over-charged", "车载储能装置类型过充"),
    ("alarm.motor_over_speed", "Motor over-speed", "驱动电机超速报警"),
    ("alarm.motor_over_current", "Motor over-current", "驱动电机过流报警"),
    ("alarm.super_capacitor_over_temperature", "Super-capacitor over-temperature", "超级电容过温报警"),
    ("alarm.super_capacitor_over_voltage", "Super-capacitor over-voltage", "超级电容过压报警"),
    ("alarm.thermal_event", "Thermal event", "热事件报警"),
    ("alarm.hydrogen_leak", "Hydrogen leak", "氢泄漏报警"),
    ("alarm.hydrogen_pressure", "Hydrogen pressure", "氢系统压力异常报警"),
    ("alarm.hydrogen_temperature", "Hydrogen temperature", "氢系统温度异常报警"),
    ("alarm.stack_over_temperature", "Stack over-temperature", "燃料电池电堆超温报警"),

    // Words among values.
    ("started", "on", "启动"),
    ("off", "off", "关闭"),
    ("other", "other", "其他"),
    ("parked_charging", "charging, parked", "停车充电"),
    ("charging_while_driving", "charging while driving", "行驶充电"),
    ("not_charging", "not charging", "未充电"),
    ("charge_complete", "charge complete", "充电完成"),
    ("electric", "electric", "纯电"),
    ("hybrid", "hybrid", "混动"),
    ("fuel", "fuel", "燃油"),
    ("on", "working", "工作"),
    ("consuming", "consuming", "耗电"),
    ("generating", "generating", "发电"),
    ("ready", "ready", "准备"),
    ("running", "running", "运行"),
    ("pressed", "pressed", "踩下"),
    ("WGS84", "WGS-84", "WGS-84"),
    ("GCJ02", "GCJ-02", "GCJ-02"),
    ("none", "none", "无"),
    ("set", "set", "报警"),
    ("level", "level", "级"),
    ("fix_valid", "valid", "有效"),
    ("fix_invalid", "not valid", "无效"),
    ("north", "north", "北纬"),
    ("south", "south", "南纬"),
    ("east", "east", "东经"),
    ("west", "west", "西经"),
    ("braking_force", "· braking", "· 有制动力"),
    ("driving_force", "· driving", "· 有驱动力"),
    ("cells", "cells", "个单体"),
    ("probes", "probes", "个探针"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_has_words_in_both_languages_and_stands_there_once() {
        let keys: BTreeSet<_> = WORDS.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys.len(), WORDS.len());
        for (key, en, zh) in WORDS {
            assert!(!en.is_empty() && !zh.is_empty(), "{key}");
        }
    }
}
