//! Which report wins, and how long what is shown counts as fresh.

use bytes::Bytes;
use fleet::{Applied, Class, EXACT, SourceId};
use gb32960::Reading;
use wire::{Activity, Excluded, Freshness};

use crate::{CITY, Stage, at};

fn freshness(stage: &Stage, number: u32) -> Freshness {
    let (_, look) = stage.fleet.shown(EXACT, stage.ix(number)).unwrap();
    look.freshness()
}

#[test]
fn an_older_report_never_moves_a_dot() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    let mut older = stage.report(1, Some(at(CITY, 500, 9)));
    older.stamp_unix_s -= 1;
    assert_eq!(stage.apply(&older), Applied::Older);
    stage.tick();
    assert_eq!(stage.shown(EXACT, 1), Some(at(CITY, 9, 9)));
}

#[test]
fn of_two_reports_of_one_second_the_later_arrival_wins() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.put(1, at(CITY, 10, 9));
    stage.tick();
    assert_eq!(stage.shown(EXACT, 1), Some(at(CITY, 10, 9)));
}

#[test]
fn a_reissued_report_never_moves_a_dot_nor_keeps_it_fresh() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.wait_s(90);
    let mut reissued = stage.report(1, Some(at(CITY, 500, 9)));
    reissued.reissued = true;
    assert_eq!(stage.apply(&reissued), Applied::Reissued);
    reissued.vin = crate::vin(2);
    assert_eq!(stage.apply(&reissued), Applied::Reissued);
    stage.tick();
    assert_eq!(stage.shown(EXACT, 1), Some(at(CITY, 9, 9)));
    assert_eq!(freshness(&stage, 1), Freshness::Late);
    assert_eq!(stage.shown(EXACT, 2), None);
    let excluded: Vec<_> = stage.fleet.counts().excluded().collect();
    assert_eq!(excluded, [(Excluded::OnlyReissued, 1)]);
}

#[test]
fn a_report_ahead_of_the_clock_is_believed_within_the_tolerance_only() {
    let mut stage = Stage::new();
    let mut ahead = stage.report(1, Some(at(CITY, 9, 9)));
    ahead.stamp_unix_s += 61;
    assert_eq!(stage.apply(&ahead), Applied::Future);
    stage.tick();
    assert_eq!(stage.shown(EXACT, 1), None);
    let excluded: Vec<_> = stage.fleet.counts().excluded().collect();
    assert_eq!(excluded, [(Excluded::ClockAhead, 1)]);
    let mut ahead = stage.report(1, Some(at(CITY, 9, 9)));
    ahead.stamp_unix_s += 60;
    assert_eq!(stage.apply(&ahead), Applied::Fresh);
}

#[test]
fn a_report_without_a_fix_changes_the_look_and_leaves_the_dot() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.wait_s(5);
    let mut blind = stage.report(1, None);
    blind.alarm_level = Some(Reading::Value(3));
    assert_eq!(stage.apply(&blind), Applied::NoFix);
    stage.tick();
    let (place, look) = stage.fleet.shown(EXACT, stage.ix(1)).unwrap();
    assert_eq!((place, look.alarm_level()), (at(CITY, 9, 9), Some(3)));
}

#[test]
fn a_fix_is_taken_from_a_report_older_than_one_that_had_none() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.wait_s(10);
    let blind = stage.report(1, None);
    stage.apply(&blind);
    let mut between = stage.report(1, Some(at(CITY, 20, 9)));
    between.stamp_unix_s -= 3;
    between.soc_pct = Some(Reading::Value(11));
    assert_eq!(stage.apply(&between), Applied::Fresh);
    stage.tick();
    let (place, look) = stage.fleet.shown(EXACT, stage.ix(1)).unwrap();
    assert_eq!((place, look.charge_step()), (at(CITY, 20, 9), Some(5)));
}

#[test]
fn what_a_vehicle_marks_invalid_is_not_shown_as_a_number() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.wait_s(1);
    let mut report = stage.report(1, Some(at(CITY, 9, 9)));
    report.soc_pct = Some(Reading::Invalid);
    report.alarm_level = Some(Reading::Abnormal);
    stage.apply(&report);
    stage.tick();
    let (_, look) = stage.fleet.shown(EXACT, stage.ix(1)).unwrap();
    assert_eq!((look.charge_step(), look.alarm_level()), (None, None));
    let card = stage.fleet.snapshot(stage.ix(1)).unwrap();
    assert_eq!(card.soc_pct.unwrap().value, Reading::Invalid);
}

#[test]
fn a_vehicle_becomes_late_and_then_silent() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::Live);
    stage.wait_s(73);
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::Late);
    stage.fleet.source_state(SourceId(0), true, stage.now);
    // Another one keeps the source alive.
    for _ in 0..60 {
        stage.wait_s(10);
        stage.put(2, at(CITY, 1, 1));
        stage.tick();
    }
    assert_eq!(freshness(&stage, 1), Freshness::Silent);
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::Live);
}

#[test]
fn silence_of_a_switched_off_private_car_is_normal() {
    let mut stage = Stage::new();
    for (number, class) in [(1, Class::Private), (2, Class::Bus)] {
        stage.register(number, class);
        stage.put_doing(number, at(CITY, 9, 9), Activity::Off);
    }
    for _ in 0..24 * 60 {
        stage.wait_s(60);
        stage.put(3, at(CITY, 1, 1));
        stage.tick();
    }
    assert_eq!(freshness(&stage, 1), Freshness::Live);
    assert_eq!(freshness(&stage, 2), Freshness::Late);
}

#[test]
fn a_platform_that_goes_away_cuts_its_vehicles_off_and_gives_them_back() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    stage.fleet.source_state(SourceId(0), false, stage.now);
    stage.tick();
    assert_eq!(
        freshness(&stage, 1),
        Freshness::Live,
        "a short break shows nothing"
    );
    stage.wait_s(10);
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::CutOff);
    assert_eq!(
        stage.fleet.summary().status(EXACT, |_| "a".into()).cut_off,
        1
    );
    stage.fleet.source_state(SourceId(0), true, stage.now);
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::Live);
}

#[test]
fn a_connected_platform_that_brings_nothing_has_cut_its_vehicles_off() {
    let mut stage = Stage::new();
    stage.fleet.source_state(SourceId(0), true, stage.now);
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    stage.wait_s(120);
    stage.tick();
    assert_eq!(freshness(&stage, 1), Freshness::CutOff);
    let summary = stage.fleet.summary();
    assert_eq!(summary.newest_report_age_ms, Some(122_000));
    assert!(summary.sources[0].connected);
}

#[test]
fn a_red_light_is_driving_and_a_long_stop_is_parked() {
    let mut stage = Stage::new();
    let activity = |stage: &Stage| {
        let (_, look) = stage.fleet.shown(EXACT, stage.ix(1)).unwrap();
        look.activity()
    };
    let stand = |stage: &mut Stage, seconds: u64| {
        stage.wait_s(seconds);
        let mut report = stage.report(1, Some(at(CITY, 9, 9)));
        report.speed_dkmh = Some(Reading::Value(0));
        stage.apply(&report);
        stage.tick();
        activity(stage)
    };
    assert_eq!(stand(&mut stage, 1), Activity::Driving);
    assert_eq!(stand(&mut stage, 100), Activity::Driving);
    assert_eq!(stand(&mut stage, 100), Activity::Parked);
    stage.wait_s(10);
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    assert_eq!(activity(&stage), Activity::Driving);
    assert_eq!(stand(&mut stage, 10), Activity::Driving);
}

#[test]
fn cell_voltages_that_come_in_parts_stay_side_by_side() {
    let mut stage = Stage::new();
    let with_part = |stage: &Stage, first_cell: u16, value: u8| {
        let mut items = vec![23, 11, 14, 22, 13, 20, 0x08, 1];
        items.extend([1, 0x0f, 0xa0, 0x27, 0x10, 0, 4]);
        items.extend(first_cell.to_be_bytes());
        items.extend([2, 0x0e, value, 0x0e, value]);
        let mut report = stage.report(1, Some(at(CITY, 9, 9)));
        report.items = Bytes::from(items);
        report
    };
    for (first_cell, value) in [(1, 10), (3, 30)] {
        let report = with_part(&stage, first_cell, value);
        stage.apply(&report);
    }
    stage.wait_s(10);
    let newer = with_part(&stage, 1, 11);
    stage.apply(&newer);
    let mut late = with_part(&stage, 3, 99);
    late.stamp_unix_s -= 60;
    stage.apply(&late);
    let card = stage.fleet.snapshot(stage.ix(1)).unwrap();
    let parts: Vec<_> = card
        .items
        .iter()
        .map(|item| {
            (
                item.kind,
                item.body.last().copied(),
                card.fix.unwrap().stamp_unix_s - item.stamp_unix_s,
            )
        })
        .collect();
    assert_eq!(parts, [(8, Some(11), 0), (8, Some(30), 10)]);
}

#[test]
fn a_card_says_what_the_registry_and_the_reports_said() {
    let mut stage = Stage::new();
    stage.register(1, Class::Taxi);
    stage.tick();
    let card = stage.fleet.snapshot(stage.ix(1)).unwrap();
    assert_eq!(card.model.as_deref(), Some("Model"));
    assert!(card.received.is_none() && card.fix.is_none() && card.soc_pct.is_none());
    let excluded: Vec<_> = stage.fleet.counts().excluded().collect();
    assert_eq!(excluded, [(Excluded::NeverHeard, 1)]);
    stage.put(1, at(CITY, 9, 9));
    stage.put(2, at(CITY, 9, 9));
    stage.tick();
    let card = stage.fleet.snapshot(stage.ix(1)).unwrap();
    assert_eq!(card.class, Class::Taxi);
    assert_eq!(card.odometer_hm.unwrap().value, Reading::Value(1_234_567));
    assert_eq!(
        card.soc_pct.unwrap().stamp_unix_s,
        stage.now.unix_ms / 1_000 - 1
    );
    let unknown = stage.fleet.snapshot(stage.ix(2)).unwrap();
    assert!(unknown.make.is_none());
}
