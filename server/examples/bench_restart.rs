//! A restart as the wall sees it: the real server is stopped, started again with nobody to report to it, and timed until a
//! viewer has the last known picture whole. An argument is the number of vehicles instead of a city's and a country's.

#[path = "bench_fanout/probes.rs"]
mod probes;
#[path = "programs/mod.rs"]
mod programs;
#[path = "bench_fanout/rig.rs"]
mod rig;
#[path = "bench_fanout/viewers.rs"]
mod viewers;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;

use crate::rig::City;
use crate::viewers::{first_picture, wall};

const SIZES: [(u32, &str); 2] = [(222_000, ""), (1_100_000, "_1100k")];
const INTERVAL_S: u32 = 10;
/// A 4K wall on the whole city.
const LEVEL: u8 = 10;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    match std::env::args().nth(1) {
        Some(vehicles) => restart(&runtime, vehicles.parse()?, ""),
        None => SIZES
            .into_iter()
            .try_for_each(|(vehicles, suffix)| restart(&runtime, vehicles, suffix)),
    }
}

fn restart(runtime: &Runtime, vehicles: u32, suffix: &str) -> Result<()> {
    let mut city = City::start(vehicles, INTERVAL_S, &[])?;
    let server = city.serve(None)?;
    let cookie = city.sign_in(&server, "viewer", 1)?.remove(0);
    server.wait_for_reports(f64::from(vehicles) * 1.3)?;
    // One that was written while everybody reported.
    let written = "evwall_picture_writes_total{outcome=\"written\"}";
    let so_far = server.series(written)?.unwrap_or(0.0);
    server.wait_for(written, so_far + 1.0)?;
    let held_s = server
        .series("evwall_picture_held_seconds{quantile=\"1\"}")?
        .context("the server does not say how long the fleet was held")?;
    let bytes = server.series("evwall_picture_bytes")?.unwrap_or(0.0);
    city.hush();

    let map = server.map;
    let stopped = server.stop()?;
    let started = Instant::now();
    let server = city.serve(Some(map))?;
    let picture = runtime.block_on(first_picture(map, &cookie, wall(LEVEL)))?;
    let shown = started.elapsed();
    ensure!(
        f64::from(picture.dots) > f64::from(vehicles) * 0.95,
        "{} dots are not the whole picture",
        picture.dots
    );
    let reports = server.series("evwall_reports_total")?.unwrap_or(0.0);
    ensure!(reports == 0.0, "vehicles reported meanwhile");
    figure(
        "restart_to_picture_ms",
        suffix,
        shown.as_secs_f64() * 1e3,
        "ms",
    );
    figure("stop_ms", suffix, stopped.as_secs_f64() * 1e3, "ms");
    figure("picture_held_max_ms", suffix, held_s * 1e3, "ms");
    figure("picture_mb", suffix, bytes / 1e6, "MB");
    Ok(())
}

fn figure(metric: &str, suffix: &str, value: f64, unit: &str) {
    println!(
        "{{\"bench\":\"restart\",\"metric\":\"{metric}{suffix}\",\"value\":{value:.2},\"unit\":\"{unit}\"}}"
    );
}
