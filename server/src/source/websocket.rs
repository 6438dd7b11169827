//! Subscribes to one telemetry stream over WebSocket, for as long as the server runs.
//!
//! A lost or unreachable stream is tried again after a jittered, growing pause; the map goes on being served. The pauses stay
//! short, because the wall is wrong for as long as they last: what was lost is there again within seconds of its return.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use fleet::{Report, SourceId};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use intake::{Credentials, Stream};
use metrics::{counter, gauge};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Intake, Quarantine};
use crate::fleet_thread::FleetHandle;
use crate::metrics::{RECONNECTS, SOURCE_CONNECTED};

/// A message larger than this ends the connection: 512 frames of the largest common size fit in it.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// While one try to connect has no answer, another begins: a way that is there again is found by it, and the first may still
/// wait for words that were lost. So there are at most ten.
const CONNECT_BESIDE: Duration = Duration::from_secs(1);
/// A stream that carries nothing at all, not even a ping, for this long is taken for dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(90);
/// After so long without a word the other side is asked whether it lives.
const ASK_AFTER: Duration = Duration::from_secs(3);
/// One that has answered such a question before, and does not for so long, is gone without a word.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After refusals: only an operator can mend that, and a stranger that asks every second is locked out.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(10);
/// Reports that are handed on together, where more messages have come already: a stream that sends each report in a
/// message of its own would otherwise wake the fleet for every one.
const REPORTS_AT_ONCE: usize = 256;

/// Runs until `stop`.
pub async fn subscribe(
    from: Stream,
    tls: Option<Connector>,
    source: SourceId,
    quarantine: Quarantine,
    fleet: FleetHandle,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = subscribe_for_ever(&from, tls, source, quarantine, &fleet) => {}
    }
}

/// How the stream's own certificates are checked: those of its `ca`, or the public ones without it.
///
/// # Errors
/// A file that cannot be read or holds no certificate.
pub fn connector(from: &Stream) -> Result<Option<Connector>> {
    let Some(path) = &from.ca else {
        return Ok(None);
    };
    let at = || format!("{}: cannot take the ca {}", from.name, path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).with_context(at)? {
        roots.add(certificate.with_context(at)?).with_context(at)?;
    }
    if roots.is_empty() {
        bail!("{}: it holds no certificate", at());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Connector::Rustls(Arc::new(config))))
}

async fn subscribe_for_ever(
    from: &Stream,
    tls: Option<Connector>,
    source: SourceId,
    quarantine: Quarantine,
    fleet: &FleetHandle,
) {
    let name = &from.name;
    let connected_gauge = gauge!(SOURCE_CONNECTED, "source" => name.clone());
    let reconnects = counter!(RECONNECTS, "source" => name.clone());
    connected_gauge.set(0.0);
    let mut intake = Intake::new(source, name.clone(), from.datum(), quarantine);
    let mut pause = FIRST_PAUSE;
    let mut failures = 0u64;
    loop {
        let mut is_refused = false;
        match connect(from, tls.clone()).await {
            Ok(stream) => {
                failures = 0;
                info!(source = %name, "telemetry stream connected");
                connected_gauge.set(1.0);
                fleet.source_connected(source, true).await;
                let (why, received) = read(stream, &mut intake, fleet).await;
                let mut reports = Vec::new();
                intake.finish(&mut reports);
                if !reports.is_empty() {
                    fleet.apply(reports).await;
                }
                connected_gauge.set(0.0);
                fleet.source_connected(source, false).await;
                if received {
                    pause = FIRST_PAUSE;
                }
                warn!(source = %name, %why, "telemetry stream lost; connecting again");
            }
            Err(unreachable) => {
                failures += 1;
                let why = unreachable.why;
                is_refused = unreachable.is_refused;
                // At the first, second, fourth, … in a row: one that is away for a day must not fill the disk.
                if failures.is_power_of_two() {
                    warn!(source = %name, %why, failures, "telemetry stream cannot be reached; trying again");
                }
            }
        }
        reconnects.increment(1);
        // Between half and one and a half times the pause, so that sources lost together do not return together.
        sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
        let longest = if is_refused {
            LONGEST_PAUSE_REFUSED
        } else {
            LONGEST_PAUSE
        };
        pause = (pause * 2).min(longest);
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Why there is no connection.
struct Unreachable {
    why: String,
    is_refused: bool,
}

impl From<String> for Unreachable {
    fn from(why: String) -> Self {
        Self {
            why,
            is_refused: false,
        }
    }
}

async fn connect(
    from: &Stream,
    tls: Option<Connector>,
) -> std::result::Result<Socket, Unreachable> {
    let mut request = from
        .url
        .as_str()
        .into_client_request()
        .map_err(|error| error.to_string())?;
    if let Some(value) = from.credentials().as_ref().and_then(authorization) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    match timeout(CONNECT_TIMEOUT, first_answer(&request, &tls)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(Error::Http(answer))) if answer.status() == 401 || answer.status() == 403 => {
            Err(Unreachable {
                why: format!(
                    "it refused us with {}: look at bearer, or user and password, of this stream",
                    answer.status()
                ),
                is_refused: true,
            })
        }
        Ok(Err(error)) => Err(error.to_string().into()),
        Err(_) => Err(format!("no answer within {CONNECT_TIMEOUT:?}").into()),
    }
}

/// Tries side by side until one is answered, or until all have failed.
async fn first_answer(
    request: &Request,
    tls: &Option<Connector>,
) -> std::result::Result<Socket, Error> {
    let attempt = || {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        tokio_tungstenite::connect_async_tls_with_config(
            request.clone(),
            Some(config),
            true,
            tls.clone(),
        )
    };
    let mut attempts = FuturesUnordered::new();
    attempts.push(attempt());
    loop {
        match timeout(CONNECT_BESIDE, attempts.next()).await {
            Ok(Some(Ok((stream, _)))) => return Ok(stream),
            Ok(Some(Err(error))) if attempts.is_empty() => return Err(error),
            Ok(_) => {}
            Err(_) => attempts.push(attempt()),
        }
    }
}

/// The header that opens the stream. `None`: the text cannot stand in a header, which the platforms file refuses.
fn authorization(credentials: &Credentials) -> Option<HeaderValue> {
    let text = match credentials {
        Credentials::Bearer(token) => format!("Bearer {}", token.0),
        Credentials::Basic { user, password } => {
            format!("Basic {}", BASE64.encode(format!("{user}:{}", password.0)))
        }
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reads until the connection ends; says why, and whether anything came at all.
async fn read(mut stream: Socket, intake: &mut Intake, fleet: &FleetHandle) -> (String, bool) {
    let mut received = false;
    let mut answers = false;
    let (begun, mut asked) = (Instant::now(), false);
    loop {
        // One that speaks all the time is asked once, to know whether it answers when it falls silent. Not at once: what a
        // source says that closes without having read is lost with our question.
        if !asked && begun.elapsed() >= ASK_AFTER {
            asked = true;
            if let Err(error) = stream.send(Message::Ping(Bytes::new())).await {
                return (error.to_string(), received);
            }
        }
        let mut next = match hear(&mut stream, answers).await {
            Ok(next) => Some(next),
            Err(why) => return (why, received),
        };
        let (mut reports, mut end) = (Vec::new(), None);
        while let Some(message) = next {
            answers |= matches!(message, Some(Ok(Message::Pong(_))));
            end = take(message, intake, &mut reports);
            let is_enough = end.is_some() || reports.len() >= REPORTS_AT_ONCE;
            next = match is_enough {
                true => None,
                // What has come already, and no waiting.
                false => stream.next().now_or_never(),
            };
        }
        if !reports.is_empty() {
            received = true;
            fleet.apply(reports).await;
        }
        if let Some(why) = end {
            return (why, received);
        }
    }
}

/// The next message. One that `answers` is asked when it says nothing for long, because a connection whose other end is gone
/// without a word looks like one that has nothing to say.
async fn hear(
    stream: &mut Socket,
    answers: bool,
) -> std::result::Result<Option<Result<Message, Error>>, String> {
    if let Ok(next) = timeout(ASK_AFTER, stream.next()).await {
        return Ok(next);
    }
    let patience = if answers {
        ANSWER_TIMEOUT
    } else {
        SILENCE_TIMEOUT - ASK_AFTER
    };
    let asked = async {
        stream.send(Message::Ping(Bytes::new())).await?;
        Ok::<_, Error>(stream.next().await)
    };
    match timeout(patience, asked).await {
        Ok(Ok(next)) => Ok(next),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("nothing came for {:?}", ASK_AFTER + patience)),
    }
}

/// Takes one message, or says why there are no more.
fn take(
    message: Option<Result<Message, Error>>,
    intake: &mut Intake,
    reports: &mut Vec<Report>,
) -> Option<String> {
    match message {
        Some(Ok(Message::Binary(bytes))) => intake.binary(bytes, reports),
        Some(Ok(Message::Text(text))) => intake.text(&text, reports),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
        Some(Ok(Message::Close(_))) | None => return Some("closed by the other side".to_owned()),
        Some(Err(error)) => return Some(error.to_string()),
    }
    None
}
