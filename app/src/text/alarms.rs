//! The words of the list of alarms.

use super::{Text, text};

pub const ALARMS: Text = text("Alarms", "报警");
pub const TITLE: Text = text("Live alarms", "实时报警");
pub const NEXT: Text = text("Next alarm", "下一报警");
pub const NONE: Text = text("No alarms.", "暂无报警。");
pub const MORE: Text = text("less serious ones are not listed", "条较轻报警未列出");
pub const UNNAMED: Text = text("alarm without a name", "未说明类型");
pub const FAULTS: Text = text("fault codes", "个故障代码");
pub const NO_DISTRICT: Text = text("outside the districts", "区外");
pub const OVER: Text = text("over", "已解除");
pub const SHOW: Text = text("Show", "查看");
pub const OPEN: Text = text("Open", "打开");
pub const RETURN: Text = text("Return (Esc)", "返回（Esc）");
pub const ACKNOWLEDGE: Text = text("Acknowledge", "确认");
pub const ACKNOWLEDGED_BY: Text = text("acknowledged by", "已确认：");
pub const COMMENT: Text = text("What was done?", "处置情况");
pub const REFERENCE: Text = text("Reference number (optional)", "工单编号（可选）");
pub const ACKNOWLEDGE_WHY: Text = text(
    "Your name, this comment and the vehicle go into the audit log.",
    "您的姓名、处置情况和车辆将写入审计日志。",
);
pub const SOUND: Text = text("Sound for level 4", "四级报警声音提示");
pub const UNANSWERED: Text = text(
    "level-4 alarms wait for acknowledgement",
    "条四级报警待确认",
);
pub const FAILED: Text = text(
    "The list cannot be read at the moment.",
    "暂时无法读取报警列表。",
);

/// The closed list of comments: what was done about an alarm. There is no free text, for it would one day hold a name.
pub const COMMENTS: [(&str, Text); 6] = [
    ("watching", text("Being watched", "持续关注")),
    ("maker_informed", text("Maker informed", "已通知车企")),
    (
        "rescue_called",
        text("Emergency services called", "已通知应急部门"),
    ),
    ("resolved", text("Resolved", "已处置完毕")),
    ("false_alarm", text("False alarm", "误报")),
    ("data_fault", text("Fault of the data", "数据异常")),
];

/// The words of a comment in the log.
#[must_use]
pub fn comment(code: &str) -> Option<Text> {
    let found = COMMENTS.iter().find(|(known, _)| *known == code);
    found.map(|(_, words)| *words)
}

/// What the standard calls a general alarm (GB/T 32960.3, 2016 table 18, 2025 table 24), by its name in `gb32960`.
#[must_use]
pub fn kind(name: &str) -> Option<Text> {
    Some(match name {
        "temperature_difference" => text("temperature difference", "温度差异"),
        "battery_high_temperature" => text("battery too hot", "电池高温"),
        "storage_over_voltage" => text("pack over-voltage", "储能装置过压"),
        "storage_under_voltage" => text("pack under-voltage", "储能装置欠压"),
        "soc_low" => text("charge low", "SOC低"),
        "cell_over_voltage" => text("cell over-voltage", "单体过压"),
        "cell_under_voltage" => text("cell under-voltage", "单体欠压"),
        "soc_too_high" => text("charge too high", "SOC过高"),
        "soc_jump" => text("charge jumps", "SOC跳变"),
        "storage_mismatch" => text("battery mismatch", "储能系统不匹配"),
        "poor_cell_consistency" => text("cells differ", "单体一致性差"),
        "insulation" => text("insulation", "绝缘"),
        "dcdc_temperature" => text("DC-DC temperature", "DC-DC温度"),
        "brake_system" => text("brakes", "制动系统"),
        "dcdc_status" => text("DC-DC state", "DC-DC状态"),
        "motor_controller_temperature" => text("motor controller temperature", "电机控制器温度"),
        "high_voltage_interlock" => text("high-voltage interlock", "高压互锁"),
        "motor_temperature" => text("motor temperature", "驱动电机温度"),
        "storage_over_charge" => text("pack over-charged", "储能装置过充"),
        "motor_over_speed" => text("motor over-speed", "电机超速"),
        "motor_over_current" => text("motor over-current", "电机过流"),
        "super_capacitor_over_temperature" => text("super-capacitor too hot", "超级电容过温"),
        "super_capacitor_over_voltage" => text("super-capacitor over-voltage", "超级电容过压"),
        "thermal_event" => text("thermal event", "热事件"),
        "hydrogen_leak" => text("hydrogen leak", "氢泄漏"),
        "hydrogen_pressure" => text("hydrogen pressure", "氢压力异常"),
        "hydrogen_temperature" => text("hydrogen temperature", "氢温度异常"),
        "stack_over_temperature" => text("fuel-cell stack too hot", "电堆超温"),
        _ => return None,
    })
}
