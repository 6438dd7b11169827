//! What has to be known of a PMTiles file (version 3) before pages are sent to it: that it is one, that browsers can read
//! its compression, what kind of tiles it has and which layers. Tiles themselves are read by the page, in ranges.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::read_part;

const HEADER_BYTES: usize = 127;
/// Longer metadata, packed or not, is none.
const MAX_METADATA_BYTES: u64 = 4 << 20;

/// A file of tiles, as its header and metadata describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiles {
    pub kind: Kind,
    /// Longitude, latitude, zoom to begin with.
    pub middle: (f64, f64, u8),
    /// Of vector tiles.
    pub layers: Vec<String>,
    pub attribution: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vector,
    Raster,
}

/// # Errors
/// A file that cannot be read, is no PMTiles of version 3, or is packed in a way that browsers do not unpack.
pub fn read(path: &Path) -> Result<Tiles> {
    let shown = path.display();
    let mut file =
        File::open(path).with_context(|| format!("--pmtiles {shown} cannot be opened"))?;
    let header = read_part(&mut file, 0, HEADER_BYTES)
        .with_context(|| format!("--pmtiles {shown} is too short"))?;
    if &header[..7] != b"PMTiles" || header[7] != 3 {
        bail!("--pmtiles {shown} is no PMTiles file of version 3");
    }
    let kind = match header[99] {
        1 => Kind::Vector,
        2..=4 => Kind::Raster,
        other => bail!(
            "--pmtiles {shown} holds tiles of kind {other}; vector, PNG, JPEG and WebP can be drawn"
        ),
    };
    let packed = [("directories", header[97]), ("tiles", header[98])];
    for (what, code) in packed {
        // 0 is "unknown", which writers of pictures leave.
        if code > 2 {
            bail!(
                "the {what} of --pmtiles {shown} are packed with brotli or zstd, which browsers do not unpack here: pack them with gzip"
            );
        }
    }
    let metadata = metadata(&mut file, &header)
        .with_context(|| format!("the metadata of --pmtiles {shown} cannot be read"))?;
    let named = metadata["vector_layers"].as_array().into_iter().flatten();
    Ok(Tiles {
        kind,
        middle: (
            f64::from(int(&header, 119)) / 1e7,
            f64::from(int(&header, 123)) / 1e7,
            header[118],
        ),
        layers: named
            .filter_map(|layer| Some(layer["id"].as_str()?.to_owned()))
            .collect(),
        attribution: metadata["attribution"].as_str().map(str::to_owned),
    })
}

fn metadata(file: &mut File, header: &[u8]) -> Result<Value> {
    let (at, length) = (long(header, 24), long(header, 32));
    if length > MAX_METADATA_BYTES {
        bail!("it has {length} bytes");
    }
    let bytes = read_part(file, at, usize::try_from(length)?)?;
    let mut text = Vec::new();
    if header[97] == 2 {
        GzDecoder::new(&bytes[..])
            .take(MAX_METADATA_BYTES)
            .read_to_end(&mut text)?;
    } else {
        text = bytes;
    }
    Ok(serde_json::from_slice(&text)?)
}

fn long(header: &[u8], at: usize) -> u64 {
    let bytes = header[at..at + 8].try_into();
    u64::from_le_bytes(bytes.expect("eight bytes are eight bytes"))
}

fn int(header: &[u8], at: usize) -> i32 {
    let bytes = header[at..at + 4].try_into();
    i32::from_le_bytes(bytes.expect("four bytes are four bytes"))
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// A file without tiles.
    pub fn file_of(kind: u8, packing: u8, metadata: &str) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(metadata.as_bytes()).unwrap();
        let packed = match packing {
            2 => packed.finish().unwrap(),
            _ => metadata.as_bytes().to_vec(),
        };
        let mut header = b"PMTiles\x03".to_vec();
        header.resize(HEADER_BYTES, 0);
        header[24..32].copy_from_slice(&(HEADER_BYTES as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(packed.len() as u64).to_le_bytes());
        (header[97], header[98], header[99]) = (packing, packing, kind);
        header[118] = 9;
        header[119..123].copy_from_slice(&1_214_700_000_i32.to_le_bytes());
        header[123..127].copy_from_slice(&312_300_000_i32.to_le_bytes());
        header.extend_from_slice(&packed);
        header
    }

    fn read_bytes(bytes: &[u8]) -> Result<Tiles> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        read(file.path())
    }

    #[test]
    fn a_file_says_what_it_holds() {
        let metadata =
            r#"{"vector_layers":[{"id":"water"},{"id":"roads"}],"attribution":"© somebody"}"#;
        for packing in [1, 2] {
            let tiles = read_bytes(&file_of(1, packing, metadata)).unwrap();
            assert_eq!(tiles.kind, Kind::Vector);
            assert_eq!(tiles.layers, ["water", "roads"]);
            assert_eq!(tiles.middle, (121.47, 31.23, 9));
            assert_eq!(tiles.attribution.as_deref(), Some("© somebody"));
        }
    }

    #[test]
    fn whatever_else_a_file_is_it_is_refused_with_a_sentence() {
        let good = file_of(1, 2, "{}");
        for cut in 0..good.len() {
            let why = format!("{:#}", read_bytes(&good[..cut]).unwrap_err());
            assert!(why.contains("--pmtiles"), "{cut}: {why}");
        }
        let mut old = good.clone();
        old[7] = 2;
        let mut huge = good.clone();
        huge[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        for (bytes, word) in [
            (old, "version 3"),
            (file_of(9, 1, "{}"), "kind 9"),
            (file_of(1, 4, "{}"), "gzip"),
            (file_of(1, 1, "no"), "metadata"),
            (huge, "metadata"),
        ] {
            let why = format!("{:#}", read_bytes(&bytes).unwrap_err());
            assert!(why.contains(word), "{why}");
        }
    }
}
