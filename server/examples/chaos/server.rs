//! What happens to the server itself, and to its disk.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::bench::{Bench, Row};
use crate::rig::City;
use crate::viewers::{Crowd, Habit, wall};

const PATIENCE: Duration = Duration::from_secs(60);
/// Sockets that share a session.
const PER_SESSION: usize = 50;
/// The data dir of a server whose disk is to get full.
const DISK: &str = "size=48m";

pub fn killed(bench: &mut Bench) -> Result<Row> {
    let map = bench.map()?;
    let vin = vin(bench, 0);
    let opened = open_card(bench, &vin)?;
    bench.take_server()?.kill();
    // Long enough for the wall to have tried and failed.
    std::thread::sleep(Duration::from_secs(5));
    let begun = bench.serve_again(map)?;
    let recovery = bench.eye.right_after(begun, PATIENCE)?;
    let (is_whole, said) = verified(&bench.city)?;
    let named = exported(&bench.city, &vin)?;
    Ok(Row::recovered(recovery)
        .keep(opened, "a card was open".to_owned())
        .keep(is_whole, format!("audit log: {said}"))
        .keep(
            named,
            "the row of the card that was open is in it".to_owned(),
        ))
}

pub fn restart(bench: &mut Bench) -> Result<Row> {
    let map = bench.map()?;
    let sessions = bench.viewers.div_ceil(PER_SESSION).max(1);
    let server = bench.take_server()?;
    let cookies = bench.city.sign_in(&server, "viewer", sessions)?;
    let habits = (0..bench.viewers).map(|_| Habit::Still(wall(9)));
    let crowd = {
        let _inside = bench.runtime.enter();
        Crowd::send(map, &cookies, habits)
    };
    bench.runtime.block_on(crowd.wait_for_green())?;
    let stopped = server.stop()?;
    crowd.green.store(0, std::sync::atomic::Ordering::Relaxed);
    let begun = bench.serve_again(map)?;
    bench.runtime.block_on(crowd.wait_for_green())?;
    let all = begun.elapsed();
    let recovery = bench.eye.right_after(begun, PATIENCE)?;
    drop(crowd);
    let rss_mb = bench.server()?.rss_kb()? / 1e3;
    Ok(Row::recovered(recovery.max(all))
        .keep(
            stopped < Duration::from_secs(10),
            format!("it ended {:.1} s after SIGTERM", stopped.as_secs_f64()),
        )
        .keep(
            all < crate::bench::BAR,
            format!(
                "all {} viewers had the whole picture {:.1} s after the start began",
                bench.viewers,
                all.as_secs_f64()
            ),
        )
        .keep(true, format!("{rss_mb:.0} MB of memory with all of them")))
}

pub fn corrupt(bench: &mut Bench) -> Result<Row> {
    let map = bench.map()?;
    bench.take_server()?.stop()?;
    let picture = bench.city.data_dir().join("picture");
    let mut bytes = std::fs::read(&picture)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&picture, &bytes)?;
    let begun = bench.serve_again(map)?;
    let recovery = bench.eye.right_after(begun, PATIENCE)?;
    let aside = std::fs::read(bench.city.data_dir().join("picture.set-aside"));
    Ok(Row::recovered(recovery).keep(
        aside.is_ok_and(|aside| aside == bytes),
        "one bit was turned over; the file was set aside as it was, and not shown".to_owned(),
    ))
}

/// Gives the data dir a disk of its own; its mount goes with this process's namespace.
pub fn small_disk(city: &City) -> Result<()> {
    let folder = city.data_dir();
    std::fs::create_dir_all(&folder)?;
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
        .arg(&folder)
        .status()?;
    ensure!(mounted.success(), "no small disk can be mounted");
    Ok(())
}

pub fn disk_full(bench: &mut Bench) -> Result<Row> {
    if !bench.inside {
        return elsewhere(bench);
    }
    let faults = bench.server()?.sum("evwall_access_faults_total")?;
    let cards = (vin(bench, 1), vin(bench, 2));
    let filler = bench.city.data_dir().join("filler");
    let begun = Instant::now();
    fill(&filler)?;
    // Rows that still fit into the last page are written; then it is full.
    let mut answered = 0;
    while open_card(bench, &cards.0)? {
        answered += 1;
        ensure!(answered < 60, "it answers on a full disk");
    }
    std::thread::sleep(Duration::from_secs(10));
    let is_refused = !open_card(bench, &cards.0)?;
    let refused = bench.server()?.sum("evwall_access_faults_total")? - faults;
    let sights = bench.eye.between(begun, Instant::now());
    let map = bench.map()?;
    bench.take_server()?.kill();
    let killed = bench.serve_again(map)?;
    let on_a_full_disk = bench.eye.right_after(killed, PATIENCE)?;
    std::fs::remove_file(&filler)?;
    let over = bench.eye.fault_over();
    while !open_card(bench, &cards.1)? {
        ensure!(over.elapsed() < PATIENCE, "no card opens any more");
        std::thread::sleep(Duration::from_millis(200));
    }
    let again = over.elapsed();
    let recovery = bench.eye.right_after(over, PATIENCE)?;
    let (is_whole, said) = verified(&bench.city)?;
    Ok(Row::recovered(recovery.max(again))
        .keep_right("the map was right on the full disk", &sights, 9)
        .keep(
            is_refused && refused > 0.0,
            format!("no look without a row: cards were refused ({refused:.0} faults counted)"),
        )
        .keep(
            on_a_full_disk < crate::bench::BAR,
            format!(
                "killed and started there, it was right again after {:.1} s",
                on_a_full_disk.as_secs_f64()
            ),
        )
        .keep(
            true,
            format!(
                "cards opened again {:.1} s after there was room",
                again.as_secs_f64()
            ),
        )
        .keep(is_whole, format!("audit log: {said}")))
}

/// The same in a mount namespace of its own, where this machine lets us have one.
fn elsewhere(bench: &Bench) -> Result<Row> {
    for namespace in [&["--mount"][..], &["--user", "--map-root-user", "--mount"]] {
        let mut inside = Command::new("unshare");
        inside
            .args(namespace)
            .arg(std::env::current_exe()?)
            .args(["--inside", "--only", "disk full"])
            .args(["--vehicles", &bench.city.vehicles.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        let output = inside.output();
        let said = output
            .as_ref()
            .map(|output| &output.stdout[..])
            .unwrap_or_default();
        if let Ok(line) = serde_json::from_slice::<Value>(said) {
            return Ok(Row::told(&line));
        }
    }
    bail!("not tried: this machine gives no mount namespace, and so no disk that may be filled")
}

fn fill(file: &std::path::Path) -> Result<()> {
    let mut file = std::fs::File::create(file)?;
    for piece in [1 << 16, 1 << 9, 1] {
        let piece = vec![0; piece];
        while file.write_all(&piece).is_ok() {}
    }
    Ok(())
}

fn vin(bench: &Bench, vehicle: usize) -> String {
    let vin = bench.upstream.identities[vehicle].vin;
    vin.as_str().unwrap_or_default().to_owned()
}

/// Looks a vehicle up and opens its card; whether that was answered.
fn open_card(bench: &Bench, vin: &str) -> Result<bool> {
    let server = bench.server()?;
    let form = format!("vin={vin}&make=&purpose=alarm&case_number=");
    let found = server.post(&bench.cookie, "/api/search-vin", &form)?;
    let body = found.split("\r\n\r\n").nth(1).unwrap_or_default();
    let found: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(handle) = found["hits"][0]["handle"].as_str() else {
        return Ok(false);
    };
    let form = format!("handle={handle}&purpose=alarm&case_number=");
    let answer = server.post(&bench.cookie, "/api/open-card", &form)?;
    Ok(answer.starts_with("HTTP/1.1 200") && answer.contains(vin))
}

fn verified(city: &City) -> Result<(bool, String)> {
    let output = city
        .evwall()
        .args(["audit", "verify", "--heads"])
        .arg(city.data_dir().join("audit-heads"))
        .arg("--data-dir")
        .arg(city.data_dir())
        .output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let first = said.lines().next().context("it says nothing")?;
    Ok((output.status.success(), first.to_owned()))
}

/// Whether the log has a vehicle: VINs stand in it as they are.
fn exported(city: &City, vin: &str) -> Result<bool> {
    let holds = |name: &str| -> bool {
        let bytes = std::fs::read(city.data_dir().join(name)).unwrap_or_default();
        bytes
            .windows(vin.len())
            .any(|bytes| bytes == vin.as_bytes())
    };
    Ok(holds("evwall.db") || holds("evwall.db-wal"))
}
