//! The places that the desk can go to: the names of the ground map, the districts with their extent. A site without
//! them has a map on which nothing can be gone to by name.

use std::path::Path;

use anyhow::Result;
use app::api::NamedPlace;
use fleet::District;
use geo::BoundingRect;
use serde_json::Value;

use crate::districts;

/// Names at most; a page gets all of them at once.
const MOST: usize = 2_000;

/// How near the map goes to a place of a kind.
fn zoom(kind: &str) -> f64 {
    match kind {
        "home" => 9.6,
        "sea" | "lake" | "city" => 10.0,
        "district" => 13.0,
        "town" => 13.5,
        _ => 15.0,
    }
}

/// Districts first, then everything else by its name.
///
/// # Errors
/// Where the file of names is there and cannot be read.
pub fn read(site: &Path, districts: &[District]) -> Result<Vec<NamedPlace>> {
    let file = site.join("ground/places.geojson");
    let features = if file.exists() {
        districts::features(&file, |_| true)?
    } else {
        Vec::new()
    };
    let mut points: Vec<_> = features.iter().filter_map(point).collect();
    points.sort_by(|a, b| a.en.cmp(&b.en));
    let mut places: Vec<_> = districts.iter().filter_map(extent).collect();
    places.append(&mut points);
    places.truncate(MOST);
    Ok(places)
}

fn extent(district: &District) -> Option<NamedPlace> {
    let rect = district.outline.bounding_rect()?;
    Some(NamedPlace {
        en: district.name_en.clone(),
        zh: district.name_zh.clone(),
        kind: "district".to_owned(),
        sides: [rect.min().x, rect.min().y, rect.max().x, rect.max().y],
        zoom: zoom("district"),
    })
}

/// A name on the map that is no district: those have an extent.
fn point(feature: &Value) -> Option<NamedPlace> {
    let properties = &feature["properties"];
    let text = |key: &str| Some(properties[key].as_str()?.to_owned());
    let kind = text("kind").filter(|kind| kind != "district")?;
    let at = districts::point(&feature["geometry"]["coordinates"])?;
    Some(NamedPlace {
        en: text("name_en")?,
        zh: text("name_zh")?,
        zoom: zoom(&kind),
        kind,
        sides: [at.x, at.y, at.x, at.y],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn districts_come_with_their_extent_and_every_name_of_the_map_can_be_gone_to() {
        let public = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../public"));
        let districts = districts::read(public).unwrap();
        let places = read(public, &districts).unwrap();
        assert_eq!(
            places
                .iter()
                .filter(|place| place.kind == "district")
                .count(),
            16
        );
        let pudong = places.iter().find(|place| place.en == "Pudong").unwrap();
        let [west, south, east, north] = pudong.sides;
        assert!(west < 121.54 && 121.54 < east && south < 31.22 && 31.22 < north);
        assert!(places.iter().any(|place| place.kind == "landmark"));
        let names: std::collections::BTreeSet<_> = places
            .iter()
            .map(|place| (&place.en, &place.kind))
            .collect();
        assert_eq!(names.len(), places.len(), "each once");
    }

    #[test]
    fn a_site_without_names_is_served_all_the_same() {
        assert_eq!(read(Path::new("/nonexistent"), &[]).unwrap(), Vec::new());
    }
}
