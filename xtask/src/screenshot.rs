//! The pictures in README.md: the real programs, the real page, PNGs that anyone can take again.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::site::{self, BuildOptions};
use crate::step::{check, step};
use crate::{browser, root};

#[derive(Args)]
pub struct ScreenshotOptions {
    /// The folder to put them into
    #[arg(long, default_value = "docs")]
    out: PathBuf,
    /// Size in pixels
    #[arg(long, default_value = "1920x1080")]
    size: String,
    /// Vehicles of the simulated fleet
    #[arg(long, default_value_t = 222_000)]
    vehicles: u32,
    /// Play this recording instead of simulating
    #[arg(long)]
    recording: Option<PathBuf>,
}

pub fn screenshot(options: &ScreenshotOptions) -> Result<()> {
    let chromium = browser::chromium()?;
    let built = site::build(&BuildOptions::default())?;
    let out = root::root().join(&options.out);
    let what = format!("taking the pictures into {}", root::shown(&out));
    step(&what, || {
        let mut node = built.script("screenshot.mjs", &chromium);
        node.arg(&out)
            .arg(&options.size)
            .arg(options.vehicles.to_string());
        if let Some(recording) = &options.recording {
            node.env("EVWALL_RECORDING", std::path::absolute(recording)?);
        }
        check(&mut node)
    })
}
