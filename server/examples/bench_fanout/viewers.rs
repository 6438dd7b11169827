//! A thousand open maps in one thread: real WebSockets that read everything, acknowledge each tick and decode nothing
//! but the frames' heads. When the server goes away they connect again at once and without a pause between them, which
//! is ruder than any page.

#![allow(
    dead_code,
    reason = "each bench uses its own part of this module, so no expectation holds for all of them"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use wire::{Cells, Down, Up, View, WorldPoint};

use crate::probes::Observer;

const RETRY_EVERY: Duration = Duration::from_millis(50);
const PAN_EVERY: Duration = Duration::from_secs(5);
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// The middle of the city, and of every wall.
const MIDDLE: (f64, f64) = (121.4737, 31.2304);
/// Drawn beyond each edge of a screen.
const MARGIN_PX: f64 = 128.0;

/// The rectangle that a screen of this size shows around a place, at the zoom of that level.
pub fn view(
    seq: u32,
    level: u8,
    (lon, lat): (f64, f64),
    (width_px, height_px): (u32, u32),
) -> View {
    let middle = WorldPoint::from_lon_lat(lon, lat);
    let units =
        |px: u32| ((f64::from(px) / 2.0 + MARGIN_PX) * f64::from(1u32 << (23 - level))) as u32;
    let (dx, dy) = (units(width_px), units(height_px));
    View {
        seq,
        level,
        x0: middle.x.wrapping_sub(dx),
        y0: middle.y.saturating_sub(dy),
        x1: middle.x.wrapping_add(dx),
        y1: middle.y.saturating_add(dy),
    }
}

/// The whole city: 1080p shows it at level 9, 4K at 10, 8K at 11, all of them the same ground.
pub fn wall(level: u8) -> View {
    let times = 1 << (level - 9);
    view(1, level, MIDDLE, (1920 * times, 1080 * times))
}

/// What a viewer does all day.
pub enum Habit {
    Still(View),
    /// As the one before, and decodes what the probes send.
    Observing(View, Observer),
    /// A screen of 1080p somewhere in the city, that goes somewhere else every five seconds.
    Panning,
}

/// The whole of a tick has come.
#[derive(Clone, Copy)]
pub struct Arrival {
    pub tick: u64,
    pub at: Instant,
}

/// Viewers that were sent off together.
pub struct Crowd {
    viewers: Vec<JoinHandle<()>>,
    pub arrivals: Vec<Arc<Mutex<Vec<Arrival>>>>,
    /// Connections that have their whole picture and a tick.
    pub green: Arc<AtomicUsize>,
}

impl Crowd {
    /// Sends off a viewer for each habit; they share the sessions.
    pub fn send(
        addr: SocketAddr,
        cookies: &[String],
        habits: impl IntoIterator<Item = Habit>,
    ) -> Self {
        let mut crowd = Self {
            viewers: Vec::new(),
            arrivals: Vec::new(),
            green: Arc::default(),
        };
        for (habit, cookie) in habits.into_iter().zip(cookies.iter().cycle()) {
            let arrivals = Arc::default();
            crowd.arrivals.push(Arc::clone(&arrivals));
            let viewer = Viewer {
                addr,
                cookie: cookie.clone(),
                arrivals,
                green: Arc::clone(&crowd.green),
                habit,
            };
            crowd.viewers.push(tokio::spawn(viewer.look()));
        }
        crowd
    }

    /// Waits until everybody sees the whole picture.
    pub async fn wait_for_green(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.green.load(Ordering::Relaxed) < self.viewers.len() {
            if Instant::now() > deadline {
                let green = self.green.load(Ordering::Relaxed);
                bail!(
                    "only {green} of {} viewers see anything",
                    self.viewers.len()
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.viewers.iter().for_each(JoinHandle::abort);
    }
}

struct Viewer {
    addr: SocketAddr,
    cookie: String,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    green: Arc<AtomicUsize>,
    habit: Habit,
}

impl Viewer {
    async fn look(mut self) {
        loop {
            if let Ok(socket) = connect(self.addr, &self.cookie, None).await {
                // Ends when the server goes away.
                let _ = self.serve(socket).await;
            }
            tokio::time::sleep(RETRY_EVERY).await;
        }
    }

    async fn serve(&mut self, mut socket: Socket) -> Result<()> {
        let mut trip = Trip::new();
        let first = match &self.habit {
            Habit::Still(view) | Habit::Observing(view, _) => *view,
            Habit::Panning => trip.next(),
        };
        let mut picture = Picture::new(first);
        say(&mut socket, Up::View(first)).await?;
        // Everybody at another moment.
        let begin = tokio::time::Instant::now() + PAN_EVERY.mul_f64(rand::random());
        let mut pans = tokio::time::interval_at(begin, PAN_EVERY);
        loop {
            tokio::select! {
                message = socket.next() => {
                    let message = message.context("closed")??;
                    let Message::Binary(bytes) = message else { continue };
                    let mut ticked = None;
                    for frame in wire::frames(&bytes) {
                        let frame = frame?;
                        if let Habit::Observing(_, observer) = &mut self.habit {
                            observer.hear(&frame)?;
                        }
                        if picture.hear(&frame) {
                            self.green.fetch_add(1, Ordering::Relaxed);
                        }
                        if let Down::Status(status) = frame {
                            ticked = Some(status.tick);
                        }
                    }
                    if let Some(tick) = ticked {
                        let arrival = Arrival { tick, at: Instant::now() };
                        self.arrivals.lock().expect("no panic while held").push(arrival);
                        say(&mut socket, Up::Ack { tick }).await?;
                    }
                }
                _ = pans.tick(), if matches!(self.habit, Habit::Panning) => {
                    say(&mut socket, Up::View(trip.next())).await?;
                }
            }
        }
    }
}

/// Waits for a base of each cell in view, and for the status that follows.
struct Picture {
    awaited: BTreeSet<(u32, u32)>,
    is_whole: bool,
}

impl Picture {
    fn new(view: View) -> Self {
        let cells = view.cells(0).into_iter().flatten();
        Self {
            awaited: cells.map(|key| (key.x, key.y)).collect(),
            is_whole: false,
        }
    }

    /// Whether this frame has made it whole.
    fn hear(&mut self, frame: &Down<'_>) -> bool {
        match frame {
            Down::Base { key, .. } => {
                self.awaited.remove(&(key.x, key.y));
                false
            }
            Down::Status(_) if !self.is_whole && self.awaited.is_empty() => {
                self.is_whole = true;
                true
            }
            _ => false,
        }
    }
}

/// Half a screen at a time, and now and then nearer or farther.
struct Trip {
    seq: u32,
    level: u8,
    at: (f64, f64),
}

impl Trip {
    fn new() -> Self {
        let mut random = rand::rng();
        Self {
            seq: 0,
            level: random.random_range(10..=14),
            at: (
                MIDDLE.0 + random.random_range(-0.3..0.3),
                MIDDLE.1 + random.random_range(-0.25..0.25),
            ),
        }
    }

    fn next(&mut self) -> View {
        let mut random = rand::rng();
        if random.random_ratio(1, 4) {
            let nearer = random.random_bool(0.5);
            self.level = if nearer {
                self.level + 1
            } else {
                self.level - 1
            }
            .clamp(10, 14);
        }
        let screen_deg = 1920.0 / 512.0 * 360.0 / f64::from(1u32 << self.level);
        let step = |around: f64, at: f64, reach: f64, by: f64| {
            (at + by).clamp(around - reach, around + reach)
        };
        let by = |part: f64| screen_deg * part * rand::rng().random_range(-1.0..1.0);
        self.at = (
            step(MIDDLE.0, self.at.0, 0.3, by(0.5)),
            step(MIDDLE.1, self.at.1, 0.25, by(0.25)),
        );
        self.seq += 1;
        view(self.seq, self.level, self.at, (1920, 1080))
    }
}

pub type Socket = WebSocketStream<TcpStream>;

/// `receive_bytes` asks the system for a small buffer, as a thin device has.
pub async fn connect(addr: SocketAddr, cookie: &str, receive_bytes: Option<u32>) -> Result<Socket> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    let stream = socket.connect(addr).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{addr}/ws").into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse()?);
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
    Ok(opened.0)
}

pub async fn say(socket: &mut Socket, up: Up) -> Result<()> {
    Ok(socket.send(Message::binary(up.encode())).await?)
}

/// What a newcomer waited for.
pub struct First {
    pub ms: f64,
    pub kb: f64,
    pub dots: u32,
}

/// Connects, asks for a view, and reads until the picture is whole; what it holds is counted afterwards.
pub async fn first_picture(addr: SocketAddr, cookie: &str, view: View) -> Result<First> {
    let started = Instant::now();
    let mut socket = connect(addr, cookie, None).await?;
    say(&mut socket, Up::View(view)).await?;
    let mut picture = Picture::new(view);
    let mut messages = Vec::new();
    while !picture.is_whole {
        let message = socket.next().await.context("closed")??;
        let Message::Binary(bytes) = message else {
            continue;
        };
        for frame in wire::frames(&bytes) {
            picture.hear(&frame?);
        }
        messages.push(bytes);
    }
    let ms = started.elapsed().as_secs_f64() * 1e3;
    let bytes: usize = messages.iter().map(|message| message.len()).sum();
    let mut cells = Cells::default();
    for frame in messages.iter().flat_map(|message| wire::frames(message)) {
        cells.take(&frame?, |_, _| {})?;
    }
    Ok(First {
        ms,
        kb: bytes as f64 / 1e3,
        dots: cells.alive(),
    })
}

/// Looks at everything and reads a byte a second.
pub async fn read_a_byte_a_second(
    addr: SocketAddr,
    cookie: &str,
    view: View,
) -> Result<JoinHandle<()>> {
    let mut socket = connect(addr, cookie, Some(4096)).await?;
    say(&mut socket, Up::View(view)).await?;
    Ok(tokio::spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut byte = [0];
        loop {
            seconds.tick().await;
            use tokio::io::AsyncReadExt;
            if socket.get_mut().read(&mut byte).await.unwrap_or(0) == 0 {
                return;
            }
        }
    }))
}
