//! What was sent last, for tests: a tiny HTTP server beside the stream.
//!
//! `GET /vehicles` answers a JSON array, one object a vehicle that has sent something; `?vin=…` keeps one
//! vehicle, `?limit=N` the first N. `GET /counters` answers what went out and what `--trouble` injected. An
//! instrument for a test bench: bind it to loopback.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde::ser::Serializer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing::debug;

use crate::hub::Hub;
use crate::identity::Identity;
use crate::report::{Charge, Power, Report, Told, Values};
use crate::session;
use crate::trouble::Injected;

/// A request head longer than this is refused.
const LONGEST_REQUEST_BYTES: usize = 4096;

/// The last report of each vehicle.
#[derive(Clone)]
pub struct Truth {
    identities: Arc<[Identity]>,
    // A blocking lock: the driver holds it for one step's reports, a reader for one copy.
    last: Arc<Mutex<Vec<Option<Last>>>>,
    injected: Injected,
    hub: Hub,
    sessions: Arc<session::Counts>,
}

#[derive(Clone, Copy)]
struct Last {
    stamp_unix_s: i64,
    values: Values,
}

impl Truth {
    #[must_use]
    pub fn new(
        identities: &[Identity],
        hub: Hub,
        injected: Injected,
        sessions: Arc<session::Counts>,
    ) -> Self {
        Self {
            identities: identities.into(),
            last: Arc::new(Mutex::new(vec![None; identities.len()])),
            injected,
            hub,
            sessions,
        }
    }

    /// Remembers the live reports of one step; re-issued ones are history, not what is true now.
    pub fn note(&self, reports: &[Report]) {
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for report in reports.iter().filter(|report| !report.reissued) {
            last[report.vehicle as usize] = Some(Last {
                stamp_unix_s: report.stamp_unix_s,
                values: report.values,
            });
        }
    }

    /// What `GET /vehicles` answers.
    #[must_use]
    pub fn vehicles(&self, vin: Option<&str>, limit: usize) -> Vec<Vehicle> {
        let last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone();
        self.identities
            .iter()
            .zip(last)
            .filter_map(|(identity, last)| last.map(|last| (identity, last)))
            .filter(|(identity, _)| vin.is_none_or(|vin| identity.vin.as_str() == Some(vin)))
            .take(limit)
            .map(|(identity, last)| Vehicle::of(identity, &last))
            .collect()
    }

    /// What `GET /counters` answers.
    #[must_use]
    pub fn counters(&self) -> serde_json::Value {
        use std::sync::atomic::Ordering::Relaxed;
        let counts = self.hub.counts();
        let sessions = &self.sessions;
        serde_json::json!({
            "vehicles": self.identities.len(),
            "messages": counts.messages.load(Relaxed),
            "bytes": counts.bytes.load(Relaxed),
            "chunks_missed": counts.chunks_missed.load(Relaxed),
            "subscribers_ever": counts.subscribers_ever.load(Relaxed),
            "subscribers": self.hub.subscribers(),
            "sessions": {
                "open": sessions.open.load(Relaxed),
                "logins": sessions.logins.load(Relaxed),
                "sent": sessions.sent.load(Relaxed),
                "accepted": sessions.accepted.load(Relaxed),
                "refused": sessions.refused.load(Relaxed),
                "reissued": sessions.reissued.load(Relaxed),
                "forgotten": sessions.forgotten.load(Relaxed),
            },
            "trouble": self.injected.by_kind(),
        })
    }
}

/// One vehicle of the answer. A value is a number, `null` (marked invalid) or `"abnormal"`.
#[derive(Serialize, Debug)]
pub struct Vehicle {
    pub vin: String,
    pub make: &'static str,
    pub model: &'static str,
    pub class: &'static str,
    pub platform: &'static str,
    pub sent_unix_s: i64,
    pub lon: f64,
    pub lat: f64,
    /// False: the vehicle said that lon and lat are an old position.
    pub fix_valid: bool,
    pub state: &'static str,
    pub charging: bool,
    #[serde(serialize_with = "told")]
    pub speed_kmh: Told<f64>,
    #[serde(serialize_with = "told")]
    pub odometer_km: Told<f64>,
    #[serde(serialize_with = "told")]
    pub soc: Told<f64>,
    pub alarm_level: u8,
}

impl Vehicle {
    fn of(identity: &Identity, last: &Last) -> Self {
        let values = &last.values;
        Self {
            vin: identity.vin.as_str().unwrap_or_default().to_owned(),
            make: identity.make(),
            model: identity.model().model,
            class: identity.class().word(),
            platform: identity.model().maker().slug,
            sent_unix_s: last.stamp_unix_s,
            lon: f64::from(values.lon_e6) / 1e6,
            lat: f64::from(values.lat_e6) / 1e6,
            fix_valid: values.fix_valid,
            state: match values.power {
                Power::Started => "started",
                Power::Off => "off",
            },
            charging: values.charge == Charge::Parked,
            speed_kmh: values.speed_dkmh.map(|raw| f64::from(raw) / 10.0),
            odometer_km: values.odometer_hm.map(|raw| f64::from(raw) / 10.0),
            soc: values.soc_pct.map(f64::from),
            alarm_level: values.alarm_level,
        }
    }
}

fn told<S: Serializer>(value: &Told<f64>, out: S) -> Result<S::Ok, S::Error> {
    match value {
        Told::Value(value) => out.serialize_f64(*value),
        Told::Invalid => out.serialize_none(),
        Told::Abnormal => out.serialize_str("abnormal"),
    }
}

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, truth: Truth) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let truth = truth.clone();
        tokio::spawn(async move {
            if let Err(error) = answer(socket, &truth).await {
                debug!(%error, "a reader of the truth was lost");
            }
        });
    }
}

async fn answer(mut socket: TcpStream, truth: &Truth) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let mut part = [0u8; 1024];
        let got = socket.read(&mut part).await?;
        if got == 0 || head.len() + got > LONGEST_REQUEST_BYTES {
            return Ok(());
        }
        head.extend_from_slice(&part[..got]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let (status, body) = match (method, path) {
        ("GET", "/vehicles" | "/truth") => {
            let limit = asked("limit")
                .and_then(|l| l.parse().ok())
                .unwrap_or(usize::MAX);
            let vehicles = truth.vehicles(asked("vin"), limit);
            ("200 OK", serde_json::to_vec(&vehicles)?)
        }
        ("GET", "/counters") => ("200 OK", serde_json::to_vec(&truth.counters())?),
        _ => ("404 Not Found", b"{}".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(&body).await?;
    socket.shutdown().await
}
