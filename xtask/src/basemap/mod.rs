//! `cargo xtask basemap`: makes the default ground of Shanghai in `public/ground` and the fonts of its labels in
//! `public/fonts`. The results are committed; this runs again only when a source or the drawing changes.
//!
//! In go two open data sets that npm packages carry (the districts of Shanghai, the seas of the earth) and two files
//! drawn and written by hand (`water.json`, `places.csv`). Out come four GeoJSON files in WGS-84 and a MapLibre style
//! that names no `glyphs`, so that labels are drawn with the fonts of the page and nothing is fetched from outside.

mod districts;
mod fonts;
mod places;
mod plane;
mod sea;
mod water;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::root;
use crate::step::{check, quiet_step, step};

/// Where the packages are unpacked.
struct Packages(PathBuf);

impl Packages {
    fn file(&self, path: &str) -> PathBuf {
        self.0.join("node_modules").join(path)
    }

    fn json(&self, path: &str) -> Result<Value> {
        let file = self.file(path);
        let text = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", file.display()))
    }
}

pub fn basemap() -> Result<()> {
    let packages = fetch()?;
    let ground = root::root().join("public/ground");
    fs::create_dir_all(&ground)?;
    let sea = quiet_step("simplifying the seas", || {
        sea::sea(&packages.json("@geo-maps/earth-seas-1m/map.geo.json")?)
    })?;
    let districts = quiet_step("drawing the districts", || {
        districts::districts(
            &packages.json("echarts/map/json/province/shanghai.json")?,
            &sea,
        )
    })?;
    let places = places::places(&source("places.csv")?)?;
    let water = water::water(&serde_json::from_str(&source("water.json")?)?)?;
    write(&ground.join("sea.geojson"), &collection(&[sea.feature()]))?;
    write(&ground.join("districts.geojson"), &collection(&districts))?;
    write(&ground.join("water.geojson"), &collection(&water))?;
    write(&ground.join("places.geojson"), &collection(&places))?;
    let style: Value = serde_json::from_str(&source("style.json")?)
        .context("xtask/basemap/style.json is not JSON")?;
    write(&ground.join("style.json"), &style)?;
    step("cutting the fonts", || fonts::fonts(&packages))
}

fn fetch() -> Result<Packages> {
    let folder = root::target().join("basemap");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::write(folder.join(file), source(file)?)?;
    }
    if !folder.join("node_modules/echarts/package.json").is_file() {
        step("fetching the sources of the ground", || {
            check(
                Command::new("npm")
                    .args([
                        "ci",
                        "--no-audit",
                        "--no-fund",
                        "--ignore-scripts",
                        "--loglevel=error",
                    ])
                    .current_dir(&folder),
            )
        })?;
    }
    Ok(Packages(folder))
}

/// A file of `xtask/basemap`.
fn source(name: &str) -> Result<String> {
    let file = root::root().join("xtask/basemap").join(name);
    fs::read_to_string(&file).with_context(|| format!("{} cannot be read", root::shown(&file)))
}

fn collection(features: &[Value]) -> Value {
    json!({ "type": "FeatureCollection", "features": features })
}

fn write(file: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_string(value)? + "\n";
    eprintln!("  {}: {} kB", root::shown(file), text.len().div_ceil(1000));
    fs::write(file, text).with_context(|| format!("{} cannot be written", root::shown(file)))
}
