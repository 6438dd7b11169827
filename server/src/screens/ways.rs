//! The ways in for a wall without a session: the page with the code, and the three questions of its script. They answer
//! anybody, so they say nothing but whether the key that asks is paired, and each address may ask only so fast.

use access::{LoginError, ScreenKey, Session};
use axum::Extension;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use metrics::counter;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::codes::Asked;
use crate::clock;
use crate::door::{Door, lang_of, plain_page, session_of, set_cookie, too_fast};
use crate::metrics::SCREENS_REFUSED;
use crate::outside::{Outside, Source};

/// A session of a screen that is older is renewed when the screen proves itself; its socket is closed then anyway.
const RENEWED_AFTER_S: i64 = 24 * 3600;

#[derive(Deserialize)]
pub struct Asking {
    /// The public key, 130 hexadecimal digits.
    key: String,
}

#[derive(Deserialize)]
pub struct Answering {
    key: String,
    challenge: String,
    /// `r` and `s`, 128 hexadecimal digits.
    signature: String,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Said {
    /// The key is paired: it may prove itself.
    Paired,
    /// Show this code.
    Waiting {
        code: String,
        left_ms: u64,
    },
    /// No code now.
    Busy {
        retry_ms: u64,
    },
    /// This browser has a session.
    SignedIn,
    Challenge {
        challenge: String,
    },
    /// One connection may be opened now.
    Proved,
    /// The key is not paired, or no longer.
    Unknown,
}

/// `GET /wall` without a session.
pub fn pairing_page(headers: &HeaderMap, uri: &Uri) -> Response {
    let lang = uri
        .query()
        .and_then(app::view_state::lang_of)
        .unwrap_or_else(|| lang_of(headers));
    let nonce = hex::encode(rand::random::<[u8; 16]>());
    let policy = format!(
        "style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; form-action 'none'"
    );
    let html = app::pairing::page(lang, &nonce);
    plain_page(StatusCode::OK, &policy, html)
}

/// `POST /screen/pair`: whether this key is paired, and if not, the code to show.
pub async fn pair(
    State(door): State<Door>,
    Extension(Source(from)): Extension<Source>,
    headers: HeaderMap,
    asking: Result<Json<Asking>, JsonRejection>,
) -> Response {
    let screens = &door.state.screens;
    let now = clock::now();
    if !screens.rates.allow(from, now.mono_ms) {
        return too_fast();
    }
    let Some(key) = asking.ok().and_then(|Json(asking)| key_of(&asking.key)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if session_of(&door, &headers).await.is_some() {
        return Json(Said::SignedIn).into_response();
    }
    let said = match door.state.access.screen_of(&key).await {
        Ok(Some(_)) => Said::Paired,
        Ok(None) => match screens.codes.ask(&key, from, now.mono_ms) {
            Asked::Code { code, left_ms } => Said::Waiting { code, left_ms },
            Asked::TooMany { retry_ms } => {
                counter!(SCREENS_REFUSED, "why" => "codes").increment(1);
                Said::Busy { retry_ms }
            }
        },
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    Json(said).into_response()
}

/// `POST /screen/challenge`.
pub async fn challenge(
    State(door): State<Door>,
    Extension(Source(from)): Extension<Source>,
    headers: HeaderMap,
) -> Response {
    let screens = &door.state.screens;
    let now_mono_ms = clock::now().mono_ms;
    if !screens.rates.allow(from, now_mono_ms) {
        return too_fast();
    }
    let Some(origin) = origin(door.outside, &headers) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let challenge = screens.challenges.ask(&origin, now_mono_ms);
    Json(Said::Challenge { challenge }).into_response()
}

/// `POST /screen/answer`: a right one lets one connection be opened, and gives a session where there is none.
pub async fn answer(
    State(door): State<Door>,
    Extension(Source(from)): Extension<Source>,
    headers: HeaderMap,
    answering: Result<Json<Answering>, JsonRejection>,
) -> Response {
    let (screens, access) = (&door.state.screens, &door.state.access);
    let now = clock::now();
    if !screens.rates.allow(from, now.mono_ms) {
        return too_fast();
    }
    let (Ok(Json(answering)), Some(origin)) = (answering, origin(door.outside, &headers)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (Some(key), Ok(signature)) = (key_of(&answering.key), hex::decode(&answering.signature))
    else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let screen = match access.screen_of(&key).await {
        Ok(Some(screen)) => screen,
        Ok(None) => return Json(Said::Unknown).into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let right =
        screens
            .challenges
            .answer(&origin, &answering.challenge, &key, &signature, now.mono_ms);
    if let Err(error) = right {
        counter!(SCREENS_REFUSED, "why" => "wrong_answer").increment(1);
        warn!(%from, %error, "a screen did not prove itself");
        return StatusCode::FORBIDDEN.into_response();
    }
    let now_unix_s = clock::unix_s();
    match session_of(&door, &headers).await {
        // Somebody signed in at this wall; that session counts, and needs no proof.
        Some(session) if session.user != screen => return Json(Said::SignedIn).into_response(),
        Some(session) if !is_old(&session, now_unix_s) => {
            screens.live.proved(screen, now.mono_ms);
            return Json(Said::Proved).into_response();
        }
        _ => {}
    }
    match access
        .start_screen_session(&key, &from.to_string(), now_unix_s)
        .await
    {
        Ok((token, session)) => {
            info!(screen = %session.name, %from, "a screen proved itself");
            screens.live.proved(screen, now.mono_ms);
            let mut response = Json(Said::Proved).into_response();
            set_cookie(&mut response, &door.outside.cookie(token.as_str()));
            response
        }
        Err(LoginError::WrongCredentials) => Json(Said::Unknown).into_response(),
        Err(LoginError::Locked { retry_after_s }) => {
            counter!(SCREENS_REFUSED, "why" => "sessions").increment(1);
            let retry_ms = u64::from(retry_after_s) * 1000;
            Json(Said::Busy { retry_ms }).into_response()
        }
        Err(error) => {
            warn!(%from, %error, "a screen could not be let in");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn is_old(session: &Session, now_unix_s: i64) -> bool {
    now_unix_s - session.started_unix_s >= RENEWED_AFTER_S
}

fn key_of(text: &str) -> Option<ScreenKey> {
    let key: ScreenKey = hex::decode(text).ok()?.try_into().ok()?;
    // The mark of an uncompressed point; whether it lies on the curve is seen when something is verified with it.
    (key[0] == 4).then_some(key)
}

/// Where the page that asks must be.
fn origin(outside: Outside, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let scheme = if outside.is_secure() { "https" } else { "http" };
    Some(format!("{scheme}://{host}"))
}
