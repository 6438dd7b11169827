//! The one writer: a thread that owns the [`Fleet`], applies batches, ticks, and publishes what viewers need.
//!
//! Everything that touches a vehicle comes through one bounded channel in order, so nothing else needs a lock.
//! At the bound the sources wait, and with them their sockets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fleet::{Applied, CellStream, Fleet, Report, SENT_SCOPES, Scope, SourceId, VehicleIx};
use gb32960::Vin;
use metrics::{Gauge, counter, gauge, histogram};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use tracing::error;
use wire::{CellKey, Click, DistrictName, Down, Freshness, Status};

use crate::card::Facts;
use crate::clock;
use crate::metrics::{
    BLURRED, CELL_CHANGES, CELLS, LIVE, REGISTERED, REPORTS_NOT_SHOWN, SOURCE_AGE, TICK_SECONDS,
};
use crate::queues::{self, Queues};
use crate::source::Names;

/// Batches that may wait for the fleet; one is at most one message of a source.
const QUEUE_BATCHES: usize = 256;
/// Asks that are answered before the clock is looked at again.
const ASKS_AT_ONCE: usize = 32;

enum Ask {
    Apply(Vec<Report>),
    Source(SourceId, bool),
    ExpectSource(SourceId, bool),
    Look(Turn, oneshot::Sender<Vec<(CellKey, CellStream)>>),
    Unwatch(Vec<CellKey>),
    Resolve(Click, oneshot::Sender<Option<VehicleIx>>),
    Snapshot(u8, VehicleIx, oneshot::Sender<Option<Facts>>),
    Find(Sought, oneshot::Sender<Vec<VehicleIx>>),
    /// Anything else that is asked of the fleet; it brings its own answer home.
    Do(Box<dyn FnOnce(&mut Fleet) + Send>),
}

/// How a viewer turns its eyes.
pub struct Turn {
    pub entered: Vec<CellKey>,
    pub left: Vec<CellKey>,
}

/// What a VIN search looks for.
pub enum Sought {
    Vin(Vin),
    /// The last six characters, and a make: its name, or the maker's three letters.
    Tail([u8; 6], String),
}

impl Sought {
    #[must_use]
    pub fn vin(vin: &str) -> Option<Self> {
        Vin::parse(vin).ok().map(Self::Vin)
    }

    #[must_use]
    pub fn tail(last6: &str, make: &str) -> Option<Self> {
        let last6 = last6.as_bytes().try_into().ok()?;
        Some(Self::Tail(last6, make.to_lowercase()))
    }

    /// At most one more than is shown, so that the asker knows that there are more. A tail is looked for in every VIN:
    /// about 10 ms for a million.
    fn find_in(&self, fleet: &Fleet) -> Vec<VehicleIx> {
        let (last6, make) = match self {
            Self::Vin(vin) => return fleet.find(vin).into_iter().collect(),
            Self::Tail(last6, make) => (last6, make),
        };
        let is_make = |vehicle: VehicleIx, vin: &Vin| {
            let named = fleet.snapshot(vehicle).and_then(|facts| facts.make);
            let by_vin = gb32960::vin::make_of(vin);
            let maker = vin.as_str().and_then(|vin| vin.get(..3));
            [named.as_deref(), by_vin, maker]
                .into_iter()
                .flatten()
                .any(|name| name.to_lowercase() == *make)
        };
        fleet
            .vehicles()
            .filter(|vehicle| {
                fleet
                    .vin(*vehicle)
                    .is_some_and(|vin| vin.0.ends_with(last6) && is_make(*vehicle, &vin))
            })
            .take(access::HITS_MAX + 1)
            .collect()
    }
}

/// The picture after one tick, shared by all viewers.
#[derive(Default)]
pub struct Published {
    pub tick: u64,
    pub cells: HashMap<CellKey, CellStream>,
    /// The status frame of each scope, its length in front.
    pub status: Vec<Bytes>,
}

/// How the rest of the server speaks to the fleet.
#[derive(Clone)]
pub struct FleetHandle {
    asks: mpsc::Sender<Ask>,
    published: watch::Receiver<Arc<Published>>,
    pub epoch: u64,
    pub tick_ms: u32,
    /// What each scope may see.
    pub scopes: [Scope; SENT_SCOPES],
    /// By which the status frame counts.
    pub districts: Arc<[DistrictName]>,
}

impl FleetHandle {
    /// Says what the districts of the fleet are called.
    #[must_use]
    pub fn with_districts(mut self, names: Vec<DistrictName>) -> Self {
        self.districts = names.into();
        self
    }

    /// Waits while the fleet is behind.
    pub async fn apply(&self, reports: Vec<Report>) {
        self.tell(Ask::Apply(reports)).await;
    }

    pub async fn source_connected(&self, source: SourceId, connected: bool) {
        self.tell(Ask::Source(source, connected)).await;
    }

    /// A source is to be told of from now on, or no more.
    pub async fn expect_source(&self, source: SourceId, expected: bool) {
        self.tell(Ask::ExpectSource(source, expected)).await;
    }

    /// Looks at cells and away from others; gets the former at once as they stand. `turn` is called in the moment in
    /// which it is certain to be heard, so that whoever stops waiting still knows what it looks at. Every cell needs its
    /// [`unwatch`](Self::unwatch) in the end.
    pub async fn look(&self, turn: impl FnOnce() -> Turn) -> Vec<(CellKey, CellStream)> {
        let Ok(place) = self.asks.reserve().await else {
            return Vec::new();
        };
        let (reply, answer) = oneshot::channel();
        place.send(Ask::Look(turn(), reply));
        answer.await.unwrap_or_default()
    }

    pub async fn unwatch(&self, keys: Vec<CellKey>) {
        if !keys.is_empty() {
            self.tell(Ask::Unwatch(keys)).await;
        }
    }

    /// The vehicle that was drawn where somebody clicked.
    pub async fn resolve(&self, click: Click) -> Option<VehicleIx> {
        self.ask(|reply| Ask::Resolve(click, reply)).await.flatten()
    }

    /// Everything that a scope may know of one vehicle. Whoever calls this holds a permit.
    pub async fn snapshot(&self, scope: u8, vehicle: VehicleIx) -> Option<Facts> {
        self.ask(|reply| Ask::Snapshot(scope, vehicle, reply))
            .await
            .flatten()
    }

    /// The vehicles that a search finds. Whoever calls this has written the search down.
    pub async fn find(&self, sought: Sought) -> Vec<VehicleIx> {
        self.ask(|reply| Ask::Find(sought, reply))
            .await
            .unwrap_or_default()
    }

    /// Asks the fleet something, in its own thread: for what is rare and short.
    pub async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Fleet) -> T + Send + 'static,
    ) -> Option<T> {
        self.ask(|reply| {
            Ask::Do(Box::new(move |fleet| {
                // Whoever asked may have gone.
                let _ = reply.send(ask(fleet));
            }))
        })
        .await
    }

    /// The way to the fleet is a queue: batches of reports and questions.
    pub fn tell_of(&self, queues: &Queues) {
        let asks = self.asks.clone();
        queues.add(queues::FLEET, QUEUE_BATCHES, move || {
            QUEUE_BATCHES - asks.capacity()
        });
    }

    /// What the last tick said to a scope; nothing before the first.
    #[must_use]
    pub fn status(&self, scope: u8) -> Option<Status> {
        let published = self.published.borrow().clone();
        let framed = published.status.get(usize::from(scope))?;
        wire::frames(framed).find_map(|frame| match frame {
            Ok(Down::Status(status)) => Some(status),
            _ => None,
        })
    }

    /// The newest picture, and word of each next one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.clone()
    }

    async fn tell(&self, ask: Ask) {
        // The thread ends only when the server does; what was told then is of no use to anyone.
        let _ = self.asks.send(ask).await;
    }

    async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(make(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// Starts the thread. It ends when the last handle is dropped.
///
/// # Errors
/// When the system gives no thread.
pub fn start(fleet: Fleet, sources: Names, tick_ms: u32) -> std::io::Result<FleetHandle> {
    let (asks, inbox) = mpsc::channel(QUEUE_BATCHES);
    let (publish, published) = watch::channel(Arc::new(Published::default()));
    let epoch = rand::random();
    let scopes = fleet.rules().scopes();
    let writer = Writer {
        ages: Vec::new(),
        fleet,
        sources,
        publish,
        tick_ms,
    };
    std::thread::Builder::new()
        .name("fleet".to_owned())
        .spawn(move || {
            let _guard = EndsTheProcess;
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(writer.run(inbox)),
                Err(error) => error!(%error, "the fleet cannot run: no timer"),
            }
        })?;
    Ok(FleetHandle {
        asks,
        published,
        epoch,
        tick_ms,
        scopes,
        districts: Arc::default(),
    })
}

/// What the process ends with when the fleet dies (`EX_SOFTWARE` of sysexits.h).
const FLEET_DIED: i32 = 70;

/// A server whose fleet has died would show its last picture for ever and call itself well. One that is started anew by
/// whatever watches over it shows the present within seconds.
struct EndsTheProcess;

impl Drop for EndsTheProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            error!("the fleet died: the process ends, so that it is started anew");
            std::process::exit(FLEET_DIED);
        }
    }
}

struct Writer {
    fleet: Fleet,
    /// By source, from its first report on: where the age of its newest one is told.
    ages: Vec<Option<Gauge>>,
    sources: Names,
    publish: watch::Sender<Arc<Published>>,
    tick_ms: u32,
}

impl Writer {
    async fn run(mut self, mut inbox: mpsc::Receiver<Ask>) {
        let mut ticks = tokio::time::interval(Duration::from_millis(self.tick_ms.into()));
        // After a stall one tick says everything; there is no sense in a burst of them.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asks = Vec::with_capacity(ASKS_AT_ONCE);
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    self.tick();
                }
                count = inbox.recv_many(&mut asks, ASKS_AT_ONCE) => {
                    if count == 0 {
                        return;
                    }
                    asks.drain(..).for_each(|ask| self.answer(ask));
                }
            }
        }
    }

    fn answer(&mut self, ask: Ask) {
        // An answer that nobody waits for any more belongs to a viewer that has gone.
        match ask {
            Ask::Apply(reports) => {
                self.fleet.apply_all(&reports, clock::now(), |applied| {
                    if applied != Applied::Fresh {
                        counter!(REPORTS_NOT_SHOWN, "reason" => applied.name()).increment(1);
                    }
                });
            }
            Ask::ExpectSource(source, expected) => self.fleet.expect_source(source, expected),
            Ask::Source(source, connected) => {
                self.fleet.source_state(source, connected, clock::now())
            }
            Ask::Look(Turn { entered, left }, reply) => {
                let cells = entered
                    .into_iter()
                    .filter_map(|key| {
                        self.fleet.watch(key);
                        Some((key, self.fleet.cell(&key)?))
                    })
                    .collect();
                left.into_iter().for_each(|key| self.fleet.unwatch(key));
                let _ = reply.send(cells);
            }
            Ask::Unwatch(keys) => keys.into_iter().for_each(|key| self.fleet.unwatch(key)),
            Ask::Resolve(click, reply) => {
                let vehicle =
                    self.fleet
                        .resolve(&click.key, click.generation, click.slot, click.tick);
                let _ = reply.send(vehicle);
            }
            Ask::Snapshot(scope, vehicle, reply) => {
                let facts = self.fleet.seen_by(scope, vehicle);
                let _ = reply.send(facts.as_ref().map(Facts::new));
            }
            Ask::Do(ask) => ask(&mut self.fleet),
            Ask::Find(sought, reply) => {
                let _ = reply.send(sought.find_in(&self.fleet));
            }
        }
    }

    fn tick(&mut self) {
        let started = Instant::now();
        let summary = self.fleet.tick(clock::now());
        let names = self.sources.all();
        let name = |id: SourceId| names.get(usize::from(id.0)).cloned().unwrap_or_default();
        self.ages.resize(names.len(), None);
        let status = (0..SENT_SCOPES as u8)
            .map(|scope| framed(&Down::Status(summary.status(scope, name))))
            .collect();
        gauge!(REGISTERED).set(f64::from(summary.counts.registered));
        gauge!(LIVE).set(f64::from(
            summary.counts.all.freshness[Freshness::Live as usize],
        ));
        gauge!(BLURRED).set(f64::from(summary.blurred));
        counter!(CELL_CHANGES).increment(summary.encoded.changes);
        for source in &summary.sources {
            let Some(age_ms) = source.newest_report_age_ms else {
                continue;
            };
            if let Some(age) = self.ages.get_mut(usize::from(source.id.0)) {
                age.get_or_insert_with(|| gauge!(SOURCE_AGE, "source" => name(source.id)))
                    .set(f64::from(age_ms) / 1e3);
            }
        }
        let published = Published {
            tick: summary.tick,
            status,
            cells: self.fleet.streams().collect(),
        };
        gauge!(CELLS).set(published.cells.len() as f64);
        // Before viewers are woken, who at once want the same cores: this is what the picture took.
        histogram!(TICK_SECONDS).record(started.elapsed());
        // Kept even while nobody listens, for whoever comes next.
        self.publish.send_replace(Arc::new(published));
    }
}

/// A frame with its length in front, as it stands in a message.
#[must_use]
pub fn framed(frame: &Down<'_>) -> Bytes {
    let mut message = Vec::new();
    wire::push_frame(&mut message, &frame.to_vec());
    message.into()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Runs this very test in a process of its own, where the fleet dies.
    #[test]
    fn a_fleet_that_dies_takes_the_process_with_it() {
        const DIES: &str = "EVWALL_TEST_FLEET_DIES";
        if std::env::var_os(DIES).is_some() {
            let thread = std::thread::spawn(|| {
                let _guard = EndsTheProcess;
                panic!("the fleet dies");
            });
            let _ = thread.join();
            return;
        }
        let name = "fleet_thread::tests::a_fleet_that_dies_takes_the_process_with_it";
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(DIES, "1")
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(FLEET_DIED));
    }
}
