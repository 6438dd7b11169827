//! An open map without a page: a WebSocket with a session, and what comes down it.

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use wire::{Bye, Cells, Down, Up, View};

use super::{Evwall, PATIENCE};

pub type Socket = WebSocketStream<TcpStream>;

/// The whole world, at a level that every role may see.
pub const WORLD: View = View {
    seq: 1,
    level: 4,
    x0: 0,
    y0: 0,
    x1: u32::MAX,
    y1: u32::MAX,
};

pub async fn socket(server: &Evwall, cookie: &str) -> Socket {
    narrow_socket(server, cookie, None).await
}

/// With a small buffer on this side, so that what is not read soon waits at the server.
pub async fn narrow_socket(server: &Evwall, cookie: &str, receive_bytes: Option<u32>) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    let stream = socket.connect(server.map).await.unwrap();
    let mut request = format!("ws://{}/ws", server.map)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("cookie", cookie.parse().unwrap());
    let opened = tokio_tungstenite::client_async(request, stream).await;
    opened.unwrap().0
}

pub async fn say(socket: &mut Socket, up: Up) {
    socket.send(Message::binary(up.encode())).await.unwrap();
}

/// The next binary message.
pub async fn next(socket: &mut Socket) -> Vec<u8> {
    loop {
        let message = timeout(PATIENCE, socket.next()).await;
        match message.expect("a message in time").expect("open").unwrap() {
            Message::Binary(bytes) => return bytes.to_vec(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

/// Reads to the end: what the server said last, and the code it closed with.
pub async fn end(socket: &mut Socket) -> (Option<Bye>, Option<u16>) {
    let (mut bye, mut code) = (None, None);
    while let Some(message) = timeout(PATIENCE, socket.next())
        .await
        .expect("an end in time")
    {
        match message {
            Ok(Message::Binary(bytes)) => {
                for frame in wire::frames(&bytes) {
                    if let Down::Bye(why) = frame.unwrap() {
                        bye = Some(why);
                    }
                }
            }
            Ok(Message::Close(frame)) => code = frame.map(|frame| frame.code.into()),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    (bye, code)
}

/// The cells of a page, as the frames have made them.
#[derive(Default)]
pub struct Mirrors {
    pub cells: Cells,
    /// Of the newest status.
    pub tick: u64,
    pub bases: usize,
    pub deltas: usize,
}

impl Mirrors {
    /// Takes a message, and acknowledges nothing.
    pub fn take(&mut self, message: &[u8]) {
        for frame in wire::frames(message) {
            let frame = frame.unwrap();
            self.cells.take(&frame, |_, _| {}).unwrap();
            match frame {
                Down::Base { .. } => self.bases += 1,
                Down::Delta { .. } => self.deltas += 1,
                Down::Status(status) => self.tick = status.tick,
                _ => {}
            }
        }
    }

    pub fn dots(&self) -> u32 {
        self.cells.alive()
    }

    /// Takes messages, without a word to the server, until it is so.
    pub async fn take_until(&mut self, socket: &mut Socket, so: impl Fn(&Self) -> bool) {
        while !so(self) {
            let message = next(socket).await;
            self.take(&message);
        }
    }
}
