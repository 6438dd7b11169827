//! Questions a page asks the server. The first line of each says which permission it needs.

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::card::OpenedCard;

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
    #[error("too many vehicles opened; ask the privacy officer")]
    BudgetSpent,
    #[error("the record could not be written, so nothing is shown")]
    RecordUnavailable,
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
    pub purposes: Vec<PurposeChoice>,
    /// Whether this role sees parked private vehicles displaced.
    pub blurred: bool,
}

/// One reason for which a vehicle may be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeChoice {
    pub code: String,
    pub needs_case: bool,
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

/// Needs the session that opened the card; writes how long it was open.
#[server(prefix = "/api", endpoint = "close-card")]
pub async fn close_card(handle: String) -> Result<(), ApiError> {
    crate::centre::ask()?.close_card(handle).await
}
