//! Makers that log in: one TCP session each, by the rules of GB/T 32960.3 clause 5.
//!
//! A session connects, logs in with user and password, sends its maker's frames as they fall due and reads the
//! answer to each. It says at intervals that it is alive, leaves a bounded number of frames unanswered, and ends
//! when no answer comes at all. What falls due while it is down is kept and sent as re-issued reports later.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use gb32960::{Command, Split, Time, Vin, encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::{debug, info, warn};

use crate::catalogue::{MAKERS, Makers};
use crate::driver::now_unix_ms;
use crate::hub::{Heard, Hub};
use crate::pending::{Pending, Stored};
use crate::platforms::Account;

/// Between two tries to connect, and after a connection that broke before its login was answered.
const CONNECT_AGAIN: Duration = Duration::from_secs(1);
/// After a login that was refused or not answered (clause 5.1).
const LOGIN_AGAIN: Duration = Duration::from_secs(60);
/// A session in which nothing is answered for longer is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const HEARTBEAT: Duration = Duration::from_secs(10);
/// At the end the answer to the logout is waited for so long.
const FAREWELL: Duration = Duration::from_secs(1);
/// Stored reports that are sent after those of one step.
const REISSUED_AT_ONCE: usize = 500;

/// What went through all sessions.
#[derive(Debug, Default)]
pub struct Counts {
    /// Logged in now.
    pub open: AtomicU64,
    pub logins: AtomicU64,
    pub sent: AtomicU64,
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
    pub reissued: AtomicU64,
    /// Stored while a session was down, and then pushed out by newer ones.
    pub forgotten: AtomicU64,
}

/// Why nobody is logged in.
enum NotIn {
    /// Before the login was answered.
    Broke(io::Error),
    Refused(String),
}

impl From<io::Error> for NotIn {
    fn from(why: io::Error) -> Self {
        Self::Broke(why)
    }
}

pub struct Session {
    account: Account,
    centre: SocketAddr,
    hub: Hub,
    counts: Arc<Counts>,
    serial: u16,
}

impl Session {
    #[must_use]
    pub fn new(account: Account, centre: SocketAddr, hub: Hub, counts: Arc<Counts>) -> Self {
        Self {
            account,
            centre,
            hub,
            counts,
            serial: 0,
        }
    }

    fn name(&self) -> &'static str {
        MAKERS[usize::from(self.account.maker)].make
    }

    /// The platform's own code; the standard leaves it to the two sides.
    fn code(&self) -> Vin {
        let mut code = Vin([0; 17]);
        let user = self.account.user.as_bytes();
        code.0[..user.len()].copy_from_slice(user);
        code
    }

    /// Stays logged in until the stream is over. Begins to listen to the fleet with the first login.
    pub async fn keep(mut self) {
        let mut heard: Option<Receiver<Heard>> = None;
        let mut stored = Stored::default();
        loop {
            let (maker, counts) = (self.account.maker, Arc::clone(&self.counts));
            let lost = heard.is_some();
            let socket = tokio::select! {
                socket = self.open(lost) => socket,
                () = store(&mut heard, &mut stored, maker, &counts) => return,
            };
            info!(platform = self.name(), "{} logged in", self.name());
            let heard = heard.get_or_insert_with(|| self.hub.subscribe());
            self.counts.logins.fetch_add(1, Relaxed);
            self.counts.open.fetch_add(1, Relaxed);
            let outcome = self.talk(socket, heard, &mut stored).await;
            self.counts.open.fetch_sub(1, Relaxed);
            match outcome {
                Ok(()) => return,
                Err(why) => warn!(platform = self.name(), %why, "{} lost its session", self.name()),
            }
        }
    }

    /// Tries until it is logged in; `lost`: again after a pause.
    async fn open(&mut self, lost: bool) -> TcpStream {
        if lost {
            sleep(CONNECT_AGAIN).await;
        }
        loop {
            match TcpStream::connect(self.centre).await {
                Ok(socket) => match self.log_in(socket).await {
                    Ok(socket) => return socket,
                    Err(NotIn::Broke(why)) => {
                        debug!(platform = self.name(), %why, "the connection broke");
                        sleep(CONNECT_AGAIN).await;
                    }
                    Err(NotIn::Refused(why)) => {
                        warn!(
                            platform = self.name(),
                            why,
                            "{} could not log in",
                            self.name()
                        );
                        sleep(LOGIN_AGAIN).await;
                    }
                },
                Err(why) => {
                    // Nobody listens there yet.
                    debug!(platform = self.name(), %why, "could not connect");
                    sleep(CONNECT_AGAIN).await;
                }
            }
        }
    }

    async fn log_in(&mut self, mut socket: TcpStream) -> Result<TcpStream, NotIn> {
        socket.set_nodelay(true)?;
        self.serial = self.serial % 65_531 + 1;
        let Account {
            edition,
            user,
            password,
            ..
        } = &self.account;
        let (user, password) = (user.as_bytes(), password.as_bytes());
        let mut login = Vec::new();
        encode::platform_login(
            &mut login,
            *edition,
            &self.code(),
            now(),
            self.serial,
            user,
            password,
        );
        socket.write_all(&login).await?;
        let mut got = Vec::new();
        loop {
            let read = timeout(ANSWER_TIMEOUT, socket.read_buf(&mut got));
            let Ok(bytes) = read.await else {
                return Err(NotIn::Refused("no answer to the login".to_owned()));
            };
            if bytes? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let why = match gb32960::split(&got) {
                Split::Frame { frame, .. } => match (frame.command(), frame.reply_flag()) {
                    (Command::PlatformLogin, 1) => return Ok(socket),
                    (_, flag) => format!("refused with {flag:02X}"),
                },
                Split::Wait { .. } => continue,
                Split::Junk { .. } => "the answer is no frame".to_owned(),
            };
            return Err(NotIn::Refused(why));
        }
    }

    /// Until the stream is over, or the connection.
    async fn talk(
        &self,
        mut socket: TcpStream,
        heard: &mut Receiver<Heard>,
        stored: &mut Stored,
    ) -> anyhow::Result<()> {
        let (from_centre, to_centre) = socket.split();
        let pending = Pending::default();
        tokio::select! {
            outcome = self.listen(from_centre, &pending) => outcome,
            outcome = self.send(to_centre, heard, stored, &pending) => outcome,
        }
    }

    async fn send(
        &self,
        mut to_centre: WriteHalf<'_>,
        heard: &mut Receiver<Heard>,
        stored: &mut Stored,
        pending: &Pending,
    ) -> anyhow::Result<()> {
        let (edition, code) = (self.account.edition, self.code());
        let mine = Makers::NONE.and(self.account.maker);
        let mut beats = interval(HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut out = Vec::new();
        loop {
            pending.room().await;
            out.clear();
            let mut frames = 0;
            tokio::select! {
                next = heard.recv() => match next {
                    Ok(Heard::Chunk(chunk)) => for message in chunk.of(mine) {
                        out.extend_from_slice(&message);
                        frames += 1;
                    },
                    Ok(Heard::Cut) => bail!("the connection broke"),
                    Err(RecvError::Lagged(chunks)) => {
                        self.hub.counts().chunks_missed.fetch_add(chunks, Relaxed);
                        warn!(chunks, "{} answers too slowly: reports were lost", self.name());
                    }
                    Ok(Heard::End) | Err(RecvError::Closed) => {
                        encode::logout(&mut out, edition, Command::PlatformLogout, &code, now(), self.serial);
                        pending.marked();
                        to_centre.write_all(&out).await?;
                        // A centre that does not answer is left all the same.
                        let _ = timeout(FAREWELL, pending.none()).await;
                        return Ok(());
                    }
                },
                _ = beats.tick() => {
                    encode::empty(&mut out, edition, Command::Heartbeat, &code);
                    pending.marked();
                }
            }
            for frame in stored.take(REISSUED_AT_ONCE) {
                out.extend_from_slice(&frame);
                frames += 1;
                self.counts.reissued.fetch_add(1, Relaxed);
            }
            self.counts.sent.fetch_add(frames, Relaxed);
            pending.sent(frames);
            if !out.is_empty() {
                to_centre.write_all(&out).await?;
            }
        }
    }

    async fn listen(&self, mut from_centre: ReadHalf<'_>, pending: &Pending) -> anyhow::Result<()> {
        let mut got = Vec::new();
        loop {
            let read = timeout(ANSWER_TIMEOUT, from_centre.read_buf(&mut got));
            let bytes = read.await.context("nothing was answered any more")??;
            ensure!(bytes > 0, "the centre closed it");
            let mut at = 0;
            loop {
                match gb32960::split(&got[at..]) {
                    Split::Frame { frame, len } => {
                        match (frame.command(), frame.reply_flag()) {
                            (Command::RealTime | Command::Reissue, flag) => {
                                let count = if flag == 1 {
                                    &self.counts.accepted
                                } else {
                                    &self.counts.refused
                                };
                                count.fetch_add(1, Relaxed);
                                pending.answered();
                            }
                            (Command::Heartbeat | Command::PlatformLogout, _) => pending.reached(),
                            _ => {}
                        }
                        at += len;
                    }
                    Split::Junk { len, .. } => at += len,
                    Split::Wait { .. } => break,
                }
            }
            got.drain(..at);
        }
    }
}

/// Keeps what falls due while there is no session; returns when the stream is over.
async fn store(
    heard: &mut Option<Receiver<Heard>>,
    stored: &mut Stored,
    maker: u8,
    counts: &Counts,
) {
    let Some(heard) = heard else {
        // Never logged in yet: nothing was promised to anybody.
        return std::future::pending().await;
    };
    loop {
        match heard.recv().await {
            Ok(Heard::Chunk(chunk)) => {
                for message in chunk.of(Makers::NONE.and(maker)) {
                    counts
                        .forgotten
                        .fetch_add(u64::from(stored.keep(&message)), Relaxed);
                }
            }
            Ok(Heard::Cut) | Err(RecvError::Lagged(_)) => {}
            Ok(Heard::End) | Err(RecvError::Closed) => return,
        }
    }
}

fn now() -> Time {
    Time::from_unix_s(now_unix_ms().div_euclid(1000))
}
