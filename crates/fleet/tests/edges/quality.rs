//! How well a source reports is told over the last minute, and forgotten after it.

use fleet::{Quality, SourceId};
use gb32960::Reading;

use crate::{CITY, Stage, at};

fn quality(stage: &Stage) -> Quality {
    stage.fleet.quality(SourceId(0), stage.now)
}

#[test]
fn late_invalid_and_repeated_reports_are_counted_and_forgotten_after_a_minute() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.put(1, at(CITY, 9, 9));
    let mut late = stage.report(2, Some(at(CITY, 9, 9)));
    late.stamp_unix_s -= 31;
    late.speed_dkmh = Some(Reading::Invalid);
    stage.apply(&late);
    let mut reissued = stage.report(3, Some(at(CITY, 9, 9)));
    reissued.stamp_unix_s -= 3_600;
    reissued.reissued = true;
    stage.apply(&reissued);
    stage.wait_s(10);
    let told = quality(&stage);
    assert_eq!((told.reports, told.late, told.duplicates), (4, 1, 1));
    assert_eq!((told.fields, told.invalid), (16, 1));
    assert_eq!(told.window_ms, 10_000);
    assert_eq!(stage.fleet.quality(SourceId(9), stage.now).reports, 0);
    stage.wait_s(70);
    let told = quality(&stage);
    assert_eq!((told.reports, told.skew_s), (0, None));
}

#[test]
fn a_clock_that_is_an_hour_off_is_told_and_one_vehicle_of_many_is_not() {
    for (off_s, vehicles_off, told_s) in [(-3_600, 20, 3_600), (-3_600, 3, 0), (50, 20, -50)] {
        let mut stage = Stage::new();
        for number in 0..20 {
            let mut report = stage.report(number, Some(at(CITY, 9, 9)));
            if number < vehicles_off {
                report.stamp_unix_s += off_s;
            }
            stage.apply(&report);
        }
        assert_eq!(quality(&stage).skew_s, Some(told_s));
    }
}

#[test]
fn the_odometer_is_held_against_the_positions() {
    let mut stage = Stage::new();
    let metres = |x: u16| {
        let (from, to) = (at(CITY, 0, 9), at(CITY, x, 9));
        f64::from(to.x - from.x) / from.units_per_metre()
    };
    // Vehicle 0 drives east; its odometer says twice what its positions do.
    let mut report = stage.report(0, Some(at(CITY, 0, 9)));
    stage.apply(&report);
    for step in 1..=4 {
        stage.wait_s(10);
        report.stamp_unix_s += 10;
        report.fix = Some(at(CITY, step * 400, 9));
        let hm = (2.0 * metres(step * 400) / 100.0).round() as u32;
        report.odometer_hm = Some(Reading::Value(1_234_567 + hm));
        stage.apply(&report);
    }
    let told = quality(&stage);
    assert!((told.gps_m - metres(1_600)).abs() < 1.0, "{told:?}");
    let ratio = told.odometer_m / told.gps_m;
    assert!((1.9..2.1).contains(&ratio), "{ratio}");
}
