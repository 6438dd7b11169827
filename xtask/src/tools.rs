//! What the build needs besides cargo: the wasm target, Node, and the npm packages of end2end. Missing ones are installed by the
//! tool whose business it is; a tool that is itself missing is named, with the line that installs it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::root;
use crate::step::{check, output, step};

/// The first Node that runs what we install: ES modules in wasm-opt and Playwright.
const OLDEST_NODE: u32 = 20;

/// Makes sure that rustc can build for the browser.
pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = output(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root::root()),
    )
    .context("rustc is missing: install Rust with rustup")?;
    if PathBuf::from(sysroot)
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        return Ok(());
    }
    if output(Command::new("rustup").arg("--version")).is_none() {
        bail!(
            "the Rust target {TARGET} is missing and there is no rustup to add it: install rustup, or your distribution's rust-std for {TARGET}"
        );
    }
    step("adding the Rust target for the browser", || {
        check(
            Command::new("rustup")
                .args(["target", "add", TARGET])
                .current_dir(root::root()),
        )
    })
}

/// Makes sure that what builds the allocator of the server is there: its build script would end in a riddle.
pub fn make() -> Result<()> {
    match output(Command::new("make").arg("--version")) {
        Some(_) => Ok(()),
        None => bail!("make is missing: install it (`apt-get install make`)"),
    }
}

/// Makes sure that the npm packages of `end2end/package-lock.json` are there, exactly those.
pub fn npm_packages() -> Result<()> {
    node()?;
    let lock = fs::read(root::end2end().join("package-lock.json"))
        .context("end2end/package-lock.json cannot be read")?;
    // npm ci removes the whole folder first, and this stamp with it: a half-finished install is never taken for a whole one.
    let stamp = root::end2end().join("node_modules/.installed-from-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if output(Command::new("npm").arg("--version")).is_none() {
        bail!("npm is missing: install it with Node.js (`apt-get install npm`)");
    }
    step("installing npm packages", || {
        check(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
                .current_dir(root::end2end()),
        )?;
        fs::write(&stamp, &lock).context("end2end/node_modules cannot be written to")
    })
}

/// A file that an npm package brought.
pub fn npm_file(path: &str) -> PathBuf {
    root::end2end().join("node_modules").join(path)
}

fn node() -> Result<()> {
    let version = output(Command::new("node").arg("--version"))
        .with_context(|| format!("Node.js is missing: install version {OLDEST_NODE} or newer (`apt-get install nodejs npm`)"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node.js {version} is too old: install version {OLDEST_NODE} or newer"),
    }
}
