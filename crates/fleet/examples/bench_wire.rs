//! How many bytes the wall costs: a whole cell per dot, a tick per moved dot, the whole wall per second; beside them
//! what the same dots cost in other encodings. Everything is decoded again and compared, so a figure is of bytes that
//! were read.
//!
//! `cargo run --release -p fleet --example bench_wire`: one line of JSON a figure.

mod city;
mod others;

use std::time::Instant;

use city::City;
use fleet::{Fleet, Rules};
use wire::{Activity, CellKey, Cells, Change, Down, View, WorldPoint, frames};

const VEHICLES: usize = 222_000;
const SHANGHAI: (f64, f64) = (121.47, 31.23);
/// What a WebSocket puts before a message of more than 125 bytes.
const WEBSOCKET_HEAD: usize = 4;

fn print(metric: &str, value: f64, unit: &str) {
    println!(r#"{{"bench":"wire","metric":"{metric}","value":{value:.4},"unit":"{unit}"}}"#);
}

/// The cells of the whole city.
fn city_cells(level: u8) -> Vec<CellKey> {
    let north_west = WorldPoint::from_lon_lat(SHANGHAI.0 - 0.6, SHANGHAI.1 + 0.5);
    let south_east = WorldPoint::from_lon_lat(SHANGHAI.0 + 0.6, SHANGHAI.1 - 0.5);
    let view = View {
        seq: 0,
        level,
        x0: north_west.x,
        y0: north_west.y,
        x1: south_east.x,
        y1: south_east.y,
    };
    view.cells(0).expect("a city fits in a view").collect()
}

/// A viewer that counts.
#[derive(Default)]
struct Wall {
    cells: Cells,
    bytes: usize,
    moves: usize,
    looks: usize,
    borders: usize,
    steps: others::Steps,
}

impl Wall {
    fn take(&mut self, fleet: &Fleet, cells: &[CellKey]) {
        let mut message = Vec::new();
        for key in cells {
            let have = self.cells.get(key).map(|m| (m.generation(), m.tick()));
            for bytes in fleet.cell(key).expect("it is watched").lacking(have) {
                message.extend_from_slice(&bytes);
            }
        }
        self.bytes +=
            message.len() + WEBSOCKET_HEAD * message.len().div_ceil(wire::MAX_MESSAGE_BYTES);
        for frame in frames(&message) {
            let frame = frame.expect("the fleet writes whole frames");
            let taken = self.cells.take(&frame, |_, change| match change {
                Change::Move { from, to, .. } => {
                    self.moves += 1;
                    self.steps.add(from, to);
                }
                Change::Look { .. } => self.looks += 1,
                Change::Enter { .. } => self.borders += 1,
                Change::Leave { .. } => {}
            });
            taken.expect("the fleet writes frames that go on from each other");
        }
    }
}

fn keyframes(city: &City) {
    let mut fleet = Fleet::new(Rules::default());
    city.populate(&mut fleet);
    fleet.tick(City::now(1));
    for level in [9, 10, 11, 12] {
        let cells = city_cells(level);
        for key in &cells {
            fleet.watch(*key);
        }
        let started = Instant::now();
        for key in &cells {
            let _ = fleet.cell(key).expect("it is watched").base();
        }
        let encode_ms = started.elapsed().as_secs_f64() * 1e3;
        let mut wall = Wall::default();
        let started = Instant::now();
        wall.take(&fleet, &cells);
        let decode_ms = started.elapsed().as_secs_f64() * 1e3;
        let dots: u32 = wall.cells.alive();
        let per_dot = |bytes: f64| bytes / f64::from(dots);
        if level == 11 {
            let mirrors: Vec<_> = wall.cells.iter().collect();
            print("keyframe_dots", f64::from(dots), "dots");
            print(
                "keyframe_bytes_per_dot",
                per_dot(wall.bytes as f64),
                "B/dot",
            );
            print("keyframe_kb", wall.bytes as f64 / 1e3, "kB");
            print("keyframe_encode_ms", encode_ms, "ms");
            print("keyframe_decode_ms", decode_ms, "ms");
            print(
                "keyframe_bound_bytes_per_dot",
                per_dot(others::bound_bytes(&mirrors)),
                "B/dot",
            );
            print(
                "keyframe_looks_bound_bytes_per_dot",
                per_dot(others::looks_bound_bytes(&mirrors)),
                "B/dot",
            );
            print(
                "keyframe_json_bytes_per_dot",
                per_dot(others::json_bytes(&mirrors)),
                "B/dot",
            );
            print("keyframe_records_bytes_per_dot", 16.0, "B/dot");
            print(
                "keyframe_mvt_bytes_per_dot",
                per_dot(others::mvt_bytes(&mirrors)),
                "B/dot",
            );
        } else {
            print(
                &format!("keyframe_bytes_per_dot_level_{level}"),
                per_dot(wall.bytes as f64),
                "B/dot",
            );
        }
        for key in cells {
            fleet.unwatch(key);
        }
    }
}

fn deltas(city: &City, interval_s: i64, level: u8, name: &str) {
    let mut fleet = Fleet::new(Rules::default());
    city.populate(&mut fleet);
    let cells = city_cells(level);
    fleet.tick(City::now(0));
    for key in &cells {
        fleet.watch(*key);
    }
    let mut wall = Wall::default();
    let (warm_s, measured_s) = (interval_s + 10, 60);
    for second in 1..=warm_s + measured_s {
        for i in city.reporting(second, interval_s) {
            fleet.apply(&city.report(i, second), City::now(second));
        }
        fleet.tick(City::now(second));
        let driving = fleet.counts().all.activity[Activity::Driving as usize];
        let moves_before = wall.moves;
        wall.take(&fleet, &cells);
        wall.steps.add_who(driving, wall.moves - moves_before);
        let status = fleet.summary().status(0, |_| "source".into());
        wall.bytes += Down::Status(status).to_vec().len() + 2;
        if second == warm_s {
            (wall.bytes, wall.moves, wall.looks, wall.borders) = (0, 0, 0, 0);
            wall.steps = others::Steps::default();
        }
    }
    let moves = (wall.moves + wall.borders) as f64;
    print(
        &format!("delta_bytes_per_move_{name}"),
        wall.bytes as f64 / moves,
        "B/move",
    );
    print(
        &format!("delta_bound_bytes_per_move_{name}"),
        wall.steps.bound_bytes() / wall.moves as f64,
        "B/move",
    );
    print(
        &format!("wall_kb_per_s_{name}"),
        wall.bytes as f64 / 1e3 / measured_s as f64,
        "kB/s",
    );
    print(
        &format!("moves_per_s_{name}"),
        moves / measured_s as f64,
        "moves/s",
    );
    print(
        &format!("look_changes_per_s_{name}"),
        wall.looks as f64 / measured_s as f64,
        "changes/s",
    );
}

fn main() {
    // A word as argument measures only what has it in its name.
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let city = City::new(1, VEHICLES, &[SHANGHAI], 0);
    if "keyframe".contains(&wanted) {
        keyframes(&city);
    }
    for (interval_s, level, name) in [
        (10, 11, "10s"),
        (30, 11, "30s"),
        (10, 10, "10s_level_10"),
        (10, 12, "10s_level_12"),
    ] {
        if name.contains(&wanted) {
            deltas(&city, interval_s, level, name);
        }
    }
}
