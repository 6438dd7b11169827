//! The fleet, the recorder and the troubles over real sockets.

mod common;

use std::process::Command;

use common::{File, Sim, small_recording};
use futures_util::StreamExt;
use gb32960::{Edition, Split};
use sim::recording::Recording;
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn a_maker_has_a_stream_of_its_own_in_its_own_edition() {
    let sim = Sim::start(&["fleet", "--vehicles", "600", "--interval-s", "1"]);
    let url = |path: &str| format!("{}{path}", sim.stream_url);
    for (slug, make, edition) in [
        ("tesla", "Tesla", Edition::V2025),
        ("byd", "BYD", Edition::V2016),
    ] {
        let (mut stream, _) = tokio_tungstenite::connect_async(url(&format!("/platform/{slug}")))
            .await
            .unwrap();
        for _ in 0..40 {
            let Message::Binary(bytes) = stream.next().await.unwrap().unwrap() else {
                continue;
            };
            let Split::Frame { frame, .. } = gb32960::split(&bytes) else {
                panic!("no frame")
            };
            assert_eq!(gb32960::vin::make_of(&frame.identifier()), Some(make));
            assert_eq!(frame.edition(), edition);
        }
    }
    let refused = tokio_tungstenite::connect_async(url("/platform/nobody"))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Http(answer) if answer.status() == 404));
}

#[tokio::test]
async fn injected_trouble_is_counted_by_kind() {
    let trouble = "cut=0.05,flipped=0.05,duplicated=0.05,future=0.05,reordered=0.05";
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "600",
        "--interval-s",
        "1",
        "--trouble",
        trouble,
    ]);
    let (mut stream, _) = tokio_tungstenite::connect_async(&sim.stream_url)
        .await
        .unwrap();
    let mut damaged = 0u64;
    for _ in 0..2_000 {
        let Message::Binary(bytes) = stream.next().await.unwrap().unwrap() else {
            continue;
        };
        let whole =
            matches!(gb32960::split(&bytes), Split::Frame { len, .. } if len == bytes.len());
        damaged += u64::from(!whole);
    }
    let counts = sim.truth("/counters");
    for kind in ["cut", "flipped", "duplicated", "future", "reordered"] {
        assert!(counts["trouble"][kind].as_u64().unwrap() > 0, "{counts}");
    }
    // A cut frame is two damaged messages; one that was flipped may be sent twice.
    let injected = ["cut", "cut", "flipped", "duplicated"]
        .iter()
        .map(|k| counts["trouble"][k].as_u64().unwrap())
        .sum::<u64>();
    assert!(
        damaged > 50 && damaged <= injected,
        "{damaged} damaged of {counts}"
    );
}

#[test]
fn a_recorded_stream_holds_no_vin_and_plays_again() {
    let text: String = small_recording()
        .lines()
        .take(40)
        .map(|line| format!("{line}\n"))
        .collect();
    let (source, made) = (File::holding("source", &text), File::holding("made.gz", ""));
    let sim = Sim::start(&["play", source.path(), "--wait", "--speed", "5"]);
    let vins: Vec<String> = {
        let status = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
            .args(["record", &sim.stream_url, "--out", made.path()])
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let ids = ["one", "two"];
        let mut taken = std::collections::HashSet::new();
        ids.iter()
            .map(|id| {
                sim::identity::Identity::of_recorded(id, 0, &mut taken)
                    .vin
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    let mut recording = Recording::default();
    recording
        .read_file(&made.0, |bad| panic!("{bad:?}"))
        .unwrap();
    assert_eq!(recording.tracks.len(), 2);
    assert_eq!(recording.unsorted_lines, 0);
    assert!(recording.lines >= 4);
    for track in &recording.tracks {
        assert!(track.id.starts_with("v-") && !vins.contains(&track.id));
    }
}

/// Makers of both editions and datums, and the file holds where they really are.
#[test]
fn a_recorded_fleet_stands_where_the_truth_says() {
    let made = File::holding("fleet.ndjson", "");
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "400",
        "--interval-s",
        "1",
        "--start-hour",
        "3",
    ]);
    let status = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
        .args([
            "record",
            &sim.stream_url,
            "--out",
            made.path(),
            "--seconds",
            "4",
        ])
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let truth = sim.truth("/vehicles");
    let places: Vec<(f64, f64)> = truth
        .as_array()
        .unwrap()
        .iter()
        .map(|vehicle| {
            (
                vehicle["lon"].as_f64().unwrap(),
                vehicle["lat"].as_f64().unwrap(),
            )
        })
        .collect();
    let mut recording = Recording::default();
    recording
        .read_file(&made.0, |bad| panic!("{bad:?}"))
        .unwrap();
    let stands =
        |track: &&sim::recording::Track| track.moments.iter().all(|m| m.speed_kmh == Some(0.0));
    let standing: Vec<_> = recording.tracks.iter().filter(stands).collect();
    let found = standing
        .iter()
        .filter(|track| {
            let last = track.moments[track.moments.len() - 1];
            let here = (last.lon, last.lat);
            places
                .iter()
                .any(|&place| sim::ground::metres_between(place, here) < 0.5)
        })
        .count();
    assert!(standing.len() > 250, "{}", standing.len());
    // One may have set out in between.
    assert!(found + 5 > standing.len(), "{found} of {}", standing.len());
}

#[tokio::test]
async fn a_fleet_drives_on_the_roads_of_a_file() {
    let mut features = Vec::new();
    for line in 0..6 {
        let (at, from, to) = (f64::from(line) * 0.004, -0.001, 0.021);
        for ends in [[[from, at], [to, at]], [[at, from], [at, to]]] {
            let points = ends.map(|[east, north]| [16.36 + east, 48.19 + north]);
            features.push(
                serde_json::json!({"type": "Feature", "properties": {"highway": "primary"},
                "geometry": {"type": "LineString", "coordinates": points}}),
            );
        }
    }
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    let file = File::holding("vienna.geojson", &text);
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "200",
        "--interval-s",
        "1",
        "--editions",
        "2016",
        "--roads",
        file.path(),
    ]);
    let (mut stream, _) = tokio_tungstenite::connect_async(&sim.stream_url)
        .await
        .unwrap();
    for _ in 0..300 {
        let Message::Binary(bytes) = stream.next().await.unwrap().unwrap() else {
            continue;
        };
        let Split::Frame { frame, .. } = gb32960::split(&bytes) else {
            panic!("no frame")
        };
        let position = gb32960::live(&frame).unwrap().position.unwrap();
        if position.valid {
            assert!(
                (16_358_000..16_382_000).contains(&position.lon_e6),
                "{position:?}"
            );
            assert!(
                (48_188_000..48_212_000).contains(&position.lat_e6),
                "{position:?}"
            );
        }
    }
}

#[test]
fn an_unreachable_stream_is_one_clear_line() {
    let made = File::holding("nothing.ndjson", "");
    let output = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
        .args(["record", "ws://127.0.0.1:1/", "--out", made.path()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot connect to ws://127.0.0.1:1/")
    );
}
