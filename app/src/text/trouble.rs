//! What a page says when something is missing or does not work: what is so, and what to do about it.

use super::{Text, text};

/// Why somebody is not shown what they asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub what: Text,
    pub what_to_do: Text,
}

pub const NOT_YOURS: Refusal = Refusal {
    what: text(
        "Your role may not open this page.",
        "您的权限不足，无法打开此页面。",
    ),
    what_to_do: text(
        "The map is open to you. Whoever needs this page for their work asks an admin for another role.",
        "您仍可查看地图。如因工作需要，请向管理员申请相应权限。",
    ),
};
pub const NOT_HERE: Refusal = Refusal {
    what: text("There is no such page.", "页面不存在。"),
    what_to_do: text(
        "Look at the address, or go back to the map.",
        "请检查网址，或返回地图。",
    ),
};
pub const BACK_TO_MAP: Text = text("To the map", "返回地图");

pub const NEEDS_SCRIPT: Text = text(
    "The map needs JavaScript and WebAssembly. Switch them on, or ask the operators.",
    "地图需要启用 JavaScript 和 WebAssembly，请启用或联系运维人员。",
);
pub const FIGURES_ALL_THE_SAME: Text = text(
    "These are the figures of the moment; they come anew every 15 seconds.",
    "以下为当前数据，每 15 秒自动刷新。",
);
pub const NO_FIGURES_YET: Text = text(
    "There are no figures yet: the server has just started. Wait a moment.",
    "服务器刚刚启动，暂无数据，请稍候。",
);
pub const AS_OF: Text = text("as of", "数据时间");

pub const SHORT_STALE: Text = text("Standing still", "画面停止");
pub const SHORT_AWAY: Text = text("No server", "服务器无响应");
pub const SHORT_SIGNED_OUT: Text = text("Signed out", "会话结束");
pub const SHORT_OTHER_VERSION: Text = text("Reloading", "正在刷新");
pub const SHORT_NO_MAP: Text = text("No map", "地图未启动");

pub const LINK_STALE: Text = text(
    "The picture stands still: no tick from the server",
    "画面已停止更新：服务器无心跳",
);
pub const LINK_AWAY: Text = text("The server does not answer", "服务器无响应");
pub const TRYING_AGAIN: Text = text(
    "The page is trying again by itself. If it lasts, tell the operators.",
    "页面正在自动重试。如持续出现，请联系运维人员。",
);
pub const SESSION_ENDED: Text = text(
    "Your session has ended. Sign in again.",
    "会话已结束，请重新登录。",
);
pub const SIGN_IN_HERE: Text = text("Reload this page to sign in.", "请刷新页面后登录。");
pub const OTHER_VERSION: Text = text(
    "The server was updated; this page reloads.",
    "服务器已更新，页面即将刷新。",
);
pub const WAIT_A_MOMENT: Text = text("Wait a moment.", "请稍候。");
pub const NO_MAP: Text = text(
    "The map cannot be drawn in this browser.",
    "此浏览器无法绘制地图。",
);
pub const OTHER_BROWSER: Text = text(
    "Reload the page; if it stays so, use a current Chromium or Firefox, or tell the operators.",
    "请刷新页面；如仍无法显示，请使用新版 Chromium 或 Firefox，或联系运维人员。",
);

pub const NO_SOURCE: Text = text(
    "No telemetry source is set up, so no vehicle can appear.",
    "尚未配置遥测数据源，因此没有车辆。",
);
pub const SET_UP_A_SOURCE: Text = text(
    "Operators start evwall with --telemetry or --platforms.",
    "请运维人员使用 --telemetry 或 --platforms 启动 evwall。",
);
pub const NO_STREAM: Text = text(
    "The telemetry stream cannot be reached, and no vehicle has reported yet",
    "遥测数据流无法连接，尚无车辆上报",
);
pub const LOOK_AT_SOURCES: Text = text(
    "evwall is trying again by itself. Operators find the reason in its log.",
    "系统正在自动重试，运维人员可在日志中查看原因。",
);
pub const NO_VEHICLES_YET: Text = text("No vehicle has reported yet.", "尚无车辆上报。");
pub const DOTS_WILL_COME: Text = text(
    "Dots appear as reports arrive, within half a minute. If none come, ask who runs the stream.",
    "收到数据后将显示车辆，一般在半分钟内。如仍无数据，请联系数据流负责方。",
);
pub const STREAM_AWAY: Text = text(
    "No vehicle has reported; the telemetry stream is silent",
    "未收到车辆上报，遥测数据流中断",
);
pub const WHAT_IS_DRAWN_IS_OLD: Text = text(
    "What is drawn is old. Ask who runs the stream; evwall goes on by itself.",
    "图上为旧数据。请联系数据流负责方，恢复后系统自动继续。",
);

pub const NO_GROUND: Text = text(
    "This browser gives no WebGL, so the dots stand on a plain ground. Switch WebGL on, or tell the operators; the dots are right all the same.",
    "此浏览器未提供 WebGL，底图无法绘制。车辆位置不受影响，请启用 WebGL 或联系运维人员。",
);
pub const GPU_LOST: Text = text(
    "The graphics processor gave up, so the main processor draws. Reload the page to try it again.",
    "图形处理器失效，已改用处理器绘制。刷新页面可重试。",
);
pub const BAD_WALL_ADDRESS: Text = text(
    "The address of this wall is not understood, so it shows all scenes. Right is /wall?scene=city, districts, charging or alarms; every=5 to 3600; span=COLUMNSxROWS with tile=1, 2, …",
    "无法识别此大屏地址，已轮播全部场景。正确格式：/wall?scene=city、districts、charging 或 alarms；every=5 至 3600；span=列x行 及 tile=1、2……",
);
