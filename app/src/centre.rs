//! What the server functions need from the server, so that this crate need not know it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::api::{ApiError, Me};
use crate::card::OpenedCard;

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// The monitoring centre as one signed-in person sees it. The server makes one for each request.
pub trait Centre: Send + Sync {
    fn me(&self) -> Answer<'_, Me>;
    fn open_card(
        &self,
        handle: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, OpenedCard>;
    fn close_card(&self, handle: String) -> Answer<'_, ()>;
}

/// The centre of the request that is being answered.
///
/// # Errors
/// [`ApiError::SignedOut`] outside a request with a session.
pub fn ask() -> Result<Arc<dyn Centre>, ApiError> {
    leptos::prelude::use_context::<Arc<dyn Centre>>().ok_or(ApiError::SignedOut)
}
