//! Platforms that send over TCP (`--listen-32960`): one task a connection, from the first byte to the close.
//!
//! Bytes become frames, the rules of [`Session`] say what is due for each, and the answers go out in the order in which
//! the frames came. A good answer to a report means "taken into memory": it is written after the fleet's channel has
//! taken the batch, and it never means more than that. evwall keeps no history and must not be a maker's only receiver.
//!
//! Everything that a client can hold open has an end: the time to log in, the time for one frame, silence, answers that
//! nobody reads, noise.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use fleet::{Report, SourceId};
use gb32960::encode::{self, ReplyFlag};
use gb32960::{Datum, Frame, Split, Time, Vin};
use intake::{Answer, Close, Session, Step, flag_of};
use metrics::{counter, gauge};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::Intake;
use super::quarantine::{Quarantines, STRANGERS};
use super::roll::{Roll, Rolls};
use super::standing::Standing;
use crate::clock;
use crate::fleet_thread::FleetHandle;
use crate::metrics::{
    PLATFORM_CLOSED, PLATFORM_LOGINS, PLATFORM_SESSIONS, PLATFORM_WAITS, SOURCE_CONNECTED,
};
use crate::registry_live::Registered;

/// Read at once, and so the most that one batch for the fleet is made of.
const READ_BYTES: usize = 64 * 1024;
/// With less room than this a new buffer is begun; the old one lives as long as the reports that lie in it.
const LEAST_ROOM_BYTES: usize = 4 * 1024;
/// Bytes in a row that are no frame; then the connection is closed.
const MOST_NOISE_BYTES: usize = 128 * 1024;
/// The same for who has not logged in, whose data units are capped as well.
const MOST_NOISE_BYTES_OF_STRANGERS: usize = 4 * 1024;
/// Frames that were not finished in time; at the bound the session is closed.
const HALF_FRAMES: u8 = 3;
/// A client whose login was refused tries again after a minute (2016 5.1).
const LOGIN_AGAIN_WITHIN: Duration = Duration::from_secs(90);
/// Vehicles whose platform is remembered; beyond it one more is let in without asking whose it was.
const MOST_ONLINE: usize = 4_000_000;
/// After the last answer: as long is waited for the client to close first, so that it reads that answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// All platforms and what they need of the server.
pub struct Gateway {
    rolls: Rolls,
    quarantines: Quarantines,
    registered: Registered,
    /// Through which platform a vehicle has logged in.
    online: Mutex<HashMap<Vin, SourceId>>,
    fleet: FleetHandle,
    stop: CancellationToken,
}

impl Gateway {
    #[must_use]
    pub fn new(
        rolls: Rolls,
        quarantines: Quarantines,
        registered: Registered,
        fleet: FleetHandle,
        stop: CancellationToken,
    ) -> Arc<Self> {
        for platform in &rolls.newest().platforms.all {
            gauge!(SOURCE_CONNECTED, "source" => platform.name.clone()).set(0.0);
        }
        Arc::new(Self {
            rolls,
            quarantines,
            registered,
            online: Mutex::default(),
            fleet,
            stop,
        })
    }

    /// Accepts until the server stops.
    pub async fn listen(self: Arc<Self>, listener: TcpListener) {
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => break,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, say: the next client may find it cured.
                    warn!(%error, "could not accept a platform's connection");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if connections.len() >= self.rolls.newest().platforms.limits.connections {
                counter!(PLATFORM_CLOSED, "reason" => "full").increment(1);
                continue;
            }
            let gateway = Arc::clone(&self);
            connections.spawn(async move {
                Connection::new(&gateway, peer).run(socket).await;
            });
        }
        connections.close();
        connections.wait().await;
    }

    /// For who has not logged in: no reports come through it. Their damage is counted together, or whoever connects
    /// often could fill the log.
    fn of_strangers(&self) -> Intake {
        let nobody = SourceId(u16::MAX);
        Intake::new(
            nobody,
            STRANGERS.to_owned(),
            Datum::Wgs84,
            self.quarantines.of(nobody),
        )
    }

    /// Takes a vehicle's login: refused while it is online through another platform that is connected itself.
    fn vehicle_login(&self, vin: Vin, source: SourceId, roll: &Roll) -> ReplyFlag {
        let is_online = |other: SourceId| {
            let place = roll.sources.iter().position(|known| *known == other);
            place.is_some_and(|place| roll.standings[place].is_online())
        };
        let mut online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        match online.get(&vin) {
            Some(&other) if other != source && is_online(other) => {
                return ReplyFlag::VinDuplicate;
            }
            None if online.len() >= MOST_ONLINE => {}
            _ => {
                online.insert(vin, source);
            }
        }
        ReplyFlag::Success
    }

    /// A logout counts where the login came from.
    fn vehicle_logout(&self, vin: Vin, source: SourceId) {
        let mut online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        if online.get(&vin) == Some(&source) {
            online.remove(&vin);
        }
    }
}

/// A place among the sessions of a platform.
struct Seat {
    name: String,
    source: SourceId,
    standing: Arc<Standing>,
    number: u64,
}

struct Connection<'a> {
    gateway: &'a Gateway,
    peer: SocketAddr,
    /// The newest when its last bytes came.
    roll: Arc<Roll>,
    session: Session,
    /// Of the platform, once it has logged in; before that for nobody, so that damage is counted.
    intake: Intake,
    seat: Option<Seat>,
    replaced: CancellationToken,
    received: BytesMut,
    noise_bytes: usize,
    half_frames: u8,
    /// Whole frames since the last look at how fast this platform sends.
    frames: usize,
    /// Since when no whole frame, and for a stranger since its last try to log in.
    quiet_since: Instant,
    half_since: Option<Instant>,
    answers: Vec<u8>,
    reports: Vec<Report>,
}

impl<'a> Connection<'a> {
    fn new(gateway: &'a Gateway, peer: SocketAddr) -> Self {
        Self {
            gateway,
            peer,
            roll: gateway.rolls.newest(),
            session: Session::new(peer.ip()),
            intake: gateway.of_strangers(),
            seat: None,
            replaced: CancellationToken::new(),
            received: BytesMut::new(),
            noise_bytes: 0,
            half_frames: 0,
            frames: 0,
            quiet_since: Instant::now(),
            half_since: None,
            answers: Vec::new(),
            reports: Vec::new(),
        }
    }

    async fn run(mut self, mut socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        gauge!(PLATFORM_SESSIONS).increment(1.0);
        let (stop, replaced) = (self.gateway.stop.clone(), self.replaced.clone());
        let why = tokio::select! {
            why = self.talk(&mut socket) => why,
            () = replaced.cancelled() => match &self.seat {
                Some(seat) if seat.standing.is_over() => Close::Dismissed,
                _ => Close::Replaced,
            },
            () = stop.cancelled() => Close::Stopping,
        };
        counter!(PLATFORM_CLOSED, "reason" => why.name()).increment(1);
        if let Some(seat) = &self.seat {
            info!(platform = %seat.name, reason = why.name(), "a platform's session ended");
        }
        self.leave_seat().await;
        // Half-close and let the client close first: an answer in a socket that is reset is lost.
        if !matches!(why, Close::Gone | Close::NotReading) {
            let _ = timeout(CLOSE_TIMEOUT, async {
                socket.shutdown().await?;
                let mut rest = [0; 1024];
                while socket.read(&mut rest).await? > 0 {}
                std::io::Result::Ok(())
            })
            .await;
        }
        gauge!(PLATFORM_SESSIONS).decrement(1.0);
    }

    /// Until something ends it.
    async fn talk(&mut self, socket: &mut TcpStream) -> Close {
        loop {
            let (deadline, close_at_deadline) = self.deadline();
            if self.received.capacity() - self.received.len() < LEAST_ROOM_BYTES {
                self.received.reserve(READ_BYTES);
            }
            let reading = timeout_at(deadline, socket.read_buf(&mut self.received));
            let at_end = match reading.await {
                Ok(Ok(0) | Err(_)) => return Close::Gone,
                Ok(Ok(_)) => false,
                Err(_) => match close_at_deadline {
                    Some(why) => return why,
                    None => true,
                },
            };
            self.go_by_the_newest_roll();
            let close = self.take(at_end).await;
            // Into the fleet's channel first: only then is "success" true.
            let reports = std::mem::take(&mut self.reports);
            if !reports.is_empty() {
                self.gateway.fleet.apply(reports).await;
            }
            if !self.answers.is_empty() {
                let patience = self.roll.platforms.limits.answer_within_s;
                let patience = Duration::from_secs(u64::from(patience));
                let written = timeout(patience, socket.write_all(&self.answers)).await;
                self.answers.clear();
                match written {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Close::Gone,
                    Err(_) => return Close::NotReading,
                }
            }
            if let Some(why) = close {
                return why;
            }
            if let Some(seat) = &self.seat {
                let frames = std::mem::take(&mut self.frames);
                let wait_ms = seat.standing.wait_ms(frames, clock::now().mono_ms);
                if wait_ms > 0 {
                    counter!(PLATFORM_WAITS).increment(1);
                    sleep(Duration::from_millis(wait_ms)).await;
                    self.quiet_since = Instant::now();
                }
            }
        }
    }

    /// The platforms file may have been read again since the last bytes.
    fn go_by_the_newest_roll(&mut self) {
        let newest = self.gateway.rolls.newest();
        if !Arc::ptr_eq(&newest, &self.roll) {
            let source = self.seat.as_ref().map(|seat| seat.source);
            let place = newest
                .sources
                .iter()
                .position(|known| Some(*known) == source);
            self.session.stands_at(place);
            self.roll = newest;
        }
    }

    /// When waiting ends, and with what; `None`: the frame that has begun is given up.
    fn deadline(&self) -> (Instant, Option<Close>) {
        let limits = &self.roll.platforms.limits;
        let seconds = |s: u32| Duration::from_secs(u64::from(s));
        let (patience, why) = match (self.session.platform(), self.session.failed_logins()) {
            (Some(_), _) => (seconds(limits.idle_s), Close::Idle),
            (None, 0) => (seconds(limits.login_within_s), Close::NoLogin),
            (None, _) => (LOGIN_AGAIN_WITHIN, Close::NoLogin),
        };
        let quiet = (self.quiet_since + patience, Some(why));
        let half = self
            .half_since
            .map(|since| (since + seconds(limits.half_frame_s), None));
        match half {
            Some(half) if half.0 < quiet.0 => half,
            _ => quiet,
        }
    }

    /// Takes every whole frame that has come; with `at_end` also those behind one that was not finished in time.
    async fn take(&mut self, at_end: bool) -> Option<Close> {
        let mut rest = self.received.split().freeze();
        let mut close = None;
        let (had, half_frames) = (rest.len(), self.half_frames);
        while close.is_none() && !rest.is_empty() {
            let max_data_bytes = self.roll.platforms.limits.max_data_bytes;
            let found = match gb32960::split_within(&rest, max_data_bytes) {
                Split::Wait { .. } if at_end => gb32960::split_at_end(&rest, max_data_bytes),
                found => Some(found),
            };
            match found {
                Some(Split::Frame { frame, len }) => {
                    self.noise_bytes = 0;
                    self.half_frames = 0;
                    self.frames += 1;
                    close = self.frame(&frame, &rest).await;
                    rest.advance(len);
                }
                Some(Split::Junk { len, why }) => {
                    self.answer_damaged(&rest, why);
                    self.intake.damaged(
                        why.name(),
                        &rest[..len],
                        "bytes that are no frame were skipped",
                    );
                    self.noise_bytes += len;
                    rest.advance(len);
                    close = self.too_noisy();
                }
                Some(Split::Wait { .. }) | None => break,
            }
        }
        if at_end {
            // Good frames behind the half one do not excuse it.
            self.half_frames = half_frames + 1;
            if self.half_frames >= HALF_FRAMES {
                close = close.or(Some(Close::HalfFrames));
            }
        }
        self.half_since = match (rest.is_empty(), rest.len() < had) {
            (true, _) => None,
            // What is left has just come to the front.
            (false, true) => Some(Instant::now()),
            (false, false) => self.half_since.or_else(|| Some(Instant::now())),
        };
        self.received.extend_from_slice(&rest);
        close
    }

    fn too_noisy(&self) -> Option<Close> {
        let most = match self.session.platform() {
            Some(_) => MOST_NOISE_BYTES,
            None => MOST_NOISE_BYTES_OF_STRANGERS,
        };
        (self.noise_bytes > most).then_some(Close::Noise)
    }

    /// A frame whose checksum is wrong but whose ends are where its length says is told so (2016 5.2.2); it may be sent
    /// again. `bytes` begin with it.
    fn answer_damaged(&mut self, bytes: &[u8], why: gb32960::Junk) {
        if why != gb32960::Junk::BadChecksum || self.session.platform().is_none() {
            return;
        }
        let len = gb32960::MIN_FRAME_LEN + usize::from(u16::from_be_bytes([bytes[22], bytes[23]]));
        let Some((whole, behind)) = bytes.split_at_checked(len) else {
            return;
        };
        let ends_well = behind.is_empty() || behind.starts_with(b"##") || behind.starts_with(b"$$");
        if let Some(frame) = Frame::unchecked(whole).filter(|_| ends_well) {
            encode::reply(&mut self.answers, &frame, ReplyFlag::Error);
        }
    }

    async fn frame(&mut self, frame: &Frame<'_>, bytes: &Bytes) -> Option<Close> {
        let verdict = self.session.hear(frame, &self.roll.platforms, &*self.roll);
        if self.session.platform().is_some() {
            self.quiet_since = Instant::now();
        }
        let mut answer = verdict.answer;
        let mut close = None;
        match verdict.step {
            Step::Go => {}
            Step::Report => answer = Answer::Flag(self.report(frame, bytes)),
            Step::Vehicle { online } => answer = Answer::Flag(self.vehicle(frame, online)),
            Step::LoggedIn(platform) => {
                counter!(PLATFORM_LOGINS, "outcome" => "ok").increment(1);
                self.logged_in(platform).await;
            }
            Step::Refused(kind) => self.refused(kind, frame),
            Step::Close(why) => {
                if why == Close::WrongLogins {
                    self.refused("login", frame);
                }
                close = Some(why);
            }
        }
        match answer {
            Answer::Nothing => {}
            Answer::Flag(flag) => {
                encode::reply(&mut self.answers, frame, flag);
            }
            Answer::Time => {
                let now = Time::from_unix_s(clock::unix_s());
                encode::time_sync_reply(&mut self.answers, frame, now);
            }
        }
        close
    }

    fn vehicle(&mut self, frame: &Frame<'_>, online: bool) -> ReplyFlag {
        let vin = frame.identifier();
        let Some(seat) = self.seat.as_ref().filter(|_| vin.as_str().is_some()) else {
            self.refused("identifier", frame);
            return flag_of("identifier");
        };
        if !online {
            self.gateway.vehicle_logout(vin, seat.source);
            return ReplyFlag::Success;
        }
        let flag = self.gateway.vehicle_login(vin, seat.source, &self.roll);
        if flag != ReplyFlag::Success {
            self.refused("online_elsewhere", frame);
        }
        flag
    }

    fn report(&mut self, frame: &Frame<'_>, bytes: &Bytes) -> ReplyFlag {
        let vin = frame.identifier();
        // What names no vehicle takes nobody's place; why it is refused is said below.
        if vin.as_str().is_some()
            && let Some(seat) = &self.seat
            && !self.gateway.registered.has(&vin)
            && !seat.standing.takes_in(vin, clock::now().mono_ms)
        {
            self.refused("unregistered", frame);
            return flag_of("unregistered");
        }
        match self.intake.report(frame, bytes) {
            Ok(report) => {
                self.reports.push(report);
                ReplyFlag::Success
            }
            Err(kind) => flag_of(kind),
        }
    }

    fn refused(&mut self, kind: &'static str, frame: &Frame<'_>) {
        if kind == "login" {
            counter!(PLATFORM_LOGINS, "outcome" => "wrong").increment(1);
            if self.session.platform().is_none() {
                // The time for the next try begins.
                self.quiet_since = Instant::now();
            }
        }
        self.intake
            .damaged(kind, frame.bytes(), "a frame of a platform was refused");
    }

    async fn logged_in(&mut self, platform: usize) {
        let (gateway, roll) = (self.gateway, Arc::clone(&self.roll));
        let source = roll.sources[platform];
        if self.seat.as_ref().is_some_and(|seat| seat.source == source) {
            return;
        }
        self.leave_seat().await;
        let entry = &roll.platforms.all[platform];
        let quarantine = gateway.quarantines.of(source);
        self.intake = Intake::new(source, entry.name.clone(), entry.datum(), quarantine);
        let standing = Arc::clone(&roll.standings[platform]);
        self.seat = Some(Seat {
            name: entry.name.clone(),
            source,
            number: standing.enter(self.replaced.clone()),
            standing,
        });
        info!(platform = %entry.name, from = %self.peer.ip(), "a platform logged in");
        gauge!(SOURCE_CONNECTED, "source" => entry.name.clone()).set(1.0);
        gateway.fleet.source_connected(source, true).await;
    }

    async fn leave_seat(&mut self) {
        let Some(seat) = self.seat.take() else {
            return;
        };
        if seat.standing.leave(seat.number) {
            gauge!(SOURCE_CONNECTED, "source" => seat.name).set(0.0);
            self.gateway
                .fleet
                .source_connected(seat.source, false)
                .await;
        }
    }
}
