//! `evwall-sim record`: what a stream carries becomes a recording.
//!
//! Live reports with a valid fix are written as NDJSON lines, sorted by time. A VIN never reaches the file:
//! each vehicle gets a random id that is drawn anew for every file.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use futures_util::StreamExt;
use gb32960::{Command, Split, Vin, datum};
use tokio_tungstenite::tungstenite::Message;
use tracing::info;

use crate::recording::{Line, Writer};

/// Lines wait this long, in stamp time, for earlier ones to arrive.
const REORDER_MS: i64 = 15_000;

#[derive(Args, Debug)]
pub struct Options {
    /// The stream: ws://host:port/path
    pub url: String,
    /// The file to write; gzip if it ends in .gz.
    #[arg(long)]
    pub out: PathBuf,
    /// Stop after this many seconds; without it, at Ctrl-C or when the stream ends.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// Record the first N vehicles seen, and no others.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub vehicles: usize,
    /// Begin only with vehicles that are moving and inside west,south,east,north (degrees).
    #[arg(long, value_name = "W,S,E,N", value_parser = area, allow_hyphen_values = true)]
    pub area: Option<[f64; 4]>,
}

fn area(text: &str) -> Result<[f64; 4], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(str::parse).collect();
    numbers
        .ok()
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| "four numbers: west,south,east,north".to_owned())
}

/// Records until told to stop; an unreachable stream is an error.
pub async fn record(options: &Options) -> anyhow::Result<()> {
    let (mut stream, _) = tokio_tungstenite::connect_async(&options.url)
        .await
        .with_context(|| format!("cannot connect to {}", options.url))?;
    let mut file = Recorder::new(options)?;
    let deadline = tokio::time::sleep(Duration::from_secs(options.seconds.unwrap_or(u64::MAX / 4)));
    let mut deadline = std::pin::pin!(deadline);
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => file.take(&bytes)?,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            () = &mut deadline => break,
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    file.finish()
}

struct Recorder<'a> {
    options: &'a Options,
    out: Writer,
    ids: HashMap<Vin, String>,
    /// By time and then by arrival.
    waiting: BTreeMap<(i64, u64), Line>,
    lines: u64,
}

impl<'a> Recorder<'a> {
    fn new(options: &'a Options) -> anyhow::Result<Self> {
        Ok(Self {
            out: Writer::create(&options.out)?,
            options,
            ids: HashMap::new(),
            waiting: BTreeMap::new(),
            lines: 0,
        })
    }

    /// Every frame of one message.
    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match gb32960::split(rest) {
                Split::Frame { frame, len } => {
                    if frame.command() == Command::RealTime
                        && let Some(line) = self.line(&frame)
                    {
                        self.lines += 1;
                        self.waiting.insert((line.t, self.lines), line);
                    }
                    rest = &rest[len..];
                }
                Split::Junk { len, .. } => rest = &rest[len..],
                Split::Wait { .. } => break,
            }
        }
        let newest_ms = self.waiting.last_key_value().map_or(0, |(key, _)| key.0);
        while let Some(entry) = self.waiting.first_entry()
            && entry.key().0 < newest_ms - REORDER_MS
        {
            self.out.write(&entry.remove())?;
        }
        Ok(())
    }

    fn line(&mut self, frame: &gb32960::Frame<'_>) -> Option<Line> {
        let live = gb32960::live(frame).ok()?;
        let position = live.position.filter(|position| position.valid)?;
        let (lon, lat) = datum::wgs84_from(
            position.datum.unwrap_or(gb32960::Datum::Wgs84),
            f64::from(position.lon_e6) / 1e6,
            f64::from(position.lat_e6) / 1e6,
        );
        let speed_kmh = live
            .speed_dkmh
            .and_then(|s| s.value())
            .map(|s| f64::from(s) / 10.0);
        let vin = frame.identifier();
        if !self.ids.contains_key(&vin) {
            let inside = self.options.area.as_ref().is_none_or(|area| {
                (area[0]..area[2]).contains(&lon)
                    && (area[1]..area[3]).contains(&lat)
                    && speed_kmh.is_some_and(|speed| speed > 5.0)
            });
            if self.ids.len() >= self.options.vehicles || !inside {
                return None;
            }
            self.ids
                .insert(vin, format!("v-{:012x}", rand::random::<u64>() >> 16));
        }
        Some(Line {
            t: live.time.to_unix_s()? * 1000,
            id: self.ids[&vin].clone(),
            lon: (lon * 1e6).round() / 1e6,
            lat: (lat * 1e6).round() / 1e6,
            speed_kmh,
            soc: live.soc_pct.and_then(|s| s.value()).map(f64::from),
        })
    }

    fn finish(mut self) -> anyhow::Result<()> {
        for line in std::mem::take(&mut self.waiting).into_values() {
            self.out.write(&line)?;
        }
        let (lines, vehicles) = (self.lines, self.ids.len());
        self.out.finish()?;
        info!(
            lines,
            vehicles, "recorded {lines} lines of {vehicles} vehicles"
        );
        Ok(())
    }
}
