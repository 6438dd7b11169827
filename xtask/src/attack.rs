//! `cargo xtask attack`: runs the attack on ourselves, an example of the crate `fleet`, prints its figures, one JSON line
//! each, and with `--write` puts them as a dated table between two marks of `docs/security.md`.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::marks;
use crate::step::{cargo, output, step};

/// What must hold: at most so many percent.
const HOME_FOUND_PCT: f64 = 1.0;
/// What must hold of these: no better than guessing, but for what chance makes of so many tries.
const AT_GUESSING: [&str; 3] = [
    "attack_zone_entry_pct",
    "attack_subtraction_pct",
    "attack_vin_enumeration_pct",
];
/// Of figures that come tick by tick few are independent.
const SLACK_PCT: f64 = 3.0;

#[derive(Args)]
pub struct AttackOptions {
    /// Put the table into docs/security.md
    #[arg(long)]
    write: bool,
}

pub fn attack(options: &AttackOptions) -> Result<()> {
    let printed = step("attack", || {
        let run = [
            "run",
            "--quiet",
            "--package",
            "fleet",
            "--example",
            "attack",
        ];
        output(cargo().args(run)).context("the attack broke off")
    })?;
    println!("{printed}");
    let figures: Vec<Value> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("the attack prints JSON lines")?;
    if options.write {
        let table = table(&figures, &marks::today()?);
        marks::write("docs/security.md", "attack", &table)?;
    }
    let missed: Vec<&str> = figures
        .iter()
        .filter(|figure| reached(figure) == Some(false))
        .filter_map(|figure| figure["metric"].as_str())
        .collect();
    if !missed.is_empty() {
        bail!("the attack did better than it may: {}", missed.join(", "));
    }
    Ok(())
}

/// Whether a figure is within its bar; `None` where it has none.
fn reached(figure: &Value) -> Option<bool> {
    let (value, guess) = (figure["value"].as_f64()?, figure["guess"].as_f64()?);
    match figure["metric"].as_str()? {
        "attack_home_found_pct" => Some(value <= HOME_FOUND_PCT),
        metric if AT_GUESSING.contains(&metric) => Some(value <= guess + SLACK_PCT),
        _ => None,
    }
}

fn table(figures: &[Value], day: &str) -> String {
    let mut table = format!(
        "Taken {day}.\n\n| what is tried | metric | right | guessing | tries | bar |\n|---|---|---|---|---|---|\n"
    );
    for figure in figures {
        let text = |name: &str| figure[name].as_str().unwrap_or_default();
        let bar = match (text("metric"), reached(figure)) {
            (_, None) => "none: remains",
            ("attack_home_found_pct", Some(true)) => "≤ 1 %: reached",
            (_, Some(true)) => "guessing: reached",
            (_, Some(false)) => "**missed**",
        };
        table += &format!(
            "| {} | `{}` | {:.1} % | {:.1} % | {} | {bar} |\n",
            text("attack"),
            text("metric"),
            figure["value"].as_f64().unwrap_or(f64::NAN),
            figure["guess"].as_f64().unwrap_or(f64::NAN),
            figure["tries"]
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_says_what_is_missed() {
        let figure = |metric: &str, value: f64| json!({"attack": "a", "metric": metric, "value": value, "guess": 50.0, "tries": 7, "unit": "%"});
        let figures = [
            figure("attack_home_found_pct", 1.4),
            figure("attack_zone_entry_pct", 51.0),
            figure("attack_link_pct", 100.0),
        ];
        let written = table(&figures, "2026-11-22");
        assert!(written.starts_with("Taken 2026-11-22"));
        assert!(written.contains("| `attack_home_found_pct` | 1.4 % | 50.0 % | 7 | **missed** |"));
        assert!(written.contains("| 51.0 % | 50.0 % | 7 | guessing: reached |"));
        assert!(written.contains("| 100.0 % | 50.0 % | 7 | none: remains |"));
    }
}
