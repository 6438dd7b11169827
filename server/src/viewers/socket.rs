//! One open map: hears the page, and after each tick sends it what it lacks.
//!
//! Nothing is queued for a viewer. While it has not acknowledged two ticks, ticks are skipped for it; what it lacks
//! then is found by comparing where its mirror stands with the shared bytes of each cell.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use access::{Action, Role, Session};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use fleet::CellStream;
use metrics::{Counter, counter, gauge};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::debug;
use wire::{Bye, CellKey, Click, Down, Handle, HandleAnswer, Hello, Refused, Up};

use super::sent::Sent;
use crate::fleet_thread::{Published, framed};
use crate::metrics::{BAD_UPWARD, BYTES_OUT, SKIPPED_TICKS, VIEWERS};
use crate::places::action_of_up;
use crate::state::AppState;
use crate::{card, clock};

/// Upward frames a page may send in one second; a page that pans all the time sends ten.
const MAX_UP_PER_S: u32 = 60;
/// A viewer from which nothing has come for this long is gone.
const SILENT_FOR: Duration = Duration::from_secs(45);
const PING_EVERY: Duration = Duration::from_secs(15);
/// A message that cannot be handed to the socket for this long ends the viewer.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Cards one viewer may watch at once.
const MAX_WATCHED: usize = 4;
/// What tungstenite may hold before the socket takes it.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// `/ws`. The session was checked by the door.
pub async fn upgrade(
    State(state): State<AppState>,
    Extension(session): Extension<Arc<Session>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(wire::MAX_UP_BYTES)
        .max_frame_size(wire::MAX_UP_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| serve(socket, state, session))
}

async fn serve(socket: WebSocket, state: AppState, session: Arc<Session>) {
    gauge!(VIEWERS).increment(1.0);
    let stop = state.stop.clone();
    // From here on: a session that ended before is refused, one that ends later is heard.
    let Ok(mut watch) = state.access.watch(&session).await else {
        gauge!(VIEWERS).decrement(1.0);
        return;
    };
    let mut viewer = Viewer {
        socket,
        bytes_out: counter!(BYTES_OUT),
        scope: session.role.scope(),
        published: state.fleet.published(),
        state,
        session,
        sent: Sent::default(),
        fresh: HashMap::new(),
        watched: HashMap::new(),
        behind: false,
        credits: MAX_UP_PER_S,
    };
    let why = tokio::select! {
        why = viewer.run() => why,
        _ = watch.ended() => Some(Bye::SessionEnded),
        () = stop.cancelled() => Some(Bye::Stopping),
    };
    debug!(?why, "viewer gone");
    viewer.leave(why).await;
    gauge!(VIEWERS).decrement(1.0);
}

struct Viewer {
    socket: WebSocket,
    bytes_out: Counter,
    state: AppState,
    session: Arc<Session>,
    scope: u8,
    published: watch::Receiver<Arc<Published>>,
    sent: Sent,
    /// Cells that were answered between two ticks and are not in the published picture yet.
    fresh: HashMap<CellKey, CellStream>,
    /// Cards this page has open, with the receive time of what it was sent last.
    watched: HashMap<Handle, Option<u64>>,
    /// A tick was held back; it goes out with the next acknowledgement.
    behind: bool,
    /// Upward frames that are still allowed in this second.
    credits: u32,
}

/// Why the loop ended without the server wanting it: the socket broke.
struct Gone;

impl Viewer {
    /// Runs until the connection ends; `None` when there is nobody left to tell why.
    async fn run(&mut self) -> Option<Bye> {
        self.talk().await.ok()
    }

    async fn talk(&mut self) -> Result<Bye, Gone> {
        let hello = Hello {
            version: wire::VERSION,
            epoch: self.state.fleet.epoch,
            tick: self.published.borrow().tick,
            tick_ms: self.state.fleet.tick_ms,
            server_unix_ms: clock::unix_ms(),
            scope: self.scope,
            finest_level: self.finest_level(),
        };
        self.send_frames(vec![framed(&Down::Hello(hello))]).await?;
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    let message = message.ok_or(Gone)?.map_err(|_| Gone)?;
                    heard = Instant::now();
                    if let Some(bye) = self.hear(message).await? {
                        return Ok(bye);
                    }
                }
                changed = self.published.changed() => {
                    if changed.is_err() {
                        return Ok(Bye::Stopping);
                    }
                    self.tick().await?;
                }
                _ = pings.tick() => {
                    if heard.elapsed() > SILENT_FOR {
                        return Ok(Bye::TooSlow);
                    }
                    // A map that hangs somewhere is in use by being there; one that opens vehicles is not (see `hear`).
                    if self.session.role != Role::Supervisor {
                        self.touch().await?;
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                }
                _ = seconds.tick() => self.credits = MAX_UP_PER_S,
            }
        }
    }

    fn finest_level(&self) -> u8 {
        self.state.fleet.scopes[usize::from(self.scope)].finest_level
    }

    async fn hear(&mut self, message: Message) -> Result<Option<Bye>, Gone> {
        let frame = match message {
            Message::Binary(frame) => frame,
            Message::Ping(_) | Message::Pong(_) => return Ok(None),
            Message::Close(_) => return Err(Gone),
            Message::Text(_) => return Ok(Some(bad("text"))),
        };
        let Some(credits) = self.credits.checked_sub(1) else {
            return Ok(Some(bad("too_many")));
        };
        self.credits = credits;
        let Ok(up) = Up::decode(&frame) else {
            return Ok(Some(bad("undecodable")));
        };
        // A click that is not allowed gets an answer below; the page never sends the others without leave.
        let is_click = matches!(up, Up::Click(_));
        if !is_click && !access::allows(self.session.role, action_of_up(&up)) {
            return Ok(Some(bad("not_allowed")));
        }
        if matches!(up, Up::View(_) | Up::Click(_)) {
            self.touch().await?;
        }
        match up {
            Up::View(view) => {
                let Ok(cells) = view.cells(self.scope) else {
                    return Ok(Some(bad("view_too_wide")));
                };
                if view.level > self.finest_level() {
                    return Ok(Some(bad("level_too_fine")));
                }
                self.look_at(cells.collect()).await?;
            }
            Up::Ack { tick } => {
                self.sent.acked(tick);
                if self.behind && self.sent.may_send() {
                    self.send_what_is_lacking().await?;
                }
            }
            Up::Click(click) => {
                let result = self.resolve(click).await;
                let answer = HandleAnswer {
                    ask: click.ask,
                    result,
                };
                self.send_frames(vec![framed(&Down::Handle(answer))])
                    .await?;
            }
            Up::Watch { handle } => self.show_card(handle).await?,
            Up::Unwatch { handle } => self.hide_card(handle),
            Up::Resend { key } => {
                self.sent.forget(&key);
                counter!(BAD_UPWARD, "kind" => "resend").increment(1);
                if self.sent.may_send() {
                    self.send_what_is_lacking().await?;
                } else {
                    self.behind = true;
                }
            }
        }
        Ok(None)
    }

    /// This session is in use. One that has ended meanwhile is noticed by the watch.
    async fn touch(&mut self) -> Result<(), Gone> {
        let touched = self
            .state
            .access
            .touch(&self.session, clock::unix_s())
            .await;
        touched.map_err(|_| Gone)
    }

    async fn look_at(&mut self, cells: BTreeSet<CellKey>) -> Result<(), Gone> {
        let (entered, left) = self.sent.look_at(cells);
        self.fresh.extend(self.state.fleet.watch(entered).await);
        // What came into view first, then leave to forget: the page keeps drawing the old until the new is there.
        self.send_what_is_lacking().await?;
        let drops = left
            .iter()
            .map(|key| framed(&Down::Drop { key: *key }))
            .collect();
        self.send_frames(drops).await?;
        self.state.fleet.unwatch(left).await;
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), Gone> {
        self.fresh.clear();
        if self.sent.may_send() {
            self.send_what_is_lacking().await?;
            self.send_cards().await
        } else {
            self.behind = true;
            counter!(SKIPPED_TICKS).increment(1);
            Ok(())
        }
    }

    /// Status, and for every cell in view the shared frames between where the page stands and now.
    async fn send_what_is_lacking(&mut self) -> Result<(), Gone> {
        self.behind = false;
        let published = self.published.borrow_and_update().clone();
        let mut frames: Vec<Bytes> = Vec::new();
        for key in self.sent.wanted().clone() {
            if let Some(stream) = self.fresh.get(&key).or_else(|| published.cells.get(&key)) {
                frames.extend(self.sent.lacks(key, stream));
            }
        }
        frames.extend(published.status.get(usize::from(self.scope)).cloned());
        self.sent.sent_tick(published.tick);
        self.send_frames(frames).await
    }

    async fn resolve(&mut self, click: Click) -> Result<Handle, Refused> {
        if !access::allows(self.session.role, Action::OpenCard) {
            return Err(Refused::NotAllowed);
        }
        if click.key.scope != self.scope || !self.sent.has(&click.key) {
            return Err(Refused::NotYours);
        }
        let vehicle = self
            .state
            .fleet
            .resolve(click)
            .await
            .ok_or(Refused::TooOld)?;
        Ok(self
            .state
            .handles
            .issue(self.session.id, vehicle, clock::now().mono_ms))
    }

    async fn show_card(&mut self, handle: Handle) -> Result<(), Gone> {
        if self.watched.contains_key(&handle) {
            return Ok(());
        }
        let (handles, now_mono_ms) = (&self.state.handles, clock::now().mono_ms);
        if self.watched.len() >= MAX_WATCHED || !handles.shown(handle, self.session.id, now_mono_ms)
        {
            return self.send_frames(vec![card_is_over(handle)]).await;
        }
        self.watched.insert(handle, None);
        self.send_cards().await
    }

    fn hide_card(&mut self, handle: Handle) {
        if self.watched.remove(&handle).is_some() {
            let now_mono_ms = clock::now().mono_ms;
            self.state.handles.hidden(handle, now_mono_ms);
        }
    }

    /// The cards this page has open, where the vehicle has reported since.
    async fn send_cards(&mut self) -> Result<(), Gone> {
        if self.watched.is_empty() {
            return Ok(());
        }
        let now = clock::now();
        let mut frames = Vec::new();
        let mut gone = Vec::new();
        for (handle, seen) in &mut self.watched {
            let open = self
                .state
                .handles
                .open_card(*handle, self.session.id, now.mono_ms);
            let Some((permit, vehicle)) = open else {
                gone.push(*handle);
                continue;
            };
            let Some(facts) = self.state.fleet.snapshot(vehicle).await else {
                continue;
            };
            let received = facts.received_mono_ms();
            if *seen != received || seen.is_none() {
                *seen = received;
                let Ok(card) = card::of(&permit, &facts, &self.state.sources, now) else {
                    gone.push(*handle);
                    continue;
                };
                if let Ok(json) = serde_json::to_vec(&card) {
                    frames.push(framed(&Down::Card {
                        handle: *handle,
                        json: &json,
                    }));
                }
            }
        }
        for handle in gone {
            self.hide_card(handle);
            frames.push(card_is_over(handle));
        }
        self.send_frames(frames).await
    }

    /// Puts frames, each with its length in front, into messages of at most 64 KiB; a larger one is a message alone.
    async fn send_frames(&mut self, frames: Vec<Bytes>) -> Result<(), Gone> {
        let mut message = BytesMut::new();
        for frame in frames {
            if !message.is_empty() && message.len() + frame.len() > wire::MAX_MESSAGE_BYTES {
                self.send(Message::Binary(message.split().freeze())).await?;
            }
            message.extend_from_slice(&frame);
        }
        if message.is_empty() {
            return Ok(());
        }
        self.send(Message::Binary(message.freeze())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        if let Message::Binary(bytes) = &message {
            self.bytes_out.increment(bytes.len() as u64);
        }
        match timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// Says goodbye where there is somebody to hear it, and lets go of everything.
    async fn leave(mut self, why: Option<Bye>) {
        if let Some(bye) = why {
            let say = async {
                let _ = self
                    .socket
                    .send(Message::Binary(framed(&Down::Bye(bye))))
                    .await;
                let close = CloseFrame {
                    code: close_code(bye),
                    reason: "".into(),
                };
                let _ = self.socket.send(Message::Close(Some(close))).await;
            };
            // Half a second is enough for a page that reads; one that does not is not waited for.
            let _ = timeout(Duration::from_millis(500), say).await;
        }
        let open: Vec<_> = self.watched.keys().copied().collect();
        for handle in open {
            self.hide_card(handle);
        }
        let wanted = self.sent.wanted().iter().copied().collect();
        self.state.fleet.unwatch(wanted).await;
    }
}

/// A card without a word: it may no longer be shown.
fn card_is_over(handle: Handle) -> Bytes {
    framed(&Down::Card { handle, json: b"" })
}

/// Close codes of the range for applications, one for each reason.
fn close_code(bye: Bye) -> u16 {
    match bye {
        Bye::Reload => 4000,
        Bye::SessionEnded => 4001,
        Bye::Stopping => 1012,
        Bye::BadFrame => 4002,
        Bye::TooSlow => 4003,
        Bye::Full => 1013,
    }
}

fn bad(kind: &'static str) -> Bye {
    counter!(BAD_UPWARD, "kind" => kind).increment(1);
    Bye::BadFrame
}
