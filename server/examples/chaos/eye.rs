//! A wall without a screen: it goes by the page's own rules for its connection, mirrors the whole city, and with each tick
//! compares what it shows with what is true.
//!
//! A dot is right where its vehicle was when it reported last, or where it was up to two seconds before (a vehicle reports
//! once a second, and a tick comes once a second), and live. Each dot can stand for one vehicle only. Of a vehicle that has
//! not reported since a fault ended nobody can know where it is: its dot may stand wherever it was before.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use wire::{CellKey, CellPoint, Cells, Down, Freshness, Status, Up, View, cell_of};

use crate::link::{Link, Now};
use crate::upstream::{Said, Truth, locked};
use crate::viewers::{Socket, connect, say, wall};

/// A 4K wall on the whole city.
const LEVEL: u8 = 10;
/// Of a supervisor, who is shown places as they are.
const SCOPE: u8 = 0;
/// How old a place may be that a vehicle is still shown at.
const CADENCE: Duration = Duration::from_millis(2_000);
/// Who has reported within this is shown live.
const LIVE_WITHIN: Duration = Duration::from_secs(60);
/// Right for so long: that it was right once may be chance.
const SURE: Duration = Duration::from_millis(2_500);
/// The share of vehicles that must have spoken before a wall can be called right.
const ENOUGH: f64 = 0.9;

/// What was seen with a tick.
#[derive(Clone)]
pub struct Sight {
    pub at: Instant,
    /// Vehicles that are not where they are, and dots that are nobody.
    pub wrong: usize,
    /// Whether enough vehicles have spoken since the fault.
    pub enough: bool,
    /// By freshness.
    pub dots: [usize; 4],
    pub status: Status,
}

pub struct Eye {
    sights: Arc<Mutex<Vec<Sight>>>,
    /// When the fault ended.
    since: Arc<Mutex<Instant>>,
    /// Times it connected.
    pub connected: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Eye {
    /// Looks from now on, from inside a runtime.
    pub fn open(addr: SocketAddr, cookie: String, truth: Arc<Mutex<Truth>>) -> Self {
        let (sights, since) = (Arc::default(), Arc::new(Mutex::new(Instant::now())));
        let connected = Arc::default();
        let gaze = Gaze {
            addr,
            cookie,
            view: wall(LEVEL),
            truth,
            sights: Arc::clone(&sights),
            since: Arc::clone(&since),
            connected: Arc::clone(&connected),
            cells: Cells::default(),
        };
        Self {
            sights,
            since,
            connected,
            task: tokio::spawn(gaze.look()),
        }
    }

    /// The fault ended in this moment.
    pub fn fault_over(&self) -> Instant {
        let now = Instant::now();
        *locked(&self.since) = now;
        now
    }

    pub fn last(&self) -> Option<Sight> {
        locked(&self.sights).last().cloned()
    }

    /// What was seen between two moments.
    pub fn between(&self, from: Instant, to: Instant) -> Vec<Sight> {
        let sights = locked(&self.sights);
        let within = sights.iter().filter(|sight| (from..to).contains(&sight.at));
        within.cloned().collect()
    }

    /// How long after a moment the wall was right, and stayed so.
    pub fn right_after(&self, since: Instant, patience: Duration) -> Result<Duration> {
        loop {
            let seen = self.between(since, Instant::now());
            let is_right = |sight: &Sight| sight.wrong == 0 && sight.enough;
            let last_wrong = seen.iter().rposition(|sight| !is_right(sight));
            let right = seen.get(last_wrong.map_or(0, |wrong| wrong + 1));
            if let (Some(right), Some(last)) = (right, seen.last())
                && last.at - right.at >= SURE
            {
                return Ok(right.at - since);
            }
            if since.elapsed() > patience {
                let last = seen.last().context("no tick came")?;
                bail!(
                    "{} wrong dots after {} s, enough have spoken: {}",
                    last.wrong,
                    patience.as_secs(),
                    last.enough
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

struct Gaze {
    addr: SocketAddr,
    cookie: String,
    view: View,
    truth: Arc<Mutex<Truth>>,
    sights: Arc<Mutex<Vec<Sight>>>,
    since: Arc<Mutex<Instant>>,
    connected: Arc<Mutex<u32>>,
    cells: Cells,
}

fn now() -> Now {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let unix = SystemTime::now().duration_since(UNIX_EPOCH);
    Now {
        mono_ms: START.get_or_init(Instant::now).elapsed().as_millis() as u64,
        unix_ms: unix.unwrap_or_default().as_millis() as i64,
    }
}

impl Gaze {
    async fn look(mut self) {
        let mut link = Link::new(now());
        loop {
            link.opening(now());
            let dead = async {
                while !link.is_dead(now()) {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            };
            let opened = tokio::select! {
                opened = connect(self.addr, &self.cookie, None) => opened.ok(),
                () = dead => None,
            };
            if let Some(socket) = opened {
                link.opened(now());
                *locked(&self.connected) += 1;
                self.cells.clear();
                let _ = self.serve(socket, &mut link).await;
            }
            let Some(wait_ms) = link.closed(rand::random()) else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    async fn serve(&mut self, mut socket: Socket, link: &mut Link) -> Result<()> {
        say(&mut socket, Up::View(self.view)).await?;
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                message = socket.next() => {
                    let Message::Binary(bytes) = message.context("closed")?? else { continue };
                    let mut told = None;
                    for frame in wire::frames(&bytes) {
                        match frame? {
                            Down::Bye(why) => link.bye(why),
                            Down::Status(status) => told = Some(status),
                            frame => self.cells.take(&frame, |_, _| {})?,
                        }
                    }
                    if let Some(status) = told {
                        link.tick(now());
                        say(&mut socket, Up::Ack { tick: status.tick }).await?;
                        self.compare(status);
                    }
                }
                _ = seconds.tick() => {
                    if link.is_dead(now()) {
                        bail!("given up");
                    }
                }
            }
        }
    }

    fn compare(&mut self, status: Status) {
        let at = Instant::now();
        let since = *locked(&self.since);
        let mut sets = Places::default();
        let mut dots = [0; 4];
        for (key, mirror) in self.cells.iter() {
            for (point, look) in mirror.dots().flatten() {
                dots[look.freshness() as usize] += 1;
                let is_live = look.freshness() == Freshness::Live;
                sets.add((*key, point), is_live);
            }
        }
        let in_view: BTreeSet<CellKey> = self.view.cells(SCOPE).into_iter().flatten().collect();
        let truth = locked(&self.truth);
        let (mut known, mut spoke) = (0, 0);
        let mut quiet = Vec::new();
        for said in &truth.vehicles {
            let Some((last, _)) = said.places.back() else {
                continue;
            };
            known += 1;
            let may_be = places(said, at, since);
            spoke += usize::from(*last >= since);
            if !may_be.iter().any(|place| in_view.contains(&place.0)) {
                continue;
            }
            if *last < since || !may_be.iter().all(|place| in_view.contains(&place.0)) {
                quiet.push(may_be);
            } else {
                sets.want(may_be, at - *last < LIVE_WITHIN);
            }
        }
        drop(truth);
        let wrong = sets.wrong(&quiet);
        locked(&self.sights).push(Sight {
            at,
            wrong,
            enough: f64::from(spoke as u32) >= ENOUGH * f64::from(known as u32) && known > 0,
            dots,
            status,
        });
    }
}

type Place = (CellKey, CellPoint);

/// Where a vehicle may be shown.
fn places(said: &Said, at: Instant, since: Instant) -> Vec<Place> {
    let is_quiet = said.places.back().is_some_and(|(last, _)| *last < since);
    let mut found = Vec::new();
    for (when, point) in said.places.iter().rev() {
        let place = cell_of(*point, LEVEL, SCOPE);
        if found.last() != Some(&place) {
            found.push(place);
        }
        // The newest of those that must have arrived is the oldest that may be shown.
        if !is_quiet && at.saturating_duration_since(*when) >= CADENCE {
            break;
        }
    }
    found
}

/// Which vehicle each dot can be, so that as many as possible are where they should be.
#[derive(Default)]
struct Places {
    /// How many dots are there that are live, and that are not.
    dots: HashMap<Place, [usize; 2]>,
    wanted: Vec<(Vec<Place>, bool)>,
    /// Who stands there for now.
    taken: HashMap<Place, Vec<usize>>,
}

impl Places {
    fn add(&mut self, place: Place, is_live: bool) {
        self.dots.entry(place).or_default()[usize::from(!is_live)] += 1;
    }

    fn want(&mut self, places: Vec<Place>, must_be_live: bool) {
        self.wanted.push((places, must_be_live));
    }

    fn room(&self, place: &Place, must_be_live: bool) -> usize {
        let [live, other] = self.dots.get(place).copied().unwrap_or_default();
        live + if must_be_live { 0 } else { other }
    }

    /// Gives a vehicle a dot, if need be by giving another one one of its other dots.
    fn seat(&mut self, who: usize, tried: &mut Vec<Place>) -> bool {
        let (places, must_be_live) = self.wanted[who].clone();
        for place in places {
            if tried.contains(&place) {
                continue;
            }
            tried.push(place);
            let there = self.taken.get(&place).cloned().unwrap_or_default();
            if there.len() < self.room(&place, must_be_live) {
                self.taken.entry(place).or_default().push(who);
                return true;
            }
            for other in there {
                if self.seat(other, tried) {
                    let seats = self.taken.entry(place).or_default();
                    seats.retain(|seated| *seated != other);
                    seats.push(who);
                    return true;
                }
            }
        }
        false
    }

    /// How many vehicles have no dot, and how many dots no vehicle. A quiet one may have one.
    fn wrong(mut self, quiet: &[Vec<Place>]) -> usize {
        let without = (0..self.wanted.len())
            .filter(|who| !self.seat(*who, &mut Vec::new()))
            .count();
        let mut left: HashMap<Place, usize> = self
            .dots
            .iter()
            .map(|(place, dots)| {
                let taken = self.taken.get(place).map_or(0, Vec::len);
                (*place, (dots[0] + dots[1]).saturating_sub(taken))
            })
            .filter(|(_, left)| *left > 0)
            .collect();
        for may_be in quiet {
            let place = may_be
                .iter()
                .find(|place| left.get(place).is_some_and(|left| *left > 0));
            if let Some(left) = place.and_then(|place| left.get_mut(place)) {
                *left -= 1;
            }
        }
        without + left.values().sum::<usize>()
    }
}
