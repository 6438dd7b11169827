//! `cargo xtask soak`: stream, server and a wall in a real browser for hours or days, looked at again and again; then a table
//! and a plot in `docs/`, and a failure if anything rises. Whatever ends it, what was looked at stays, and the next call goes
//! on to the total of hours or ticks with a run of its own.
//!
//! | file | idea |
//! |---|---|
//! | `end2end/soak` | runs the programs and the browser; a line of `samples.ndjson` a look, at once |
//! | `samples` | those lines → runs, and series in segments |
//! | `slope` | whether a series rises, in spite of noise and starts in between |
//! | `measured` | what is measured, and what each may do |
//! | `page`, `plot` | `docs/soak.md`, `docs/soak.svg` |

mod measured;
mod page;
mod plot;
mod samples;
mod slope;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::site::{self, Built};
use crate::step::{git, step};
use crate::{bench, browser, marks, root};

use samples::Samples;

/// How long a wall shows a scene by itself, and at the shortest.
const SCENE_S: f64 = 30.0;
const SHORTEST_SCENE_S: f64 = 5.0;
/// Between two looks, in the wall's life, and at the shortest.
const LOOK_S: f64 = 60.0;
const SHORTEST_LOOK_S: f64 = 10.0;
/// How long the programs and the browser may take to end.
const FAREWELL: Duration = Duration::from_secs(60);
const LISTEN: Duration = Duration::from_millis(200);

#[derive(Args)]
pub struct SoakOptions {
    /// Go on until it has run for so many hours, all runs together
    #[arg(long)]
    hours: Option<f64>,
    /// Go on until so many ticks are done, all runs together
    #[arg(long)]
    ticks: Option<u64>,
    /// Vehicles of the simulated fleet
    #[arg(long, default_value_t = 12_000)]
    vehicles: u32,
    /// Length of a tick: with 50, twenty seconds of the wall's life pass in a second
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=5000))]
    tick_ms: u32,
    /// Seconds between two looks; by default a minute of the wall's life, and 10 at the least
    #[arg(long, value_name = "SECONDS")]
    sample_s: Option<f64>,
    /// Begin anew: what an earlier soak looked at is deleted
    #[arg(long)]
    fresh: bool,
    /// Only write table and plot of what was looked at so far
    #[arg(long, conflicts_with_all = ["hours", "ticks", "fresh"])]
    report: bool,
    /// Build fast instead of small and quick, and write below target/soak-dev instead of docs
    #[arg(long)]
    dev: bool,
    /// Run what was built the last time
    #[arg(long)]
    no_build: bool,
}

pub fn soak(options: &SoakOptions) -> Result<()> {
    let name = if options.dev { "soak-dev" } else { "soak" };
    let folder = root::target().join(name);
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", root::shown(&folder)))?;
    let file = folder.join("samples.ndjson");
    let docs = match options.dev {
        true => folder.clone(),
        false => root::root().join("docs"),
    };
    if options.report {
        let samples = Samples::read(&file)?;
        return judge(&samples, &docs, !options.dev);
    }
    if options.hours.is_none() && options.ticks.is_none() {
        bail!("say how long: --hours, --ticks, or both, whichever is over first");
    }
    if options.fresh && file.exists() {
        fs::remove_file(&file).context("the earlier samples cannot be deleted")?;
    }
    let before = Samples::read(&file)?;
    let settings = settings(options);
    check_same(&before, &settings)?;
    let seconds = options
        .hours
        .map(|hours| hours * 3600.0 - before.total("s"));
    let ticks = options
        .ticks
        .map(|ticks| ticks as f64 - before.total("ticks"));
    let is_over = [seconds, ticks]
        .into_iter()
        .flatten()
        .any(|left| left <= 0.0);
    let interrupted = Arc::new(AtomicBool::new(false));
    if is_over {
        eprintln!("  that much is done already");
    } else {
        let built = site::built(options.dev, options.no_build)?;
        let chromium = browser::chromium()?;
        let heard = Arc::clone(&interrupted);
        ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed))
            .context("Ctrl-C cannot be caught")?;
        let faster = 1000.0 / f64::from(options.tick_ms);
        let plan = json!({
            "out": file,
            "run": before.next_run(),
            "vehicles": options.vehicles,
            "tickMs": options.tick_ms,
            "everyS": (SCENE_S / faster).clamp(SHORTEST_SCENE_S, SCENE_S).round(),
            "sampleS": options.sample_s.unwrap_or((LOOK_S / faster).max(SHORTEST_LOOK_S)),
            "seconds": seconds,
            "ticks": ticks,
            "settings": settings,
        });
        let ended = step("soak", || run(&plan, &built, &chromium, &interrupted));
        // What was looked at is written down however it ended.
        if let Err(error) = ended {
            drop(judge(&Samples::read(&file)?, &docs, false));
            return Err(error);
        }
    }
    let done = judge(&Samples::read(&file)?, &docs, !options.dev);
    if interrupted.load(Ordering::Relaxed) {
        eprintln!("  stopped; the same command goes on");
        if let Err(error) = done {
            eprintln!("  so far: {error:#}");
        }
        return Ok(());
    }
    done
}

/// What must be the same in all runs of a soak, and which programs these are.
fn settings(options: &SoakOptions) -> Value {
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "?".to_owned());
    json!({
        "vehicles": options.vehicles,
        "tick_ms": options.tick_ms,
        "profile": if options.dev { "dev" } else { "release" },
        "commit": commit,
    })
}

fn check_same(before: &Samples, settings: &Value) -> Result<()> {
    let Some(last) = before.runs.last() else {
        return Ok(());
    };
    for name in ["vehicles", "tick_ms", "profile"] {
        if last.head[name] != settings[name] {
            bail!(
                "the soak that was begun has {name} {}, not {}: give it the same, or begin anew with --fresh",
                last.head[name],
                settings[name]
            );
        }
    }
    Ok(())
}

/// Runs all of it until it is over or somebody asks to end.
fn run(plan: &Value, built: &Built, chromium: &Path, interrupted: &AtomicBool) -> Result<()> {
    let mut node = built
        .script("soak/soak.mjs", chromium)
        .arg(plan.to_string())
        // Its end is the word to end; it also comes when this program is killed.
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("node could not be started")?;
    let status = loop {
        if let Some(status) = node.try_wait()? {
            break status;
        }
        if interrupted.load(Ordering::Relaxed) {
            eprintln!("\nending the browser, the server and the stream …");
            break end(&mut node)?;
        }
        std::thread::sleep(LISTEN);
    };
    if !status.success() {
        bail!("it broke off with {status}");
    }
    Ok(())
}

fn end(node: &mut Child) -> Result<ExitStatus> {
    drop(node.stdin.take());
    let asked = Instant::now();
    while asked.elapsed() < FAREWELL {
        if let Some(status) = node.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(LISTEN);
    }
    node.kill()?;
    Ok(node.wait()?)
}

/// Writes table and plot, and the figures with a bar into `docs/performance.md` if they are of programs that count; an error
/// if anything speaks against it.
fn judge(samples: &Samples, docs: &Path, counts: bool) -> Result<()> {
    if samples.count() == 0 {
        bail!("nothing was looked at so far");
    }
    let day = marks::today()?;
    let write = |name: &str, text: String| -> Result<PathBuf> {
        let file = docs.join(name);
        fs::write(&file, text)
            .with_context(|| format!("{} cannot be written", root::shown(&file)))?;
        Ok(file)
    };
    let svg = write(
        "soak.svg",
        plot::plot(
            samples,
            &format!("evwall, {:.0} ticks, {day}", samples.total("ticks")),
        ),
    )?;
    let page = write(
        "soak.md",
        page::page(samples, &day, &bench::machine(), "soak.svg"),
    )?;
    eprintln!("  {} and {}", root::shown(&page), root::shown(&svg));
    let figures = page::figures(samples);
    for figure in &figures {
        println!("{figure}");
    }
    if counts {
        bench::write("soak", &figures)?;
    }
    let faults = page::faults(samples);
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_goes_on_only_with_the_settings_it_began_with() {
        let settings =
            json!({"vehicles": 10_000, "tick_ms": 50, "profile": "release", "commit": "new"});
        let begun = |vehicles: u32| Samples {
            runs: vec![samples::Run {
                head: json!({"vehicles": vehicles, "tick_ms": 50, "profile": "release", "commit": "old"}),
                ..Default::default()
            }],
        };
        assert!(check_same(&Samples::default(), &settings).is_ok());
        assert!(
            check_same(&begun(10_000), &settings).is_ok(),
            "the programs may be newer"
        );
        let refused = check_same(&begun(5_000), &settings)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("vehicles 5000, not 10000"), "{refused}");
    }
}
