//! Vehicles whose position says when they sent it.
//!
//! They stand in a cell of their own, out at sea but in view of every wall. Each of their reports has a place that no
//! other has had for minutes, so one viewer that decodes this one cell knows which tick carries which report. When the
//! bytes of that tick reach the other viewers, the report has reached them.

#![allow(
    dead_code,
    reason = "each bench uses its own part of this module, so no expectation holds for all of them"
)]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use futures_util::SinkExt;
use gb32960::codes::{BrakePedal, ChargeState, DcDc, Gear2016, RunningMode, VehicleState};
use gb32960::encode::ReportWriter;
use gb32960::full::{Position2016, Vehicle2016};
use gb32960::quantity::{
    Current2016, Insulation2016, Odometer, PedalPct, SocPct, Speed2016, Voltage2016,
};
use gb32960::{Command, Edition, Time};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use wire::{CellKey, CellPoint, Cells, Change, Down, WorldPoint, cell_of};

const PROBES: u32 = 200;
/// Places of a probe before it comes round to its first again.
const PLACES: u32 = 48;
/// No divisor of a tick, so that reports fall everywhere in it.
const EVERY: Duration = Duration::from_millis(19);
/// The north-west one, and the steps between them: more than a position each at the levels that are measured.
const CORNER_E6: (i32, i32) = (122_620_000, 30_900_000);
const STEP_E6: i32 = 800;

/// When each report was sent, by where it says its vehicle is.
#[derive(Default)]
pub struct Probes {
    sent: Mutex<HashMap<(u32, u32), Instant>>,
}

fn place_e6(probe: u32, place: u32) -> (i32, i32) {
    (
        CORNER_E6.0 + probe as i32 * STEP_E6,
        CORNER_E6.1 + place as i32 * STEP_E6,
    )
}

impl Probes {
    /// Serves the stream to whoever connects, and again after a restart; gives its address.
    pub async fn start() -> Result<(Arc<Self>, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}/", listener.local_addr()?);
        let probes = Arc::new(Self::default());
        let own = Arc::clone(&probes);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // Ends when the server goes away.
                let _ = own.report(socket).await;
            }
        });
        Ok((probes, url))
    }

    async fn report(&self, socket: TcpStream) -> Result<()> {
        socket.set_nodelay(true)?;
        let mut stream = tokio_tungstenite::accept_async(socket).await?;
        let mut beats = tokio::time::interval(EVERY);
        for count in 0u32.. {
            beats.tick().await;
            let (probe, place) = (count % PROBES, count / PROBES % PLACES);
            let frame = frame(probe, place);
            let now = Instant::now();
            self.sent
                .lock()
                .expect("no panic while held")
                .insert((probe, place), now);
            stream.send(Message::binary(frame)).await?;
        }
        Ok(())
    }
}

fn frame(probe: u32, place: u32) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let vin = gb32960::vin::build(b"LZZ", b"CE4CB", b'P', b'0', probe);
    let (lon_e6, lat_e6) = place_e6(probe, place);
    let mut out = Vec::new();
    ReportWriter::new(
        &mut out,
        Edition::V2016,
        Command::RealTime,
        &vin,
        Time::from_unix_s(now.as_secs() as i64),
    )
    .vehicle(&driving())
    .position(&Position2016::at(lon_e6, lat_e6, true))
    .finish()
    .expect("a short report");
    out
}

/// Whoever drives is shown exactly where it is, in every scope.
fn driving() -> Vehicle2016 {
    Vehicle2016 {
        state: VehicleState::Started.into(),
        charge: ChargeState::NotCharging.into(),
        mode: RunningMode::Electric.into(),
        speed: Speed2016(300),
        odometer: Odometer(7),
        voltage: Voltage2016(3600),
        current: Current2016(10_120),
        soc: SocPct(60),
        dcdc: DcDc::On.into(),
        gear: Gear2016(14),
        insulation: Insulation2016(2000),
        accelerator: PedalPct(20),
        brake: BrakePedal(0),
    }
}

/// A report of a probe, as one viewer found it in a tick.
#[derive(Clone, Copy)]
pub struct Seen {
    pub sent: Instant,
    pub tick: u64,
}

/// The one viewer that decodes the probes' cell.
pub struct Observer {
    probes: Arc<Probes>,
    by_point: HashMap<(CellKey, CellPoint), (u32, u32)>,
    /// The probes' own; others of the view are none of its business.
    keys: HashSet<CellKey>,
    cells: Cells,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Observer {
    pub fn new(probes: Arc<Probes>, level: u8, scope: u8) -> Self {
        let all = (0..PROBES).flat_map(|probe| (0..PLACES).map(move |place| (probe, place)));
        let by_point: HashMap<_, _> = all
            .map(|(probe, place)| {
                let (lon_e6, lat_e6) = place_e6(probe, place);
                let at = WorldPoint::from_lon_lat(f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6);
                (cell_of(at, level, scope), (probe, place))
            })
            .collect();
        Self {
            probes,
            keys: by_point.keys().map(|(key, _)| *key).collect(),
            by_point,
            cells: Cells::default(),
            seen: Arc::default(),
        }
    }

    pub fn hear(&mut self, frame: &Down<'_>) -> Result<()> {
        let (Down::Base { key, tick, .. }
        | Down::Delta { key, tick, .. }
        | Down::Rebase { key, tick, .. }) = *frame
        else {
            return Ok(());
        };
        if !self.keys.contains(&key) {
            return Ok(());
        }
        let sent = self.probes.sent.lock().expect("no panic while held");
        let mut seen = self.seen.lock().expect("no panic while held");
        self.cells.take(frame, |key, change| {
            let (Change::Move { to: at, .. } | Change::Enter { at, .. }) = change else {
                return;
            };
            let report = self.by_point.get(&(key, at));
            if let Some(sent) = report.and_then(|report| sent.get(report)) {
                seen.push(Seen { sent: *sent, tick });
            }
        })?;
        Ok(())
    }
}
