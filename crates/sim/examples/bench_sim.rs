//! What the simulator costs while it streams ten-second intervals to one subscriber that only reads.
//!
//! For each fleet size this program starts itself as the simulator (stream and driver, no truth feed), drains
//! the stream, and reads the child's processor time and peak memory from `/proc`. Figures are JSON lines:
//! cores while streaming (growing the fleet not counted), MB at peak (growing counted), messages a second.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use sim::catalogue::Makers;
use sim::city::{City, Plan};
use sim::dialect::{Dialects, Editions};
use sim::hub::Hub;
use sim::trouble::{Injected, Trouble};
use sim::{driver, stream};

/// Two whole intervals, so that every vehicle has reported twice.
const MEASURED: Duration = Duration::from_secs(20);
/// Clock ticks a second in `/proc/PID/stat`; Linux has had 100 on every architecture for decades.
const TICKS_PER_S: f64 = 100.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, vehicles] = &arguments[..]
        && flag == "--as-simulator"
    {
        return simulate(vehicles.parse().expect("started by this program"));
    }
    for (vehicles, word) in [(222_000, "222k"), (1_100_000, "1100k")] {
        measure(vehicles, word);
    }
}

fn simulate(vehicles: u32) {
    let city = City::shanghai(Plan {
        vehicles,
        interval_s: Some(10),
        ..Plan::default()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let hub = Hub::default();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        println!("{}", listener.local_addr().expect("a bound listener"));
        tokio::spawn(stream::serve(listener, hub.clone(), Makers::all()));
        let trouble = Trouble::new("".parse().expect("no trouble"), 1, Injected::default());
        let never = Arc::new(AtomicBool::new(false));
        tokio::task::spawn_blocking(move || {
            driver::drive(
                city,
                &hub,
                None,
                &driver::Options {
                    dialects: Dialects::new(Editions::Mixed, Makers::NONE),
                    wait: false,
                },
                trouble,
                &never,
            );
        })
        .await
        .expect("the driver runs until it is killed");
    });
}

fn measure(vehicles: u32, word: &str) {
    let mut child = Command::new(std::env::current_exe().expect("a running program has a path"))
        .args(["--as-simulator", &vehicles.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can start itself");
    let mut address = String::new();
    BufReader::new(child.stdout.take().expect("piped"))
        .read_line(&mut address)
        .expect("the simulator says where it listens");
    let socket = TcpStream::connect(address.trim()).expect("the simulator listens");
    let request = format!("ws://{}/", address.trim());
    let (mut stream, _) =
        tokio_tungstenite::tungstenite::client(request, socket).expect("a handshake");
    // Raw bytes are enough for a sink: the server's frames are not masked, and nobody looks into them.
    let socket = stream.get_mut();
    let mut buffer = vec![0u8; 1 << 20];
    let mut drain = |until: Instant| {
        let mut bytes = 0u64;
        while Instant::now() < until {
            bytes += socket.read(&mut buffer).expect("the simulator streams") as u64;
        }
        bytes
    };
    drain(Instant::now() + Duration::from_secs(3));
    let (began, cpu_before) = (Instant::now(), cpu_s(child.id()));
    let bytes = drain(began + MEASURED);
    let seconds = began.elapsed().as_secs_f64();
    let cores = (cpu_s(child.id()) - cpu_before) / seconds;
    let peak_mb = peak_mb(child.id());
    child.kill().expect("it runs");
    let _ = child.wait();
    println!(
        "{{\"bench\":\"sim\",\"metric\":\"sim_cores_{word}\",\"value\":{cores:.3},\"unit\":\"cores\"}}"
    );
    println!(
        "{{\"bench\":\"sim\",\"metric\":\"sim_mb_{word}\",\"value\":{peak_mb:.0},\"unit\":\"MB\"}}"
    );
    let rate = bytes as f64 / seconds / 1e6;
    println!(
        "{{\"bench\":\"sim\",\"metric\":\"sim_stream_{word}\",\"value\":{rate:.2},\"unit\":\"MB/s\"}}"
    );
}

/// User and system time of a process, all threads.
fn cpu_s(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux");
    // The program's name stands in parentheses and may hold spaces: count from behind it.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_ascii_whitespace()
        .collect();
    let ticks = |nth: usize| fields[nth].parse::<f64>().expect("a number of ticks");
    (ticks(11) + ticks(12)) / TICKS_PER_S
}

fn peak_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let kb = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_ascii_whitespace().next())
        .and_then(|kb| kb.parse::<f64>().ok())
        .expect("the kernel tells the peak");
    kb * 1.024 / 1000.0
}
