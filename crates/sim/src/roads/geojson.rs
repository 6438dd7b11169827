//! `--roads FILE.geojson`: lines of any city, instead of the built-in Shanghai.
//!
//! LineString and MultiLineString features are taken. The class comes from `highway` (OpenStreetMap's words)
//! or `kind` (expressway, urban); paths, tracks, railways and metro lines are left out; a line that says
//! nothing is a street.

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::{Kind, Line};

/// Points in all lines together; a file with more is refused.
pub const MOST_POINTS: usize = 5_000_000;

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    properties: Option<Properties>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize, Default)]
struct Properties {
    highway: Option<String>,
    kind: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    LineString(Vec<Vec<f64>>),
    MultiLineString(Vec<Vec<Vec<f64>>>),
    #[serde(untagged)]
    Other(serde::de::IgnoredAny),
}

/// The lines of a GeoJSON text.
pub fn lines(text: &[u8]) -> anyhow::Result<Vec<Line>> {
    let collection: Collection =
        serde_json::from_slice(text).context("not a GeoJSON feature collection")?;
    let mut lines = Vec::new();
    let mut total = 0;
    for feature in collection.features {
        let properties = feature.properties.unwrap_or_default();
        let word = properties.highway.as_deref().or(properties.kind.as_deref());
        let Some((kind, limit_kmh)) = class(word) else {
            continue;
        };
        let parts = match feature.geometry {
            Some(Geometry::LineString(part)) => vec![part],
            Some(Geometry::MultiLineString(parts)) => parts,
            Some(Geometry::Other(_)) | None => continue,
        };
        for part in parts {
            let points: Vec<(f64, f64)> = part
                .iter()
                .filter_map(|point| Some((*point.first()?, *point.get(1)?)))
                .filter(|point| point.0.abs() <= 180.0 && point.1.abs() <= 85.0)
                .collect();
            total += points.len();
            ensure!(total <= MOST_POINTS, "more than {MOST_POINTS} points");
            if points.len() >= 2 {
                let name = properties.name.clone().unwrap_or_default();
                lines.push(Line {
                    name,
                    kind,
                    limit_kmh,
                    ramps: kind == Kind::Highway,
                    points,
                });
            }
        }
    }
    ensure!(!lines.is_empty(), "no road in it");
    Ok(lines)
}

/// `None`: nothing a car drives on.
pub(super) fn class(word: Option<&str>) -> Option<(Kind, u8)> {
    Some(match word {
        Some("motorway" | "expressway") => (Kind::Highway, 100),
        Some("trunk" | "urban" | "motorway_link" | "trunk_link") => (Kind::Highway, 80),
        Some("primary" | "primary_link" | "secondary" | "secondary_link") => (Kind::Street, 60),
        Some("tertiary" | "tertiary_link" | "unclassified" | "road") | None => (Kind::Street, 50),
        Some("residential" | "living_street" | "service") => (Kind::Street, 30),
        Some(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_shapes_are_read_and_footpaths_left_out() {
        let text = br#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"highway":"primary","name":"A"},"geometry":{"type":"LineString","coordinates":[[0,0],[0,1,5]]}},
            {"type":"Feature","properties":null,"geometry":{"type":"MultiLineString","coordinates":[[[0,0],[1,0]],[[2,2]]]}},
            {"type":"Feature","properties":{"highway":"footway"},"geometry":{"type":"LineString","coordinates":[[0,0],[0,1]]}},
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,0]}},
            {"type":"Feature","properties":{},"geometry":null}]}"#;
        let lines = lines(text).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].limit_kmh, 60);
        assert!(super::lines(b"{}").is_err());
    }
}
