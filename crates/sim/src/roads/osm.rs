//! `--roads FILE.osm.pbf`: an OpenStreetMap extract of any city in the world.
//!
//! The file is read twice: once for the ways that cars drive on, once for where their nodes lie. Ways whose
//! nodes are not all in the extract are cut at its edge. Classes are those of the GeoJSON reader.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, ensure};
use osmpbf::{Element, ElementReader};

use super::geojson::{MOST_POINTS, class};
use super::{Kind, Line};

struct Way {
    name: String,
    kind: Kind,
    limit_kmh: u8,
    nodes: Vec<i64>,
}

/// The roads of the extract at `path`.
pub fn lines(path: &Path) -> anyhow::Result<Vec<Line>> {
    let mut ways = Vec::new();
    let mut total = 0;
    each(path, |element| {
        let Element::Way(way) = element else { return };
        let tag = |key: &str| way.tags().find(|tag| tag.0 == key).map(|tag| tag.1);
        // A way without the tag is a river, a house or a border.
        let Some((kind, limit_kmh)) = tag("highway").and_then(|word| class(Some(word))) else {
            return;
        };
        let nodes: Vec<i64> = way.refs().collect();
        total += nodes.len();
        if total <= MOST_POINTS {
            ways.push(Way {
                name: tag("name").unwrap_or_default().to_owned(),
                kind,
                limit_kmh: tag("maxspeed").and_then(limit).unwrap_or(limit_kmh),
                nodes,
            });
        }
    })?;
    ensure!(
        total <= MOST_POINTS,
        "more than {MOST_POINTS} points in its roads: cut out a smaller area"
    );
    let mut places: HashMap<i64, Option<(f64, f64)>> = ways
        .iter()
        .flat_map(|way| way.nodes.iter().map(|&node| (node, None)))
        .collect();
    each(path, |element| {
        let (node, lon, lat) = match element {
            Element::Node(node) => (node.id(), node.lon(), node.lat()),
            Element::DenseNode(node) => (node.id(), node.lon(), node.lat()),
            _ => return,
        };
        if let Some(place) = places.get_mut(&node) {
            *place = Some((lon, lat));
        }
    })?;
    let mut lines = Vec::new();
    for way in ways {
        let known: Vec<Option<(f64, f64)>> = way
            .nodes
            .iter()
            .map(|node| places.get(node).copied().flatten())
            .collect();
        for run in known.split(Option::is_none).filter(|run| run.len() >= 2) {
            lines.push(Line {
                name: way.name.clone(),
                kind: way.kind,
                limit_kmh: way.limit_kmh,
                ramps: way.kind == Kind::Highway,
                points: run.iter().copied().flatten().collect(),
            });
        }
    }
    ensure!(!lines.is_empty(), "no road in it");
    Ok(lines)
}

fn each(path: &Path, see: impl for<'a> FnMut(Element<'a>)) -> anyhow::Result<()> {
    ElementReader::from_path(path)
        .with_context(|| format!("cannot open {}", path.display()))?
        .for_each(see)
        .with_context(|| format!("{} is not an OpenStreetMap extract", path.display()))
}

/// `maxspeed` in km/h, or in miles where it says so.
fn limit(text: &str) -> Option<u8> {
    let (number, factor) = match text.strip_suffix("mph") {
        Some(miles) => (miles.trim(), 1.609),
        None => (text.trim(), 1.0),
    };
    let kmh = number.parse::<f32>().ok()? * factor;
    (5.0..=140.0).contains(&kmh).then_some(kmh as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varint(mut value: u64, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    fn zigzag(value: i64) -> u64 {
        ((value << 1) ^ (value >> 63)) as u64
    }

    fn number(field: u64, value: u64, out: &mut Vec<u8>) {
        varint(field << 3, out);
        varint(value, out);
    }

    fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
        varint(field << 3 | 2, out);
        varint(value.len() as u64, out);
        out.extend_from_slice(value);
    }

    fn packed(values: &[u64]) -> Vec<u8> {
        let mut out = Vec::new();
        values.iter().for_each(|&value| varint(value, &mut out));
        out
    }

    fn blob(kind: &str, block: &[u8], file: &mut Vec<u8>) {
        let (mut head, mut body) = (Vec::new(), Vec::new());
        bytes(1, block, &mut body);
        bytes(1, kind.as_bytes(), &mut head);
        number(3, body.len() as u64, &mut head);
        file.extend_from_slice(&(head.len() as u32).to_be_bytes());
        file.extend(head);
        file.extend(body);
    }

    /// A primary road of three nodes, of which the last is not in the file, and a stream.
    fn extract() -> Vec<u8> {
        let mut header = Vec::new();
        bytes(4, b"OsmSchema-V0.6", &mut header);
        let mut strings = Vec::new();
        for text in [
            "",
            "highway",
            "primary",
            "name",
            "Long Road",
            "waterway",
            "maxspeed",
            "70",
        ] {
            bytes(1, text.as_bytes(), &mut strings);
        }
        let mut nodes = Vec::new();
        for (id, lon, lat) in [
            (1, 1214700000i64, 312300000i64),
            (2, 1214800000, 312300000),
            (3, 1214900000, 312300000),
        ] {
            let mut node = Vec::new();
            number(1, zigzag(id), &mut node);
            number(8, zigzag(lat), &mut node);
            number(9, zigzag(lon), &mut node);
            bytes(1, &node, &mut nodes);
        }
        let mut ways = Vec::new();
        let way = |id: u64, keys: &[u64], values: &[u64], refs: &[i64]| {
            let mut way = Vec::new();
            number(1, id, &mut way);
            bytes(2, &packed(keys), &mut way);
            bytes(3, &packed(values), &mut way);
            let steps: Vec<u64> = (0..refs.len())
                .map(|i| zigzag(refs[i] - if i > 0 { refs[i - 1] } else { 0 }))
                .collect();
            bytes(8, &packed(&steps), &mut way);
            way
        };
        bytes(
            3,
            &way(10, &[1, 3, 6], &[2, 4, 7], &[1, 2, 3, 99]),
            &mut ways,
        );
        bytes(3, &way(11, &[5], &[2], &[1, 3]), &mut ways);
        let mut block = Vec::new();
        bytes(1, &strings, &mut block);
        bytes(2, &nodes, &mut block);
        bytes(2, &ways, &mut block);
        let mut file = Vec::new();
        blob("OSMHeader", &header, &mut file);
        blob("OSMData", &block, &mut file);
        file
    }

    #[test]
    fn roads_are_read_and_cut_at_the_edge_of_the_extract() {
        let path = std::env::temp_dir().join(format!("evwall-sim-{}.osm.pbf", std::process::id()));
        std::fs::write(&path, extract()).unwrap();
        let lines = lines(&path);
        std::fs::write(&path, b"not an extract at all").unwrap();
        let wrong = super::lines(&path);
        std::fs::remove_file(&path).unwrap();
        let lines = lines.unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (lines[0].name.as_str(), lines[0].limit_kmh),
            ("Long Road", 70)
        );
        assert_eq!(lines[0].points.len(), 3);
        assert!((lines[0].points[1].0 - 121.48).abs() < 1e-9);
        // One road is enough for a fleet.
        let options = crate::roads::build::Options::surveyed(4);
        let roads = crate::roads::build::roads(&lines, &options).unwrap();
        let plan = crate::city::Plan {
            vehicles: 30,
            interval_s: Some(1),
            ..crate::city::Plan::default()
        };
        let mut city = crate::city::City::on(std::sync::Arc::new(roads), plan);
        let mut heard = 0;
        for step in 0..20 {
            crate::report::Traffic::advance(&mut city, step * 100, &mut |report| {
                let (lon_e6, lat_e6) = (report.values.lon_e6, report.values.lat_e6);
                assert!((121_469_000..121_491_000).contains(&lon_e6), "{lon_e6}");
                assert!((31_229_000..31_231_000).contains(&lat_e6), "{lat_e6}");
                heard += 1;
            });
        }
        assert!(heard > 30);
        assert!(wrong.is_err());
        assert_eq!(limit("30 mph"), Some(48));
        assert_eq!(limit("none"), None);
    }
}
