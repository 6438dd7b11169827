//! The door: nothing passes without a session except the health checks, the login page, and the page on which a wall
//! shows its code, with the questions of its script.
//!
//! One layer stands before every route. It turns a cookie into a [`Session`] or answers with the login page,
//! whatever the path; it looks the path up in the table of what a role may do; it refuses requests that another
//! site made a browser send; and it puts the security headers on every answer.

use std::net::IpAddr;
use std::sync::Arc;

use access::{LoginError, Session};
use app::login::{self, Again};
use app::text::{self, Lang, Text};
use axum::Extension;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Form, Query, Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST,
    LOCATION, ORIGIN, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::counter;
use serde::Deserialize;
use tracing::{info, warn};

use crate::clock;
use crate::destination::Destination;
use crate::metrics::{LOGINS, TOO_FAST};
use crate::outside::{Outside, Peer, Source};
use crate::places::action_of;
use crate::rates::Rates;
use crate::screens;
use crate::state::AppState;

/// What the door itself needs to know.
#[derive(Clone)]
pub struct Door {
    pub state: AppState,
    pub outside: Outside,
    pub rates: Arc<Rates>,
}

/// The layer before every route.
pub async fn guard(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let outside = door.outside;
    let source = outside.source(peer, request.headers());
    request.extensions_mut().insert(source);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = if matches!(path.as_str(), "/healthz" | "/readyz") && method == Method::GET {
        next.run(request).await
    } else if is_cross_site(outside, &method, &path, request.headers()) {
        warn!(%path, "refused a request that another site made a browser send");
        StatusCode::FORBIDDEN.into_response()
    } else if path == "/login" {
        match method {
            Method::GET | Method::POST => next.run(request).await,
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    } else if path.starts_with("/screen/") && method == Method::POST {
        next.run(request).await
    } else {
        match session_of(&door, request.headers()).await {
            None if path == "/wall" && method == Method::GET => {
                screens::pairing_page(request.headers(), request.uri())
            }
            None => login_page(
                request.headers(),
                StatusCode::UNAUTHORIZED,
                None,
                wanting(&Destination::of(&method, request.uri())),
            ),
            Some(session) if !door.rates.allow(session.id, clock::now().mono_ms) => too_fast(),
            Some(session) if path == "/logout" && method == Method::POST => {
                log_out(&door, &session, request.headers()).await
            }
            Some(session) => match action_of(&method, &path) {
                Some(action) if access::allows(session.role, action) => {
                    request.extensions_mut().insert(Arc::new(session));
                    next.run(request).await
                }
                Some(_) => refused_page(request.headers(), StatusCode::FORBIDDEN, &text::NOT_YOURS),
                None => refused_page(request.headers(), StatusCode::NOT_FOUND, &text::NOT_HERE),
            },
        }
    };
    with_headers(response, &door, &path)
}

/// The answer to who asks too often.
pub fn too_fast() -> Response {
    counter!(TOO_FAST).increment(1);
    let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// A browser names the page that made it send a request; only our own pages may post or open sockets.
fn is_cross_site(outside: Outside, method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let changes_something = !matches!(*method, Method::GET | Method::HEAD) || path == "/ws";
    if !changes_something {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN) else {
        // Only a browser can be tricked, and a browser sends an origin with each of these.
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok();
    let Some((scheme, origin_host)) = origin.and_then(|origin| origin.split_once("://")) else {
        return true;
    };
    // A page that came without TLS may have been written by anybody on the way.
    host != Some(origin_host) || (outside.is_secure() && scheme != "https")
}

pub async fn session_of(door: &Door, headers: &HeaderMap) -> Option<Session> {
    let token = token_of(door.outside, headers)?;
    let session = door.state.access.session(&token, clock::unix_s()).await;
    session.ok()
}

fn token_of(outside: Outside, headers: &HeaderMap) -> Option<access::SessionToken> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == outside.cookie_name())
        .and_then(|(_, value)| access::SessionToken::from_cookie(value))
}

/// `/login?to=PATH`: a link to it may say where it leads afterwards.
#[derive(Deserialize, Default)]
pub struct Wanted {
    #[serde(default)]
    to: Destination,
}

pub async fn show_login(
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let Wanted { to } = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    login_page(&headers, StatusCode::OK, None, wanting(&to))
}

fn wanting(destination: &Destination) -> Again {
    Again {
        to: destination.as_str().to_owned(),
        ..Again::default()
    }
}

#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
    /// Only the form that was answered with "a code is needed" has this field.
    code: Option<String>,
    /// Where to go afterwards.
    #[serde(default)]
    to: Destination,
}

pub async fn log_in(
    State(door): State<Door>,
    Extension(Source(from)): Extension<Source>,
    headers: HeaderMap,
    form: Result<Form<Credentials>, FormRejection>,
) -> Response {
    let credentials = match form {
        Ok(Form(credentials)) => credentials,
        // Not what the rejection says: it may quote the form.
        Err(rejection) => {
            let status = rejection.status();
            return login_page(
                &headers,
                status,
                Some(text::SIGN_IN_WRONG),
                Again::default(),
            );
        }
    };
    let code = credentials.code.as_deref().map(str::trim);
    let outcome = door
        .state
        .access
        .login_with_code(
            &credentials.name,
            &credentials.password,
            code.filter(|code| !code.is_empty()),
            &from.to_string(),
            clock::unix_s(),
        )
        .await;
    match outcome {
        Ok((token, session)) => {
            counter!(LOGINS, "outcome" => "ok").increment(1);
            end_the_one_before(&door, &headers).await;
            info!(user = %session.name, role = ?session.role, %from, "signed in");
            let to = credentials.to.as_str();
            let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
            set_cookie(&mut response, &door.outside.cookie(token.as_str()));
            response
        }
        Err(error) => refused_login(&headers, from, &error, &credentials),
    }
}

/// A browser has one cookie: who signs in over a living session takes its place in every tab.
async fn end_the_one_before(door: &Door, headers: &HeaderMap) {
    if let Some(token) = token_of(door.outside, headers)
        && let Err(error) = door.state.access.logout(&token, clock::unix_s()).await
    {
        warn!(%error, "could not end the session that was signed in before");
    }
}

fn refused_login(
    headers: &HeaderMap,
    from: IpAddr,
    error: &LoginError,
    credentials: &Credentials,
) -> Response {
    let (outcome, status, words, retry_s) = match error {
        LoginError::WrongCredentials => {
            ("wrong", StatusCode::UNAUTHORIZED, text::SIGN_IN_WRONG, None)
        }
        LoginError::CodeNeeded => (
            "code_needed",
            StatusCode::UNAUTHORIZED,
            text::SIGN_IN_CODE,
            None,
        ),
        LoginError::Locked { retry_after_s } => (
            "locked",
            StatusCode::TOO_MANY_REQUESTS,
            text::SIGN_IN_WAIT,
            Some(*retry_after_s),
        ),
        LoginError::Busy => (
            "busy",
            StatusCode::SERVICE_UNAVAILABLE,
            text::SIGN_IN_WAIT,
            Some(2),
        ),
        LoginError::Fault(_) => (
            "unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
            text::SIGN_IN_UNAVAILABLE,
            None,
        ),
    };
    counter!(LOGINS, "outcome" => outcome).increment(1);
    // Never the name: people type passwords into that field.
    warn!(%from, outcome, %error, "refused to sign somebody in");
    // The name is right where a code is asked for; where it may be wrong it is not written into the page.
    let again = match error {
        LoginError::CodeNeeded => Again {
            name: credentials.name.clone(),
            code: true,
            ..wanting(&credentials.to)
        },
        _ => Again {
            code: credentials.code.is_some(),
            ..wanting(&credentials.to)
        },
    };
    let mut response = login_page(headers, status, Some(words), again);
    if let Some(retry_s) = retry_s {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(retry_s.max(1)));
    }
    response
}

async fn log_out(door: &Door, session: &Session, headers: &HeaderMap) -> Response {
    if let Some(token) = token_of(door.outside, headers)
        && let Err(error) = door.state.access.logout(&token, clock::unix_s()).await
    {
        // In this process it has ended all the same; the browser forgets it either way.
        warn!(user = %session.name, %error, "could not end a session in the database");
    }
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, "/login")]).into_response();
    set_cookie(&mut response, &door.outside.cookie(""));
    response
}

pub fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
}

fn login_page(
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<Text>,
    again: Again,
) -> Response {
    let nonce = hex::encode(rand::random::<[u8; 16]>());
    let html = login::page(lang_of(headers), &nonce, problem, again);
    plain_page(status, &form_policy(&nonce), html)
}

/// The language that a browser asks for.
pub fn lang_of(headers: &HeaderMap) -> Lang {
    headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|header| header.to_str().ok())
        .map(Lang::from_accept)
        .unwrap_or_default()
}

/// A page that loads nothing, with its style and, where it has one, its script inside. `policy` allows them beside what is
/// never allowed.
pub fn plain_page(status: StatusCode, policy: &str, html: String) -> Response {
    let policy = format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}");
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What a form without script may: have a style, and be sent.
fn form_policy(nonce: &str) -> String {
    format!("style-src 'nonce-{nonce}'; form-action 'self'")
}

/// What a person reads who opens a page of another role, or one that is not there. What is no browser gets the sentence.
fn refused_page(headers: &HeaderMap, status: StatusCode, why: &text::Refusal) -> Response {
    let lang = lang_of(headers);
    let wants_html = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_html {
        return (status, why.what.in_lang(lang)).into_response();
    }
    let nonce = hex::encode(rand::random::<[u8; 16]>());
    let html = login::refused_page(lang, &nonce, why);
    plain_page(status, &form_policy(&nonce), html)
}

fn with_headers(mut response: Response, door: &Door, path: &str) -> Response {
    let outside = door.outside;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not "no-referrer": with that a browser posts a form with the origin "null", which cannot be told from another
        // site's.
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if outside.is_secure() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        // Workers of the page inherit nothing: a script file that becomes a worker needs its own policy.
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{}; frame-ancestors 'none'",
            door.state.ground.origins_in_policy()
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
    // Files of the site may be kept but must be asked about; everything else is for this person and this moment.
    let is_file = ["/pkg/", "/vendor/", "/ground/", "/fonts/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    let caching = if is_file {
        "private, no-cache"
    } else {
        "no-store"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_cannot_open_the_socket_or_post() {
        let headers = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:3000"));
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            headers
        };
        let ours = headers("http://127.0.0.1:3000");
        assert!(!is_cross_site(
            Outside::Loopback,
            &Method::GET,
            "/ws",
            &ours
        ));
        assert!(!is_cross_site(
            Outside::Loopback,
            &Method::POST,
            "/login",
            &ours
        ));
        for other in ["http://evil.example", "null", "http://127.0.0.1:3001"] {
            assert!(
                is_cross_site(Outside::Loopback, &Method::GET, "/ws", &headers(other)),
                "{other}"
            );
            assert!(
                is_cross_site(
                    Outside::Loopback,
                    &Method::POST,
                    "/api/who-am-i",
                    &headers(other)
                ),
                "{other}"
            );
        }
    }
    #[test]
    fn under_tls_a_page_that_came_without_it_is_another_site() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("map.example"));
        headers.insert(ORIGIN, HeaderValue::from_static("https://map.example"));
        assert!(!is_cross_site(Outside::Tls, &Method::GET, "/ws", &headers));
        headers.insert(ORIGIN, HeaderValue::from_static("http://map.example"));
        assert!(is_cross_site(Outside::Tls, &Method::GET, "/ws", &headers));
    }
}
