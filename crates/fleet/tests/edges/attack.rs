//! The attack on ourselves, small: what must not become easier. The whole of it is `cargo xtask attack`.

#[path = "../../examples/attack/tries.rs"]
mod tries;
#[path = "../../examples/attack/week.rs"]
mod week;

use fleet::Rules;
use week::{Plan, Week};

fn lived(with_zone: bool, private_driving_exact: bool) -> Week {
    let plan = Plan {
        seed: 5,
        cars: 150,
        days: 2,
        rules: Rules {
            private_driving_exact,
            ..Rules::default()
        },
    };
    week::live(&plan, with_zone)
}

#[test]
fn watching_where_dots_stop_finds_no_home_and_the_attack_finds_it_where_it_can() {
    let week = lived(false, false);
    let home = tries::home(&week, 1);
    assert!(home.attack_pct <= 3.0, "{home:?}");
    let linked = tries::link_across_night(&week);
    assert!(
        linked.attack_pct > 50.0,
        "the attacker does follow dots: {linked:?}"
    );
    assert!(week.rebases > 10 && week.followed_right == week.cars.len());
    let exact = tries::home(&lived(false, true), 1);
    assert!(
        exact.attack_pct > 20.0,
        "an attack that cannot find shows nothing: {exact:?}"
    );
}

#[test]
fn counters_and_districts_tell_no_more_than_guessing() {
    let week = lived(true, false);
    let entry = tries::zone_entry(&week, 1);
    assert!(entry.tries > 100);
    assert!(
        (entry.attack_pct - entry.guess_pct).abs() < 12.0,
        "{entry:?}"
    );
    let subtraction = tries::subtraction(&lived(false, false));
    assert!(subtraction.tries > 20, "{subtraction:?}");
    assert!(
        subtraction.attack_pct <= subtraction.guess_pct + 5.0,
        "{subtraction:?}"
    );
}
