//! The words of the wall.

use super::{Text, text};

pub const CLOCK: Text = text("Time of the centre's server", "中心服务器时间");
pub const ALARMS: Text = text("alarms", "报警");
pub const ALARM_LEVEL: Text = text("alarm level", "报警等级");
pub const PLATFORM_AWAY: Text = text("no connection", "连接中断");
pub const PLATFORM_QUIET: Text = text("no data for", "无数据已");
pub const PLATFORM_NEVER: Text = text("no data yet", "尚无数据");
pub const PLATFORMS_AWAY: Text = text("Platforms that are silent", "静默的平台");
pub const THEIR_DOTS_ARE_HOLLOW: Text = text(
    "Vehicles of these platforms are drawn hollow",
    "上述平台车辆以空心方框显示",
);
pub const DISTRICTS: Text = text("Districts", "各区");
pub const VEHICLES: Text = text("vehicles", "车辆");
pub const NEW_ALARMS: Text = text("New serious alarms", "最新严重报警");
pub const NO_NEW_ALARMS: Text = text("None in the last ten minutes", "近十分钟内无严重报警");
pub const ELSEWHERE: Text = text("outside the districts", "各区之外");

pub const SCENE_CITY: Text = text("The whole city", "全市概况");
pub const SCENE_DISTRICTS: Text = text("Districts", "各区概况");
pub const SCENE_CHARGING: Text = text("Charging now", "正在充电");
pub const SCENE_ALARMS: Text = text("Vehicles with an alarm", "报警车辆");
