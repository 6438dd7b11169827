//! What is kept over a restart is shown again, late, and goes on as if there had been none.

use fleet::{Applied, Before, Class, EXACT, Fleet, Now, Rules, SourceId, VehicleIx};
use gb32960::Reading;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::{Activity, Freshness};

use crate::{CITY, Stage, at, vin};

fn records(fleet: &Fleet) -> Vec<u8> {
    let mut all = Vec::new();
    // In pieces of any length.
    for from in (0..fleet.vehicles().len() as u32).step_by(7) {
        fleet.keep(from..from + 7, &mut all);
    }
    all
}

fn before() -> Before {
    Before {
        sources: vec![Some(SourceId(0))],
        blur_radius_m: Rules::default().blur_radius_m,
    }
}

/// The same fleet after a restart that took so long; its clock stands where a new process has it.
fn restarted(stage: &Stage, away_s: i64, register: impl Fn(&mut Stage)) -> Stage {
    let mut again = Stage::new();
    again.now = Now {
        unix_ms: stage.now.unix_ms + away_s * 1_000,
        mono_ms: 1_000_000_000,
    };
    register(&mut again);
    let (kept, now) = (records(&stage.fleet), again.now);
    again.fleet.take_up(&kept, &before(), now).unwrap();
    again
}

fn freshness(stage: &Stage, number: u32) -> Freshness {
    stage
        .fleet
        .shown(EXACT, stage.ix(number))
        .unwrap()
        .1
        .freshness()
}

#[test]
fn the_last_known_picture_is_late_and_each_report_makes_one_live() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.put_doing(2, at(CITY, 20, 9), Activity::Off);
    stage.tick();
    let mut again = restarted(&stage, 5, |_| {});
    again.tick();
    assert_eq!(again.shown(EXACT, 1), Some(at(CITY, 9, 9)));
    assert_eq!([1, 2].map(|n| freshness(&again, n)), [Freshness::Late; 2]);
    again.put(1, at(CITY, 10, 9));
    again.tick();
    assert_eq!(
        [1, 2].map(|n| freshness(&again, n)),
        [Freshness::Live, Freshness::Late]
    );
    // One that is switched off says nothing for hours, and that is no fault of it.
    again.wait_s(80);
    again.tick();
    assert_eq!(freshness(&again, 2), Freshness::Live);
}

#[test]
fn whose_platform_is_gone_after_a_restart_is_cut_off_until_it_reports_through_another() {
    let mut stage = Stage::new();
    for number in 1..=2 {
        stage.put_doing(number, at(CITY, 9, 9), Activity::Off);
    }
    stage.tick();
    let mut again = Stage::new();
    let gone = Before {
        sources: vec![None],
        ..before()
    };
    let now = again.now;
    let kept = records(&stage.fleet);
    again.fleet.take_up(&kept, &gone, now).unwrap();
    // Silence is normal of one that is switched off, but nobody would hear it if it spoke.
    again.wait_s(80);
    again.put_doing(2, at(CITY, 9, 9), Activity::Off);
    again.tick();
    assert_eq!(
        [1, 2].map(|n| freshness(&again, n)),
        [Freshness::CutOff, Freshness::Live]
    );
}

#[test]
fn who_was_silent_before_a_restart_is_silent_after_it() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let mut again = restarted(&stage, 1_000, |_| {});
    again.tick();
    assert_eq!(freshness(&again, 1), Freshness::Silent);
}

#[test]
fn an_alarm_outlives_a_restart_with_its_beginning_and_its_answer_and_is_no_news() {
    let mut stage = Stage::new();
    for number in 1..=3 {
        let mut report = stage.report(number, Some(at(CITY, 9, 9)));
        report.alarm_level = Some(Reading::Value(4));
        stage.apply(&report);
    }
    stage.tick();
    let (alarms, _) = stage.fleet.alarms(9);
    let of = |stage: &Stage, number| {
        let ix = stage.ix(number);
        stage
            .fleet
            .alarms(9)
            .0
            .into_iter()
            .find(|alarm| alarm.vehicle == ix)
    };
    assert_eq!(alarms.len(), 3);
    let answered = of(&stage, 2).unwrap().id;
    assert!(stage.fleet.acknowledge_alarm(answered, "wang", "watching"));
    // Over, and nobody has answered for it.
    stage.wait_s(5);
    stage.put(3, at(CITY, 9, 9));
    stage.tick();
    let mut again = restarted(&stage, 60, |_| {});
    again.tick();
    for number in 1..=3 {
        let (was, is) = (of(&stage, number).unwrap(), of(&again, number).unwrap());
        assert_eq!(
            (was.level, was.began_unix_ms, was.over, was.acknowledged),
            (is.level, is.began_unix_ms, is.over, is.acknowledged)
        );
    }
    assert!(
        again
            .fleet
            .summary()
            .status(0, |_| String::new())
            .news
            .is_empty()
    );
    assert_eq!(again.fleet.unanswered_alarms(), 2);
}

#[test]
fn a_parking_place_is_shown_displaced_as_before_the_restart() {
    let mut stage = Stage::new();
    let register = |stage: &mut Stage| stage.register(1, Class::Private);
    register(&mut stage);
    stage.put_doing(1, at(CITY, 900, 900), Activity::Off);
    stage.tick();
    let shown = stage.shown(1, 1);
    assert_ne!(shown, stage.shown(EXACT, 1));
    let mut again = restarted(&stage, 5, register);
    again.tick();
    assert_eq!(again.shown(1, 1), shown);
    // Another radius draws anew.
    let mut other = Stage::new();
    other.now.unix_ms = stage.now.unix_ms;
    register(&mut other);
    let kept = records(&stage.fleet);
    let smaller = Before {
        blur_radius_m: 1.0,
        ..before()
    };
    let now = other.now;
    other.fleet.take_up(&kept, &smaller, now).unwrap();
    other.tick();
    assert_eq!(other.shown(EXACT, 1), stage.shown(EXACT, 1));
}

#[test]
fn a_time_ahead_of_the_clock_is_left_out_so_that_it_does_not_mute_the_vehicle() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    let mut again = restarted(&stage, -3_600, |_| {});
    assert_eq!(again.fleet.find(&vin(1)), None);
    let report = again.report(1, Some(at(CITY, 11, 9)));
    assert_eq!(again.apply(&report), Applied::Fresh);
}

#[test]
fn records_torn_anywhere_or_changed_are_an_error_or_vehicles_and_never_a_panic() {
    let mut stage = Stage::new();
    for number in 0..4 {
        let mut report = stage.report(number, Some(at(CITY, number as u16, 9)));
        report.alarm_level = Some(Reading::Value(2));
        stage.apply(&report);
    }
    stage.tick();
    let (alarms, _) = stage.fleet.alarms(1);
    stage.fleet.acknowledge_alarm(alarms[0].id, "li", "calling");
    let whole = records(&stage.fleet);
    let mut whole_ends = 0;
    for len in 0..whole.len() {
        let outcome = Stage::new()
            .fleet
            .take_up(&whole[..len], &before(), stage.now);
        whole_ends += usize::from(outcome.is_ok());
    }
    assert_eq!(whole_ends, 4, "nothing, one, two and three records");
    for seed in 0..3_000 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut bad = whole.clone();
        for _ in 0..chance.random_range(1..6) {
            let at = chance.random_range(0..bad.len());
            bad[at] = chance.random();
        }
        let mut again = Stage::new();
        let _ = again.fleet.take_up(&bad, &before(), stage.now);
        again.tick();
    }
}

/// A fleet that was restarted in between and one that was not end the same, whatever comes.
#[test]
fn a_restart_changes_nothing_that_is_shown_once_everybody_has_reported() {
    for seed in 0..60 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let classes: Vec<Class> = (0..12)
            .map(|_| Class::ALL[chance.random_range(0..6)])
            .collect();
        let register = |stage: &mut Stage| {
            for (number, class) in (0..).zip(&classes[..8]) {
                stage.register(number, *class);
            }
        };
        let mut through = Stage::new();
        register(&mut through);
        let mut again = None;
        for step in 0..40 {
            if step == 20 {
                again = Some(restarted(&through, 0, register));
            }
            let number = chance.random_range(0..12);
            let place = at(
                CITY,
                chance.random_range(0..4096),
                chance.random_range(0..4096),
            );
            let mut report = through.report(number, chance.random_bool(0.8).then_some(place));
            report.stamp_unix_s -= chance.random_range(0..4);
            report.activity = Some(Activity::ALL[chance.random_range(1..5)]);
            report.soc_pct =
                [None, Some(Reading::Invalid), Some(Reading::Value(77))][chance.random_range(0..3)];
            report.alarm_level = chance
                .random_bool(0.3)
                .then(|| Reading::Value(chance.random_range(0..5)));
            report.reissued = chance.random_bool(0.1);
            let one = through.apply(&report);
            through.tick();
            if let Some(again) = &mut again {
                assert_eq!(again.apply(&report), one, "seed {seed} step {step}");
                again.tick();
            }
        }
        let mut again = again.unwrap();
        // Everybody reports once more, and nobody is older than that.
        through.wait_s(10);
        again.wait_s(10);
        for number in 0..12 {
            let report = through.report(number, Some(at(CITY, number as u16, 1)));
            through.apply(&report);
            again.apply(&report);
        }
        through.tick();
        again.tick();
        for number in 0..12 {
            let (a, b) = (through.ix(number), again.ix(number));
            let told = format!("seed {seed} vehicle {number}");
            assert_eq!(
                through.fleet.shown(EXACT, a),
                again.fleet.shown(EXACT, b),
                "{told}"
            );
            assert_eq!(facts(&through, a), facts(&again, b), "{told}");
        }
        assert_eq!(through.fleet.counts(), again.fleet.counts(), "seed {seed}");
    }
}

/// Everything of a card but the clock that a new process begins anew, and the items, which are not kept.
fn facts(stage: &Stage, ix: VehicleIx) -> String {
    let mut facts = stage.fleet.snapshot(ix).unwrap();
    facts.items.clear();
    if let Some(received) = &mut facts.received {
        received.mono_ms = 0;
    }
    format!("{facts:?}")
}

#[test]
fn what_was_said_of_a_vehicle_goes_when_it_has_not_been_heard_for_long() {
    let limit_ms = 1_000_000;
    let mut stage = Stage::new();
    stage.register(1, Class::Private);
    for number in 1..=2 {
        let mut report = stage.report(number, Some(at(CITY, 9, 9)));
        report.alarm_level = Some(Reading::Value(4));
        stage.apply(&report);
    }
    // Of a third there are only re-issued reports, of a time that is as long ago.
    let mut reissued = stage.report(3, Some(at(CITY, 9, 9)));
    reissued.reissued = true;
    reissued.items =
        bytes::Bytes::from_static(&[23, 11, 14, 22, 13, 20, 5, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    stage.apply(&reissued);
    stage.tick();
    assert!(stage.shown(1, 1).is_some() && stage.shown(EXACT, 1).is_some());
    assert_eq!(stage.fleet.unanswered_alarms(), 2);
    stage.wait_s(900);
    stage.put(2, at(CITY, 10, 9));
    stage.wait_s(98);
    let now = stage.now;
    let has_items =
        |stage: &Stage, n: u32| !stage.fleet.snapshot(stage.ix(n)).unwrap().items.is_empty();
    assert!(has_items(&stage, 3));
    assert_eq!(stage.fleet.forget(0..9, limit_ms, now), 0);
    stage.wait_s(1);
    let now = stage.now;
    assert_eq!(stage.fleet.forget(0..9, limit_ms, now), 2);
    stage.tick();
    assert_eq!((stage.shown(EXACT, 1), stage.shown(1, 1)), (None, None));
    assert!(stage.shown(EXACT, 2).is_some());
    assert_eq!(stage.fleet.unanswered_alarms(), 1);
    for number in [1, 3] {
        let left = stage.fleet.snapshot(stage.ix(number)).unwrap();
        assert!(left.fix.is_none() && left.raw_position.is_none() && left.received.is_none());
        assert!(left.items.is_empty() && left.soc_pct.is_none() && left.alarm_level.is_none());
    }
    // What the registry says stays, and the picture on disk has only the other one.
    let first = stage.fleet.snapshot(stage.ix(1)).unwrap();
    assert_eq!(first.class, Class::Private);
    let mut one = Vec::new();
    stage.fleet.keep(1..2, &mut one);
    assert!(!one.is_empty());
    assert_eq!(records(&stage.fleet), one);
    // It comes back as any vehicle comes.
    stage.put(1, at(CITY, 11, 9));
    stage.tick();
    assert_eq!(stage.shown(EXACT, 1), Some(at(CITY, 11, 9)));
}
