//! Tests and checks. The order is cheapest first, so that a slip shows early; the first failure ends the run.
//!
//! `app` is compiled twice, with the features of the server and with those of the browser, and never with both: every
//! native call leaves `frontend` out, every wasm call names its packages.

use anyhow::{Result, bail};
use clap::Args;

use crate::dist::{self, DistOptions};
use crate::site;
use crate::step::{cargo, check, git, output, step};
use crate::{browser, root, tools};

const NATIVE: [&str; 3] = ["--workspace", "--exclude", "frontend"];
const WASM: [&str; 12] = [
    "--target",
    "wasm32-unknown-unknown",
    "--package",
    "frontend",
    "--package",
    "app",
    "--package",
    "dotmap",
    "--package",
    "wire",
    "--features",
    "app/csr",
];

#[derive(Args, Default)]
pub struct TestOptions {
    /// Only the tests in Rust
    #[arg(long)]
    no_browser: bool,
    /// Only the tests in the browser
    #[arg(long, conflicts_with = "no_browser")]
    browser_only: bool,
    /// Passed on to Playwright: a file, `-g PATTERN`, …
    #[arg(last = true)]
    playwright: Vec<String>,
}

pub fn ci() -> Result<()> {
    let files = changed_files();
    step("checking the format", || {
        check(cargo().args(["fmt", "--all", "--check"]))
    })?;
    tools::wasm_target()?;
    tools::make()?;
    let clippy = |packages: &[&str]| {
        check(
            cargo()
                .arg("clippy")
                .args(packages)
                .args(["--all-targets", "--", "-D", "warnings"]),
        )
    };
    step("clippy, native", || clippy(&NATIVE))?;
    step("clippy, wasm32", || {
        check(
            cargo()
                .arg("clippy")
                .args(WASM)
                .args(["--", "-D", "warnings"]),
        )
    })?;
    test(&TestOptions::default())?;
    // Late, because it compiles the server with another feature.
    dist::dist(&DistOptions { dev: true })?;
    step("looking for what was left behind", || {
        let left = changed_files();
        if left != files {
            bail!(
                "files beside the ignored ones were written, or a test forgot where to write: {}",
                left.unwrap_or_default()
            );
        }
        Ok(())
    })
}

/// What git sees as changed or new; nothing where this is no clone.
fn changed_files() -> Option<String> {
    git(&["status", "--porcelain", "--untracked-files=all"])
}

pub fn test(options: &TestOptions) -> Result<()> {
    if !options.browser_only {
        native_tests()?;
        wasm_tests()?;
    }
    if !options.no_browser {
        browser_tests(&options.playwright)?;
    }
    Ok(())
}

fn native_tests() -> Result<()> {
    tools::make()?;
    if output(cargo().args(["nextest", "--version"])).is_none() {
        return step("tests, native (cargo test)", || {
            check(
                cargo()
                    .args(["test", "--quiet", "--no-fail-fast"])
                    .args(NATIVE),
            )
        });
    }
    // nextest does not run the examples in the documentation.
    step("tests in the documentation", || {
        check(cargo().args(["test", "--quiet", "--doc"]).args(NATIVE))
    })?;
    step("tests, native (cargo nextest)", || {
        check(
            cargo()
                .args(["nextest", "run", "--no-fail-fast"])
                .args(NATIVE),
        )
    })
}

/// The tests of the crates that decode and draw in the browser, once more as WebAssembly: 32-bit, other arithmetic.
fn wasm_tests() -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let runner = format!(
        "node {}",
        root::root().join("xtask/wasm-test.mjs").display()
    );
    step("tests, WebAssembly (node)", || {
        check(
            cargo()
                .args(["test", "--target", "wasm32-unknown-unknown", "--tests"])
                .args(["--package", "wire", "--package", "dotmap"])
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
                // Property tests want random numbers, which this target does not have by itself; the runner gives them.
                .env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                    "--cfg getrandom_backend=\"custom\"",
                ),
        )
    })
}

fn browser_tests(arguments: &[String]) -> Result<()> {
    let chromium = browser::chromium()?;
    let built = site::build_for_tests()?;
    step("tests in the browser (Playwright)", || {
        check(
            built
                .script(tools::npm_file("@playwright/test/cli.js"), &chromium)
                .arg("test")
                .args(arguments),
        )
    })
}
