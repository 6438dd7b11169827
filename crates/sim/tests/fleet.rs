//! What must hold for every vehicle at every moment, whatever the seed.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gb32960::{Command, Split};
use sim::catalogue::{Class, MAKERS, Makers};
use sim::city::{City, Plan};
use sim::dialect::{Dialects, Editions};
use sim::frames;
use sim::ground::metres_between;
use sim::report::{Charge, Report, Told, Traffic};
use sim::roads::{Roads, build};

const NOW_MS: i64 = 1_750_000_000_000;

fn roads() -> Arc<Roads> {
    static ROADS: OnceLock<Arc<Roads>> = OnceLock::new();
    ROADS.get_or_init(|| Arc::new(build::shanghai(40))).clone()
}

fn city(plan: Plan) -> City {
    City::on(roads(), plan)
}

/// Runs for `seconds` and hands over each report with the city as it is just after it.
fn run(city: &mut City, seconds: i64, mut see: impl FnMut(&City, &Report)) {
    for step in 0..seconds * 10 {
        let mut reports = Vec::new();
        city.advance(NOW_MS + step * 100, &mut |report| reports.push(*report));
        for report in &reports {
            see(city, report);
        }
    }
}

fn degrees(report: &Report) -> (f64, f64) {
    (
        f64::from(report.values.lon_e6) / 1e6,
        f64::from(report.values.lat_e6) / 1e6,
    )
}

#[test]
fn nobody_is_faster_than_the_road_allows() {
    for (seed, interval_s, start_hour) in [
        (1, Some(1), 8.2),
        (2, Some(1), 23.0),
        (3, Some(10), 12.0),
        (4, Some(30), 17.5),
        (5, None, 8.2),
    ] {
        let mut city = city(Plan {
            vehicles: 600,
            seed,
            interval_s,
            start_hour,
            ..Plan::default()
        });
        let mut before: HashMap<u32, (Report, u8)> = HashMap::new();
        let mut steps = 0;
        run(&mut city, 180, |city, report| {
            let limit_kmh = city.limit_kmh(report.vehicle);
            let Told::Value(speed) = report.values.speed_dkmh else {
                panic!("no speed")
            };
            assert!(
                speed <= u16::from(city.fastest_kmh()) * 10,
                "seed {seed}: {report:?}"
            );
            if !report.reissued {
                assert!(
                    speed <= u16::from(limit_kmh) * 10,
                    "seed {seed}: {speed} on a road for {limit_kmh}"
                );
            }
            if !report.values.fix_valid {
                before.remove(&report.vehicle);
                return;
            }
            // Within a second the road is one of the two ends'; in a longer step it may be any.
            let passed_kmh = if interval_s == Some(1) {
                limit_kmh
            } else {
                city.fastest_kmh()
            };
            if let Some((last, last_kmh)) = before.insert(report.vehicle, (*report, limit_kmh)) {
                let seconds = (report.stamp_unix_s - last.stamp_unix_s) as f32 + 1.0;
                let most_m = f32::from(passed_kmh.max(last_kmh)) / 3.6 * seconds * 1.1 + 20.0;
                let moved_m = metres_between(degrees(&last), degrees(report));
                assert!(
                    moved_m <= most_m,
                    "seed {seed}: {moved_m} m in {seconds} s: {last:?} {report:?}"
                );
                steps += 1;
            }
        });
        assert!(steps > 500);
    }
}

#[test]
fn charge_rises_only_at_a_charger_and_the_odometer_never_falls() {
    let mut city = city(Plan {
        vehicles: 800,
        seed: 5,
        speed: 120.0,
        interval_s: Some(1),
        start_hour: 6.0,
    });
    let mut before: HashMap<u32, Report> = HashMap::new();
    let (mut charged, mut driven) = (0, 0);
    run(&mut city, 400, |_, report| {
        let Some(last) = before.insert(report.vehicle, *report) else {
            return;
        };
        if let (Told::Value(was), Told::Value(is)) = (last.values.soc_pct, report.values.soc_pct) {
            assert!(is <= 100);
            if is > was {
                let plugged = |r: &Report| r.values.charge != Charge::Not;
                // At two minutes a second a short charge may lie wholly between two reports.
                assert!(
                    plugged(&last) || plugged(report) || is - was < 12,
                    "{last:?} {report:?}"
                );
                charged += 1;
            }
        }
        if let (Told::Value(was), Told::Value(is)) =
            (last.values.odometer_hm, report.values.odometer_hm)
        {
            assert!(is >= was, "{last:?} {report:?}");
            driven += u32::from(is > was);
        }
    });
    assert!(charged > 50 && driven > 5_000, "{charged} {driven}");
}

#[test]
fn every_frame_decodes_to_what_was_meant() {
    for dialects in [
        Dialects::new(Editions::Only2016, Makers::NONE),
        Dialects::new(Editions::Mixed, Makers::NONE),
        Dialects::new(Editions::Mixed, Makers::all()),
        Dialects::new(Editions::Mixed, Makers::NONE).in_detail(),
    ] {
        let mut heard = [0; MAKERS.len()];
        let mut city = city(Plan {
            vehicles: 1_500,
            seed: 6,
            speed: 30.0,
            ..Plan::default()
        });
        run(&mut city, 60, |city, report| {
            let identity = &city.identities()[report.vehicle as usize];
            let mut bytes = Vec::new();
            let dialect = dialects.of(identity.platform());
            frames::append(&mut bytes, identity, report, dialect);
            let Split::Frame { frame, len } = gb32960::split(&bytes) else {
                panic!("no frame")
            };
            assert_eq!(len, bytes.len());
            assert_eq!(frame.identifier(), identity.vin);
            assert_eq!(frame.edition(), dialect.edition);
            assert_eq!(frame.command() == Command::Reissue, report.reissued);
            let live = gb32960::live(&frame).unwrap();
            assert!(live.stopped.is_none());
            if dialect.detail {
                cells_agree_with_extremes(&frame);
            }
            assert_eq!(live.time.to_unix_s(), Some(report.stamp_unix_s));
            let value = |told: Told<u32>| {
                if let Told::Value(value) = told {
                    Some(value)
                } else {
                    None
                }
            };
            let values = &report.values;
            assert_eq!(
                live.speed_dkmh.unwrap().value().map(u32::from),
                value(values.speed_dkmh.map(u32::from))
            );
            assert_eq!(live.odometer_hm.unwrap().value(), value(values.odometer_hm));
            assert_eq!(
                live.soc_pct.unwrap().value().map(u32::from),
                value(values.soc_pct.map(u32::from))
            );
            assert_eq!(live.alarm_level.unwrap().value(), Some(values.alarm_level));
            let position = live.position.unwrap();
            let nowhere = (values.lon_e6, values.lat_e6) == (0, 0);
            assert_eq!(position.valid, values.fix_valid && !nowhere);
            if !nowhere {
                // What a frame does not say, the platforms file does.
                let agreed = if dialect.gcj02 {
                    gb32960::Datum::Gcj02
                } else {
                    gb32960::Datum::Wgs84
                };
                let (lon, lat) = gb32960::datum::wgs84_from(
                    position.datum.unwrap_or(agreed),
                    f64::from(position.lon_e6) / 1e6,
                    f64::from(position.lat_e6) / 1e6,
                );
                assert!(
                    metres_between((lon, lat), degrees(report)) < 0.5,
                    "{dialect:?}"
                );
            }
            heard[usize::from(identity.platform())] += 1;
        });
        assert!(heard.iter().sum::<u32>() > 4_000);
        assert!(heard.iter().all(|&frames| frames > 5), "{heard:?}");
    }
}

/// Motors, cells and probes are there, and the extremes of 2016 are those of the cells and probes.
fn cells_agree_with_extremes(frame: &gb32960::Frame<'_>) {
    use gb32960::full::{Item, Report};
    let report = Report::read(frame.data(), frame.edition()).unwrap();
    let (mut cells, mut extremes, mut motors) = (Vec::new(), None, 0);
    for item in &report.items {
        match item {
            Item::Voltages2016(packs) => packs
                .iter()
                .for_each(|pack| cells.extend(pack.values.iter())),
            Item::Voltages2025(packs) => packs
                .iter()
                .for_each(|pack| cells.extend(pack.values.iter())),
            Item::Motors2016(all) => motors = all.len(),
            Item::Motors2025(all) => motors = all.len(),
            Item::Extremes2016(item) => extremes = Some(*item),
            _ => {}
        }
    }
    assert_eq!((cells.len(), motors), (96, 1));
    if let Some(extremes) = extremes {
        let highest = cells.iter().map(|cell| cell.0).max();
        let lowest = cells.iter().map(|cell| cell.0).min();
        assert_eq!(
            (highest, lowest),
            (Some(extremes.vmax.0), Some(extremes.vmin.0))
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let dialects = Dialects::new(Editions::Mixed, Makers::by_session());
    let bytes = |seed| {
        let mut city = city(Plan {
            vehicles: 700,
            seed,
            ..Plan::default()
        });
        let mut bytes = Vec::new();
        run(&mut city, 30, |city, report| {
            let identity = &city.identities()[report.vehicle as usize];
            let dialect = dialects.of(identity.platform());
            frames::append(&mut bytes, identity, report, dialect);
        });
        bytes
    };
    let first = bytes(8);
    assert_eq!(first, bytes(8));
    assert_ne!(first, bytes(9));
}

#[test]
fn a_vehicle_reports_in_its_interval_and_never_twice_a_second() {
    for wanted in [None, Some(10), Some(7)] {
        let mut city = city(Plan {
            vehicles: 2_000,
            seed: 10,
            interval_s: wanted,
            ..Plan::default()
        });
        let mut stamps: HashMap<u32, Vec<i64>> = HashMap::new();
        run(&mut city, 120, |_, report| {
            let stamps = stamps.entry(report.vehicle).or_default();
            stamps.push(report.stamp_unix_s);
        });
        let (mut usual, mut by_interval) = (0, HashMap::<u32, u32>::new());
        for (&vehicle, stamps) in &stamps {
            assert!(stamps.is_sorted_by(|a, b| a < b));
            let interval_s = city.interval_s(vehicle);
            match wanted {
                Some(wanted) => assert_eq!(interval_s, wanted),
                None => assert!(interval_s == 10 || interval_s == 30),
            }
            *by_interval.entry(interval_s).or_default() += 1;
            let expected = 120 / interval_s as usize;
            usual += u32::from(stamps.len() == expected || stamps.len() == expected + 1);
        }
        assert!(usual > 1_700, "{usual} of 2000 kept to their interval");
        if wanted.is_none() {
            assert!(
                by_interval[&10] > 500 && by_interval[&30] > 500,
                "{by_interval:?}"
            );
        }
        // Spread evenly: no second has much more than its share.
        let share: u32 = by_interval
            .iter()
            .map(|(interval_s, n)| n / interval_s)
            .sum();
        let mut by_second: HashMap<i64, u32> = HashMap::new();
        for stamp in stamps.values().flatten() {
            *by_second.entry(*stamp).or_default() += 1;
        }
        let most = share * 5 / 4 + 10;
        assert!(
            by_second.values().all(|&reports| reports < most),
            "{share}: {by_second:?}"
        );
    }
}

#[test]
fn cars_of_one_maker_keep_one_interval_and_who_earns_money_reports_often() {
    let city = city(Plan {
        vehicles: 4_000,
        ..Plan::default()
    });
    for (identity, index) in city.identities().iter().zip(0..) {
        let private = matches!(identity.class(), Class::Private | Class::Other);
        let maker = identity.model().maker();
        let expected = if private { maker.interval_s } else { 10 };
        assert_eq!(
            city.interval_s(index),
            expected,
            "{}",
            identity.model().model
        );
    }
}

#[test]
fn a_day_has_its_rhythm_and_its_troubles() {
    // A whole day in 480 seconds, from four in the morning.
    let mut city = city(Plan {
        vehicles: 3_000,
        seed: 11,
        speed: 180.0,
        interval_s: Some(2),
        start_hour: 4.0,
    });
    let (mut moving, mut heard) = ([0u32; 24], [0u32; 24]);
    let (mut charging, mut reissued, mut lost_fix) = (0, 0, 0);
    let mut alarms = [0u32; 4];
    run(&mut city, 480, |_, report| {
        if report.reissued {
            reissued += 1;
            return;
        }
        let hour = ((4 * 3600 + (report.stamp_unix_s - NOW_MS / 1000) * 180) / 3600 % 24) as usize;
        heard[hour] += 1;
        moving[hour] += u32::from(matches!(report.values.speed_dkmh, Told::Value(1..)));
        charging += u32::from(report.values.charge == Charge::Parked);
        lost_fix += u32::from(!report.values.fix_valid);
        alarms[usize::from(report.values.alarm_level)] += 1;
    });
    let share = |hour: usize| moving[hour] as f32 / heard[hour].max(1) as f32;
    assert!(
        share(8) > 2.0 * share(3),
        "rush {} night {}",
        share(8),
        share(3)
    );
    assert!(
        share(18) > 1.5 * share(22),
        "rush {} evening {}",
        share(18),
        share(22)
    );
    let all: u32 = heard.iter().sum();
    assert!(charging > all / 200, "{charging} of {all} charging");
    assert!(
        reissued > 0 && lost_fix > 0 && alarms[1] > 0,
        "{reissued} {lost_fix} {alarms:?}"
    );
    assert!(alarms[1] + alarms[2] + alarms[3] < all / 50, "{alarms:?}");
    // Some are silent, but only some.
    let expected = 3_000.0 * 240.0;
    let share = all as f32 / expected;
    assert!(
        (0.85..0.995).contains(&share),
        "{share} of all reports came"
    );
}

#[test]
fn a_level_three_alarm_brings_its_history_and_then_a_report_each_second() {
    // Time flies, so that rare alarms are not rare.
    let plan = Plan {
        vehicles: 1_500,
        seed: 12,
        speed: 4_000.0,
        interval_s: Some(10),
        start_hour: 9.0,
    };
    let mut city = city(plan);
    let mut said: HashMap<u32, Vec<Report>> = HashMap::new();
    run(&mut city, 80, |_, report| {
        said.entry(report.vehicle).or_default().push(*report)
    });
    let mut bursts = 0;
    for reports in said.values() {
        let alarm = |r: &Report| r.values.alarm_level == 3 && !r.reissued;
        let Some(onset) = reports.iter().position(alarm) else {
            continue;
        };
        let at_s = reports[onset].stamp_unix_s;
        if at_s > NOW_MS / 1000 + 50 {
            continue;
        }
        // The seconds since the report before it come as re-issued reports, oldest first.
        assert!(onset >= 9, "{onset}");
        for (report, ago) in reports[..onset].iter().rev().zip(1..=9) {
            assert!(
                report.reissued && report.stamp_unix_s == at_s - ago,
                "{report:?}"
            );
        }
        let after: Vec<i64> = reports[onset..]
            .iter()
            .map(|r| r.stamp_unix_s)
            .take(25)
            .collect();
        assert!(after.is_sorted_by(|a, b| b - a == 1), "{after:?}");
        bursts += 1;
    }
    assert!(bursts > 0);
}
