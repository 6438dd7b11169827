//! `evwall-sim`: a fleet to develop against, and a player of recordings.
//!
//! Everything here is edges: arguments, sockets, files, exit codes. An error is one line on stderr and exit
//! code 1. On stdout stand only lines for machines: `truth http://…`, `stream ws://…` for each streamed maker, and
//! `listening ws://…`, in this order.

mod serve;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};
use sim::city::{City, Plan};
use sim::dialect::Editions;
use sim::playback::{self, Playback};
use sim::recording::Recording;
use sim::roads::{Roads, build, geojson, osm};
use tracing::{info, warn};

use serve::{Serve, runtime, serve};

/// Sends GB/T 32960 frames over WebSocket or TCP: recordings, or a simulated city.
#[derive(Parser)]
#[command(name = "evwall-sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play recordings (NDJSON, plain or gzip), shifted to now.
    Play(Play),
    /// Run a simulated fleet.
    Fleet(Fleet),
    /// Write what a stream carries to a recording, with random ids instead of VINs.
    Record(sim::record::Options),
}

#[derive(Args)]
struct Play {
    /// Recordings to play, all at once.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Recorded seconds per second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Start again when the end is reached.
    #[arg(long = "loop")]
    looped: bool,
    /// Lay all trips on one start; each then loops by itself.
    #[arg(long)]
    fold: bool,
    /// Make N vehicles of each recorded one, offset in time.
    #[arg(long = "clone", value_name = "N", default_value_t = 1)]
    clones: u32,
    /// A vehicle reports at most once in this many seconds.
    #[arg(long, default_value_t = 1)]
    interval_s: u32,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Args)]
struct Fleet {
    #[arg(long, default_value_t = 222_000)]
    vehicles: u32,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The same seed grows the same fleet.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds between two reports of a vehicle, the same for all; by default 10 or 30, as its maker has it.
    #[arg(long)]
    interval_s: Option<u32>,
    /// Drive on these roads (GeoJSON lines or an OpenStreetMap .osm.pbf) instead of the built-in Shanghai.
    #[arg(long, value_name = "FILE")]
    roads: Option<PathBuf>,
    /// Local hour of a Tuesday at which the simulated day begins; by default the morning rush.
    #[arg(long, default_value_t = 8.2)]
    start_hour: f32,
    #[command(flatten)]
    serve: Serve,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evwall-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Play(play) => {
            ensure!(
                play.speed > 0.0 && play.speed <= 10_000.0,
                "--speed must be above 0 and at most 10000"
            );
            ensure!(
                (1..=100_000).contains(&play.clones),
                "--clone must be 1 to 100000"
            );
            let recording = read(&play.files)?;
            let options = playback::Options {
                speed: play.speed,
                looped: play.looped,
                fold: play.fold,
                clones: play.clones,
                interval_s: play.interval_s,
            };
            serve(
                Playback::new(recording, options),
                &play.serve,
                Editions::Only2016,
            )
        }
        Command::Fleet(fleet) => {
            ensure!(
                (1..=3_000_000).contains(&fleet.vehicles),
                "--vehicles must be 1 to 3000000"
            );
            ensure!(
                fleet.speed > 0.0 && fleet.speed <= 10_000.0,
                "--speed must be above 0 and at most 10000"
            );
            ensure!(
                fleet.interval_s.is_none_or(|s| (1..=600).contains(&s)),
                "--interval-s must be 1 to 600"
            );
            ensure!(
                (0.0..24.0).contains(&fleet.start_hour),
                "--start-hour must be 0 to 24"
            );
            let plan = Plan {
                vehicles: fleet.vehicles,
                seed: fleet.seed,
                speed: fleet.speed,
                interval_s: fleet.interval_s,
                start_hour: fleet.start_hour,
            };
            let city = match &fleet.roads {
                Some(path) => City::on(Arc::new(read_roads(path)?), plan),
                None => City::shanghai(plan),
            };
            serve(city, &fleet.serve, Editions::Mixed)
        }
        Command::Record(options) => runtime()?.block_on(sim::record::record(&options)),
    }
}

fn read(files: &[PathBuf]) -> anyhow::Result<Recording> {
    let mut recording = Recording::default();
    for path in files {
        recording.read_file(path, |bad| {
            warn!(file = %path.display(), line = bad.number, why = bad.why, "skipped line {} of {}: {}", bad.number, path.display(), bad.why);
        })?;
    }
    ensure!(
        !recording.tracks.is_empty(),
        "nothing to play: no good line in {} file(s)",
        files.len()
    );
    if recording.unsorted_lines > 0 {
        warn!(
            lines = recording.unsorted_lines,
            "sorted {} lines that were out of order", recording.unsorted_lines
        );
    }
    info!(
        vehicles = recording.tracks.len(),
        lines = recording.lines,
        bad = recording.bad_lines,
        "read {} lines of {} vehicles",
        recording.lines,
        recording.tracks.len()
    );
    Ok(recording)
}

fn read_roads(path: &Path) -> anyhow::Result<Roads> {
    let extract = path.extension().is_some_and(|extension| extension == "pbf");
    let lines = if extract {
        osm::lines(path)?
    } else {
        let text =
            std::fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
        geojson::lines(&text).with_context(|| format!("cannot read {}", path.display()))?
    };
    let roads = build::roads(&lines, &build::Options::surveyed(512))
        .with_context(|| format!("no connected roads in {}", path.display()))?;
    info!(
        nodes = roads.nodes(),
        links = roads.links(),
        "read roads with {} crossings",
        roads.nodes()
    );
    Ok(roads)
}
