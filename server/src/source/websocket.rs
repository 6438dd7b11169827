//! Subscribes to one telemetry stream over WebSocket, for as long as the server runs.
//!
//! A lost or unreachable stream is tried again after a jittered, growing pause; the map goes on being served.

use std::time::Duration;

use fleet::SourceId;
use futures_util::StreamExt;
use metrics::{counter, gauge};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Intake, Quarantine};
use crate::fleet_thread::FleetHandle;
use crate::metrics::{RECONNECTS, SOURCE_CONNECTED};

/// A message larger than this ends the connection: 512 frames of the largest common size fit in it.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream that carries nothing at all, not even a ping, for this long is taken for dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(90);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Runs until `stop`.
pub async fn subscribe(
    url: String,
    source: SourceId,
    name: String,
    quarantine: Quarantine,
    fleet: FleetHandle,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = subscribe_for_ever(&url, source, &name, quarantine, &fleet) => {}
    }
}

async fn subscribe_for_ever(
    url: &str,
    source: SourceId,
    name: &str,
    quarantine: Quarantine,
    fleet: &FleetHandle,
) {
    let connected_gauge = gauge!(SOURCE_CONNECTED, "source" => name.to_owned());
    let reconnects = counter!(RECONNECTS, "source" => name.to_owned());
    connected_gauge.set(0.0);
    let mut intake = Intake::new(source, name.to_owned(), quarantine);
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(url).await {
            Ok(stream) => {
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
            Err(why) => {
                warn!(source = %name, %why, "telemetry stream cannot be reached; trying again")
            }
        }
        reconnects.increment(1);
        // Between half and one and a half times the pause, so that sources lost together do not return together.
        sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

type Stream =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(url: &str) -> Result<Stream, String> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let connecting = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
    match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok((stream, _))) => Ok(stream),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {CONNECT_TIMEOUT:?}")),
    }
}

/// Reads until the connection ends; says why, and whether anything came at all.
async fn read(mut stream: Stream, intake: &mut Intake, fleet: &FleetHandle) -> (String, bool) {
    let mut received = false;
    loop {
        let message = match timeout(SILENCE_TIMEOUT, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return (error.to_string(), received),
            Ok(None) => return ("closed by the other side".to_owned(), received),
            Err(_) => return (format!("nothing came for {SILENCE_TIMEOUT:?}"), received),
        };
        let mut reports = Vec::new();
        match message {
            Message::Binary(bytes) => intake.binary(bytes, &mut reports),
            Message::Text(text) => intake.text(&text, &mut reports),
            Message::Close(_) => return ("closed by the other side".to_owned(), received),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        if !reports.is_empty() {
            received = true;
            fleet.apply(reports).await;
        }
    }
}
