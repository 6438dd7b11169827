//! The words of the desk's tools.

use super::{Lang, Text, text};
use crate::api::Whereabouts;

pub const TOOLS: Text = text("Tools", "工具");
pub const GO_TO: Text = text("Go to", "前往");
pub const GO_TO_HINT: Text = text("District, town or landmark", "区、镇或地标");
pub const GO_TO_NONE: Text = text("No place of this name.", "没有此地名。");
pub const GO_TO_REFUSED: Text = text(
    "The server gave no list of places. Close this panel and open it again.",
    "服务器未提供地名列表。请关闭此面板后重新打开。",
);
pub const LIST: Text = text("List", "列表");
pub const LIST_TITLE: Text = text("Vehicles in view", "当前视野内车辆");
pub const LIST_WHY: Text = text(
    "The dots of the map as a list, alarms first. Opening one asks for a purpose, as a click does.",
    "以列表显示地图上的车辆，报警优先。打开车辆同样须说明目的。",
);
pub const LIST_EMPTY: Text = text("No vehicles here.", "此处没有车辆。");
pub const LIST_GONE: Text = text("has left", "已离开");
pub const LIST_AGAIN: Text = text("List anew", "刷新列表");
pub const BOX: Text = text("Box", "框选");
pub const LASSO: Text = text("Lasso", "圈选");
pub const AREA: Text = text("Counted area", "选区统计");
pub const AREA_DRAW: Text = text(
    "Draw over the map with the pointer, or count all that is in view.",
    "请在地图上拖动绘制，或统计当前视野。",
);
pub const AREA_VIEW: Text = text("All in view", "当前视野");
pub const AREA_CLEAR: Text = text("Clear", "清除");
pub const AREA_COUNT: Text = text("vehicles inside", "辆车在选区内");
pub const AREA_IN_TENS: Text = text(
    "Counts are told in tens here, alarms one by one.",
    "数量按十取整显示，报警逐一计数。",
);
pub const AREA_HIDDEN: Text = text("of them hidden by the legend", "辆被图例隐藏");
pub const MEASURE: Text = text("Measure", "测距");
pub const MEASURE_HINT: Text = text(
    "Click points on the map. By keyboard: move the map with the arrow keys and press Enter for its middle.",
    "在地图上点击各点。键盘操作：用方向键移动地图，按回车键选取中心点。",
);
pub const MEASURE_TOTAL: Text = text("Distance", "总距离");
pub const MEASURE_LAST: Text = text("Last part", "末段");
pub const MEASURE_POINTS: Text = text("Points", "点数");
pub const MEASURE_UNDO: Text = text("Take back", "撤销");
pub const FOLLOW: Text = text("Follow", "跟随");
pub const HELP: Text = text("Keys", "快捷键");
pub const HELP_HINT: Text = text(
    "Keys work while no field is being typed into.",
    "在未输入文字时可使用快捷键。",
);
pub const KEY_SEARCH: Text = text("Find a VIN", "查询车架号");
pub const KEY_COLOUR: Text = text("Next colouring", "切换着色方式");
pub const KEY_LANG: Text = text("中文 / English", "English / 中文");
pub const KEY_MOVE: Text = text("Move the map", "移动地图");
pub const KEY_ZOOM: Text = text("Nearer, farther", "放大、缩小");
pub const KEY_ENTER: Text = text("Open the dots in the middle", "查看中心处车辆");
pub const KEY_ESCAPE: Text = text("Close; return from an alarm", "关闭；从报警处返回");
pub const KEY_BACK: Text = text("The view before", "返回上一视图");
pub const KEYS_ON: Text = text("Single keys do something", "启用单键快捷键");

pub const WHY_NOT: Text = text("Why is it not on the map?", "为何不在地图上？");
pub const HEARD: Text = text("Last report", "最近上报");
pub const OPEN_CARD: Text = text("Open its card", "打开车辆信息");

pub const ANNOUNCE_IN_VIEW: Text = text("vehicles in view", "辆车在视野内");
pub const ANNOUNCE_ALARMS: Text = text("with an alarm", "辆报警");

/// Why a vehicle is on the map or not, and what to do.
#[must_use]
pub fn whereabouts(of: Whereabouts) -> Text {
    match of {
        Whereabouts::Live => text(
            "It is on the map and reports. If you do not see it, the legend hides it or the map looks elsewhere.",
            "该车正在地图上且持续上报。若未看到，可能被图例隐藏或不在视野内。",
        ),
        Whereabouts::Late => text(
            "It is on the map where it last reported; the next report is late.",
            "该车显示于最近上报位置，后续上报延迟。",
        ),
        Whereabouts::Silent => text(
            "It has fallen silent; the map shows a dim dot where it last reported.",
            "该车已静默，地图以暗点显示其最近上报位置。",
        ),
        Whereabouts::CutOff => text(
            "Its maker's platform is away; the map shows a hollow dot where it last reported.",
            "所属车企平台中断，地图以空心点显示其最近上报位置。",
        ),
        Whereabouts::NeverHeard => text(
            "It is registered and has never reported. Ask its maker.",
            "该车已注册，但从未上报。请联系车企。",
        ),
        Whereabouts::NoFix => text(
            "It reports, but never with a valid position.",
            "该车有上报，但从未提供有效定位。",
        ),
        Whereabouts::ClockAhead => text(
            "It reports only with times in the future; its clock is wrong.",
            "该车上报时间均超前，其时钟有误。",
        ),
        Whereabouts::OnlyReissued => text(
            "It has sent only stored reports so far, which never move a dot.",
            "该车目前仅补发历史数据，补发数据不更新位置。",
        ),
        Whereabouts::InZone => text(
            "It is in a precision zone, in which your role is shown no vehicle.",
            "该车位于精度管控区，您的角色在该区内不可查看车辆。",
        ),
        Whereabouts::Unknown => text(
            "Unknown: it is in no registry and has never reported.",
            "未知车辆：不在注册表中，也从未上报。",
        ),
    }
}

/// The words for a kind of place on the ground map.
#[must_use]
pub fn place_kind(kind: &str) -> Text {
    match kind {
        "district" => text("district", "区"),
        "town" => text("town", "镇"),
        "city" => text("city", "城市"),
        "home" => text("whole city", "全市"),
        "hub" => text("hub", "枢纽"),
        "sea" => text("sea", "海域"),
        "lake" => text("lake", "湖泊"),
        _ => text("landmark", "地标"),
    }
}

/// A distance on the ground: metres below ten kilometres, then kilometres with two decimals.
#[must_use]
pub fn distance(metres: f64, lang: Lang) -> String {
    let (metre, kilometre) = match lang {
        Lang::En => (" m", " km"),
        Lang::Zh => ("米", "公里"),
    };
    if metres < 10_000.0 {
        return format!("{}{metre}", super::count(metres.round() as u64));
    }
    let hundredths = (metres / 10.0).round() as u64;
    format!(
        "{}.{:02}{kilometre}",
        super::count(hundredths / 100),
        hundredths % 100
    )
}

/// A moment by the centre's clock: `22 Nov 2026, 15:04:05`, `2026年11月22日 15:04:05`.
#[must_use]
pub fn moment(unix_s: i64, lang: Lang) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let written = crate::log::clock_time(unix_s);
    let (day, time) = written.split_once(' ').unwrap_or((&written, ""));
    let mut parts = day
        .split('-')
        .map(|part| part.parse::<usize>().unwrap_or(0));
    let (year, month, day) = (
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    );
    match lang {
        Lang::En => {
            let month = MONTHS
                .get(month.wrapping_sub(1))
                .copied()
                .unwrap_or_default();
            format!("{day} {month} {year}, {time}")
        }
        Lang::Zh => format!("{year}年{month}月{day}日 {time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_moments_are_written_as_each_language_does() {
        assert_eq!(distance(854.4, Lang::En), "854 m");
        assert_eq!(distance(9_999.0, Lang::Zh), "9,999米");
        assert_eq!(distance(12_345.0, Lang::En), "12.35 km");
        assert_eq!(distance(1_234_567.0, Lang::Zh), "1,234.57公里");
        assert_eq!(moment(1_795_300_000, Lang::En), "22 Nov 2026, 06:26:40");
        assert_eq!(moment(1_795_300_000, Lang::Zh), "2026年11月22日 06:26:40");
    }
}
