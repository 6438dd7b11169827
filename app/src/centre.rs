//! What the server functions need from the server, so that this crate need not know it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::api::{
    AccountList, Alarms, ApiError, CodeOffer, Explained, Me, NamedPlace, ScreenList, SearchHits,
    Secret, SourceLine, WallOrder, WallThere,
};
use crate::card::{OpenedCard, RawItem};
use crate::log::{LogPage, LogQuery, LogRow, OwnRows};

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// The monitoring centre as one signed-in person sees it. The server makes one for each request.
pub trait Centre: Office + DeskWork + SourceWork + ScreenDesk {
    fn me(&self) -> Answer<'_, Me>;
    fn open_card(
        &self,
        handle: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, OpenedCard>;
    fn raw_card(&self, handle: String) -> Answer<'_, Vec<RawItem>>;
    fn close_card(&self, handle: String) -> Answer<'_, ()>;
    fn search_vin(
        &self,
        vin: String,
        make: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, SearchHits>;
}

/// The part that the desk needs besides cards.
pub trait DeskWork: Send + Sync {
    fn gazetteer(&self) -> Answer<'_, Vec<NamedPlace>>;
    fn explain_vin(
        &self,
        vin: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, Explained>;
    fn alarms(&self) -> Answer<'_, Alarms>;
    fn wall_order(&self) -> Answer<'_, Option<WallOrder>>;
    fn walls(&self) -> Answer<'_, Vec<WallThere>>;
    fn send_to_wall(&self, name: String, query: String, minutes: u32) -> Answer<'_, ()>;
    fn pick_alarm(&self, id: u64) -> Answer<'_, String>;
    fn acknowledge_alarm(
        &self,
        id: u64,
        comment: String,
        reference: Option<String>,
    ) -> Answer<'_, ()>;
}

/// The part that is about where reports come from.
pub trait SourceWork: Send + Sync {
    fn sources(&self) -> Answer<'_, Vec<SourceLine>>;
}

/// The part that is about people and not about vehicles: the log, one's own account, everybody's accounts.
pub trait Office: Send + Sync {
    fn read_log(&self, query: LogQuery) -> Answer<'_, LogPage>;
    fn notices(&self) -> Answer<'_, Vec<LogRow>>;
    fn notice_seen(&self, seq: i64) -> Answer<'_, ()>;
    fn own_log(&self, before_seq: i64) -> Answer<'_, OwnRows>;
    fn change_password(&self, old: String, new: String) -> Answer<'_, ()>;
    fn offer_codes(&self) -> Answer<'_, CodeOffer>;
    fn confirm_codes(&self, code: String) -> Answer<'_, ()>;
    fn accounts(&self) -> Answer<'_, AccountList>;
    fn add_user(&self, name: String, role: String) -> Answer<'_, Secret>;
    fn enable_user(&self, name: String, enabled: bool) -> Answer<'_, ()>;
    fn set_role(&self, name: String, role: String) -> Answer<'_, ()>;
    fn reset_password(&self, name: String) -> Answer<'_, Secret>;
    fn codes_off(&self, name: String) -> Answer<'_, ()>;
    fn end_session(&self, id: i64) -> Answer<'_, ()>;
}

/// The part that is about walls.
pub trait ScreenDesk: Send + Sync {
    fn screens(&self) -> Answer<'_, ScreenList>;
    fn pair_screen(&self, code: String, name: String) -> Answer<'_, ()>;
    fn greet_screen(&self, name: String) -> Answer<'_, ()>;
    fn set_visitor(&self, name: String, visitor: bool) -> Answer<'_, ()>;
    fn revoke_screen(&self, name: String) -> Answer<'_, ()>;
}

/// The centre of the request that is being answered.
///
/// # Errors
/// [`ApiError::SignedOut`] outside a request with a session.
pub fn ask() -> Result<Arc<dyn Centre>, ApiError> {
    leptos::prelude::use_context::<Arc<dyn Centre>>().ok_or(ApiError::SignedOut)
}
