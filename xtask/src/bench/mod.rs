//! Benches are examples named `bench_NAME`, found where they lie; each prints its figures as JSON lines, which go to
//! standard output unchanged, as one array to `target/bench/NAME.json`, and with `--write` into the bench's own section of
//! `docs/performance.md`.
//!
//! | file | idea |
//! |---|---|
//! | `bars` | what a metric means and what it must reach |
//! | `page` | figures and bars → that section |
//! | `table` | figures that belong into a table of two dimensions |
//!
//! A line is `{"bench":…,"metric":…,"value":…,"unit":…}`. Two more fields are understood: `"on"`, where the figure was
//! taken if not on this machine, and, in a line without a metric, `"context"`: what the figures depend on, such as the
//! version of a browser. `table` says what a field of a table is.

mod bars;
mod page;
mod table;

pub use page::{machine, write};

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::root;
use crate::step::{cargo, step};

#[derive(Args)]
pub struct BenchOptions {
    /// Which one: the NAME of an example `bench_NAME` of some crate; all of them without it
    name: Option<String>,
    /// Put the figures into docs/performance.md; those that were not taken this time stay as they are
    #[arg(long)]
    write: bool,
    /// Only write: take the figures from an earlier run's target/bench/NAME.json, or from a bench's own lines
    #[arg(long, value_name = "FILE", requires = "name")]
    from: Option<PathBuf>,
    /// Passed on to the bench
    #[arg(last = true)]
    arguments: Vec<String>,
}

struct Bench {
    name: String,
    package: String,
}

pub fn bench(options: &BenchOptions) -> Result<()> {
    let all = find()?;
    let chosen: Vec<&Bench> = match &options.name {
        None => all.iter().collect(),
        Some(name) => all.iter().filter(|bench| bench.name == *name).collect(),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|bench| bench.name.as_str()).collect();
        bail!("no such bench; there are: {}", names.join(", "));
    }
    for bench in chosen {
        let figures = match &options.from {
            Some(file) => {
                let text = fs::read_to_string(file)
                    .with_context(|| format!("{} cannot be read", root::shown(file)))?;
                figures_in(&text).context("it holds no figures")?
            }
            None => step(&format!("bench {}", bench.name), || {
                measure(bench, &options.arguments)
            })?,
        };
        if options.write || options.from.is_some() {
            page::write(&bench.name, &figures)?;
        }
    }
    Ok(())
}

/// An array of figures, or one a line.
fn figures_in(text: &str) -> Result<Vec<Value>> {
    if let Ok(figures) = serde_json::from_str(text) {
        return Ok(figures);
    }
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// Every `crates/PACKAGE/examples/bench_NAME.rs`, and those of the server.
fn find() -> Result<Vec<Bench>> {
    let mut packages: Vec<_> = fs::read_dir(root::root().join("crates"))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    packages.push(root::root().join("server"));
    let mut found = Vec::new();
    for package in packages {
        let Ok(examples) = fs::read_dir(package.join("examples")) else {
            continue;
        };
        for example in examples.flatten() {
            let file = example.file_name();
            let Some(name) = file.to_str().and_then(|file| file.strip_prefix("bench_")) else {
                continue;
            };
            found.push(Bench {
                name: name.trim_end_matches(".rs").to_owned(),
                package: package
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn measure(bench: &Bench, arguments: &[String]) -> Result<Vec<Value>> {
    let mut child = cargo()
        .args(["run", "--quiet", "--release", "--package", &bench.package])
        .args(["--example", &format!("bench_{}", bench.name), "--"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo could not be started")?;
    let lines = BufReader::new(child.stdout.take().context("the bench has no output")?).lines();
    let mut figures = Vec::new();
    for line in lines {
        let line = line?;
        println!("{line}");
        if let Ok(figure @ Value::Object(_)) = serde_json::from_str(&line) {
            figures.push(figure);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    if figures.is_empty() {
        bail!("it printed no JSON line, so nothing was measured");
    }
    let folder = root::target().join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.json", bench.name));
    fs::write(&file, serde_json::to_string_pretty(&figures)? + "\n")?;
    eprintln!("  {} figures in {}", figures.len(), root::shown(&file));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_an_array_or_one_a_line() {
        let line = r#"{"metric":"a","value":1}"#;
        let two = figures_in(&format!("[{line},{line}]")).unwrap();
        assert_eq!(figures_in(&format!("{line}\n{line}\n")).unwrap(), two);
        assert!(figures_in("row 4k: 10 s").is_err());
    }
}
