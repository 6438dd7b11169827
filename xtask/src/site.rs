//! From sources to something that can be served: the page as WebAssembly with its bindings, the map library, the files of
//! `public/`, the style sheet, all in `target/site`; and the two programs.
//!
//! Cargo knows what it has to compile again. The steps after it are skipped when their input has the bytes it had the last
//! time, and a file of the site is written only when it differs, so that browsers keep what they have.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::shrink::shrink;
use crate::step::{cargo, check, quiet_step, step};
use crate::{root, tools};

/// Must equal the `wasm-bindgen` of Cargo.lock: the bindings and the module speak a private format.
const BINDINGS_FROM: &str = "wasm-bindgen-cli-support";

/// Programs for development are built with the very features that the tests in Rust have, or much of both is compiled twice:
/// all crates at once, and one test (any), because that is what makes cargo heed what only tests depend on.
pub const AS_THE_TESTS: [&str; 6] = [
    "--workspace",
    "--exclude",
    "frontend",
    "--bins",
    "--test",
    "golden",
];

#[derive(Args, Clone, Default)]
pub struct BuildOptions {
    /// Build fast instead of small and quick: dev profile everywhere, no wasm-opt
    #[arg(long)]
    pub dev: bool,
    /// Only the page (target/site), not the programs
    #[arg(long)]
    pub site_only: bool,
}

/// Files that get much smaller by packing, by their ends.
const PACKED: [&str; 7] = ["css", "geojson", "js", "json", "mjs", "svg", "wasm"];

/// What a build leaves behind.
pub struct Built {
    pub site: PathBuf,
    pub server: PathBuf,
    pub sim: PathBuf,
}

/// Programs and page, as they were built the last time or built now.
pub fn built(dev: bool, no_build: bool) -> Result<Built> {
    if no_build {
        return Ok(Built::of_last_time(dev));
    }
    build(&BuildOptions {
        dev,
        site_only: false,
    })
}

pub fn build(options: &BuildOptions) -> Result<Built> {
    build_site(options.dev)?;
    if !options.site_only {
        build_programs(options.dev)?;
    }
    Ok(Built::of_last_time(options.dev))
}

/// What the browser tests use: the page as it is shipped, because its speed and what wasm-opt makes of it are tested too, and
/// the programs as the tests in Rust have compiled them already. Compiling these for release takes ten minutes.
pub fn build_for_tests() -> Result<Built> {
    build_site(false)?;
    build_programs(true)?;
    Ok(Built::of_last_time(true))
}

fn build_site(dev: bool) -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let module = compile_page(dev)?;
    let bindings = bind(&module, dev)?;
    lay_out(&bindings, !dev)
}

fn build_programs(dev: bool) -> Result<()> {
    tools::make()?;
    step("compiling the server and the simulator", || {
        let mut cargo = cargo();
        cargo.arg("build");
        match dev {
            true => cargo.args(AS_THE_TESTS),
            false => cargo.args(["--release", "--package", "server", "--package", "sim"]),
        };
        check(&mut cargo)
    })
}

impl Built {
    fn of_last_time(dev: bool) -> Self {
        let programs = root::target().join(if dev { "debug" } else { "release" });
        Self {
            site: root::site(),
            server: programs.join("evwall"),
            sim: programs.join("evwall-sim"),
        }
    }

    /// `node SCRIPT` in end2end, which drives this browser with these programs.
    pub fn script(&self, script: impl AsRef<OsStr>, chromium: &Path) -> Command {
        let mut node = Command::new("node");
        node.arg(script)
            .env("EVWALL_CHROMIUM", chromium)
            .env("EVWALL_BIN", &self.server)
            .env("EVWALL_SIM_BIN", &self.sim)
            .env("EVWALL_SITE", &self.site)
            .current_dir(root::end2end());
        node
    }
}

fn compile_page(dev: bool) -> Result<PathBuf> {
    let (profile, folder) = if dev {
        ("dev", "debug")
    } else {
        ("wasm-release", "wasm-release")
    };
    step("compiling the page", || {
        let mut cargo = cargo();
        cargo.args([
            "build",
            "--package",
            "frontend",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            profile,
        ]);
        // Without the first the types of the views fill a sixth of the module, and two thirds of an unoptimised one; by the
        // second it is seen what refers to what, and the module can be split.
        cargo.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "--cfg erase_components -Clink-args=--emit-relocs",
        );
        check(&mut cargo)
    })?;
    Ok(root::target()
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join("frontend.wasm"))
}

/// Makes the JavaScript bindings and shrinks the module; returns the folder that holds them.
fn bind(module: &Path, dev: bool) -> Result<PathBuf> {
    let version = same_bindings()?;
    let bytes =
        fs::read(module).with_context(|| format!("{} cannot be read", root::shown(module)))?;
    let out = root::target()
        .join("xtask")
        .join(if dev { "page-dev" } else { "page" });
    let stamp = out.with_extension("stamp");
    let shrinkers = fs::read(root::end2end().join("package-lock.json"))?;
    let made_from = fingerprint(&(&bytes, &version, &shrinkers));
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made_from) {
        return Ok(out);
    }
    let _ = fs::remove_file(&stamp);
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out)?;
    let main = out.with_extension("wasm");
    let parts = quiet_step("splitting the page into parts", || {
        let mut split = wasm_split_cli_support::Options::new(&bytes);
        split.output_dir = &out;
        split.main_out_path = &main;
        split.main_module = "./evwall.js";
        match wasm_split_cli_support::transform(split) {
            Ok(split) => Ok(split.split_modules),
            Err(error) => bail!("the page cannot be split: {error:#}"),
        }
    })?;
    quiet_step("making the bindings of the page", || {
        wasm_bindgen_cli_support::Bindgen::new()
            .input_path(&main)
            .out_name("evwall")
            .web(true)?
            // The parts import what the linker exported.
            .keep_lld_exports(true)
            .typescript(false)
            .keep_debug(dev)
            .remove_name_section(!dev)
            .generate(&out)
    })?;
    let wasm = out.join("evwall_bg.wasm");
    if !dev {
        shrink(&out, &wasm, &out.join("evwall.js"))?;
    }
    let kb = |module: &PathBuf| fs::metadata(module).map(|about| about.len() / 1000);
    eprintln!("  the page is {} kB of WebAssembly", kb(&wasm)?);
    for part in &parts {
        let name = part.file_stem().unwrap_or_default().to_string_lossy();
        eprintln!("  … and {} kB when it is needed: {name}", kb(part)?);
    }
    fs::write(&stamp, made_from)?;
    Ok(out)
}

/// The version of wasm-bindgen in Cargo.lock, if the bindings are made by the same.
fn same_bindings() -> Result<String> {
    let lock =
        fs::read_to_string(root::root().join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    let locked = |name: &str| {
        let start = lock.find(&format!("name = \"{name}\"\n"))?;
        lock[start..]
            .lines()
            .nth(1)?
            .strip_prefix("version = \"")?
            .strip_suffix('"')
            .map(str::to_owned)
    };
    match (locked("wasm-bindgen"), locked(BINDINGS_FROM)) {
        (Some(page), Some(ours)) if page == ours => Ok(page),
        (Some(page), Some(ours)) => {
            bail!(
                "Cargo.lock has wasm-bindgen {page} but xtask makes bindings for {ours}: set `{BINDINGS_FROM} = \"={page}\"` in xtask/Cargo.toml"
            )
        }
        _ => bail!("Cargo.lock does not name wasm-bindgen and {BINDINGS_FROM}"),
    }
}

/// Brings `target/site` to exactly what it should hold.
fn lay_out(bindings: &Path, packed: bool) -> Result<()> {
    let site = root::site();
    let mut kept = BTreeSet::new();
    let mut place = |from: &Path, to: PathBuf| -> Result<()> {
        copy_if_different(from, &site.join(&to))?;
        kept.insert(to);
        Ok(())
    };
    for file in root::files_below(bindings)? {
        place(&bindings.join(&file), Path::new("pkg").join(&file))?;
    }
    // Of the page too, but not of its WebAssembly: it looks after that.
    place(
        &root::root().join("app/js/watch.mjs"),
        PathBuf::from("pkg/watch.mjs"),
    )?;
    // The main script finds its worker beside itself.
    for file in [
        "maplibre-gl.mjs",
        "maplibre-gl-worker.mjs",
        "maplibre-gl.css",
    ] {
        place(
            &tools::npm_file("maplibre-gl/dist").join(file),
            Path::new("vendor").join(file),
        )?;
    }
    place(
        &tools::npm_file("maplibre-gl/LICENSE.txt"),
        PathBuf::from("vendor/maplibre-gl.LICENSE.txt"),
    )?;
    let public = root::root().join("public");
    for file in root::files_below(&public)? {
        place(&public.join(&file), file)?;
    }
    place(
        &root::root().join("style/main.css"),
        PathBuf::from("pkg/evwall.css"),
    )?;
    place(
        &root::root().join("style/desk.css"),
        PathBuf::from("pkg/desk.css"),
    )?;
    place(
        &root::root().join("style/wall.css"),
        PathBuf::from("pkg/wall.css"),
    )?;
    for file in root::files_below(&site)? {
        let of = file.with_extension("");
        let packs_another = file.extension().is_some_and(|end| end == "br") && kept.contains(&of);
        let stays = kept.contains(&file) || (packed && packs_another);
        if !stays {
            fs::remove_file(site.join(&file))?;
        }
    }
    if packed { pack(&site, &kept) } else { Ok(()) }
}

/// Packs what gets smaller by it and was changed since it was packed last.
fn pack(site: &Path, files: &BTreeSet<PathBuf>) -> Result<()> {
    let changed_at = |file: &Path| fs::metadata(file).and_then(|about| about.modified()).ok();
    let mut list = String::new();
    for file in files {
        let ends = file.extension().and_then(|end| end.to_str());
        if !ends.is_some_and(|end| PACKED.contains(&end)) {
            continue;
        }
        let file = site.join(file);
        let mut name = file.clone().into_os_string();
        name.push(".br");
        if changed_at(Path::new(&name)) < changed_at(&file) {
            list += file
                .to_str()
                .context("a file of the site has no plain name")?;
            list += "\n";
        }
    }
    if list.is_empty() {
        return Ok(());
    }
    quiet_step("packing the site (brotli)", || {
        let mut node = Command::new("node")
            .arg(root::root().join("xtask/pack.mjs"))
            .stdin(Stdio::piped())
            .spawn()
            .context("node cannot be started")?;
        node.stdin
            .take()
            .context("node does not listen")?
            .write_all(list.as_bytes())?;
        let status = node.wait()?;
        ensure!(status.success(), "packing ended with {status}");
        Ok(())
    })
}

fn copy_if_different(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("{} cannot be read", root::shown(from)))?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, bytes).with_context(|| format!("{} cannot be written", root::shown(to)))
}

fn fingerprint(of: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
