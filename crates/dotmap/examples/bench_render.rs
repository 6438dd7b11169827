//! `cargo xtask bench render`: builds the stage (bench/stage) as the page is built, and lets `bench/render.mjs` measure it in
//! a headless Chromium. Arguments are names of rows. Needs what `cargo xtask test` installs (Chromium, npm packages), and for
//! the rows with the real page what `cargo xtask build` leaves behind. deck.gl, the one to compare with, comes from npm.

/// Only what it brings as one file is used; its dependencies would be 386 packages.
#[cfg(not(target_arch = "wasm32"))]
const DECK: &str = "deck.gl@9.4.0";

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).ok_or("the crate lies in crates/")?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let check = |command: &mut Command| match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?} did not start: {error}")),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    check(
        Command::new(cargo)
            .current_dir(root)
            .args([
                "build",
                "--quiet",
                "--package",
                "dotmap",
                "--example",
                "stage",
            ])
            .args([
                "--target",
                "wasm32-unknown-unknown",
                "--profile",
                "wasm-release",
            ]),
    )?;
    let pkg = target.join("bench/stage");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(target.join("wasm32-unknown-unknown/wasm-release/examples/stage.wasm"))
        .out_name("stage")
        .web(true)?
        .typescript(false)
        .generate(&pkg)?;
    let deck = target.join("bench").join(DECK);
    if !deck.join("package/dist.min.js").is_file() {
        std::fs::create_dir_all(&deck)?;
        check(
            Command::new("npm")
                .args(["pack", "--silent", DECK])
                .current_dir(&deck),
        )?;
        check(
            Command::new("tar")
                .args(["xzf", "deck.gl-9.4.0.tgz"])
                .current_dir(&deck),
        )?;
    }
    let chromium =
        std::env::var_os("EVWALL_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    check(
        Command::new("node")
            .arg(here.join("bench/render.mjs"))
            .args(std::env::args().skip(1))
            .env("PKG", pkg)
            .env("MODULES", root.join("end2end/node_modules"))
            .env("DECK", deck.join("package"))
            .env("PUBLIC", root.join("public"))
            .env("SITE", target.join("site"))
            .env("SHOTS", target.join("bench/render"))
            .env("CHROMIUM", chromium),
    )?;
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn main() {}
