//! How fast a card opens and a VIN is found, as a person at a desk has it: simulator, server and a real browser on this
//! machine, measured by `bench/card.mjs`. Needs what `cargo xtask test` installs (Chromium, npm packages) and the site that
//! `cargo xtask build` leaves behind. The first argument is the number of vehicles.

#[path = "programs/mod.rs"]
mod programs;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const VEHICLES: &str = "222000";

fn main() -> Result<()> {
    let vehicles = std::env::args()
        .nth(1)
        .unwrap_or_else(|| VEHICLES.to_owned());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("the crate lies in the repository")?;
    let programs = programs::programs()?;
    let site = programs.parent().context("no target folder")?.join("site");
    ensure!(
        site.join("pkg").is_dir(),
        "{} holds no site: run `cargo xtask build` first",
        site.display()
    );
    let status = Command::new("node")
        .arg(root.join("end2end/bench/card.mjs"))
        .arg(vehicles)
        .env("EVWALL_BIN", programs.join("evwall"))
        .env("EVWALL_SIM_BIN", programs.join("evwall-sim"))
        .env("EVWALL_SITE", site)
        .status()
        .context("node did not start")?;
    ensure!(status.success(), "the bench ended with {status}");
    Ok(())
}
