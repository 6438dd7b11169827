//! One open Chinese font (Noto Sans SC, OFL), in two files: a small one with the characters of the map and of the pages,
//! which every page loads before it draws a label, and the whole one, which a browser loads only when some other
//! character turns up, say in the name of a model.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Packages, source};
use crate::root;

const WHOLE: &str =
    "@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2";

pub fn fonts(packages: &Packages) -> Result<()> {
    let folder = root::root().join("public/fonts");
    fs::create_dir_all(&folder)?;
    let needed = characters()?;
    subset(packages, &needed, &folder.join("noto-sans-sc-core.woff2"))?;
    fs::copy(packages.file(WHOLE), folder.join("noto-sans-sc.woff2"))?;
    fs::copy(
        packages.file("@fontsource/noto-sans-sc/LICENSE"),
        folder.join("noto-sans-sc.LICENSE.txt"),
    )?;
    fs::write(folder.join("fonts.css"), style_sheet(&needed))?;
    for file in ["noto-sans-sc-core.woff2", "noto-sans-sc.woff2"] {
        let file = folder.join(file);
        eprintln!(
            "  {}: {} kB",
            root::shown(&file),
            fs::metadata(&file)?.len().div_ceil(1000)
        );
    }
    Ok(())
}

/// Printable ASCII, the letters and signs of Latin-1, and whatever stands in the place names and in the sources of the pages.
fn characters() -> Result<BTreeSet<char>> {
    let mut needed: BTreeSet<char> = (' '..='~').chain('\u{a0}'..='\u{ff}').collect();
    needed.extend("–—‘’“”…·、。，：；（）《》！？％℃ΩΔ→".chars());
    let mut texts = vec![source("places.csv")?, source("water.json")?];
    read_sources(&root::root().join("app/src"), &mut texts)?;
    for text in &texts {
        needed.extend(text.chars().filter(|character| !character.is_control()));
    }
    Ok(needed)
}

fn read_sources(folder: &Path, texts: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_sources(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

fn subset(packages: &Packages, needed: &BTreeSet<char>, out: &Path) -> Result<()> {
    let mut node = Command::new("node")
        .arg(root::root().join("xtask/basemap/subset.mjs"))
        .arg(packages.file(WHOLE))
        .arg(out)
        .current_dir(&packages.0)
        .stdin(Stdio::piped())
        .spawn()
        .context("Node.js is missing: `apt-get install nodejs npm`")?;
    let text: String = needed.iter().collect();
    node.stdin
        .take()
        .context("node has no input")?
        .write_all(text.as_bytes())?;
    if !node.wait()?.success() {
        bail!("the font could not be cut");
    }
    Ok(())
}

/// Of two faces that cover a character the later one is taken, so the whole font is loaded only for what the core lacks.
fn style_sheet(needed: &BTreeSet<char>) -> String {
    let mut css = String::from(
        "/* Noto Sans SC, SIL Open Font License 1.1: noto-sans-sc.LICENSE.txt. Written by `cargo xtask basemap`. */\n",
    );
    let mut face = |file: &str, range: &str| {
        let _ = writeln!(
            css,
            "@font-face {{ font-family: \"Noto Sans SC\"; font-style: normal; font-weight: 400; font-display: swap; \
             src: url(\"{file}\") format(\"woff2\");{range} }}"
        );
    };
    face("noto-sans-sc.woff2", "");
    face(
        "noto-sans-sc-core.woff2",
        &format!(" unicode-range: {};", ranges(needed)),
    );
    css
}

fn ranges(characters: &BTreeSet<char>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for character in characters {
        let code = u32::from(*character);
        match runs.last_mut().filter(|run| run.1 + 1 == code) {
            Some(run) => run.1 = code,
            None => runs.push((code, code)),
        }
    }
    runs.iter()
        .map(|(from, to)| {
            if from == to {
                format!("U+{from:X}")
            } else {
                format!("U+{from:X}-{to:X}")
            }
        })
        .collect::<Vec<_>>()
        .join(",")
}
