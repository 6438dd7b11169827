//! Prints `lon,lat,speed_kmh` of every vehicle at one moment: for a quick look with any plotting tool.
//!
//! `cargo run --release -p sim --example dots -- [vehicles] [start hour] > dots.csv`

use sim::city::{City, Plan};
use sim::report::{Told, Traffic};

fn main() {
    let argument = |nth: usize| std::env::args().nth(nth);
    let plan = Plan {
        vehicles: argument(1).and_then(|a| a.parse().ok()).unwrap_or(222_000),
        start_hour: argument(2).and_then(|a| a.parse().ok()).unwrap_or(8.2),
        ..Plan::default()
    };
    let began = std::time::Instant::now();
    let mut city = City::shanghai(plan);
    eprintln!(
        "grown in {:.1} s: {} nodes, {} links, {} hubs",
        began.elapsed().as_secs_f32(),
        city.roads().nodes(),
        city.roads().links(),
        city.roads().hubs()
    );
    let began = std::time::Instant::now();
    let mut out = String::from("lon,lat,speed_kmh\n");
    let (mut sent, mut moving) = (0, 0);
    for step in 0..200 {
        city.advance(1_700_000_000_000 + step * 100, &mut |report| {
            sent += 1;
            let Told::Value(speed) = report.values.speed_dkmh else {
                return;
            };
            if step >= 100 && !report.reissued && report.values.fix_valid {
                moving += u32::from(speed > 0);
                out += &format!(
                    "{},{},{}\n",
                    f64::from(report.values.lon_e6) / 1e6,
                    f64::from(report.values.lat_e6) / 1e6,
                    f32::from(speed) / 10.0
                );
            }
        });
    }
    eprintln!(
        "{sent} reports in {:.2} s, {moving} moving",
        began.elapsed().as_secs_f32()
    );
    print!("{out}");
}
