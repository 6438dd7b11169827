//! Words of the report on one vehicle, which only the server writes.

use super::{Text, text};

pub const TITLE: Text = text("Who looked at this vehicle", "车辆查阅记录报告");
pub const WHAT: Text = text(
    "Every row of the log that names this vehicle, the oldest first, and the rows that end or answer those. Who owns the vehicle is not known to this system and is not asked.",
    "日志中涉及该车辆的全部记录及其对应的结束、结果记录，按时间先后排列。本系统不掌握也不询问车主信息。",
);
pub const CHECK: Text = text(
    "The digest is of the file below and stands in the row of the log that making this report has written. With the file, it can be checked at any time: evwall audit check-report FILE.",
    "摘要对应下方报告文件，并已写入生成本报告时产生的日志行。凭文件可随时核验：evwall audit check-report FILE。",
);
pub const FILE: Text = text("Download the file", "下载报告文件");
pub const MADE: Text = text("Made", "生成时间");
pub const MADE_BY: Text = text("Made by", "生成人");
pub const MADE_AS_ROW: Text = text("Recorded as row", "生成记录行号");
pub const BEGINS: Text = text("The log begins with row", "日志起始行");
pub const STANDS_ON_ROW: Text = text("Stands on row", "依据日志行");
pub const HASH_OF_ROW: Text = text("Hash of that row", "该行哈希值");
pub const DIGEST: Text = text("SHA-256 of the file", "报告文件 SHA-256");
pub const IS_CUT: Text = text(
    "There are older rows; a report holds the newest 10,000.",
    "另有更早的记录，报告仅列出最近 10,000 行。",
);
pub const NOBODY: Text = text("Nobody has looked at it.", "尚无查阅记录。");
pub const BY_TAIL: Text = text(
    "by its last six characters, so perhaps another vehicle",
    "仅凭后六位查找，可能为其他车辆",
);
pub const OF_ROW: Text = text("of row", "对应行");
pub const BAD_VIN: Text = text(
    "This is no vehicle's number. Type all of it.",
    "车架号无效，请完整输入。",
);
