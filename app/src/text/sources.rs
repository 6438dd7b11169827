//! Words of the source board.

use super::{Lang, Text, text};
use crate::api::SourceState;

pub const SOURCES: Text = text("Sources", "数据源");
pub const WHAT: Text = text(
    "Every platform and stream over the last minute. Click a heading to sort.",
    "各平台与数据流最近一分钟的情况。点击表头可排序。",
);
pub const EXPORT: Text = text("Export CSV", "导出 CSV");
pub const NAME: Text = text("Source", "数据源");
pub const STATE: Text = text("State", "状态");
pub const SILENT: Text = text("Last report", "最近报文");
pub const RATE: Text = text("Reports/s", "报文/秒");
pub const LATE: Text = text("Late", "迟到");
pub const LATE_WHY: Text = text(
    "came more than 30 s after their own time",
    "晚于报文自身时间 30 秒以上到达",
);
pub const INVALID: Text = text("Invalid", "无效字段");
pub const INVALID_WHY: Text = text(
    "values marked abnormal or invalid, or out of range, and positions without a fix",
    "标记为异常或无效、超出范围的数值，以及未定位的位置",
);
pub const DUPLICATES: Text = text("Repeated", "重复");
pub const DUPLICATES_WHY: Text = text(
    "say nothing but what the one before said",
    "与前一条内容完全相同",
);
pub const SKEW: Text = text("Clock", "时钟偏差");
pub const SKEW_WHY: Text = text(
    "how far its vehicles' clocks are behind ours, the way included; negative: ahead",
    "车辆时钟落后于本机的时间（含传输），负数为超前",
);
pub const ODOMETER: Text = text("Odometer/GPS", "里程/定位");
pub const ODOMETER_WHY: Text = text(
    "metres by the odometer for each metre between positions; a little over 1 is right",
    "里程表行驶距离与定位点间距离之比，略大于 1 为正常",
);
pub const NONE: Text = text("No sources are configured.", "未配置数据源。");
pub const NEVER: Text = text("never", "从未");

pub fn state(state: SourceState) -> Text {
    match state {
        SourceState::Online => text("online", "在线"),
        SourceState::Silent => text("silent", "无数据"),
        SourceState::Away => text("away", "离线"),
    }
}

/// A time since then, in the largest unit that says enough.
pub fn ago(seconds: Option<u32>, lang: Lang) -> String {
    let Some(seconds) = seconds else {
        return NEVER.in_lang(lang).to_owned();
    };
    match (lang, seconds) {
        (Lang::En, 0..120) => format!("{seconds} s"),
        (Lang::En, 120..7_200) => format!("{} min", seconds / 60),
        (Lang::En, _) => format!("{} h", seconds / 3_600),
        (Lang::Zh, 0..120) => format!("{seconds} 秒"),
        (Lang::Zh, 120..7_200) => format!("{} 分钟", seconds / 60),
        (Lang::Zh, _) => format!("{} 小时", seconds / 3_600),
    }
}
