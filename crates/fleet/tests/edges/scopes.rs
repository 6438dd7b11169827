//! Two scopes over the same vehicles: what the blurred one gives away, and what not.

use fleet::{Class, Rules, VISITOR};
use wire::{Activity, CellKey, Freshness, Look, LookParts, WorldPoint};

use crate::{CITY, Page, Stage, at};

fn metres(a: WorldPoint, b: WorldPoint) -> f64 {
    let (dx, dy) = (a.x.abs_diff(b.x), a.y.abs_diff(b.y));
    f64::from(dx).hypot(f64::from(dy)) / a.units_per_metre()
}

fn stage_with_private_car() -> Stage {
    let mut stage = Stage::with(Rules {
        seed: 42,
        ..Rules::default()
    });
    stage.register(1, Class::Private);
    stage
}

#[test]
fn a_private_car_is_displaced_and_at_home_always_the_same_way() {
    let mut stage = stage_with_private_car();
    let home = at(CITY, 2_000, 2_000);
    stage.put_doing(1, home, Activity::Off);
    stage.tick();
    assert_eq!(stage.shown(0, 1), Some(home));
    let shown = stage.shown(1, 1).unwrap();
    assert_ne!(shown, home);
    // It drives away to all sides and comes back.
    for (x, y) in [(0, 2_000), (4_000, 1_900), (2_010, 0), (1_950, 4_000)] {
        let mut seen = std::collections::BTreeSet::new();
        for step in (0..=100).chain((0..100).rev()) {
            let between = |to: u16| (2_000 * (100 - step) + u32::from(to) * step) / 100;
            let place = at(CITY, between(x) as u16, between(y) as u16);
            stage.put(1, place);
            stage.tick();
            let away = stage.shown(1, 1).unwrap();
            assert!(metres(away, place) <= 250.0 * 1.45);
            seen.insert((away.x, away.y));
        }
        // Some 8 km, in squares of 500 m.
        assert!((12..=40).contains(&seen.len()), "{}", seen.len());
        for activity in [Activity::Off, Activity::Charging, Activity::Parked] {
            stage.wait_s(600);
            stage.put_doing(1, home, activity);
            stage.tick();
            assert_eq!(stage.shown(1, 1), Some(shown));
        }
    }
}

#[test]
fn homes_are_displaced_all_over_the_square() {
    let mut stage = Stage::with(Rules {
        seed: 42,
        ..Rules::default()
    });
    let home = at(CITY, 2_000, 2_000);
    let mut near = 0;
    for number in 0..2_000 {
        stage.put(number, home);
        stage.tick();
        near += u32::from(metres(stage.shown(1, number).unwrap(), home) < 25.0);
    }
    // A disc of 25 m in a square of 500 m is 0.8 of a hundred.
    assert!((4..=32).contains(&near), "{near}");
}

#[test]
fn where_a_private_car_drives_is_exact_only_where_an_operator_says_so() {
    let mut stage = Stage::with(Rules {
        seed: 42,
        private_driving_exact: true,
        ..Rules::default()
    });
    stage.register(1, Class::Private);
    let home = at(CITY, 2_000, 2_000);
    stage.put(1, home);
    stage.tick();
    assert_eq!(stage.shown(1, 1), Some(home));
    stage.put_doing(1, home, Activity::Off);
    stage.tick();
    assert_ne!(stage.shown(1, 1), Some(home));
}

#[test]
fn another_start_of_the_server_draws_other_places() {
    let place = |seed| {
        let mut stage = Stage::with(Rules {
            seed,
            ..Rules::default()
        });
        stage.register(1, Class::Private);
        stage.put_doing(1, at(CITY, 7, 7), Activity::Off);
        stage.tick();
        stage.shown(1, 1)
    };
    assert_ne!(place(1), place(2));
    assert_eq!(place(1), place(1));
}

#[test]
fn private_vehicles_and_those_of_which_nobody_said_are_displaced() {
    for class in Class::ALL {
        let mut stage = Stage::new();
        stage.register(1, class);
        stage.put_doing(1, at(CITY, 7, 7), Activity::Off);
        stage.tick();
        let is_displaced = stage.shown(1, 1) != stage.shown(0, 1);
        assert_eq!(
            is_displaced,
            matches!(class, Class::Private | Class::Other),
            "{class:?}"
        );
        let counted = |scope| {
            stage
                .fleet
                .summary()
                .status(scope, |_| String::new())
                .blurred
        };
        assert_eq!(counted(0), 0, "{class:?}");
        assert_eq!(counted(1), u32::from(is_displaced), "{class:?}");
    }
}

#[test]
fn two_scopes_over_one_cell_number_their_dots_apart() {
    let mut stage = stage_with_private_car();
    for number in 2..40 {
        stage.put(number, at(CITY, number as u16 * 50, 2_000));
    }
    stage.put_doing(1, at(CITY, 2_000, 2_000), Activity::Off);
    stage.tick();
    let exact = Page::open(&mut stage, CITY);
    let blurred = Page::open(&mut stage, CellKey { scope: 1, ..CITY });
    assert_eq!(exact.mirror().alive(), blurred.mirror().alive());
    assert_ne!(exact.mirror(), blurred.mirror());
    // Both find everybody, each by its own numbers.
    for page in [&exact, &blurred] {
        let mut who = page.who(&stage);
        who.sort_unstable();
        who.dedup();
        assert_eq!(who.len(), 39);
        assert!(who.iter().all(Option::is_some));
    }
}

#[test]
fn visitors_see_whether_something_moves_and_coarsely_where() {
    let mut stage = stage_with_private_car();
    let place = at(CITY, 2_000, 2_000);
    let key = |level: u8| wire::cell_of(place, level, VISITOR).0;
    assert!(!stage.fleet.watch(key(9)), "finer than they are given");
    let mut page = Page::open(&mut stage, key(8));
    let moving = |activity| {
        Look::new(LookParts {
            activity,
            freshness: Freshness::Live,
            alarm_level: None,
            charge_step: None,
        })
    };
    stage.put(1, place);
    stage.tick();
    page.catch_up(&stage);
    let (_, look) = page.mirror().dot(0).unwrap();
    assert_eq!(look, moving(Activity::Driving), "no alarm and no charge");
    stage.put_doing(1, place, Activity::Parked);
    stage.tick();
    page.catch_up(&stage);
    assert_eq!(page.mirror().dot(0).unwrap().1, moving(Activity::Parked));
    // What it does while it stands is nobody's: no frame tells of it.
    for rest in [Activity::Charging, Activity::Off] {
        stage.put_doing(1, place, rest);
        stage.tick();
        page.catch_up(&stage);
        assert!(page.changes.is_empty(), "{:?}", page.changes);
        // Nor does a base.
        let fresh = Page::open(&mut stage, key(8));
        let dots: Vec<_> = (0..fresh.mirror().slots())
            .filter_map(|slot| fresh.mirror().dot(slot))
            .collect();
        assert_eq!(dots.len(), 1);
        assert_eq!(dots[0].1, moving(Activity::Parked));
    }
}
