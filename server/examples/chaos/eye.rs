//! A wall without a screen: it goes by the page's own rules for its connection, mirrors the whole city, and with each tick
//! compares what it shows with what is true.
//!
//! A dot is right where its vehicle was when it reported last, or where it was up to two seconds before (a vehicle reports
//! once a second, and a tick comes once a second), and live. Each dot can stand for one vehicle only. Of a vehicle that has
//! not told its place since a fault ended, or last did so while streams may still have been away, nobody can know where it is:
//! its dot may stand wherever it was before.

use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// The first of them, in words.
    pub first_wrong: Option<String>,
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
            heard: Heard {
                since: Instant::now(),
                all_back: None,
            },
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
                let wrong = seen.iter().filter(|sight| sight.wrong > 0);
                bail!(
                    "after {} s still {} wrong dots (in {} of {} ticks), enough have spoken: {}; {}",
                    patience.as_secs(),
                    last.wrong,
                    wrong.clone().count(),
                    seen.len(),
                    last.enough,
                    wrong
                        .filter_map(|sight| sight.first_wrong.as_deref())
                        .next_back()
                        .unwrap_or("")
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
    heard: Heard,
}

/// From when on what is said is heard.
#[derive(Clone, Copy)]
struct Heard {
    /// The fault ended.
    since: Instant,
    /// All streams are known to be back; until then what is said may be lost.
    all_back: Option<Instant>,
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
        if self.heard.since != since {
            self.heard = Heard {
                since,
                all_back: None,
            };
        }
        if self.heard.all_back.is_none() && status.sources.iter().all(|source| source.connected) {
            self.heard.all_back = Some(at);
        }
        let heard = self.heard;
        let mut places = Places::default();
        let mut dots = [0; 4];
        for (key, mirror) in self.cells.iter() {
            for (point, look) in mirror.dots().flatten() {
                dots[look.freshness() as usize] += 1;
                let is_live = look.freshness() == Freshness::Live;
                places.add((*key, point), is_live);
            }
        }
        let in_view: BTreeSet<CellKey> = self.view.cells(SCOPE).into_iter().flatten().collect();
        let truth = locked(&self.truth);
        let (mut known, mut spoke) = (0, 0);
        for said in &truth.vehicles {
            let Some((last, _)) = said.places.back() else {
                continue;
            };
            known += 1;
            let may_be = may_be(said, at, heard);
            let is_quiet = said.is_quiet(at, heard);
            spoke += usize::from(*last >= since);
            if !may_be.iter().any(|place| in_view.contains(&place.0)) {
                continue;
            }
            let must_be = !is_quiet && may_be.iter().all(|place| in_view.contains(&place.0));
            let must_be_live = must_be && at - *last < LIVE_WITHIN;
            places.want(Wanted {
                may_be,
                must_be,
                must_be_live,
                silent: at - *last,
            });
        }
        drop(truth);
        let (wrong, first_wrong) = places.wrong();
        locked(&self.sights).push(Sight {
            at,
            wrong,
            first_wrong,
            enough: f64::from(spoke as u32) >= ENOUGH * f64::from(known as u32) && known > 0,
            dots,
            status,
        });
    }
}

type Place = (CellKey, CellPoint);

impl Said {
    /// Whether nobody may have heard where it is.
    fn is_quiet(&self, at: Instant, heard: Heard) -> bool {
        let Some((last, _)) = self.places.back() else {
            return true;
        };
        let may_be_lost = heard.all_back.is_none_or(|all_back| *last < all_back);
        *last < heard.since || (may_be_lost && at > *last + CADENCE)
    }
}

/// Where a vehicle may be shown, the newest place first.
fn may_be(said: &Said, at: Instant, heard: Heard) -> Vec<Place> {
    let is_quiet = said.is_quiet(at, heard);
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

/// A vehicle of which something is known.
struct Wanted {
    may_be: Vec<Place>,
    /// Without a dot something is wrong; of others one is only explained by them.
    must_be: bool,
    must_be_live: bool,
    silent: Duration,
}

/// A place, and whether a dot there is live.
type Seat = (Place, bool);

/// Which vehicle each dot can be, so that as many as possible are where they should be: a matching of the two.
#[derive(Default)]
struct Places {
    dots: HashMap<Seat, usize>,
    wanted: Vec<Wanted>,
    /// Who stands there for now.
    taken: HashMap<Seat, Vec<usize>>,
}

impl Places {
    fn add(&mut self, place: Place, is_live: bool) {
        *self.dots.entry((place, is_live)).or_default() += 1;
    }

    fn want(&mut self, wanted: Wanted) {
        self.wanted.push(wanted);
    }

    /// Gives a vehicle a dot, if need be by giving another one one of its other dots. Nobody loses theirs by it.
    fn seat(&mut self, who: usize, tried: &mut HashSet<Seat>) -> bool {
        let Wanted {
            may_be,
            must_be_live,
            ..
        } = &self.wanted[who];
        let kinds: &[bool] = if *must_be_live {
            &[true]
        } else {
            &[true, false]
        };
        let seats = may_be
            .iter()
            .flat_map(|place| kinds.iter().map(|is_live| (*place, *is_live)));
        for seat in seats.collect::<Vec<_>>() {
            let Some(&room) = self.dots.get(&seat) else {
                continue;
            };
            if !tried.insert(seat) {
                continue;
            }
            let there = self.taken.get(&seat).cloned().unwrap_or_default();
            if there.len() < room {
                self.taken.entry(seat).or_default().push(who);
                return true;
            }
            for other in there {
                if self.seat(other, tried) {
                    let seated = self.taken.entry(seat).or_default();
                    seated.retain(|seated| *seated != other);
                    seated.push(who);
                    return true;
                }
            }
        }
        false
    }

    /// How many vehicles have no dot and how many dots no vehicle, and the first of them. Who must be somewhere comes first.
    fn wrong(mut self) -> (usize, Option<String>) {
        let (must, may): (Vec<usize>, Vec<usize>) =
            (0..self.wanted.len()).partition(|who| self.wanted[*who].must_be);
        let without: Vec<usize> = must
            .into_iter()
            .filter(|who| !self.seat(*who, &mut HashSet::new()))
            .collect();
        for who in may {
            self.seat(who, &mut HashSet::new());
        }
        let left: Vec<(Seat, usize)> = self
            .dots
            .iter()
            .map(|(seat, dots)| (*seat, dots - self.taken.get(seat).map_or(0, Vec::len)))
            .filter(|(_, left)| *left > 0)
            .collect();
        let words = without.first().map(|who| {
            let Wanted { may_be, silent, .. } = &self.wanted[*who];
            format!(
                "a vehicle that spoke {} ms before has no dot at {may_be:?}",
                silent.as_millis()
            )
        });
        let words = words
            .into_iter()
            .chain(left.first().map(|((place, is_live), _)| {
                format!("nobody is where a dot (live: {is_live}) stands, {place:?}")
            }));
        let words: Vec<String> = words.collect();
        let wrong = without.len() + left.iter().map(|(_, left)| left).sum::<usize>();
        (wrong, (wrong > 0).then(|| words.join("; ")))
    }
}
