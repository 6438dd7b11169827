//! Words for the pages about people: the log, one's own account, everybody's accounts.

use super::{Lang, Text, text};

pub const MAP: Text = text("Map", "地图");
pub const LOG: Text = text("Log", "审计日志");
pub const USERS: Text = text("Accounts", "账户管理");
pub const OWN_ACCOUNT: Text = text("My account", "我的账户");
pub const PAGES: Text = text("Pages", "页面");

pub const SIGN_IN_CODE: Text = text(
    "This account needs a one-time code. Type your password again, and the code.",
    "该账户需要动态口令，请重新输入密码和口令。",
);
pub const CODE: Text = text("One-time code", "动态口令");

pub const LOG_WHY: Text = text(
    "Reading and exporting this log are written into it.",
    "查阅和导出本日志同样会被记录。",
);
pub const NOTICES: Text = text("Notices", "提醒");
pub const NO_NOTICES: Text = text("No open notices.", "暂无提醒。");
pub const SEEN: Text = text("Mark as seen", "标为已阅");
pub const FILTER: Text = text("Show", "查询");
pub const ALL_KINDS: Text = text("everything", "全部");
pub const FROM_DAY: Text = text("From", "起始日期");
pub const TO_DAY: Text = text("To", "截止日期");
pub const EXPORT_CSV: Text = text("Export CSV", "导出 CSV");
pub const EXPORT_JSON: Text = text("Export JSON lines", "导出 JSON 行");
pub const VEHICLE_REPORT: Text = text("Who looked at this vehicle", "车辆查阅记录");
pub const VEHICLE_REPORT_MAKE: Text = text("Make the report", "生成报告");
pub const OLDER: Text = text("Older rows", "更早的记录");
pub const NO_ROWS: Text = text("No rows.", "没有记录。");
pub const ROW: Text = text("Row", "序号");
pub const WHEN: Text = text("When", "时间");
pub const WHO: Text = text("Who", "用户");
pub const WHAT: Text = text("What", "事项");
pub const WHY: Text = text("Purpose", "目的");
pub const ABOUT: Text = text("About", "对象");
pub const FROM_WHERE: Text = text("From where", "来源");
pub const DETAIL: Text = text("Detail", "详情");

pub const LOOKS_TODAY: Text = text("Vehicles you have opened today", "您今日查看的车辆数");
pub const OWN_ROWS: Text = text("What is recorded about you", "与您有关的记录");
pub const CHANGE_PASSWORD: Text = text("Change password", "修改密码");
pub const OLD_PASSWORD: Text = text("Old password", "原密码");
pub const NEW_PASSWORD: Text = text("New password", "新密码");
pub const NEW_PASSWORD_AGAIN: Text = text("New password again", "再次输入新密码");
pub const PASSWORDS_DIFFER: Text =
    text("The two new passwords differ.", "两次输入的新密码不一致。");
pub const PASSWORD_CHANGED: Text = text(
    "The password is changed; your other sessions have ended.",
    "密码已修改，您的其他会话已结束。",
);
pub const CODES_QR: Text = text(
    "QR code for an authenticator app",
    "供验证器应用扫描的二维码",
);
pub const CODES: Text = text("One-time codes", "动态口令");
pub const CODES_WHY: Text = text(
    "With one-time codes a stolen password alone opens nothing. Only an admin can switch them off.",
    "启用动态口令后，仅凭密码无法登录。停用须由管理员操作。",
);
pub const CODES_SET_UP: Text = text("Set up", "设置");
pub const CODES_SECRET: Text = text(
    "Type this secret into your authenticator app, then confirm with a code it shows. It is shown once.",
    "请将该密钥输入验证器应用，再输入其显示的口令确认。密钥仅显示一次。",
);
pub const CODES_CONFIRM: Text = text("Confirm", "确认");
pub const CODES_ON: Text = text(
    "One-time codes are on. The next sign-in asks for one.",
    "动态口令已启用，下次登录时需要输入。",
);

pub const ROLE: Text = text("Role", "角色");
pub const SESSIONS: Text = text("Sessions", "会话");
pub const SINCE_WHEN: Text = text("Since", "开始时间");
pub const LAST_USE: Text = text("Last use", "最近使用");
pub const ENABLED: Text = text("open", "启用");
pub const DISABLED: Text = text("closed", "停用");
pub const ENABLE: Text = text("Open account", "启用");
pub const DISABLE: Text = text("Close account", "停用");
pub const RESET_PASSWORD: Text = text("New password", "重置密码");
pub const CODES_OFF: Text = text("Codes off", "停用口令");
pub const END_SESSION: Text = text("End", "结束");
pub const ADD_USER: Text = text("Add an account", "新增账户");
pub const ADD: Text = text("Add", "新增");
pub const SHOWN_ONCE: Text = text(
    "This password is shown once. Hand it over in person; the account's owner changes it.",
    "该密码仅显示一次，请当面交付，由本人登录后修改。",
);
pub const NO_SUCH_PAGE: Text = text("There is no such page.", "页面不存在。");

pub const SEARCH: Text = text("Find a vehicle", "查找车辆");
pub const SEARCH_VIN: Text = text("VIN, or its last six characters", "车架号，或其后六位");
pub const SEARCH_MAKE: Text = text("Make (with six characters)", "品牌（输入后六位时必填）");
pub const SEARCH_WHY: Text = text(
    "The search is recorded, also if nothing is found.",
    "查找会被记录，未找到时亦然。",
);
pub const SEARCH_NONE: Text = text("No vehicle was found.", "未找到车辆。");
pub const SEARCH_MORE: Text = text(
    "There are more; ask more narrowly.",
    "结果过多，请缩小范围。",
);

/// The kinds of rows of the log, in the order in which a filter offers them.
pub const KINDS: [(&str, Text); 30] = [
    ("permit_opened", text("vehicle opened", "打开车辆")),
    ("permit_closed", text("vehicle closed", "关闭车辆")),
    ("permit_refused", text("look refused", "拒绝查看")),
    ("search_asked", text("VIN searched", "查找车架号")),
    ("search_answered", text("search answered", "查找结果")),
    ("over_budget", text("unusually many looks", "查看次数异常")),
    ("notice_seen", text("notice seen", "提醒已阅")),
    ("wall_sent", text("view sent to a wall", "推送至大屏")),
    ("alarm_acknowledged", text("alarm acknowledged", "确认报警")),
    ("audit_read", text("log read", "查阅日志")),
    ("audit_exported", text("log exported", "导出日志")),
    (
        "vehicle_reported",
        text("report on a vehicle", "生成车辆查阅报告"),
    ),
    ("logged_in", text("signed in", "登录")),
    ("login_failed", text("sign-in failed", "登录失败")),
    ("session_ended", text("session ended", "会话结束")),
    (
        "session_revoked",
        text("session ended by an admin", "会话被终止"),
    ),
    ("user_created", text("account added", "新增账户")),
    ("user_disabled", text("account closed", "停用账户")),
    ("user_enabled", text("account opened", "启用账户")),
    ("password_changed", text("password changed", "修改密码")),
    ("role_changed", text("role changed", "变更角色")),
    ("totp_on", text("one-time codes on", "启用动态口令")),
    ("totp_off", text("one-time codes off", "停用动态口令")),
    ("screen_paired", text("screen paired", "配对大屏")),
    ("screen_revoked", text("screen revoked", "撤销大屏")),
    ("screen_visitor_on", text("visitor mode on", "开启参观模式")),
    (
        "screen_visitor_off",
        text("visitor mode off", "关闭参观模式"),
    ),
    ("clock_accepted", text("clock confirmed", "确认时钟")),
    ("audit_cut", text("old rows deleted", "清除过期记录")),
    ("forgotten", text("old things deleted", "清除过期数据")),
];

/// The words of a kind of row; a kind without words shows its code.
#[must_use]
pub fn kind(code: &str, lang: Lang) -> String {
    KINDS
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(code, |(_, words)| words.in_lang(lang))
        .to_owned()
}

#[must_use]
pub fn role(code: &str) -> Option<Text> {
    Some(match code {
        "screen" => text("screen", "大屏"),
        "viewer" => text("viewer", "值班员"),
        "supervisor" => text("supervisor", "主管"),
        "privacy_officer" => text("privacy officer", "隐私专员"),
        "admin" => text("admin", "管理员"),
        _ => return None,
    })
}

/// The words of a role; a role without words shows its code.
#[must_use]
pub fn role_in(code: &str, lang: Lang) -> String {
    role(code)
        .map_or(code, |words| words.in_lang(lang))
        .to_owned()
}

/// Why something ended or was refused; a role where the role changed. A code without words shows itself.
#[must_use]
pub fn reason(code: &str, lang: Lang) -> String {
    let words = match code {
        "closed" => text("closed", "已关闭"),
        "page_gone" => text("its page was gone", "页面已关闭"),
        "opened_again" => text("opened again", "重新打开"),
        "expired" => text("its time was over", "已到期"),
        "idle" => text("not used", "长时间未使用"),
        "logged_out" => text("signed out", "已退出"),
        "revoked" => text("ended by an admin", "管理员终止"),
        "user_disabled" => text("account closed", "账户停用"),
        "role_changed" => text("role changed", "角色变更"),
        "password_changed" => text("password changed", "密码修改"),
        "clock_accepted" => text("the clock was confirmed", "时钟已确认"),
        "renewed" => text("renewed", "已更新"),
        "too_many" => text("too many sessions", "会话过多"),
        "server_ended" => text("the server broke off", "服务器异常中断"),
        "server_stopped" => text("the server stopped", "服务器停止"),
        "not_allowed" => text("not allowed", "无权限"),
        "over_budget" => text("too many looks", "查看次数超限"),
        "lockouts" => text("failed sign-ins counted", "登录失败计数"),
        "vehicles" => text("vehicles not heard any more", "长期未上报的车辆"),
        "damaged_pieces" => text("damaged pieces of streams", "受损报文片段"),
        _ => match super::alarms::comment(code) {
            Some(words) => words,
            None => return role_in(code, lang),
        },
    };
    words.in_lang(lang).to_owned()
}

/// The number of a row with what it counts.
#[must_use]
pub fn amount(kind: &str, amount: i64, lang: Lang) -> String {
    let (en, zh) = match kind {
        "permit_closed" => ("s open", "秒"),
        "search_answered" => ("hits", "条结果"),
        "vehicle_reported" => ("rows", "行"),
        "over_budget" => ("looks", "次"),
        "alarm_acknowledged" => ("was its level", "级"),
        "login_failed" => ("more like it", "次未单独记录"),
        "audit_cut" => ("was the last one", "号为最后一条"),
        "forgotten" => ("of them", "条"),
        _ => ("", ""),
    };
    match lang {
        Lang::En => format!("{amount} {en}").trim_end().to_owned(),
        Lang::Zh => format!("{amount}{zh}"),
    }
}
