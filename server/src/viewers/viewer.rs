//! One open map: hears the page, and after each tick sends it what it lacks.
//!
//! Nothing is queued for a viewer. While it has not acknowledged two ticks, ticks are skipped for it; what it lacks
//! then is found by comparing where its mirror stands with the shared bytes of each cell.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use access::{Action, Role, Session};
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fleet::CellStream;
use metrics::{counter, gauge};
use tokio::sync::watch;
use tokio::time::{Instant, interval, timeout};
use tracing::debug;
use wire::{Bye, CellKey, Click, Down, Handle, HandleAnswer, Hello, Refused, Up};

use super::cards::Cards;
use super::sent::Sent;
use super::socket::{Gone, Heard, Socket, accept};
use crate::clock;
use crate::fleet_thread::{Published, framed};
use crate::metrics::{BAD_UPWARD, SCREENS_REFUSED, SKIPPED_TICKS, VIEWERS};
use crate::places::action_of_up;
use crate::queues::{self, Share};
use crate::screens::Orders;
use crate::state::AppState;

/// Upward frames a page may send in one second; a page that pans all the time sends ten.
const MAX_UP_PER_S: u32 = 60;
/// For so long after a screen was switched its page may ask for what it was given before.
const SWITCHING: Duration = Duration::from_secs(5);
/// How long the last words to a viewer may take.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(500);

/// `/ws`. The session was checked by the door.
pub async fn upgrade(
    State(state): State<AppState>,
    Extension(session): Extension<Arc<Session>>,
    request: Request,
) -> Response {
    // A cookie alone opens no map of a paired screen: it has proved for each that it still has its key.
    if session.is_paired
        && !state
            .screens
            .live
            .take_proof(session.user, clock::now().mono_ms)
    {
        counter!(SCREENS_REFUSED, "why" => "no_proof").increment(1);
        return StatusCode::FORBIDDEN.into_response();
    }
    // Pings come three times in the silence that ends a viewer; what it is sent must be taken sooner than that too.
    let patience = state.seats.limits.silence() * 2 / 3;
    accept(request, patience, move |socket| {
        serve(socket, state, session)
    })
}

async fn serve(mut socket: Socket, state: AppState, session: Arc<Session>) {
    let stop = state.stop.clone();
    let Some(_seat) = state.seats.take(session.id) else {
        return leave(socket, Bye::Full).await;
    };
    // From here on: a session that ended before is refused, one that ends later is heard.
    let Ok(mut watch) = state.access.watch(&session).await else {
        return leave(socket, Bye::SessionEnded).await;
    };
    gauge!(VIEWERS).increment(1.0);
    socket.of_class(session.role.name());
    let mut orders = session
        .is_paired
        .then(|| state.screens.live.joins(session.user));
    let told = orders
        .as_mut()
        .map(|orders| *orders.borrow_and_update())
        .unwrap_or_default();
    let mut viewer = Viewer {
        socket,
        scope: session.scope_for(told.visitor.unwrap_or(session.is_visitor)),
        orders,
        told,
        switched: None,
        published: state.fleet.published(),
        state,
        cards: Cards::new(session.id, session.role.scope()),
        session,
        sent: Sent::default(),
        on_their_way: Share::of(queues::VIEWER_TICKS),
        fresh: HashMap::new(),
        behind_since: None,
        credits: Credits::default(),
    };
    let why = tokio::select! {
        why = viewer.talk() => why.ok(),
        _ = watch.ended() => Some(Bye::SessionEnded),
        () = stop.cancelled() => Some(Bye::Stopping),
    };
    debug!(?why, "viewer gone");
    if viewer.orders.is_some() {
        viewer.state.screens.live.leaves(viewer.session.user);
    }
    viewer.cards.hide_all(&viewer.state);
    let wanted = viewer.sent.wanted().iter().copied().collect();
    viewer.state.fleet.unwatch(wanted).await;
    gauge!(VIEWERS).decrement(1.0);
    // Where there is somebody to hear it.
    if let Some(bye) = why {
        leave(viewer.socket, bye).await;
    }
}

struct Viewer {
    socket: Socket,
    state: AppState,
    session: Arc<Session>,
    scope: u8,
    /// For a paired screen: what it is told, and what of that it has been told.
    orders: Option<watch::Receiver<Orders>>,
    told: Orders,
    /// When the scope changed last: the page may not know yet.
    switched: Option<Instant>,
    published: watch::Receiver<Arc<Published>>,
    sent: Sent,
    /// Ticks that are not acknowledged.
    on_their_way: Share,
    /// Cells that were answered between two ticks and are not in the published picture yet.
    fresh: HashMap<CellKey, CellStream>,
    cards: Cards,
    /// Since when something is held back; it goes out with the next acknowledgement.
    behind_since: Option<Instant>,
    credits: Credits,
}

/// Upward frames that are still allowed in this second.
struct Credits {
    left: u32,
    since: Instant,
}

impl Default for Credits {
    fn default() -> Self {
        Self {
            left: MAX_UP_PER_S,
            since: Instant::now(),
        }
    }
}

impl Credits {
    fn take(&mut self) -> bool {
        if self.left == 0 && self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::default();
        }
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

impl Viewer {
    /// Runs until there is a reason to end it, or nobody left to tell one.
    async fn talk(&mut self) -> Result<Bye, Gone> {
        self.say_hello().await?;
        let silence = self.state.seats.limits.silence();
        let mut pings = interval(silence / 3);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = self.socket.hear() => {
                    heard = Instant::now();
                    let done = match message? {
                        Heard::Message(bytes) => self.hear(&bytes).await?,
                        Heard::Life => None,
                        Heard::Bad(kind) => Some(bad(kind)),
                    };
                    if let Some(bye) = done {
                        return Ok(bye);
                    }
                }
                changed = self.published.changed() => {
                    if changed.is_err() {
                        return Ok(Bye::Stopping);
                    }
                    self.tick().await?;
                }
                orders = next_orders(self.orders.as_mut()) => self.obey(orders).await?,
                _ = pings.tick() => {
                    // One that answers pings but acknowledges nothing is a page that no longer runs.
                    let behind = self.behind_since.is_some_and(|since| since.elapsed() > silence);
                    if behind || heard.elapsed() > silence {
                        return Ok(Bye::TooSlow);
                    }
                    // A map that hangs somewhere is in use by being there; one that opens vehicles is not (see `hear`).
                    if self.session.role != Role::Supervisor {
                        self.touch().await?;
                    }
                    self.socket.ping().await?;
                }
            }
        }
    }

    async fn say_hello(&mut self) -> Result<(), Gone> {
        let hello = Hello {
            version: wire::VERSION,
            epoch: self.state.fleet.epoch,
            tick: self.published.borrow().tick,
            tick_ms: self.state.fleet.tick_ms,
            server_unix_ms: clock::unix_ms(),
            scope: self.scope,
            finest_level: self.finest_level(),
            districts: self.state.fleet.districts.to_vec(),
            site: self.state.site.0,
            ground_is_gcj02: self.state.ground.is_gcj02,
        };
        self.send(&Down::Hello(hello)).await
    }

    /// Does what a screen was told since it was told last.
    async fn obey(&mut self, orders: Orders) -> Result<(), Gone> {
        let before = std::mem::replace(&mut self.told, orders);
        let visitor = orders.visitor.unwrap_or(self.session.is_visitor);
        let scope = self.session.scope_for(visitor);
        if scope != self.scope {
            self.look_at(BTreeSet::new()).await?;
            self.scope = scope;
            // The page forgets all cells when it hears of another scope, and asks anew.
            self.sent = Sent::default();
            self.on_their_way.holds(0);
            self.fresh.clear();
            self.behind_since = None;
            self.switched = Some(Instant::now());
            self.say_hello().await?;
        }
        if orders.greetings != before.greetings {
            let session = Arc::clone(&self.session);
            self.send(&Down::Greet {
                name: &session.name,
            })
            .await?;
        }
        Ok(())
    }

    fn finest_level(&self) -> u8 {
        self.state.fleet.scopes[usize::from(self.scope)].finest_level
    }

    async fn hear(&mut self, frame: &[u8]) -> Result<Option<Bye>, Gone> {
        if !self.credits.take() {
            return Ok(Some(bad("too_many")));
        }
        let Ok(up) = Up::decode(frame) else {
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
                    if self.switched.is_some_and(|at| at.elapsed() < SWITCHING) {
                        return Ok(None);
                    }
                    return Ok(Some(bad("level_too_fine")));
                }
                self.look_at(cells.collect()).await?;
            }
            Up::Ack { tick } => {
                self.sent.acked(tick);
                self.on_their_way.holds(self.sent.unacked());
                if self.behind_since.is_some() {
                    self.send_what_is_lacking().await?;
                }
            }
            Up::Click(click) => {
                let result = self.resolve(click).await;
                let answer = HandleAnswer {
                    ask: click.ask,
                    result,
                };
                self.send(&Down::Handle(answer)).await?;
            }
            Up::Watch { handle } => {
                let frames = self.cards.show(handle, &self.state).await;
                self.socket.send_frames(&frames).await?;
            }
            Up::Unwatch { handle } => self.cards.hide(handle, &self.state),
            Up::Report(report) => {
                if self.orders.is_some() {
                    self.state.screens.live.reported(self.session.user, report);
                }
            }
            Up::Resend { key } => {
                self.sent.forget(&key);
                counter!(BAD_UPWARD, "kind" => "resend").increment(1);
                self.send_what_is_lacking().await?;
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
        let sent = &mut self.sent;
        let cells = self.state.fleet.look(|| sent.look_at(cells)).await;
        self.fresh.extend(cells);
        self.send_what_is_lacking().await
    }

    async fn tick(&mut self) -> Result<(), Gone> {
        self.fresh.clear();
        let may_send = self.sent.may_send();
        self.send_what_is_lacking().await?;
        if may_send {
            let frames = self.cards.news(&self.state).await;
            self.socket.send_frames(&frames).await
        } else {
            counter!(SKIPPED_TICKS).increment(1);
            Ok(())
        }
    }

    /// For every cell in view the shared frames between where the page stands and now, and status; but nothing while
    /// two ticks are on their way.
    async fn send_what_is_lacking(&mut self) -> Result<(), Gone> {
        if !self.sent.may_send() {
            self.behind_since.get_or_insert_with(Instant::now);
            return Ok(());
        }
        self.behind_since = None;
        let published = self.published.borrow_and_update().clone();
        let mut frames: Vec<Bytes> = Vec::new();
        // What was published is never older: a tick may have come since a cell was answered.
        let stream_of = |key: &CellKey| published.cells.get(key).or_else(|| self.fresh.get(key));
        self.sent.lacks(stream_of, &mut frames);
        frames.extend(published.status.get(usize::from(self.scope)).cloned());
        // What came into view first, then leave to forget: the page keeps drawing the old until the new is there.
        let leaving = self.sent.take_leaving();
        frames.extend(leaving.iter().map(|key| framed(&Down::Drop { key: *key })));
        self.sent.sent_tick(published.tick);
        self.on_their_way.holds(self.sent.unacked());
        self.socket.send_frames(&frames).await
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

    async fn send(&mut self, frame: &Down<'_>) -> Result<(), Gone> {
        self.socket.send_frames(&[framed(frame)]).await
    }
}

/// What a screen is told next; for everybody else that never comes.
async fn next_orders(orders: Option<&mut watch::Receiver<Orders>>) -> Orders {
    if let Some(orders) = orders
        && orders.changed().await.is_ok()
    {
        return *orders.borrow_and_update();
    }
    // Forgotten with its screen: the session ends too.
    std::future::pending().await
}

/// Says goodbye. Half a second is enough for a page that reads; one that does not is not waited for.
async fn leave(socket: Socket, bye: Bye) {
    let last = [framed(&Down::Bye(bye))];
    let _ = timeout(LEAVE_TIMEOUT, socket.close(&last, close_code(bye))).await;
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
