//! What a thousand open maps cost the server, over real sockets.
//!
//! The real server hears the real simulator: 222,000 vehicles that report every ten seconds. One thread of this program,
//! at a lower priority, is all the viewers; both share the machine's cores with the server, whose own processor time is
//! what counts. Everything waits for a condition; the windows that are measured have a fixed length.

mod latency;
mod probes;
#[path = "../programs/mod.rs"]
mod programs;
mod rig;
mod viewers;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use tokio::runtime::Runtime;

use crate::latency::Latency;
use crate::probes::{Observer, Probes, Seen};
use crate::rig::{City, Server, Work};
use crate::viewers::{Crowd, Habit, first_picture, read_a_byte_a_second, wall};

#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 222_000)]
    vehicles: u32,
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Only this part; may be given several times.
    #[arg(long, conflicts_with = "curve")]
    only: Vec<Part>,
    /// Measure only what that many vehicles and viewers cost, for each pair of the cost curve.
    #[arg(long)]
    curve: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    First,
    Crowd,
    Slow,
    Panning,
    Herd,
}

const INTERVAL_S: u32 = 10;
/// A 4K wall on the whole city.
const LEVEL: u8 = 10;
/// The scope of the role `viewer`.
const SCOPE: u8 = 1;
/// Sockets that share a session.
const PER_SESSION: usize = 50;
/// Until what a change of viewers stirred up is over.
const SETTLE: Duration = Duration::from_secs(3);
const SLOW_PAIRS: usize = 5;
const CURVE_VEHICLES: [(u32, &str); 4] = [
    (10_000, "10,000 vehicles"),
    (50_000, "50,000 vehicles"),
    (222_000, "222,000 vehicles"),
    (1_100_000, "1,100,000 vehicles"),
];
/// Of each pair.
const CURVE_WINDOW: Duration = Duration::from_secs(8);
const CURVE_VIEWERS: [(usize, &str); 4] = [
    (1, "1 viewer"),
    (10, "10 viewers"),
    (100, "100 viewers"),
    (1_000, "1,000 viewers"),
];

fn main() -> Result<()> {
    let options = Options::parse();
    // The viewers' thread gives way to the server; this one, which starts the server, does not.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(give_way)
        .enable_all()
        .build()?;
    if options.curve {
        for (vehicles, row) in CURVE_VEHICLES {
            curve(&runtime, vehicles, row)?;
        }
        return Ok(());
    }
    Bench::start(&runtime, &options)?.measure(&options)
}

fn give_way() {
    let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    let id = thread.file_name().unwrap_or_default();
    let told = std::process::Command::new("renice")
        .args(["-n", "15", "-p"])
        .arg(id)
        .output();
    if !told.is_ok_and(|output| output.status.success()) {
        eprintln!("the viewers run at the server's priority: there is no renice");
    }
}

fn figure(metric: &str, value: f64, unit: &str) {
    let digits = if value < 10.0 { 3 } else { 1 };
    println!(
        "{{\"bench\":\"fanout\",\"metric\":\"{metric}\",\"value\":{value:.digits$},\"unit\":\"{unit}\"}}"
    );
}

fn note(what: &str, work: &Work) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    eprintln!(
        "{what}: {:.2} cores, tick {:.1} ms, {:.0} reports/s, {:.0} kB/s out, {} ticks skipped, load {load}",
        work.cores, work.tick_ms, work.reports_per_s, work.kb_out_per_s, work.skipped_ticks
    );
}

struct Bench<'a> {
    runtime: &'a Runtime,
    city: City,
    server: Server,
    probes: Arc<Probes>,
    cookies: Vec<String>,
}

impl<'a> Bench<'a> {
    /// A server that every vehicle has reported to, with sessions for all viewers and nobody there yet.
    fn start(runtime: &'a Runtime, options: &Options) -> Result<Self> {
        let (probes, url) = runtime.block_on(Probes::start())?;
        let mut city = City::start(options.vehicles, INTERVAL_S, &[url])?;
        let server = city.serve(None)?;
        let sessions = options.viewers.div_ceil(PER_SESSION).max(2);
        let cookies = city.sign_in(&server, "viewer", sessions)?;
        server.wait_for_reports(f64::from(options.vehicles) * 1.3)?;
        Ok(Self {
            runtime,
            city,
            server,
            probes,
            cookies,
        })
    }

    fn measure(mut self, options: &Options) -> Result<()> {
        let is_asked = |part| options.only.is_empty() || options.only.contains(&part);
        if is_asked(Part::First) {
            self.first_pictures()?;
        }
        if is_asked(Part::Crowd) {
            self.one_and_all(options)?;
        }
        if is_asked(Part::Slow) {
            self.slow_viewer(options.viewers)?;
        }
        if is_asked(Part::Panning) {
            self.panning(options.viewers)?;
        }
        if is_asked(Part::Herd) {
            self.herd(options.viewers)?;
        }
        Ok(())
    }

    /// Everybody but the first only reads.
    fn crowd(&self, viewers: usize) -> (Crowd, Arc<Mutex<Vec<Seen>>>) {
        let observer = Observer::new(Arc::clone(&self.probes), LEVEL, SCOPE);
        let seen = Arc::clone(&observer.seen);
        let others = (1..viewers).map(|_| Habit::Still(wall(LEVEL)));
        let habits = std::iter::once(Habit::Observing(wall(LEVEL), observer)).chain(others);
        let _inside = self.runtime.enter();
        (Crowd::send(self.server.map, &self.cookies, habits), seen)
    }

    /// The server's work in a window of that length.
    fn window(&self, what: &str, length: Duration) -> Result<Work> {
        let before = self.server.standing()?;
        std::thread::sleep(length);
        let work = self.server.work_since(&before)?;
        note(what, &work);
        Ok(work)
    }

    /// One after the other, each the only viewer, so that every cell has to be built and packed for it.
    fn first_pictures(&self) -> Result<()> {
        let (mut worst_ms, mut worst_kb) = (0.0f64, 0.0f64);
        for level in [9, 10, 11, 9, 10, 11] {
            // Two ticks: what the one before looked at is gone.
            std::thread::sleep(SETTLE);
            self.server.wait_for_no_cells()?;
            let first = first_picture(self.server.map, &self.cookies[0], wall(level));
            let first = self.runtime.block_on(first)?;
            eprintln!(
                "first picture at level {level}: {:.0} ms, {:.0} kB, {} dots",
                first.ms, first.kb, first.dots
            );
            ensure!(
                f64::from(first.dots) > f64::from(self.city.vehicles) * 0.95,
                "not the whole picture"
            );
            worst_ms = worst_ms.max(first.ms);
            worst_kb = worst_kb.max(first.kb);
        }
        figure("first_picture_ms", worst_ms, "ms");
        figure("first_picture_kb", worst_kb, "kB");
        Ok(())
    }

    fn one_viewer(&self) -> Result<Work> {
        self.server.wait_for_no_cells()?;
        let (crowd, _) = self.crowd(1);
        self.runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE);
        self.window("1 viewer", Duration::from_secs(10))
    }

    /// One viewer, all of them, and one again: whatever else the machine does meanwhile is on both sides of the ratio.
    fn one_and_all(&self, options: &Options) -> Result<()> {
        let before = self.one_viewer()?;
        let before_kb = self.server.rss_kb()?;
        let all = self.all_viewers(options, before_kb)?;
        let after = self.one_viewer()?;
        let one_ms = (before.tick_ms + after.tick_ms) / 2.0;
        figure("encode_ratio_1000", all.tick_ms / one_ms, "1");
        Ok(())
    }

    fn all_viewers(&self, options: &Options, before_kb: f64) -> Result<Work> {
        let (crowd, seen) = self.crowd(options.viewers);
        self.runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE);
        let (from, sim_before_s, own_before_s) =
            (Instant::now(), self.city.sim_cpu_s()?, own_cpu_s()?);
        let work = self.window("viewers of one view", Duration::from_secs(20))?;
        let latency = Latency::of(&crowd, &seen, from).context("no probe was seen")?;
        let seconds = from.elapsed().as_secs_f64();
        eprintln!(
            "  the simulator {:.2} cores, the viewers {:.2}; {} probes, p50 {:.0} ms, p99 {:.0} ms, last viewer of a \
             tick p99 {:.0} ms behind the first",
            (self.city.sim_cpu_s()? - sim_before_s) / seconds,
            (own_cpu_s()? - own_before_s) / seconds,
            latency.probes,
            latency.p50_ms,
            latency.p99_ms,
            latency.spread_p99_ms
        );
        figure("server_cores_1000", work.cores, "cores");
        figure("report_to_bytes_p99_ms", latency.p99_ms, "ms");
        let grown_kb = self.server.rss_kb()? - before_kb;
        figure("kb_per_viewer", grown_kb / options.viewers as f64, "kB");
        Ok(work)
    }

    fn slow_viewer(&self, viewers: usize) -> Result<()> {
        let (crowd, seen) = self.crowd(viewers);
        self.runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE);
        let (mut ratios, mut spreads) = (Vec::new(), Vec::new());
        let measure = |what: &str| -> Result<Latency> {
            std::thread::sleep(Duration::from_secs(1));
            let from = Instant::now();
            self.window(what, Duration::from_secs(7))?;
            Latency::of(&crowd, &seen, from).context("no probe was seen")
        };
        for _ in 0..SLOW_PAIRS {
            let slow = read_a_byte_a_second(self.server.map, &self.cookies[0], wall(LEVEL));
            let slow = self.runtime.block_on(slow)?;
            let with = measure("with a slow viewer")?;
            ensure!(!slow.is_finished(), "the slow viewer was sent away");
            slow.abort();
            let without = measure("without")?;
            ratios.push(with.p99_ms / without.p99_ms);
            spreads.push(with.spread_p99_ms / without.spread_p99_ms);
        }
        eprintln!(
            "slow viewer: p99 ratios {ratios:.3?}, of the time from the first viewer to the last {spreads:.2?}"
        );
        figure("slow_viewer_p99_ratio", median(ratios), "1");
        Ok(())
    }

    fn panning(&mut self, viewers: usize) -> Result<()> {
        // Street level is for those who may open vehicles.
        let cookies =
            self.city
                .sign_in(&self.server, "supervisor", viewers.div_ceil(PER_SESSION))?;
        let crowd = {
            let _inside = self.runtime.enter();
            let habits = (0..viewers).map(|_| Habit::Panning);
            Crowd::send(self.server.map, &cookies, habits)
        };
        self.runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE * 2);
        let work = self.window("panning viewers", Duration::from_secs(20))?;
        figure("server_cores_1000_panning", work.cores, "cores");
        Ok(())
    }

    /// From the moment the old server dies.
    fn herd(self, viewers: usize) -> Result<()> {
        let (crowd, _) = self.crowd(viewers);
        self.runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE);
        let map = self.server.map;
        crowd.green.store(0, std::sync::atomic::Ordering::Relaxed);
        let started = Instant::now();
        self.server.kill();
        let _server = self.city.serve(Some(map))?;
        let served_s = started.elapsed().as_secs_f64();
        self.runtime.block_on(crowd.wait_for_green())?;
        let green_s = started.elapsed().as_secs_f64();
        eprintln!("herd: the server listens again after {served_s:.2} s");
        figure("herd_all_green_s", green_s, "s");
        Ok(())
    }
}

/// One city size, more and more viewers.
fn curve(runtime: &Runtime, vehicles: u32, row: &str) -> Result<()> {
    let options = Options {
        vehicles,
        viewers: CURVE_VIEWERS[CURVE_VIEWERS.len() - 1].0,
        only: Vec::new(),
        curve: true,
    };
    let bench = Bench::start(runtime, &options)?;
    for (viewers, column) in CURVE_VIEWERS {
        bench.server.wait_for_no_cells()?;
        let (crowd, _) = bench.crowd(viewers);
        runtime.block_on(crowd.wait_for_green())?;
        std::thread::sleep(SETTLE);
        let work = bench.window(&format!("{row}, {column}"), CURVE_WINDOW)?;
        println!(
            "{{\"bench\":\"fanout\",\"table\":\"Cores of the server and milliseconds of a tick\",\"row\":\"{row}\",\
             \"column\":\"{column}\",\"text\":\"{:.2} cores, {:.1} ms\"}}",
            work.cores, work.tick_ms
        );
    }
    Ok(())
}

fn own_cpu_s() -> Result<f64> {
    rig::cpu_s(std::process::id())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
