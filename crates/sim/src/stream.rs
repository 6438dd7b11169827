//! The telemetry stream: a WebSocket server that anyone may subscribe to.
//!
//! `/` carries every streamed maker's frames, `/platform/<slug>` those of one; a maker that logs in over TCP is
//! not streamed. One binary message holds one frame. Whatever a subscriber sends is read and ignored, so that pings are answered and a close is seen.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tracing::{debug, info, warn};

use crate::catalogue::{Makers, maker_by_slug};
use crate::hub::{Heard, Hub};

/// Subscribers beyond it are refused by closing their connection.
const MOST_SUBSCRIBERS: usize = 64;

/// Serves the frames of `makers` until the task is dropped.
pub async fn serve(listener: TcpListener, hub: Hub, makers: Makers) {
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, say: the next subscriber may find it cured.
                warn!(%error, "could not accept a subscriber");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if hub.subscribers() >= MOST_SUBSCRIBERS {
            warn!(%peer, "refused a subscriber: {MOST_SUBSCRIBERS} are connected");
            continue;
        }
        let hub = hub.clone();
        tokio::spawn(async move {
            info!(%peer, "a subscriber connected");
            match subscriber(socket, &hub, makers).await {
                Ok(()) => info!(%peer, "a subscriber left"),
                Err(error) => info!(%peer, %error, "a subscriber was lost"),
            }
        });
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the shape that tungstenite's callback asks for"
)]
async fn subscriber(
    socket: TcpStream,
    hub: &Hub,
    streamed: Makers,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    socket.set_nodelay(true)?;
    let mut wanted = Makers::NONE;
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        wanted = choose(request.uri().path(), streamed).ok_or_else(|| {
            let mut refusal = ErrorResponse::new(Some("no such stream".to_owned()));
            *refusal.status_mut() = StatusCode::NOT_FOUND;
            refusal
        })?;
        Ok(response)
    };
    let (mut out, mut incoming) = accept_hdr_async(socket, look).await?.split();
    let mut heard = hub.subscribe();
    loop {
        tokio::select! {
            next = heard.recv() => match next {
                Ok(Heard::Chunk(chunk)) => {
                    for message in chunk.of(wanted) {
                        out.feed(Message::Binary(message)).await?;
                    }
                    out.flush().await?;
                }
                Ok(Heard::Cut) => return Ok(()),
                Err(RecvError::Lagged(chunks)) => {
                    hub.counts().chunks_missed.fetch_add(chunks, Ordering::Relaxed);
                    warn!(chunks, "a subscriber reads too slowly and missed messages");
                }
                Ok(Heard::End) | Err(RecvError::Closed) => {
                    out.close().await?;
                    return Ok(());
                }
            },
            said = incoming.next() => match said {
                None | Some(Ok(Message::Close(_))) => return Ok(()),
                Some(Ok(message)) => debug!(bytes = message.len(), "a subscriber spoke; ignored"),
                Some(Err(error)) => return Err(error),
            },
        }
    }
}

fn choose(path: &str, streamed: Makers) -> Option<Makers> {
    match path.strip_prefix("/platform/") {
        Some(slug) => maker_by_slug(slug)
            .filter(|&maker| streamed.has(maker))
            .map(|maker| Makers::NONE.and(maker)),
        None => (path == "/").then_some(streamed),
    }
}
