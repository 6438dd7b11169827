//! The committed recordings, and the shared ones where they are at hand.

use std::path::{Path, PathBuf};

use sim::playback::{Options, Playback};
use sim::recording::Recording;
use sim::report::{Report, Told, Traffic};

const NOW_MS: i64 = 1_750_000_000_000;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../end2end/recordings")
        .join(name)
}

fn read(path: &Path) -> (Recording, Vec<u64>) {
    let mut bad = Vec::new();
    let mut recording = Recording::default();
    recording
        .read_file(path, |line| bad.push(line.number))
        .unwrap();
    (recording, bad)
}

/// Every report of the first `seconds`.
fn play(recording: Recording, options: Options, seconds: i64) -> (Playback, Vec<Report>) {
    let mut playback = Playback::new(recording, options);
    let mut reports = Vec::new();
    for step in 0..seconds * 10 {
        playback.advance(NOW_MS + step * 100, &mut |report| reports.push(*report));
    }
    (playback, reports)
}

#[test]
fn the_small_recording_is_whole_and_shows_what_a_wall_must_cope_with() {
    let (recording, bad) = read(&committed("shanghai_small.ndjson.gz"));
    assert!(bad.is_empty());
    assert_eq!((recording.tracks.len(), recording.lines), (40, 4_756));
    let (playback, reports) = play(
        recording,
        Options {
            looped: true,
            ..Options::default()
        },
        30,
    );
    assert_eq!(playback.identities().len(), 40);
    let soc = |wanted| reports.iter().any(|report| report.values.soc_pct == wanted);
    assert!(
        soc(Told::Invalid) || soc(Told::Abnormal),
        "some charge is marked"
    );
    assert!(
        reports
            .iter()
            .any(|report| matches!(report.values.soc_pct, Told::Value(_)))
    );
    assert!(
        reports
            .iter()
            .any(|report| !matches!(report.values.odometer_hm, Told::Value(_))),
        "some odometer is marked"
    );
}

#[test]
fn the_bad_line_is_skipped_by_its_number() {
    let (recording, bad) = read(&committed("bad_line.ndjson"));
    assert_eq!(bad, [12]);
    assert_eq!((recording.tracks.len(), recording.lines), (2, 39));
}

#[test]
fn whatever_the_speed_stamps_rise_by_a_second_at_least_and_loops_do_not_end() {
    for (speed, fold, clones) in [(1.0, false, 1), (20.0, true, 1), (300.0, false, 7)] {
        let (recording, _) = read(&committed("shanghai_small.ndjson.gz"));
        let options = Options {
            speed,
            looped: true,
            fold,
            clones,
            ..Options::default()
        };
        let (playback, reports) = play(recording, options, 90);
        let vehicles = playback.identities().len();
        assert_eq!(vehicles, 40 * clones as usize);
        let mut newest = vec![(i64::MIN, 0); vehicles];
        for report in &reports {
            let (stamp, odometer) = &mut newest[report.vehicle as usize];
            assert!(report.stamp_unix_s > *stamp, "speed {speed}");
            *stamp = report.stamp_unix_s;
            if let Told::Value(hm) = report.values.odometer_hm {
                assert!(hm >= *odometer, "speed {speed}: an odometer fell");
                *odometer = hm;
            }
        }
        let last = NOW_MS / 1000 + 90;
        assert!(
            newest.iter().all(|(stamp, _)| last - stamp < 20),
            "speed {speed}: somebody stopped reporting"
        );
    }
}

#[test]
fn vins_are_unique_well_formed_and_named_in_the_registry() {
    let (recording, _) = read(&committed("shanghai_small.ndjson.gz"));
    let (playback, _) = play(
        recording,
        Options {
            looped: true,
            clones: 50,
            ..Options::default()
        },
        0,
    );
    let mut registry = Vec::new();
    sim::identity::write_registry(playback.identities(), &mut registry).unwrap();
    let text = String::from_utf8(registry).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "vin,make,model,class");
    assert_eq!(lines.len(), 2_000);
    for line in &lines {
        let fields: Vec<&str> = line.split(',').collect();
        let vin = gb32960::Vin::parse(fields[0]).unwrap();
        assert!(vin.is_well_formed() && vin.has_good_check_digit());
        assert_eq!(gb32960::vin::make_of(&vin), Some(fields[1]));
        assert_eq!(fields.len(), 4);
    }
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 2_000);
}

/// A car that drives east for `seconds`, beginning `late_s` after the others.
fn drive(id: &str, late_s: i64, seconds: i64) -> String {
    (0..seconds)
        .map(|second| {
            let (t, lon) = (1_600_000_000_000 + (late_s + second) * 1000, 121.4 + second as f64 * 1e-4);
            format!("{{\"t\":{t},\"id\":\"{id}\",\"lon\":{lon:.6},\"lat\":31.2,\"speed_kmh\":34,\"soc\":70}}\n")
        })
        .collect()
}

#[test]
fn folded_trips_begin_together_and_others_when_they_were_driven() {
    let text = drive("early", 0, 20) + &drive("late", 3600, 20);
    for (fold, heard_at_once) in [(true, 2), (false, 1)] {
        let mut recording = Recording::default();
        recording
            .read(text.as_bytes(), |bad| panic!("{bad:?}"))
            .unwrap();
        let options = Options {
            fold,
            looped: true,
            ..Options::default()
        };
        let (_, reports) = play(recording, options, 5);
        let mut heard: Vec<u32> = reports.iter().map(|report| report.vehicle).collect();
        heard.sort_unstable();
        heard.dedup();
        assert_eq!(heard.len(), heard_at_once, "fold {fold}");
    }
}

#[test]
fn clones_drive_the_same_way_at_other_times() {
    let mut recording = Recording::default();
    recording
        .read(drive("one", 0, 100).as_bytes(), |bad| panic!("{bad:?}"))
        .unwrap();
    let options = Options {
        clones: 4,
        looped: true,
        ..Options::default()
    };
    let (playback, reports) = play(recording, options, 20);
    let mut vins: Vec<&str> = playback
        .identities()
        .iter()
        .filter_map(|who| who.vin.as_str())
        .collect();
    vins.sort_unstable();
    vins.dedup();
    assert_eq!(vins.len(), 4);
    let last_lon_e6 = |vehicle| {
        let mine = reports
            .iter()
            .rev()
            .find(|report| report.vehicle == vehicle);
        mine.expect("each has reported").values.lon_e6
    };
    let mut lons_e6: Vec<i32> = (0..4).map(last_lon_e6).collect();
    lons_e6.sort_unstable();
    // A lap takes 119 s: a quarter of it lies between two of them, or the pause.
    for pair in lons_e6.windows(2) {
        assert!(pair[1] - pair[0] > 800, "{lons_e6:?}");
    }
    for report in &reports {
        assert!((121_400_000..=121_409_900).contains(&report.values.lon_e6));
        assert_eq!(report.values.lat_e6, 31_200_000);
    }
}

#[test]
fn the_shared_recordings_play_where_they_are_at_hand() {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    for (name, vehicles) in [
        ("shanghai_trips_2020.ndjson.gz", 120),
        ("ev_drives_with_charge_2021.ndjson.gz", 9),
    ] {
        let path = Path::new(shared).join(name);
        if !path.exists() {
            println!("{name} is not here; the committed recording stands in for it");
            continue;
        }
        let (recording, _) = read(&path);
        assert_eq!(recording.tracks.len(), vehicles);
        for speed in [1.0, 20.0] {
            let options = Options {
                speed,
                looped: true,
                fold: true,
                ..Options::default()
            };
            let (_, reports) = play(recording_again(&path), options, 20);
            assert!(
                reports.len() >= vehicles * 5,
                "{name} at {speed}: {} reports",
                reports.len()
            );
        }
    }
}

fn recording_again(path: &Path) -> Recording {
    read(path).0
}

#[test]
fn any_citys_roads_carry_a_fleet() {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/roads");
    for name in [
        "shanghai_center_streets_odbl.geojson",
        "shanghai_expressways_metro_odbl.geojson",
    ] {
        let Ok(text) = std::fs::read(Path::new(shared).join(name)) else {
            println!("{name} is not here; the built-in roads are tested instead");
            continue;
        };
        let lines = sim::roads::geojson::lines(&text).unwrap();
        let roads =
            sim::roads::build::roads(&lines, &sim::roads::build::Options::surveyed(20)).unwrap();
        assert!(roads.nodes() > 100, "{name}: {} nodes", roads.nodes());
        let plan = sim::city::Plan {
            vehicles: 300,
            interval_s: Some(1),
            ..sim::city::Plan::default()
        };
        let mut city = sim::city::City::on(std::sync::Arc::new(roads), plan);
        let mut moving = 0;
        for step in 0..100 {
            city.advance(NOW_MS + step * 100, &mut |report| {
                moving += u32::from(matches!(report.values.speed_dkmh, Told::Value(1..)));
            });
        }
        assert!(moving > 100, "{name}: {moving}");
    }
}
