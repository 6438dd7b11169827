//! The programs that the benches start.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The programs beside this example, of the same profile; built where they are missing or older. `EVWALL_PROGRAMS` names a
/// folder with others, which are taken as they are.
pub fn programs() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("EVWALL_PROGRAMS") {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    let profile = own
        .parent()
        .and_then(Path::parent)
        .context("no target folder")?;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // As `cargo xtask` builds them, or all of the server is compiled again: this pair and no other, because with another set
    // of packages the features differ, and without the name of the package that started this, which build scripts look at.
    build.env_remove("CARGO_MANIFEST_DIR").args([
        "build",
        "--quiet",
        "--package",
        "server",
        "--package",
        "sim",
    ]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    ensure!(build.status()?.success(), "the programs could not be built");
    Ok(profile.to_owned())
}
