//! The makers' platforms: a simulated city in this process, of which every report that was sent is remembered, so that what a
//! viewer sees can be compared with what is true. About half of them log in over TCP, the others are streams.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::Rng;
use sim::catalogue::{MAKERS, Makers};
use sim::city::{City, Plan};
use sim::dialect::{Dialects, Editions};
use sim::driver::{STEP_MS, now_unix_ms};
use sim::hub::Hub;
use sim::identity::Identity;
use sim::report::{Report, Traffic};
use sim::session::Session;
use sim::trouble::Outbox;
use sim::{frames, platforms, stream};
use tokio::net::TcpListener;
use wire::WorldPoint;

/// Places that are remembered of a vehicle: of more than two minutes.
const REMEMBERED: usize = 160;
/// Steps of which a flood sends the oldest again.
const FLOOD_STEPS: usize = 30;

/// What the makers are told to do.
#[derive(Clone, Copy, Default)]
pub struct Orders {
    /// Nothing is sent, and the connections stay.
    pub frozen: bool,
    /// For each report so many older frames are sent after it.
    pub flood: usize,
    /// In each step so many messages of noise.
    pub garbage: usize,
    /// By vehicle: how many seconds its clock is ahead.
    pub clock_s: Option<fn(&Identity, u32) -> i64>,
}

/// What one vehicle has said, the newest last.
#[derive(Default)]
pub struct Said {
    pub places: VecDeque<(Instant, WorldPoint)>,
    /// By its own clock, of the last of these places.
    stamp_unix_s: i64,
}

/// What is true.
pub struct Truth {
    pub vehicles: Vec<Said>,
}

pub struct Upstream {
    pub addr: SocketAddr,
    pub identities: Vec<Identity>,
    hub: Hub,
    orders: Arc<Mutex<Orders>>,
    truth: Arc<Mutex<Truth>>,
}

pub fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Upstream {
    /// Vehicles report once a second, to everybody who subscribes.
    pub async fn start(vehicles: u32) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let hub = Hub::default();
        let streamed = Makers::all().but(Makers::by_session());
        tokio::spawn(stream::serve(listener, hub.clone(), streamed));
        let city = City::shanghai(Plan {
            vehicles,
            interval_s: Some(1),
            ..Plan::default()
        });
        let none = || Said::default();
        let upstream = Self {
            addr,
            identities: city.identities().to_vec(),
            hub: hub.clone(),
            orders: Arc::default(),
            truth: Arc::new(Mutex::new(Truth {
                vehicles: std::iter::repeat_with(none)
                    .take(vehicles as usize)
                    .collect(),
            })),
        };
        let (orders, truth) = (Arc::clone(&upstream.orders), Arc::clone(&upstream.truth));
        std::thread::spawn(move || drive(city, &hub, &orders, &truth));
        Ok(upstream)
    }

    pub fn truth(&self) -> Arc<Mutex<Truth>> {
        Arc::clone(&self.truth)
    }

    pub fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut locked(&self.orders));
    }

    /// Messages that were sent, and chunks of them that a subscriber was too slow for.
    pub fn sent(&self) -> (u64, u64) {
        use std::sync::atomic::Ordering::Relaxed;
        let counts = self.hub.counts();
        (
            counts.messages.load(Relaxed),
            counts.chunks_missed.load(Relaxed),
        )
    }

    /// Where the stream is of each maker that has one.
    pub fn paths() -> impl Iterator<Item = String> {
        let streamed = Makers::all().but(Makers::by_session());
        let slugs: Vec<_> = streamed
            .iter()
            .map(|maker| MAKERS[usize::from(maker)].slug)
            .collect();
        slugs.into_iter().map(|slug| format!("platform/{slug}"))
    }

    /// The other makers log in there from now on, as soon as somebody listens; who they are is written for the server.
    pub fn log_in(&self, centre: SocketAddr, file: &Path) -> Result<()> {
        let dialects = dialects();
        let accounts = platforms::accounts(Makers::by_session(), &dialects);
        platforms::write(file, &accounts, &dialects, &self.identities)?;
        for account in accounts {
            let session = Session::new(account, centre, self.hub.clone(), Arc::default());
            tokio::spawn(session.keep());
        }
        Ok(())
    }
}

/// The bytes of one step, and where each frame ends and which platform sends it.
type Step = (Vec<u8>, Vec<(u32, u8)>);

fn dialects() -> Dialects {
    Dialects::new(Editions::Only2016, Makers::by_session())
}

/// For as long as the process lives.
fn drive(mut city: City, hub: &Hub, orders: &Mutex<Orders>, truth: &Mutex<Truth>) {
    let dialects = dialects();
    let identities = city.identities().to_vec();
    let mut reports = Vec::new();
    let mut old: VecDeque<Step> = VecDeque::new();
    let mut random = rand::rng();
    let mut last_ms = 0;
    loop {
        let orders = *locked(orders);
        // A subscriber that came too late for a vehicle's last word before a long silence would never hear it.
        if hub.subscribers() > 0 && !orders.frozen {
            last_ms = now_unix_ms().max(last_ms);
            reports.clear();
            city.advance(last_ms, &mut |report| reports.push(*report));
            let mut out = Outbox::default();
            for report in &mut reports {
                let identity = &identities[report.vehicle as usize];
                let ahead_s = orders.clock_s.map_or(0, |of| of(identity, report.vehicle));
                report.stamp_unix_s += ahead_s;
                if ahead_s <= 0 {
                    note(truth, report);
                }
                let platform = identity.platform();
                frames::append(&mut out.bytes, identity, report, dialects.of(platform));
                out.seal(platform);
            }
            let ends: Vec<_> = out.messages.iter().map(|m| (m.end, m.platform)).collect();
            let step = (out.bytes.clone(), ends);
            // The oldest, which are of seconds before.
            for (bytes, ends) in old.iter().take(orders.flood) {
                again(&mut out, bytes, ends);
            }
            old.push_back(step);
            if old.len() > FLOOD_STEPS {
                old.pop_front();
            }
            for _ in 0..orders.garbage {
                let len = random.random_range(1..1_500);
                let from = out.bytes.len();
                out.bytes.resize(from + len, 0);
                random.fill(&mut out.bytes[from..]);
                // Half of it begins as a frame does.
                if random.random_bool(0.5) && len > 2 {
                    out.bytes[from..from + 2].copy_from_slice(b"##");
                }
                out.seal(random.random_range(0..MAKERS.len() as u8));
            }
            hub.publish(out.into_chunk());
        }
        let rest_ms = STEP_MS - now_unix_ms().rem_euclid(STEP_MS);
        std::thread::sleep(Duration::from_millis(rest_ms as u64));
    }
}

/// Sends what an earlier step sent.
fn again(out: &mut Outbox, bytes: &[u8], ends: &[(u32, u8)]) {
    let mut from = 0;
    for (end, platform) in ends {
        out.bytes.extend_from_slice(&bytes[from..*end as usize]);
        out.seal(*platform);
        from = *end as usize;
    }
}

/// A report that moves its vehicle: not re-issued, and with a fix that is not older than the one before. Of a vehicle that
/// never had one, that is also the first from a clock that is behind.
fn note(truth: &Mutex<Truth>, report: &Report) {
    if report.reissued || !report.values.fix_valid {
        return;
    }
    let degrees = |e6: i32| f64::from(e6) / 1e6;
    let at = WorldPoint::from_lon_lat(degrees(report.values.lon_e6), degrees(report.values.lat_e6));
    let said = &mut locked(truth).vehicles[report.vehicle as usize];
    if report.stamp_unix_s < said.stamp_unix_s {
        return;
    }
    said.stamp_unix_s = report.stamp_unix_s;
    if said.places.len() == REMEMBERED {
        said.places.pop_front();
    }
    said.places.push_back((Instant::now(), at));
}
