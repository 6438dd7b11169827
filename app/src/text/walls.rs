//! The words of sending a view to a wall.

use super::{Text, text};

pub const TO_WALL: Text = text("To a wall", "推送大屏");
pub const WALLS: Text = text("Send this view to a wall", "将当前视图推送至大屏");
pub const WHY: Text = text(
    "The wall shows it instead of its scenes, says so, and goes on by itself afterwards. Sending is recorded.",
    "大屏将以此视图代替轮播场景并注明，到时自动恢复。推送会被记录。",
);
pub const MINUTES: Text = text("For how many minutes", "显示时长（分钟）");
pub const NONE: Text = text("No wall is connected.", "没有已连接的大屏。");
pub const SENT: Text = text("Sent.", "已推送。");
pub const GIVE_BACK: Text = text("Back to its scenes", "恢复轮播");
pub const BACK: Text = text("The wall goes on with its scenes.", "大屏已恢复轮播。");
/// The headline of a wall that shows one.
pub const SENT_HERE: Text = text("Sent from a desk", "由值班台推送");
