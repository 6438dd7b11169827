//! Finds a Chromium that runs: the system's own, else the one Playwright keeps, else it installs Debian's package.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::step::{check, output, step};

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
];

/// Where the browser for the tests is. `EVWALL_CHROMIUM` names one explicitly.
pub fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("EVWALL_CHROMIUM").map(PathBuf::from) {
        if runs(&named) {
            return Ok(named);
        }
        bail!(
            "EVWALL_CHROMIUM names {}, which does not run",
            named.display()
        );
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    if let Err(error) = step("installing Chromium", install) {
        eprintln!("  {error:#}");
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    bail!(
        "the browser tests need Chromium: install it (`apt-get install chromium`), or name one with EVWALL_CHROMIUM=/path/to/chrome"
    )
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let systems = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    systems.chain(playwrights()).find(runs)
}

/// The Chromiums in Playwright's cache, newest first.
fn playwrights() -> Vec<PathBuf> {
    let cache = std::env::var_os("PLAYWRIGHT_BROWSERS_PATH")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/ms-playwright")));
    let Some(entries) = cache.and_then(|cache| std::fs::read_dir(cache).ok()) else {
        return Vec::new();
    };
    let mut builds: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let build = entry
                .file_name()
                .to_str()?
                .strip_prefix("chromium-")?
                .parse()
                .ok()?;
            Some((build, entry.path()))
        })
        .collect();
    builds.sort();
    builds
        .into_iter()
        .rev()
        .flat_map(|(_, build)| {
            ["chrome-linux/chrome", "chrome-linux64/chrome"].map(|inside| build.join(inside))
        })
        .collect()
}

// On Ubuntu `chromium-browser` is a script that only tells how to install a snap: being there is not enough.
fn runs(candidate: &PathBuf) -> bool {
    candidate.is_file() && output(Command::new(candidate).arg("--version")).is_some()
}

fn install() -> Result<()> {
    let as_root = output(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    let apt = |arguments: &[&str]| {
        let mut command = if as_root {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "apt-get"]);
            sudo
        };
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        check(&mut command)
    };
    if !as_root && output(Command::new("sudo").args(["-n", "true"])).is_none() {
        bail!("not root, and sudo asks for a password");
    }
    const INSTALL: [&str; 4] = ["install", "-y", "--no-install-recommends", "chromium"];
    // A machine that never ran `apt-get update` knows no packages.
    apt(&INSTALL).or_else(|_| apt(&["update"]).and_then(|()| apt(&INSTALL)))
}
