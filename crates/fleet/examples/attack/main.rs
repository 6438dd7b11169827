//! An attack on ourselves: what one viewer's session receives of a made-up week, and what somebody makes of it who knows a
//! target's home and work to within 500 m. Each line is one attack: how often it was right, and how often guessing is.
//!
//! `cargo xtask attack [--write]`.

mod search;
mod tries;
mod week;

use fleet::Rules;
use tries::Rate;
use week::Plan;

fn print(metric: &str, tries: Rate, what: &str) {
    println!(
        r#"{{"attack":"{what}","metric":"attack_{metric}_pct","value":{:.2},"guess":{:.2},"tries":{},"unit":"%"}}"#,
        tries.attack_pct, tries.guess_pct, tries.tries
    );
}

fn main() -> anyhow::Result<()> {
    let plan = |rules| Plan {
        seed: 1,
        cars: 600,
        days: 7,
        rules,
    };
    let week = week::live(&plan(Rules::default()), false);
    let what = "home, to 25 m, from where dots stop";
    print("home_found", tries::home(&week, 2), what);
    let exact = Rules {
        private_driving_exact: true,
        ..Rules::default()
    };
    let driving = week::live(&plan(exact), false);
    let what = "the same with --private-driving-exact";
    print("home_found_driving_exact", tries::home(&driving, 2), what);
    let what = "a small number of a district, by subtraction";
    print("subtraction", tries::subtraction(&week), what);
    let what = "the same dot after a night without a connection";
    print("link_across_gap", tries::link_across_night(&week), what);
    let all = week.cars.len();
    let followed = Rate {
        attack_pct: week.followed_right as f64 * 100.0 / all as f64,
        guess_pct: 100.0 / all as f64,
        tries: all,
    };
    let what = format!(
        "one dot, followed over {} rebases of its cell",
        week.rebases
    );
    print("link_across_rebase", followed, &what);
    let zoned = week::live(&plan(Rules::default()), true);
    let what = "which of two moments a car entered a zone, from counters";
    print("zone_entry", tries::zone_entry(&zoned, 3), what);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let found = runtime.block_on(search::run(folder.path()))?;
    let what = "a VIN that there is, by searching, as a viewer";
    print("vin_enumeration", found.viewer, what);
    let what = "the same as a supervisor, a week long";
    print("vin_enumeration_supervisor", found.supervisor, what);
    let what = "which of two searches of a supervisor was the hit, from its time";
    print("search_timing", found.timing, what);
    Ok(())
}
