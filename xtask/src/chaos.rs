//! `cargo xtask chaos`: does to the programs what they must survive. An example of the server does it to server, streams and
//! lines (`server/examples/chaos`), a script to the browser (`end2end/chaos.mjs`); each fault leaves a JSON line:
//!
//! `{"fault":…, "sees":…, "recovery_s":…, "kept":[…], "broken":[…], "green":…}`
//!
//! All lines go to standard output and `target/chaos.json`, and with `--write` as a dated table into `docs/chaos.md`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::bench::machine;
use crate::site;
use crate::step::{cargo, check, step};
use crate::{browser, marks, root};

/// A server of the dev profile on the same two cores carries less.
const DEV: [&str; 4] = ["--vehicles", "1500", "--viewers", "150"];

#[derive(Args)]
pub struct ChaosOptions {
    /// Put the table into docs/chaos.md
    #[arg(long, conflicts_with_all = ["only", "dev"])]
    write: bool,
    /// Programs of the dev profile, fewer vehicles: to see whether it works
    #[arg(long)]
    dev: bool,
    /// Take the programs and the page as they were built the last time
    #[arg(long)]
    no_build: bool,
    /// Only the faults whose names hold this; may be given several times
    #[arg(long, value_name = "WORDS")]
    only: Vec<String>,
}

pub fn chaos(options: &ChaosOptions) -> Result<()> {
    let built = site::built(options.dev, options.no_build)?;
    step("compiling the faults", || compile(options.dev))?;
    let programs = built.server.parent().context("no target folder")?;
    let mut faults = Command::new(programs.join("examples/chaos"));
    faults.env("EVWALL_PROGRAMS", programs);
    if options.dev {
        faults.args(DEV);
    }
    let mut in_browser = built.script("chaos.mjs", &browser::chromium()?);
    for words in &options.only {
        faults.args(["--only", words]);
        in_browser.args(["--only", words]);
    }
    let mut rows = step("faults of streams, lines and server", || told(&mut faults))?;
    rows.extend(step("faults of browsers", || told(&mut in_browser))?);
    fs::write(
        root::target().join("chaos.json"),
        serde_json::to_string_pretty(&rows)? + "\n",
    )?;
    eprint!("{}", table(&rows));
    if options.write {
        let text = format!(
            "Taken {} on {}, release programs: {} of {} green.\n\n{}",
            marks::today()?,
            machine(),
            rows.iter().filter(|row| is_green(row)).count(),
            rows.len(),
            table(&rows)
        );
        marks::write("docs/chaos.md", "chaos", &text)?;
    }
    let red: Vec<&str> = rows
        .iter()
        .filter(|row| !is_green(row))
        .filter_map(|row| row["fault"].as_str())
        .collect();
    if !red.is_empty() {
        bail!("not survived: {}", red.join("; "));
    }
    if rows.is_empty() {
        bail!("no fault has such a name");
    }
    Ok(())
}

fn compile(dev: bool) -> Result<()> {
    let mut build = cargo();
    build.arg("build");
    match dev {
        // With the features that everything else of that profile has.
        true => build.args(["--workspace", "--exclude", "frontend"]),
        false => build.args(["--release", "--package", "server"]),
    };
    check(build.args(["--example", "chaos"]))
}

/// Every JSON line that a program prints; its other words go where ours go.
fn told(program: &mut Command) -> Result<Vec<Value>> {
    let mut child = program
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("it could not be started")?;
    let lines = BufReader::new(child.stdout.take().context("it has no output")?).lines();
    let mut rows = Vec::new();
    for line in lines {
        let line = line?;
        println!("{line}");
        rows.push(serde_json::from_str(&line).context("it prints JSON lines")?);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(rows)
}

fn is_green(row: &Value) -> bool {
    row["green"] == true
}

fn table(rows: &[Value]) -> String {
    let mut table = "| fault | what people see | right again after | promised and kept | |\n|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let words = |name: &str| -> Vec<&str> {
            let list = row[name].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).collect()
        };
        let after = row["recovery_s"].as_f64();
        let broken = words("broken");
        let outcome = match (is_green(row), broken.is_empty()) {
            (true, _) => "green".to_owned(),
            (false, true) => "**red**: too late".to_owned(),
            (false, false) => format!("**red**: {}", broken.join("; ")),
        };
        table += &format!(
            "| {} | {} | {} | {} | {outcome} |\n",
            text("fault"),
            text("sees"),
            after.map_or("–".to_owned(), |after| format!("{after:.1} s")),
            words("kept").join("; "),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_red_row_says_why() {
        let row = |recovery_s: Option<f64>, broken: &[&str], green: bool| json!({"fault": "f", "sees": "s", "recovery_s": recovery_s, "kept": ["k", "l"], "broken": broken, "green": green});
        let rows = [
            row(Some(1.24), &[], true),
            row(Some(7.0), &[], false),
            row(None, &["a", "b"], false),
        ];
        let written = table(&rows);
        assert!(written.contains("| f | s | 1.2 s | k; l | green |"));
        assert!(written.contains("| 7.0 s | k; l | **red**: too late |"));
        assert!(written.contains("| – | k; l | **red**: a; b |"));
    }
}
