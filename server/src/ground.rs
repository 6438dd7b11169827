//! The ground under the dots, where operators bring their own: a MapLibre style, tiles in one PMTiles file, or both.
//!
//! Pages ask for `/ground/style.json` and nothing else. It is the site's own style, the operators' file, a style made here
//! for the layers of their tiles, or a word to go to their address. Nothing is fetched from another server unless its
//! origin was named on the command line; the policies that pages and their workers run under say so to the browser.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use serde_json::Value;
use tower_http::services::{ServeDir, ServeFile};

mod pmtiles;
mod style;

/// A longer style is none.
const MAX_STYLE_BYTES: u64 = 8 << 20;

/// What can be said of the ground on the command line.
#[derive(Debug, Clone, Default, Args)]
pub struct GroundArgs {
    /// A MapLibre style to draw the ground with: a file, or an https:// or http:// address that pages fetch it from.
    #[arg(long, value_name = "FILE|URL")]
    pub style: Option<String>,
    /// Tiles of the ground in one file, PMTiles version 3. A --style names them pmtiles:///ground/own.pmtiles; without one,
    /// evwall makes a style for layers as Protomaps or OpenMapTiles name them.
    #[arg(long, value_name = "FILE")]
    pub pmtiles: Option<PathBuf>,
    /// Another server from which pages may fetch what --style names, https://HOST; may be given several times.
    #[arg(long = "ground-origin", value_name = "ORIGIN", requires = "style")]
    pub ground_origins: Vec<String>,
    /// The datum of --style and --pmtiles. On a ground in gcj02 dots are drawn shifted; what is stored and shown in figures
    /// stays in WGS-84.
    #[arg(long, value_enum, default_value_t = GroundDatum::Wgs84)]
    pub ground_datum: GroundDatum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum GroundDatum {
    #[default]
    Wgs84,
    Gcj02,
}

/// The ground of this server.
#[derive(Debug)]
pub struct Ground {
    style: Style,
    pmtiles: Option<PathBuf>,
    origins: Vec<String>,
    pub is_gcj02: bool,
}

#[derive(Debug)]
enum Style {
    /// The site's own.
    Site,
    Own(Bytes),
    /// Pages are sent there.
    At(HeaderValue),
}

impl Ground {
    /// # Errors
    /// A file that cannot be read or is not what it should be, an address that is none, another server that was not named.
    pub fn open(args: &GroundArgs) -> Result<Self> {
        let is_gcj02 = args.ground_datum == GroundDatum::Gcj02;
        if is_gcj02 && args.style.is_none() && args.pmtiles.is_none() {
            bail!(
                "--ground-datum gcj02 is said of a ground of your own, and the ground of evwall is in WGS-84: give --style \
                 or --pmtiles with it"
            );
        }
        let tiles = args.pmtiles.as_deref().map(pmtiles::read).transpose()?;
        let mut origins = args
            .ground_origins
            .iter()
            .map(|origin| match origin_of(origin) {
                Some(only) if only == origin.trim_end_matches('/') => Ok(only.to_owned()),
                _ => bail!(
                    "--ground-origin {origin} is no origin: write https://HOST or https://HOST:PORT"
                ),
            })
            .collect::<Result<Vec<_>>>()?;
        let style = match (&args.style, tiles) {
            (None, None) => Style::Site,
            (None, Some(tiles)) => Style::Own(style::for_tiles(&tiles).to_string().into()),
            (Some(style), _) if style.contains("://") => {
                let origin = origin_of(style).with_context(|| {
                    format!("--style {style} is no http:// or https:// address")
                })?;
                origins.push(origin.to_owned());
                Style::At(HeaderValue::from_str(style).context("--style is no address")?)
            }
            (Some(file), _) => Style::Own(read_style(Path::new(file), &origins)?),
        };
        Ok(Self {
            style,
            pmtiles: args.pmtiles.clone(),
            origins,
            is_gcj02,
        })
    }

    /// Everything under `/ground`: what operators brought comes before what the site has.
    pub fn router<S: Clone + Send + Sync + 'static>(&self, site: &Path) -> Router<S> {
        let files = ServeDir::new(site.join("ground")).append_index_html_on_directories(false);
        let router = Router::new().fallback_service(files);
        let router = match &self.style {
            Style::Site => router,
            Style::Own(bytes) => {
                let bytes = bytes.clone();
                let answer = move || async move { ([(CONTENT_TYPE, "application/json")], bytes) };
                router.route("/style.json", get(answer))
            }
            Style::At(address) => {
                let address = address.clone();
                let answer = move || async move {
                    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, address)]).into_response()
                };
                router.route("/style.json", get(answer))
            }
        };
        match &self.pmtiles {
            Some(file) => router.route_service("/own.pmtiles", ServeFile::new(file)),
            None => router,
        }
    }

    /// The other servers that a page may fetch from, each after a space, as a policy lists them.
    #[must_use]
    pub fn origins_in_policy(&self) -> String {
        self.origins.iter().fold(String::new(), |mut list, origin| {
            list.push(' ');
            list.push_str(origin);
            list
        })
    }
}

/// `https://host:port` of an address, if it is one that a policy can name.
fn origin_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    (matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(is_plain))
        .then(|| &url[..scheme.len() + 3 + host.len()])
}

fn read_style(file: &Path, origins: &[String]) -> Result<Bytes> {
    let shown = file.display();
    let length = fs::metadata(file)
        .with_context(|| format!("--style {shown} cannot be read"))?
        .len();
    if length > MAX_STYLE_BYTES {
        bail!("--style {shown} has {length} bytes; a style has at most {MAX_STYLE_BYTES}");
    }
    let bytes = fs::read(file).with_context(|| format!("--style {shown} cannot be read"))?;
    let style: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("--style {shown} is no JSON"))?;
    if style["version"] != 8 || !style["layers"].is_array() {
        bail!("--style {shown} is no MapLibre style: it needs \"version\": 8 and \"layers\"");
    }
    if let Some(other) = style::addresses(&style)
        .into_iter()
        .filter_map(|address| origin_of(address))
        .find(|origin| !origins.iter().any(|named| named == origin))
    {
        bail!(
            "--style {shown} names {other}, and pages fetch nothing from other servers: say --ground-origin {other} if they \
             may, or put what it serves into the ground folder of the site"
        );
    }
    Ok(bytes.into())
}

/// `length` bytes of a file from `at` on.
fn read_part(file: &mut File, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(args: &[&str]) -> Result<Ground> {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            ground: GroundArgs,
        }
        let line = <Line as clap::Parser>::try_parse_from(["evwall"].iter().chain(args))?;
        Ground::open(&line.ground)
    }

    fn why(args: &[&str]) -> String {
        format!("{:#}", open(args).unwrap_err())
    }

    #[test]
    fn without_a_word_nothing_is_fetched_from_outside() {
        let ground = open(&[]).unwrap();
        assert!(matches!(ground.style, Style::Site));
        assert_eq!(ground.origins_in_policy(), "");
        assert!(!ground.is_gcj02);
    }

    #[test]
    fn the_address_of_a_style_and_nothing_else_may_be_fetched_from() {
        let ground = open(&["--style", "https://tiles.example:8443/night.json?x=1"]).unwrap();
        assert_eq!(ground.origins_in_policy(), " https://tiles.example:8443");
        for bad in [
            "ftp://tiles.example/s.json",
            "https://",
            "https://a;b/s.json",
        ] {
            assert!(why(&["--style", bad]).contains("address"), "{bad}");
        }
    }

    #[test]
    fn a_file_that_fetches_from_elsewhere_needs_the_word_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("style.json");
        let path = file.to_str().unwrap();
        fs::write(
            &file,
            r#"{"version":8,"layers":[],"glyphs":"/fonts/{fontstack}/{range}.pbf",
                "sources":{"a":{"type":"raster","tiles":["https://tiles.example/{z}/{x}/{y}.png"]}}}"#,
        )
        .unwrap();
        let refusal = why(&["--style", path]);
        assert!(
            refusal.contains("--ground-origin https://tiles.example"),
            "{refusal}"
        );
        let named = ["--style", path, "--ground-origin", "https://tiles.example"];
        assert_eq!(
            open(&named).unwrap().origins_in_policy(),
            " https://tiles.example"
        );
        for bad in [
            "tiles.example",
            "https://tiles.example/path",
            "javascript://x",
        ] {
            assert!(
                why(&["--style", path, "--ground-origin", bad]).contains("no origin"),
                "{bad}"
            );
        }
        fs::write(&file, "{}").unwrap();
        assert!(why(&["--style", path]).contains("no MapLibre style"));
        fs::write(&file, "no").unwrap();
        assert!(why(&["--style", path]).contains("no JSON"));
        assert!(why(&["--style", "/nonexistent"]).contains("cannot be read"));
    }

    #[test]
    fn the_datum_is_said_of_a_ground_of_ones_own_only() {
        assert!(why(&["--ground-datum", "gcj02"]).contains("--style"));
        assert!(
            open(&["--ground-datum", "gcj02", "--style", "https://t.example/s"])
                .unwrap()
                .is_gcj02
        );
    }
}
