//! Every sentence that a person reads, in English and in Chinese, side by side.
//!
//! A [`Text`] cannot be written in one language only. Numbers and times are formatted here too.
//! The language is the one of the `<html lang>` that the server chose, until somebody switches it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::card::Shown;

pub mod alarms;
pub mod card;
pub mod desk;
#[cfg(feature = "ssr")]
pub mod fields;
mod office;
#[cfg(feature = "ssr")]
pub mod report;
pub mod screens;
pub mod sources;
mod trouble;
pub mod wall;
pub mod walls;
pub use office::*;
pub use trouble::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Lang {
    #[default]
    En,
    Zh,
}

impl Lang {
    /// The value of `<html lang>`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// The first of the two languages that an `Accept-Language` header (or a language tag) names.
    #[must_use]
    pub fn from_accept(header: &str) -> Self {
        header
            .split(',')
            .map(|choice| choice.trim().to_ascii_lowercase())
            .find_map(|choice| {
                if choice.starts_with("zh") {
                    Some(Self::Zh)
                } else if choice.starts_with("en") {
                    Some(Self::En)
                } else {
                    None
                }
            })
            .unwrap_or_default()
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }
}

/// The language of the page, and who chose it.
#[derive(Clone, Copy)]
pub struct LangSwitch {
    pub lang: RwSignal<Lang>,
    /// Chosen in the page or by its address; otherwise the browser asked for it.
    pub chosen: RwSignal<Option<Lang>>,
    first: Lang,
}

impl LangSwitch {
    #[must_use]
    pub fn new(lang: RwSignal<Lang>, chosen: Option<Lang>) -> Self {
        Self {
            lang,
            chosen: RwSignal::new(chosen),
            first: lang.get_untracked(),
        }
    }

    /// Changes over to the other language.
    pub fn other(self) {
        self.choose(Some(self.lang.get_untracked().other()));
    }

    /// `None` goes back to what the page began with.
    pub fn choose(self, lang: Option<Lang>) {
        self.chosen.set(lang);
        self.lang.set(lang.unwrap_or(self.first));
    }

    /// What a link to another page has to carry so that the language goes along.
    #[must_use]
    pub fn query(self) -> String {
        self.chosen
            .get()
            .map(|lang| format!("?lang={}", crate::view_state::short(lang)))
            .unwrap_or_default()
    }
}

/// One sentence in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub en: &'static str,
    pub zh: &'static str,
}

const fn text(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

impl Text {
    #[must_use]
    pub fn in_lang(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// The sentence as a reactive value: it follows the language of the page.
    pub fn shown(self) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        let lang = expect_context::<RwSignal<Lang>>();
        move || self.in_lang(lang.get())
    }
}

pub const TITLE: Text = text("Electric vehicles, live", "电动汽车实时监测");
pub const SIGN_IN: Text = text("Sign in", "登录");
pub const SIGN_OUT: Text = text("Sign out", "退出");
pub const NAME: Text = text("Name", "用户名");
pub const PASSWORD: Text = text("Password", "密码");
pub const SIGN_IN_WHY: Text = text(
    "This map shows where vehicles are. Sign in to see it; every look at a single vehicle is recorded.",
    "本系统显示车辆位置。请登录后查看；每次查看单辆车都会留下记录。",
);
pub const SIGN_IN_WRONG: Text = text(
    "Name or password is wrong. Try again.",
    "用户名或密码错误，请重试。",
);
pub const SIGN_IN_WAIT: Text = text(
    "Too many tries. Wait a little, then try again.",
    "尝试次数过多，请稍后再试。",
);
pub const SIGN_IN_UNAVAILABLE: Text = text(
    "Signing in is not possible at the moment. Tell the operators.",
    "暂时无法登录，请联系运维人员。",
);

pub const REGISTERED: Text = text("registered", "已注册");
pub const LIVE: Text = text("live", "在线");
pub const LATE: Text = text("late", "延迟");
pub const SILENT: Text = text("silent", "静默");
pub const DRAWN: Text = text("drawn", "图上显示");
pub const IN_VIEW: Text = text("in view", "当前视野");
pub const NEWEST_REPORT: Text = text("newest report", "最新上报");
pub const REPORTS_PER_S: Text = text("reports/s", "条/秒");
pub const NO_REPORT_YET: Text = text("none yet", "暂无");
pub const AGO: Text = text("ago", "前");

pub const CONNECTING: Text = text("Connecting …", "正在连接……");
pub const CONNECTED: Text = text("Connected", "已连接");
pub const SINCE: Text = text("since", "自");
pub const BLURRED: Text = text(
    "Positions of private cars are blurred.",
    "私家车位置已模糊处理。",
);

pub const CARD_OVER: Text = text(
    "The time for this purpose is over. Close this window and open the vehicle again with a purpose.",
    "本次查看已到期。请关闭窗口，说明用途后重新打开。",
);

pub const LEGEND: Text = text("What the dots mean", "图例");
pub const DRIVING: Text = text("driving", "行驶");
pub const PARKED: Text = text("parked", "停放");
pub const CHARGING: Text = text("charging", "充电");
pub const OFF: Text = text("off", "熄火");
pub const UNKNOWN: Text = text("unknown", "未知");
pub const ALARM: Text = text("alarm", "报警");
pub const HOLLOW_LATE: Text = text("late report: hollow", "上报延迟：空心");

pub const AFTERGLOW: Text = text("Afterglow", "余辉");
pub const DENSITY: Text = text("Density when far out", "远景密度");
pub const LIGHT_SHED: Text = text(
    "Off: this machine is too slow for it",
    "已关闭：本机速度不足",
);
pub const COLOUR_BY: Text = text("Colour by", "着色方式");
pub const BY_ACTIVITY: Text = text("activity", "状态");
pub const BY_CHARGE: Text = text("charge", "电量");
pub const BY_ALARM: Text = text("alarm level", "报警等级");
pub const BY_FRESHNESS: Text = text("freshness", "时效");
pub const CUT_OFF: Text = text("platform away", "平台中断");
pub const NO_ALARM: Text = text("no alarm", "无报警");
pub const LEVEL: Text = text("level", "等级");

pub const DOTS_HERE: Text = text("Several vehicles here", "此处有多辆车");
pub const VEHICLE: Text = text("Vehicle", "车辆");
pub const CLOSE: Text = text("Close", "关闭");
pub const WHY_OPEN: Text = text(
    "Why do you open this vehicle? The answer is recorded.",
    "查看该车辆的目的是什么？将记录在案。",
);
pub const CASE_NUMBER: Text = text("Case number", "案件编号");
pub const OPEN: Text = text("Open", "打开");
pub const VIN: Text = text("VIN", "车架号");
pub const MAKE: Text = text("Make", "品牌");
pub const MODEL: Text = text("Model", "车型");
pub const MILEAGE: Text = text("Mileage", "行驶里程");
pub const CHARGE: Text = text("Battery charge", "电池电量");
pub const SPEED: Text = text("Speed", "车速");
pub const STATE: Text = text("State", "状态");
pub const ALARM_LEVEL: Text = text("Alarm level", "报警等级");
pub const REPORTED: Text = text("Reported", "上报时间");
pub const AGE: Text = text("Newest report", "最新上报");
pub const SOURCE: Text = text("Source", "数据来源");
pub const MARKED_ABNORMAL: Text = text("abnormal", "异常");
pub const MARKED_INVALID: Text = text("invalid", "无效");
pub const NOT_SENT: Text = text("not sent", "未上报");
pub const OUT_OF_RANGE: Text = text("out of range", "超出范围");
pub const LOOKS_ONLY: Text = text(
    "Your role sees dots, not vehicles.",
    "您的权限仅可查看分布，不可查看单车。",
);
pub const OPENING: Text = text("Opening …", "正在打开……");

/// The words of a purpose code; a code without words shows itself.
#[must_use]
pub fn purpose(code: &str) -> Option<Text> {
    Some(match code {
        "alarm" => text("Handling an alarm", "报警处置"),
        "emergency" => text("Emergency or rescue", "事故与救援"),
        "data_quality" => text("Checking data quality", "数据质量核查"),
        "maker_support" => text("Support for the maker", "协助车企"),
        "investigation" => text("Investigation or recall", "调查与召回"),
        "official_request" => text("Official request", "公务协查"),
        _ => return None,
    })
}

#[must_use]
pub fn activity(code: u8) -> Text {
    match code {
        1 => DRIVING,
        2 => PARKED,
        3 => CHARGING,
        4 => OFF,
        _ => UNKNOWN,
    }
}

#[must_use]
pub fn refusal(error: ApiError) -> Text {
    match error {
        ApiError::SignedOut => SESSION_ENDED,
        ApiError::NotAllowed => LOOKS_ONLY,
        ApiError::HandleExpired => text(
            "This dot is no longer held. Click it again.",
            "该点已失效，请重新点击。",
        ),
        ApiError::CaseNumberNeeded => text(
            "This purpose needs a case number.",
            "该目的需填写案件编号。",
        ),
        ApiError::UnknownPurpose | ApiError::BadRequest => text(
            "The request was not understood. Reload the page.",
            "请求无法识别，请刷新页面。",
        ),
        ApiError::BadCaseNumber => text(
            "A case number has 3 to 40 letters, digits and - / . _ ( ), at least one digit, and names no person.",
            "案件编号为 3 至 40 位字母、数字或 - / . _ ( )，至少含一位数字，不得为个人信息。",
        ),
        ApiError::BadVin => text(
            "Type a whole VIN, or its last six characters and a make.",
            "请输入完整车架号，或其后六位及品牌。",
        ),
        ApiError::NameTaken => text("This name is taken.", "该用户名已存在。"),
        ApiError::BadName => text(
            "A name has 1 to 64 letters, digits, Chinese characters, and . _ - without spaces.",
            "用户名为 1 至 64 位字母、数字、汉字或 . _ -，不含空格。",
        ),
        ApiError::BadPassword => text(
            "A password has at least 12 characters and is not the name.",
            "密码至少 12 位，且不得与用户名相同。",
        ),
        ApiError::NoSuchAlarm => text(
            "This alarm is over, or somebody has acknowledged it already.",
            "该报警已解除或已被确认。",
        ),
        ApiError::NoSuchUser => text("There is no such account.", "该账户不存在。"),
        ApiError::NoSuchCode => text(
            "No screen shows this code now. Look again: codes change every five minutes.",
            "当前没有大屏显示此配对码。配对码每五分钟更换，请重新核对。",
        ),
        ApiError::TooManyScreens => text(
            "There are as many screens as there may be. Revoke one that is no longer used.",
            "大屏数量已达上限，请先撤销不再使用的大屏。",
        ),
        ApiError::ScreenAway => text(
            "This screen is away, so it can show nothing.",
            "该大屏不在线，无法显示。",
        ),
        ApiError::LastAdmin => text(
            "The last admin stays an open admin account.",
            "须保留至少一个启用的管理员账户。",
        ),
        ApiError::WrongPassword => text(
            "The old password, or the code, is wrong.",
            "原密码或口令错误。",
        ),
        ApiError::TryLater => SIGN_IN_WAIT,
        ApiError::CodesAreOn => text(
            "One-time codes are on already. An admin can switch them off.",
            "动态口令已启用，停用请联系管理员。",
        ),
        ApiError::BudgetSpent => text(
            "You have opened many vehicles. The privacy officer can help.",
            "查看车辆次数已达上限，请联系隐私专员。",
        ),
        ApiError::RecordUnavailable => text(
            "The record could not be written, so nothing is shown. Tell the operators.",
            "无法写入审计记录，因此不予显示，请联系运维人员。",
        ),
        ApiError::Unreachable => text(
            "The server does not answer. Try again.",
            "服务器无响应，请重试。",
        ),
    }
}

/// A value with its unit, or the words for why there is none.
#[must_use]
pub fn reading(shown: Shown<String>, unit: &str, lang: Lang) -> String {
    match shown {
        Shown::Value(value) => with_unit(&value, unit),
        Shown::OutOfRange(value) => {
            format!(
                "{} ({})",
                with_unit(&value, unit),
                OUT_OF_RANGE.in_lang(lang)
            )
        }
        Shown::Abnormal => MARKED_ABNORMAL.in_lang(lang).to_owned(),
        Shown::Invalid => MARKED_INVALID.in_lang(lang).to_owned(),
        Shown::NotSent => NOT_SENT.in_lang(lang).to_owned(),
    }
}

fn with_unit(value: &str, unit: &str) -> String {
    if unit.is_empty() {
        value.to_owned()
    } else {
        format!("{value} {unit}")
    }
}

/// `222000` as `222,000`; both languages group by thousands.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of dots for whoever is told it in tens, and not at all below `from`.
#[must_use]
pub fn in_tens(number: u32, from: u32, lang: Lang) -> String {
    match (number < from, lang) {
        (false, _) => count((u64::from(number) + 5) / 10 * 10),
        (true, Lang::En) => format!("< {from}"),
        (true, Lang::Zh) => format!("不足 {from}"),
    }
}

/// A kilometre or speed figure: one decimal, thousands grouped.
#[must_use]
pub fn decimal(number: f64) -> String {
    let tenths = (number.abs() * 10.0).round() as u64;
    let sign = if number < 0.0 && tenths > 0 { "-" } else { "" };
    format!("{sign}{}.{}", count(tenths / 10), tenths % 10)
}

/// A distance on the ground: `12 m`, `3.4 km`. The units are those of both languages.
#[must_use]
pub fn distance(metres: f64) -> String {
    if metres < 1_000.0 {
        format!("{} m", metres.round().max(0.0) as u64)
    } else {
        format!("{} km", decimal(metres / 1_000.0))
    }
}

/// An age in the largest unit that fits: `3 s`, `4 min`, `2 h`, `5 d`.
#[must_use]
pub fn age(age_ms: u64, lang: Lang) -> String {
    let seconds = age_ms / 1000;
    let (number, en, zh) = match seconds {
        0..=119 => (seconds, "s", "秒"),
        120..=7199 => (seconds / 60, "min", "分钟"),
        7200..=172_799 => (seconds / 3600, "h", "小时"),
        _ => (seconds / 86_400, "d", "天"),
    };
    match lang {
        Lang::En => format!("{number} {en}"),
        Lang::Zh => format!("{number}{zh}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_rounded_for_reading() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_100_000), "1,100,000");
        assert_eq!(decimal(12_345.67), "12,345.7");
        assert_eq!(decimal(-0.04), "0.0");
    }

    #[test]
    fn in_tens_a_small_number_is_not_told_and_one_more_or_less_seldom_shows() {
        assert_eq!(in_tens(0, 10, Lang::En), in_tens(9, 10, Lang::En));
        assert_eq!(in_tens(9, 10, Lang::Zh), "不足 10");
        assert_eq!(in_tens(10, 10, Lang::En), "10");
        assert_eq!(in_tens(222_004, 10, Lang::En), "222,000");
        let told: std::collections::BTreeSet<_> = (0..1_000)
            .map(|number| in_tens(number, 30, Lang::En))
            .collect();
        assert_eq!(told.len(), 99);
    }

    #[test]
    fn the_first_language_named_wins() {
        assert_eq!(Lang::from_accept("zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(Lang::from_accept("fr, en;q=0.8, zh;q=0.5"), Lang::En);
        assert_eq!(Lang::from_accept(""), Lang::En);
    }

    #[test]
    fn a_marked_value_is_never_a_number() {
        let abnormal = reading(Shown::Abnormal, "%", Lang::En);
        let invalid = reading(Shown::Invalid, "%", Lang::Zh);
        assert!(!abnormal.contains(|c: char| c.is_ascii_digit()));
        assert!(!invalid.contains(|c: char| c.is_ascii_digit()));
    }
}
