//! The words of the wall's board.

use super::{Text, text};

pub const CLOCK: Text = text("Time of the centre's server", "中心服务器时间");
pub const ALARMS: Text = text("alarms", "报警");
pub const ALARM_LEVEL: Text = text("alarm level", "报警等级");
pub const PLATFORM_AWAY: Text = text("no connection", "连接中断");
pub const PLATFORM_QUIET: Text = text("no data for", "无数据已");
pub const PLATFORMS_AWAY: Text = text("Platforms that are silent", "静默的平台");
