//! How long a tick takes, and how much memory a country is.
//!
//! A tick is everything the one writer does in a second: take the second's reports, show them, write the frames of every
//! watched cell. Bases are packed by whoever joins and are not in it.
//!
//! `cargo run --release -p fleet --example bench_tick`: one line of JSON a figure.

mod city;

use std::time::Instant;

use city::City;
use fleet::{District, Fleet, Report, Rules};
use geo::{Rect, coord};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use wire::{CellKey, View, WorldPoint};

fn print(metric: &str, value: f64, unit: &str) {
    println!(r#"{{"bench":"tick","metric":"{metric}","value":{value:.3},"unit":"{unit}"}}"#);
}

/// What this process holds in memory, as Linux says; `None` elsewhere.
fn rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kb: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1e3)
}

fn box_cells(level: u8, west: f64, north: f64, east: f64, south: f64) -> Vec<CellKey> {
    let (a, b) = (
        WorldPoint::from_lon_lat(west, north),
        WorldPoint::from_lon_lat(east, south),
    );
    // Several walls side by side where one may not have so many cells.
    let mut cells = Vec::new();
    let shift = 32 - u32::from(level);
    for y in a.y >> shift..=b.y >> shift {
        let view = View {
            seq: 0,
            level,
            x0: a.x,
            y0: y << shift,
            x1: b.x,
            y1: y << shift,
        };
        cells.extend(view.cells(0).expect("a row fits"));
    }
    cells
}

/// Districts of equal size, so many each way.
fn districts((west, north): (f64, f64), (east, south): (f64, f64), each_way: u32) -> Vec<District> {
    let side = |from: f64, to: f64| (to - from) / f64::from(each_way);
    let (w, h) = (side(west, east), side(south, north));
    (0..each_way * each_way)
        .map(|i| {
            let (x, y) = (
                west + w * f64::from(i % each_way),
                south + h * f64::from(i / each_way),
            );
            District {
                name_en: format!("District {i}"),
                name_zh: format!("第{i}区"),
                outline: Rect::new(coord! { x: x, y: y }, coord! { x: x + w, y: y + h })
                    .to_polygon()
                    .into(),
            }
        })
        .collect()
}

/// What this thread has had of a processor, as Linux says: unlike the time on the wall it does not count the moments
/// in which others had it.
fn processor_ms() -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |ns| ns / 1e6)
}

struct Times {
    apply_ms: Vec<f64>,
    tick_ms: Vec<f64>,
    processor_ms: Vec<f64>,
    apply_processor_ms: Vec<f64>,
}

/// Runs ticks with a tenth of the fleet reporting in each, and takes the time of each part.
fn run(city: &City, fleet: &mut Fleet, warm_s: i64, measured_s: i64) -> Times {
    let mut times = Times {
        apply_ms: Vec::new(),
        tick_ms: Vec::new(),
        processor_ms: Vec::new(),
        apply_processor_ms: Vec::new(),
    };
    let mut reports: Vec<Report> = Vec::new();
    let mut order = ChaCha8Rng::seed_from_u64(7);
    for second in 1..=warm_s + measured_s {
        reports.clear();
        reports.extend(city.reporting(second, 10).map(|i| city.report(i, second)));
        // They arrive in no order.
        reports.shuffle(&mut order);
        let now = City::now(second);
        let processor_before_ms = processor_ms();
        let started = Instant::now();
        fleet.apply_all(&reports, now, |_| {});
        let apply_processor_ms = processor_ms() - processor_before_ms;
        let apply_ms = started.elapsed().as_secs_f64() * 1e3;
        let started = Instant::now();
        fleet.tick(now);
        let tick_ms = started.elapsed().as_secs_f64() * 1e3;
        if second > warm_s {
            times.apply_ms.push(apply_ms);
            times.apply_processor_ms.push(apply_processor_ms);
            times.tick_ms.push(tick_ms);
            times
                .processor_ms
                .push(processor_ms() - processor_before_ms);
        }
    }
    times
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The kernel counts a thread's time in coarse steps, which only a mean evens out.
fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

fn report_times(name: &str, times: &Times) {
    let whole: Vec<f64> = times
        .apply_ms
        .iter()
        .zip(&times.tick_ms)
        .map(|(apply, tick)| apply + tick)
        .collect();
    print(&format!("tick_ms_{name}"), median(&whole), "ms");
    print(
        &format!("tick_apply_ms_{name}"),
        median(&times.apply_ms),
        "ms",
    );
    print(
        &format!("tick_show_ms_{name}"),
        median(&times.tick_ms),
        "ms",
    );
    print(
        &format!("tick_processor_ms_{name}"),
        mean(&times.processor_ms),
        "ms",
    );
    print(
        &format!("tick_apply_processor_ms_{name}"),
        mean(&times.apply_processor_ms),
        "ms",
    );
    let slowest = whole.iter().copied().fold(0.0, f64::max);
    print(&format!("tick_slowest_ms_{name}"), slowest, "ms");
}

fn city_222k() {
    let city = City::new(1, 222_000, &[(121.47, 31.23)], 150);
    let mut fleet = Fleet::new(Rules::default());
    fleet.set_districts(&districts((120.87, 31.73), (122.07, 30.73), 4));
    city.populate(&mut fleet);
    fleet.tick(City::now(0));
    for key in box_cells(11, 120.87, 31.73, 122.07, 30.73) {
        fleet.watch(key);
    }
    report_times("222k", &run(&city, &mut fleet, 15, 40));
}

fn country_1100k() {
    let centres: Vec<(f64, f64)> = (0..20)
        .map(|i| {
            (
                103.0 + f64::from(i % 5) * 4.0,
                23.0 + f64::from(i / 5) * 4.0,
            )
        })
        .collect();
    let city = City::new(2, 1_100_000, &centres, 500);
    let mut fleet = Fleet::new(Rules::default());
    fleet.set_districts(&districts((101.0, 37.0), (121.0, 21.0), 6));
    city.populate(&mut fleet);
    fleet.tick(City::now(0));
    for level in [5, 8, 11] {
        for key in box_cells(level, 101.0, 37.0, 121.0, 21.0) {
            fleet.watch(key);
        }
    }
    report_times("1100k", &run(&city, &mut fleet, 12, 20));
    print("cells_watched_1100k", fleet.watched_cells() as f64, "cells");
    if let Some(mb) = rss_mb() {
        // The whole process, the made-up country and a second's reports included.
        print("rss_mb_1100k", mb, "MB");
    }
}

fn main() {
    // A word as argument measures only what has it in its name.
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if "222k".contains(&wanted) {
        city_222k();
    }
    if "1100k".contains(&wanted) {
        country_1100k();
    }
}
