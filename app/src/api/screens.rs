//! What the admin's page of screens asks and does.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

/// A paired screen, and how it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenRow {
    pub name: String,
    /// Coarse dots that only say whether they move.
    pub visitor: bool,
    pub paired_unix_s: i64,
    pub seen_unix_s: i64,
    /// Windows of it that are open now; 0 while it is away.
    pub windows: u32,
    /// What it said last; nothing while it is away, and in the first seconds.
    pub doing: Option<ScreenDoing>,
}

/// What a wall said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenDoing {
    pub frames_per_s: u16,
    pub memory_mib: u16,
    /// Drawn with WebGL2, or by the CPU.
    pub webgl2: bool,
    pub drawn: u32,
    pub gpu_losses: u16,
    /// Of the page's files: its first eight hexadecimal digits.
    pub version: String,
    /// That is what this server has.
    pub is_current: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenList {
    pub screens: Vec<ScreenRow>,
    /// The server's clock.
    pub now_unix_s: i64,
}

/// Needs `Action::ManageScreens`.
#[server(prefix = "/api", endpoint = "screens")]
pub async fn screens() -> Result<ScreenList, ApiError> {
    crate::centre::ask()?.screens().await
}

/// Needs `Action::ManageScreens`; a row. `code` is what the wall shows, in any case and with or without its hyphen.
#[server(prefix = "/api", endpoint = "pair-screen")]
pub async fn pair_screen(code: String, name: String) -> Result<(), ApiError> {
    crate::centre::ask()?.pair_screen(code, name).await
}

/// Needs `Action::ManageScreens`: the wall shows its name for some seconds.
#[server(prefix = "/api", endpoint = "greet-screen")]
pub async fn greet_screen(name: String) -> Result<(), ApiError> {
    crate::centre::ask()?.greet_screen(name).await
}

/// Needs `Action::ManageScreens`; a row. Open sockets change at once.
#[server(prefix = "/api", endpoint = "set-visitor")]
pub async fn set_visitor(name: String, visitor: bool) -> Result<(), ApiError> {
    crate::centre::ask()?.set_visitor(name, visitor).await
}

/// Needs `Action::ManageScreens`; a row. The screen's sockets close.
#[server(prefix = "/api", endpoint = "revoke-screen")]
pub async fn revoke_screen(name: String) -> Result<(), ApiError> {
    crate::centre::ask()?.revoke_screen(name).await
}
