//! Words for walls: the page with the code, and the admin's page of screens.

use super::{Text, text};

pub const SCREENS: Text = text("Screens", "大屏管理");
pub const PAIR_THIS: Text = text("Pair this screen", "配对此大屏");
pub const PAIR_HOW: Text = text(
    "At another computer, an admin opens evwall → Screens and types this code.",
    "请管理员在另一台电脑上打开 evwall → 大屏管理，输入此配对码。",
);
pub const CODE_ENDS: Text = text(
    "The code is good once, and changes every five minutes.",
    "配对码仅可使用一次，每五分钟更换。",
);
pub const PROVING: Text = text("Connecting…", "正在连接…");
pub const PAIR_BUSY: Text = text(
    "Too many codes were asked for from here. This screen tries again by itself.",
    "此处请求的配对码过多，本屏将自动重试。",
);
pub const PAIR_AWAY: Text = text(
    "The server does not answer. This screen tries again by itself.",
    "服务器没有响应，本屏将自动重试。",
);
pub const PAIR_CANNOT: Text = text(
    "This browser keeps no key or no cookies: open evwall by HTTPS, not in a private window, and allow it cookies.",
    "此浏览器无法保存密钥或 Cookie：请通过 HTTPS 打开，勿使用无痕窗口，并允许 Cookie。",
);
pub const SIGN_IN_INSTEAD: Text = text("Sign in with an account instead", "改用账户登录");

pub const PAIR_A_SCREEN: Text = text("Pair a screen", "配对大屏");
pub const PAIRING_CODE: Text = text("Code that the screen shows", "大屏显示的配对码");
pub const SCREEN_NAME: Text = text("Name of the screen", "大屏名称");
pub const PAIR: Text = text("Pair", "配对");
pub const NO_SCREENS: Text = text(
    "No screen is paired. Open /wall on a wall PC that nobody has signed in to: it shows a code.",
    "尚无已配对的大屏。请在未登录的大屏电脑上打开 /wall，即可看到配对码。",
);
pub const LAST_SEEN: Text = text("Last seen", "最近在线");
pub const HERE_NOW: Text = text("now", "在线");
pub const FRAMES: Text = text("Frames/s", "帧率");
pub const MEMORY: Text = text("Memory", "内存");
pub const DRAWN_BY: Text = text("Drawn by", "渲染");
pub const BY_GPU: Text = text("GPU", "由 GPU");
pub const BY_CPU: Text = text("CPU", "由 CPU");
pub const DOTS: Text = text("Dots", "车辆点");
pub const GPU_LOSSES: Text = text("GPU losses", "GPU 丢失");
pub const VERSION: Text = text("Version", "版本");
pub const OLD_VERSION: Text = text("older, reloads soon", "旧版，即将刷新");
pub const SAY_HELLO: Text = text("Say hello", "显示名称");
pub const REVOKE: Text = text("Revoke", "撤销");
pub const VISITORS_ON: Text = text("Visitors: on", "参观模式：开");
pub const VISITORS_OFF: Text = text("Visitors: off", "参观模式：关");
pub const VISITORS_WHY: Text = text(
    "In visitor mode a screen is sent coarser places, and of each vehicle only whether it moves.",
    "参观模式下，大屏只接收粗略位置，每辆车仅显示行驶或静止。",
);
pub const FOR_VISITORS: Text = text("Shown to visitors: coarse places", "参观画面：位置已模糊");
pub const ALL_CHANGES_ARE_ROWS: Text = text(
    "Pairing, revoking and visitor mode are written into the log.",
    "配对、撤销和参观模式的切换均会记入审计日志。",
);
