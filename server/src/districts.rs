//! The districts that vehicles are counted by: the outlines of the ground map, each named after the place of kind
//! `district` that lies in it. A site without them is a wall without these counts.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result};
use fleet::District;
use geo::{BoundingRect, Contains, Coord, LineString, MultiPolygon, Point, Polygon};
use serde_json::Value;
use tracing::info;
use wire::{DistrictName, WorldPoint};

/// Reads `ground/districts.geojson` and `ground/places.geojson` of the site.
///
/// # Errors
/// Where a file is there and cannot be read.
pub fn read(site: &Path) -> Result<Vec<District>> {
    let (outlines, places) = (
        site.join("ground/districts.geojson"),
        site.join("ground/places.geojson"),
    );
    if !outlines.exists() || !places.exists() {
        info!("no districts in the ground map: nothing is counted by district");
        return Ok(Vec::new());
    }
    let is_district = |feature: &Value| feature["properties"]["kind"] == "district";
    Ok(districts(
        &features(&outlines, is_district)?,
        &features(&places, is_district)?,
    ))
}

/// What pages are told of them.
#[must_use]
pub fn names(districts: &[District]) -> Vec<DistrictName> {
    districts
        .iter()
        .map(|district| {
            let corner = |at: Coord| WorldPoint::from_lon_lat(at.x, at.y);
            let whole_world = (
                WorldPoint { x: 0, y: 0 },
                WorldPoint {
                    x: u32::MAX,
                    y: u32::MAX,
                },
            );
            // North is up, and y grows southwards.
            let (from, to) = district
                .outline
                .bounding_rect()
                .map_or(whole_world, |rect| {
                    let (min, max) = (rect.min(), rect.max());
                    let north_west = corner(Coord { x: min.x, y: max.y });
                    (north_west, corner(Coord { x: max.x, y: min.y }))
                });
            DistrictName {
                en: district.name_en.clone(),
                zh: district.name_zh.clone(),
                x0: from.x,
                y0: from.y,
                x1: to.x,
                y1: to.y,
            }
        })
        .collect()
}

/// The features of a file that are `wanted`.
pub fn features(path: &Path, wanted: impl Fn(&Value) -> bool) -> Result<Vec<Value>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut collection: Value = serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{} is no GeoJSON", path.display()))?;
    let features = match collection.get_mut("features").map(Value::take) {
        Some(Value::Array(features)) => features,
        _ => Vec::new(),
    };
    Ok(features.into_iter().filter(wanted).collect())
}

/// Outlines in which no named place lies are left out.
fn districts(outlines: &[Value], places: &[Value]) -> Vec<District> {
    let outlines = outlines
        .iter()
        .map(|feature| multi_polygon(&feature["geometry"]));
    outlines
        .filter_map(|outline| {
            let place = places.iter().find(|place| {
                point(&place["geometry"]["coordinates"])
                    .is_some_and(|at| outline.contains(&Point::from(at)))
            })?;
            let name = |key: &str| Some(place["properties"][key].as_str()?.to_owned());
            Some(District {
                name_en: name("name_en")?,
                name_zh: name("name_zh")?,
                outline,
            })
        })
        .collect()
}

fn multi_polygon(geometry: &Value) -> MultiPolygon {
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str() {
        Some("MultiPolygon") => list(coordinates).filter_map(polygon).collect(),
        Some("Polygon") => polygon(coordinates).into_iter().collect(),
        _ => MultiPolygon(Vec::new()),
    }
}

fn polygon(rings: &Value) -> Option<Polygon> {
    let mut rings = list(rings).map(|ring| LineString(list(ring).filter_map(point).collect()));
    Some(Polygon::new(rings.next()?, rings.collect()))
}

pub fn point(pair: &Value) -> Option<Coord> {
    Some(Coord {
        x: pair[0].as_f64()?,
        y: pair[1].as_f64()?,
    })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_map_of_the_product_has_the_sixteen_districts_by_name() {
        let public = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../public"));
        let districts = read(public).unwrap();
        assert_eq!(districts.len(), 16);
        let pudong = districts.iter().find(|d| d.name_en == "Pudong").unwrap();
        assert_eq!(pudong.name_zh, "浦东新区");
        assert!(pudong.outline.contains(&Point::new(121.54, 31.22)));
        let names = names(&districts);
        assert_eq!(names.len(), 16);
        let pudong = names.iter().find(|d| d.en == "Pudong").unwrap();
        let inside = WorldPoint::from_lon_lat(121.54, 31.22);
        let outside = WorldPoint::from_lon_lat(121.3, 31.22);
        assert!((pudong.x0..=pudong.x1).contains(&inside.x));
        assert!((pudong.y0..=pudong.y1).contains(&inside.y));
        assert!(!(pudong.x0..=pudong.x1).contains(&outside.x));
    }

    #[test]
    fn a_site_without_districts_is_served_all_the_same() {
        assert_eq!(read(Path::new("/nonexistent")).unwrap(), Vec::new());
    }
}
