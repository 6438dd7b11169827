//! The words of the card besides those for the items of the standard, which come with the card.

use super::{Text, text};

pub const LOOK_CLOSER: Text = text("look closer to choose", "请放大后选择");
pub const OLD: Text = text("old", "旧值");
pub const RECEIVED: Text = text("Received", "接收时间");
pub const EDITION: Text = text("Edition", "标准版本");
pub const NOTHING_SENT: Text = text("nothing sent", "未上报");
pub const IN_ZONE: Text = text(
    "In a precision zone: its place is shown coarsely, late or not at all.",
    "位于精度管控区：位置以粗略、延迟方式显示或不显示。",
);
pub const TRACK: Text = text(
    "The line on the map is where it has been since this window was opened.",
    "地图上的轨迹自打开本窗口起记录。",
);
pub const RAW: Text = text("Bytes as sent", "原始报文");
pub const RAW_WHY: Text = text(
    "The newest body of each information type, in hexadecimal.",
    "各信息类型最新数据体（十六进制）。",
);
pub const SHOW_RAW: Text = text("Show", "显示");
pub const NUMBERS: Text = text("Numbers", "数值");
pub const LOWEST: Text = text("lowest", "最低");
pub const HIGHEST: Text = text("highest", "最高");
pub const MARKED: Text = text("without a value", "无有效值");
pub const MORE_SENSORS: Text = text("more not drawn", "个未绘出");
pub const PERCENT_LEFT: Text = text("charge", "电量");
pub const OTHER_FORMAT: Text = text(
    "This vehicle does not report by GB/T 32960; there is nothing else.",
    "该车辆未按 GB/T 32960 上报，无更多数据。",
);
