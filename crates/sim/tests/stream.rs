//! The real binary over real sockets: what arrives is what the truth feed says was sent.

mod common;

use std::collections::HashMap;
use std::process::Command;

use common::{File, Sim, small_recording};
use futures_util::StreamExt;
use gb32960::{Split, Vin};
use tokio_tungstenite::tungstenite::Message;

/// The reports of the next `count` messages.
async fn hear(url: &str, count: usize) -> Vec<(Vin, gb32960::Live)> {
    let (mut stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < count {
        let Message::Binary(bytes) = stream.next().await.unwrap().unwrap() else {
            continue;
        };
        let Split::Frame { frame, len } = gb32960::split(&bytes) else {
            panic!("no frame")
        };
        assert_eq!(len, bytes.len(), "one message holds one frame");
        assert!(frame.identifier().has_good_check_digit());
        heard.push((frame.identifier(), gb32960::live(&frame).unwrap()));
    }
    heard
}

#[tokio::test]
async fn a_recording_plays_as_frames_that_agree_with_the_truth() {
    let file = File::holding("plays", &small_recording());
    let sim = Sim::start(&["play", file.path(), "--loop", "--wait"]);
    let heard = hear(&sim.stream_url, 6).await;
    let mut seconds: HashMap<Vin, Vec<i64>> = HashMap::new();
    for (vin, live) in &heard {
        assert!(live.position.unwrap().valid);
        seconds
            .entry(*vin)
            .or_default()
            .push(live.time.to_unix_s().unwrap());
    }
    assert_eq!(seconds.len(), 2);
    for stamps in seconds.values() {
        assert!(
            stamps.is_sorted_by(|a, b| a < b),
            "at most one report a second: {stamps:?}"
        );
    }
    let truth = sim.truth("/vehicles");
    for vehicle in truth.as_array().unwrap() {
        let vin = Vin::parse(vehicle["vin"].as_str().unwrap()).unwrap();
        let (_, live) = heard.iter().rev().find(|(v, _)| *v == vin).unwrap();
        let told = |value: &serde_json::Value| value.as_f64().map(|v| (v * 10.0).round() as u32);
        assert_eq!(
            told(&vehicle["speed_kmh"]),
            live.speed_dkmh.unwrap().value().map(u32::from)
        );
        assert!(gb32960::vin::make_of(&vin).is_some());
    }
}

#[tokio::test]
async fn a_recorded_id_is_the_same_vin_each_time() {
    let file = File::holding("same", &small_recording());
    let first = Sim::start(&["play", file.path(), "--loop", "--wait", "--speed", "20"]);
    let second = Sim::start(&["play", file.path(), "--loop", "--wait", "--speed", "1"]);
    let vins = |heard: Vec<(Vin, gb32960::Live)>| {
        let mut vins: Vec<Vin> = heard.into_iter().map(|(vin, _)| vin).collect();
        vins.sort_by_key(|vin| vin.0);
        vins.dedup();
        vins
    };
    let (first, second) = (
        vins(hear(&first.stream_url, 4).await),
        vins(hear(&second.stream_url, 4).await),
    );
    assert_eq!(first, second);
    assert_eq!(first.len(), 2);
}

#[test]
fn a_missing_file_and_a_port_in_use_are_one_clear_line() {
    let fail = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        let clear: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with("evwall-sim: "))
            .map(str::to_owned)
            .collect();
        assert_eq!(clear.len(), 1, "{text}");
        clear[0].clone()
    };
    assert!(fail(&["play", "/nowhere/trip.ndjson"]).contains("cannot open /nowhere/trip.ndjson"));
    let file = File::holding("busy", &small_recording());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(fail(&["play", file.path(), "--listen", &address]).contains(&address));
    let empty = File::holding("empty", "not a line\n");
    assert!(fail(&["play", empty.path()]).contains("nothing to play"));
}

#[test]
fn a_bad_line_is_reported_with_its_number() {
    let file = File::holding("bad", &small_recording());
    // The same port twice: it reads the file and then fails to listen, so it ends by itself.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
        .args([
            "play",
            file.path(),
            "--listen",
            &taken.local_addr().unwrap().to_string(),
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("skipped line 62 of"), "{text}");
}

#[tokio::test]
async fn a_recording_without_loop_ends_the_stream_politely() {
    let text: String = small_recording()
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    let file = File::holding("ends", &text);
    let sim = Sim::start(&["play", file.path(), "--wait", "--speed", "10"]);
    let (mut stream, _) = tokio_tungstenite::connect_async(&sim.stream_url)
        .await
        .unwrap();
    loop {
        match stream.next().await {
            Some(Ok(Message::Close(_))) => break,
            Some(Ok(_)) => {}
            other => panic!("the stream broke without a goodbye: {other:?}"),
        }
    }
}
