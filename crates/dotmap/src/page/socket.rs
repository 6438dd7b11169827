//! One WebSocket, from opening to close. Dropping it closes it, and nothing of it is heard afterwards.

use super::listen::Listener;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, MessageEvent, WebSocket};
use wire::Up;

/// What a socket tells.
pub enum SocketEvent {
    Opened,
    /// One binary message.
    Message(Uint8Array),
    /// It is over, or text came where only bytes belong.
    Closed,
}

pub struct Socket {
    socket: WebSocket,
    _listeners: Vec<Listener>,
}

impl Socket {
    pub fn open(url: &str, heard: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (opened, message, closed) = (heard.clone(), heard.clone(), heard);
        let listeners = vec![
            Listener::new(&socket, "open", move |_| opened(SocketEvent::Opened))?,
            Listener::new(&socket, "message", move |event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                message(match data.dyn_into::<ArrayBuffer>() {
                    Ok(bytes) => SocketEvent::Message(Uint8Array::new(&bytes)),
                    Err(_) => SocketEvent::Closed,
                });
            })?,
            Listener::new(&socket, "close", move |_| closed(SocketEvent::Closed))?,
        ];
        Ok(Self {
            socket,
            _listeners: listeners,
        })
    }

    /// Sends a frame; one for a socket that is not open is dropped, because the next connection starts anew.
    pub fn send(&self, up: &Up) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let _ = self.socket.send_with_u8_array(&up.encode());
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}
