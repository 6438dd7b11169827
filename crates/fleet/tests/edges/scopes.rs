//! Two scopes over the same vehicles: what the blurred one gives away, and what not.

use fleet::{Class, Rules};
use wire::{Activity, CellKey, WorldPoint};

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
fn a_private_car_at_rest_is_displaced_and_the_same_way_as_long_as_it_rests() {
    for rest in [Activity::Parked, Activity::Charging, Activity::Off] {
        let mut stage = stage_with_private_car();
        let home = at(CITY, 2_000, 2_000);
        stage.put(1, home);
        stage.tick();
        assert_eq!(
            stage.shown(1, 1),
            Some(home),
            "driving it is shown where it is"
        );
        stage.put_doing(1, home, rest);
        stage.tick();
        assert_eq!(stage.shown(0, 1), Some(home));
        let shown = stage.shown(1, 1).unwrap();
        assert_ne!(shown, home);
        assert!(metres(shown, home) <= 250.0, "{} m", metres(shown, home));
        for activity in [Activity::Off, Activity::Charging, rest] {
            stage.wait_s(600);
            stage.put_doing(1, home, activity);
            stage.tick();
            assert_eq!(stage.shown(1, 1), Some(shown), "one parking has one place");
        }
    }
}

#[test]
fn each_parking_is_drawn_anew_and_all_over_the_disc() {
    let mut stage = stage_with_private_car();
    let home = at(CITY, 2_000, 2_000);
    let (mut places, mut sum_m) = (Vec::new(), 0.0);
    for _ in 0..200 {
        stage.put(1, home);
        stage.tick();
        stage.put_doing(1, home, Activity::Off);
        stage.tick();
        let shown = stage.shown(1, 1).unwrap();
        sum_m += metres(shown, home);
        assert!(!places.contains(&shown));
        places.push(shown);
    }
    // Uniform over a disc of 250 m the mean distance is two thirds of it.
    assert!(
        (150.0..185.0).contains(&(sum_m / 200.0)),
        "{}",
        sum_m / 200.0
    );
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
