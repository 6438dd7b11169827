//! The WebSocket under one viewer: the handshake, and messages made of shared bytes.
//!
//! What is sent is never gathered first. A message is a row of fragments, each a piece of the bytes that all viewers of
//! a cell share, and the next is handed over when the socket has taken the one before. So a viewer that reads slowly
//! holds a fragment or two, however large the cell is.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use metrics::{Counter, counter};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use crate::metrics::{BYTES_OUT, CLASS_BYTES, CLASS_MESSAGES};
use crate::queues::{self, Share};

/// The longest piece of a message that is handed over at once.
const FRAGMENT_BYTES: usize = 16 * 1024;
/// Pages send little; this is zeroed before every read.
const READ_BUFFER_BYTES: usize = 1024;

pub struct Socket {
    inner: WebSocketStream<TokioIo<Upgraded>>,
    /// Fragments that the socket has not taken yet: of what is being sent, so never more than one picture, and all of
    /// it shared.
    unsent: VecDeque<Frame>,
    /// How many they are.
    waiting: Share,
    /// A piece that cannot be handed over for this long ends the viewer.
    patience: Duration,
    bytes_out: Counter,
    /// Bytes and messages of its class of viewers; counted nowhere before [`of_class`](Socket::of_class).
    class: (Counter, Counter),
}

/// The other end is gone, or might as well be.
pub struct Gone;

pub enum Heard {
    /// A whole binary message.
    Message(Bytes),
    /// A sign of life.
    Life,
    /// Something that no page sends; a label for metrics.
    Bad(&'static str),
}

/// Answers the request, and serves when the connection has changed over.
pub fn accept<F>(
    mut request: Request,
    patience: Duration,
    serve: impl FnOnce(Socket) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    let response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => {
            debug!(%error, "no handshake");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                debug!(%error, "a viewer left in the handshake");
                return;
            }
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(FRAGMENT_BYTES)
            .max_message_size(Some(wire::MAX_UP_BYTES))
            .max_frame_size(Some(wire::MAX_UP_BYTES));
        let io = TokioIo::new(upgraded);
        let socket = Socket {
            inner: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await,
            unsent: VecDeque::new(),
            waiting: Share::of(queues::VIEWER_PIECES),
            patience,
            bytes_out: counter!(BYTES_OUT),
            class: (Counter::noop(), Counter::noop()),
        };
        serve(socket).await;
    });
    response
}

impl Socket {
    /// From now on what is sent counts for this class of viewers too.
    pub fn of_class(&mut self, class: &'static str) {
        self.class = (
            counter!(CLASS_BYTES, "class" => class),
            counter!(CLASS_MESSAGES, "class" => class),
        );
    }

    pub async fn hear(&mut self) -> Result<Heard, Gone> {
        match self.inner.next().await {
            Some(Ok(Message::Binary(bytes))) => Ok(Heard::Message(bytes)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Heard::Life),
            Some(Ok(Message::Text(_)) | Err(Error::Utf8(_))) => Ok(Heard::Bad("text")),
            Some(Err(Error::Capacity(_))) => Ok(Heard::Bad("too_long")),
            None
            | Some(
                Ok(Message::Close(_) | Message::Frame(_))
                | Err(
                    Error::Io(_)
                    | Error::ConnectionClosed
                    | Error::AlreadyClosed
                    | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
                ),
            ) => Err(Gone),
            Some(Err(_)) => Ok(Heard::Bad("protocol")),
        }
    }

    /// Sends frames, each with its length in front, in messages of at most 64 KiB; a larger frame is a message alone.
    /// Where it is dropped before its end the rest goes out with whatever is sent next.
    pub async fn send_frames(&mut self, frames: &[Bytes]) -> Result<(), Gone> {
        let mut message_len = 0;
        for (i, frame) in frames.iter().enumerate() {
            let mut opcode = match message_len {
                0 => Data::Binary,
                _ => Data::Continue,
            };
            message_len += frame.len();
            let next = frames.get(i + 1);
            let ends = next.is_none_or(|next| message_len + next.len() > wire::MAX_MESSAGE_BYTES);
            let mut rest = frame.clone();
            while !rest.is_empty() {
                let piece = rest.split_to(rest.len().min(FRAGMENT_BYTES));
                let is_last = ends && rest.is_empty();
                let fragment = Frame::message(piece, OpCode::Data(opcode), is_last);
                self.unsent.push_back(fragment);
                opcode = Data::Continue;
            }
            self.bytes_out.increment(frame.len() as u64);
            self.class.0.increment(frame.len() as u64);
            if ends {
                self.class.1.increment(1);
                message_len = 0;
            }
        }
        self.waiting.holds(self.unsent.len());
        while let Some(fragment) = self.unsent.front() {
            let fragment = Message::Frame(fragment.clone());
            self.feed(fragment).await?;
            self.unsent.pop_front();
            self.waiting.holds(self.unsent.len());
        }
        self.flush().await
    }

    pub async fn ping(&mut self) -> Result<(), Gone> {
        self.feed(Message::Ping(Bytes::new())).await?;
        self.flush().await
    }

    async fn feed(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(self.patience, self.inner.feed(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        match timeout(self.patience, self.inner.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// Closes with a code, and reads until the other end has closed too: what it has sent meanwhile and nobody read
    /// would make the system reset the connection before the goodbye has arrived.
    pub async fn close(mut self, last: &[Bytes], code: u16) -> io::Result<()> {
        let _ = self.send_frames(last).await;
        let close = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        let _ = self.feed(Message::Close(Some(close))).await;
        let _ = self.flush().await;
        let mut unheard = [0; 512];
        while self.inner.get_mut().read(&mut unheard).await? > 0 {}
        Ok(())
    }
}
