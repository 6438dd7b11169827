//! Questions a page asks the server. The first line of each says which permission it needs.

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

mod desk;
mod screens;
mod sources;
pub use desk::*;
pub use screens::*;
pub use sources::*;

use crate::card::{OpenedCard, RawItem};
use crate::log::{LogPage, LogQuery, LogRow, OwnRows};

/// Everything that can go wrong, as far as a browser may know. No variant carries text from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    #[error("not signed in")]
    SignedOut,
    #[error("not allowed")]
    NotAllowed,
    #[error("this dot is no longer held; click it again")]
    HandleExpired,
    #[error("this purpose needs a case number")]
    CaseNumberNeeded,
    #[error("unknown purpose")]
    UnknownPurpose,
    #[error("not a case number")]
    BadCaseNumber,
    #[error("not a VIN, or not its last six characters with a make")]
    BadVin,
    #[error("too many vehicles opened; ask the privacy officer")]
    BudgetSpent,
    #[error("the record could not be written, so nothing is shown")]
    RecordUnavailable,
    #[error("the name is taken")]
    NameTaken,
    #[error("not a name for an account")]
    BadName,
    #[error("not a good password")]
    BadPassword,
    #[error("there is no such account")]
    NoSuchUser,
    #[error("this screen is away")]
    ScreenAway,
    #[error("no wall shows this code")]
    NoSuchCode,
    #[error("there are as many screens as there may be")]
    TooManyScreens,
    #[error("the last admin stays an admin")]
    LastAdmin,
    #[error("the old password or the code is wrong")]
    WrongPassword,
    #[error("too many tries; wait a little")]
    TryLater,
    #[error("one-time codes are on already")]
    CodesAreOn,
    #[error("there is no such alarm, or it is answered for")]
    NoSuchAlarm,
    #[error("the request was not understood")]
    BadRequest,
    #[error("the server does not answer")]
    Unreachable,
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr as E;
        match error {
            E::Request(_) | E::Response(_) | E::ServerError(_) => Self::Unreachable,
            E::MiddlewareError(_) => Self::SignedOut,
            _ => Self::BadRequest,
        }
    }
}

/// Who sits before this page, and what the page may offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub name: String,
    pub role: String,
    /// Whether a click may ask for a card at all; the server decides again at every card.
    pub may_open_cards: bool,
    /// Whether the page may draw where an open card's vehicle has been since it was opened.
    pub may_show_track: bool,
    pub may_search: bool,
    pub may_follow: bool,
    pub may_list_area: bool,
    pub may_see_alarms: bool,
    pub may_acknowledge: bool,
    pub may_send_to_wall: bool,
    pub may_read_log: bool,
    pub may_manage_users: bool,
    pub may_see_sources: bool,
    pub may_manage_screens: bool,
    /// Whether there is a person behind the account, who has rows and a password of their own.
    pub has_own_page: bool,
    pub purposes: Vec<PurposeChoice>,
    /// Whether this role sees private vehicles displaced.
    pub blurred: bool,
}

/// One reason for which a vehicle may be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeChoice {
    pub code: String,
    pub needs_case: bool,
}

/// What a VIN search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHits {
    pub hits: Vec<SearchHit>,
    /// There were more than are shown.
    pub more: bool,
}

/// One vehicle that was found. Where it is stands on its card only, and that is a record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    pub handle: String,
    /// The maker's three letters and the last six characters.
    pub vin_hint: String,
    pub make: Option<String>,
    pub model: Option<String>,
}

/// An account, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub name: String,
    pub role: String,
    pub disabled: bool,
    pub codes: bool,
    pub sessions: u32,
}

/// A session, as an admin sees it: enough to end it, not to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    pub id: i64,
    pub name: String,
    pub source: String,
    pub started_unix_s: i64,
    pub seen_unix_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {
    pub accounts: Vec<Account>,
    pub sessions: Vec<OpenSession>,
    pub roles: Vec<String>,
}

/// A secret that a person sees once: a new password, or what an authenticator app needs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What an authenticator app needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeOffer {
    /// For typing.
    pub secret: Secret,
    /// `otpauth://…`
    pub uri: Secret,
    /// The same for a camera: an SVG path of unit squares, and how many of them a side has.
    pub qr_path: Secret,
    pub qr_side: u32,
}

/// Needs a session; any role.
#[server(prefix = "/api", endpoint = "who-am-i")]
pub async fn who_am_i() -> Result<Me, ApiError> {
    crate::centre::ask()?.me().await
}

/// Needs `Action::OpenCard`; writes an audit row before it answers.
///
/// `handle` is what the server gave for a click, 32 hexadecimal digits.
#[server(prefix = "/api", endpoint = "open-card")]
pub async fn open_card(
    handle: String,
    purpose: String,
    case_number: String,
) -> Result<OpenedCard, ApiError> {
    let case_number = Some(case_number.trim().to_owned()).filter(|case| !case.is_empty());
    crate::centre::ask()?
        .open_card(handle, purpose, case_number)
        .await
}

/// Needs an open card of this session: the bytes of which it was made, which are as much of the vehicle as the card is.
#[server(prefix = "/api", endpoint = "raw-card")]
pub async fn raw_card(handle: String) -> Result<Vec<RawItem>, ApiError> {
    crate::centre::ask()?.raw_card(handle).await
}

/// Needs the session that opened the card; writes how long it was open.
#[server(prefix = "/api", endpoint = "close-card")]
pub async fn close_card(handle: String) -> Result<(), ApiError> {
    crate::centre::ask()?.close_card(handle).await
}

/// Needs `Action::SearchVin`; writes a row before it looks and one before it answers, also for a miss.
///
/// `vin` is a whole VIN, or its last six characters together with a make.
#[server(prefix = "/api", endpoint = "search-vin")]
pub async fn search_vin(
    vin: String,
    make: String,
    purpose: String,
    case_number: String,
) -> Result<SearchHits, ApiError> {
    let case_number = Some(case_number.trim().to_owned()).filter(|case| !case.is_empty());
    crate::centre::ask()?
        .search_vin(vin, make, purpose, case_number)
        .await
}

/// Needs `Action::ReadAudit`; reading is a row too.
#[server(prefix = "/api", endpoint = "read-log")]
pub async fn read_log(query: LogQuery) -> Result<LogPage, ApiError> {
    crate::centre::ask()?.read_log(query).await
}

/// Needs `Action::SeeNotices`.
#[server(prefix = "/api", endpoint = "notices")]
pub async fn notices() -> Result<Vec<LogRow>, ApiError> {
    crate::centre::ask()?.notices().await
}

/// Needs `Action::SeeNotices`; a row too.
#[server(prefix = "/api", endpoint = "notice-seen")]
pub async fn notice_seen(seq: i64) -> Result<(), ApiError> {
    crate::centre::ask()?.notice_seen(seq).await
}

/// Needs `Action::SeeOwnAudit`. `before_seq` is the smallest row of the page before, or 0.
#[server(prefix = "/api", endpoint = "own-log")]
pub async fn own_log(before_seq: i64) -> Result<OwnRows, ApiError> {
    crate::centre::ask()?.own_log(before_seq).await
}

/// Needs `Action::ChangeOwnPassword`; all other sessions of the account end.
#[server(prefix = "/api", endpoint = "change-password")]
pub async fn change_password(old: String, new: String) -> Result<(), ApiError> {
    crate::centre::ask()?.change_password(old, new).await
}

/// Needs `Action::ChangeOwnPassword`. The offer counts once a code of it was confirmed.
#[server(prefix = "/api", endpoint = "offer-codes")]
pub async fn offer_codes() -> Result<CodeOffer, ApiError> {
    crate::centre::ask()?.offer_codes().await
}

/// Needs `Action::ChangeOwnPassword`.
#[server(prefix = "/api", endpoint = "confirm-codes")]
pub async fn confirm_codes(code: String) -> Result<(), ApiError> {
    crate::centre::ask()?.confirm_codes(code).await
}

/// Needs `Action::ManageUsers`.
#[server(prefix = "/api", endpoint = "accounts")]
pub async fn accounts() -> Result<AccountList, ApiError> {
    crate::centre::ask()?.accounts().await
}

/// Needs `Action::ManageUsers`; answers with the new account's password, which is shown once.
#[server(prefix = "/api", endpoint = "add-user")]
pub async fn add_user(name: String, role: String) -> Result<Secret, ApiError> {
    crate::centre::ask()?.add_user(name, role).await
}

/// Needs `Action::ManageUsers`; closing an account ends its sessions.
#[server(prefix = "/api", endpoint = "enable-user")]
pub async fn enable_user(name: String, enabled: bool) -> Result<(), ApiError> {
    crate::centre::ask()?.enable_user(name, enabled).await
}

/// Needs `Action::ManageUsers`; ends the account's sessions.
#[server(prefix = "/api", endpoint = "set-role")]
pub async fn set_role(name: String, role: String) -> Result<(), ApiError> {
    crate::centre::ask()?.set_role(name, role).await
}

/// Needs `Action::ManageUsers`; answers with the new password, which is shown once, and ends the account's sessions.
#[server(prefix = "/api", endpoint = "reset-password")]
pub async fn reset_password(name: String) -> Result<Secret, ApiError> {
    crate::centre::ask()?.reset_password(name).await
}

/// Needs `Action::ManageUsers`: for somebody who lost the device.
#[server(prefix = "/api", endpoint = "codes-off")]
pub async fn codes_off(name: String) -> Result<(), ApiError> {
    crate::centre::ask()?.codes_off(name).await
}

/// Needs `Action::ManageUsers`.
#[server(prefix = "/api", endpoint = "end-session")]
pub async fn end_session(id: i64) -> Result<(), ApiError> {
    crate::centre::ask()?.end_session(id).await
}
