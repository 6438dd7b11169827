//! Styles: which addresses one names, and one for tiles that came without.
//!
//! The style made here is the night ground of evwall, drawn from layers as Protomaps and OpenMapTiles name them. It names no
//! `glyphs`: labels are drawn with the fonts of the page, in its language and as large as its screen wants.

use serde_json::{Value, json};

use super::pmtiles::{Kind, Tiles};

/// Where pages find the operators' tiles.
pub const OWN_TILES: &str = "pmtiles:///ground/own.pmtiles";

/// Whatever a page fetches for a style.
pub fn addresses(style: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for key in ["glyphs", "sprite"] {
        strings(&style[key], &mut found);
    }
    for source in style["sources"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        for key in ["url", "tiles", "urls"] {
            strings(&source[key], &mut found);
        }
        // GeoJSON may stand in the style itself; then it is no address.
        if let Some(address) = source["data"].as_str() {
            found.push(address);
        }
    }
    found
}

fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text.strip_prefix("pmtiles://").unwrap_or(text)),
        Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
        Value::Object(map) => map.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// A style for tiles.
pub fn for_tiles(tiles: &Tiles) -> Value {
    let (lon, lat, zoom) = tiles.middle;
    let mut source = match tiles.kind {
        Kind::Vector => json!({"type": "vector", "url": OWN_TILES}),
        Kind::Raster => json!({"type": "raster", "url": OWN_TILES, "tileSize": 256}),
    };
    if let Some(attribution) = &tiles.attribution {
        source["attribution"] = json!(attribution);
    }
    let mut layers =
        vec![json!({"id": "land", "type": "background", "paint": {"background-color": "#0a1019"}})];
    match tiles.kind {
        // A picture made for paper would outshine the dots.
        Kind::Raster => layers.push(json!({
            "id": "picture", "type": "raster", "source": "own",
            "paint": {"raster-brightness-max": 0.55, "raster-saturation": -0.4}
        })),
        Kind::Vector => {
            let known: Vec<Value> = DRAWN
                .iter()
                .filter(|(name, _)| tiles.layers.iter().any(|layer| layer == name))
                .map(|(name, drawn)| layer(name, *drawn))
                .collect();
            if known.is_empty() {
                layers.extend(
                    tiles
                        .layers
                        .iter()
                        .map(|name| layer(name, Drawn::Line("#25384c", 1.0))),
                );
            } else {
                layers.extend(known);
            }
        }
    }
    json!({
        "version": 8,
        "name": "evwall night, own tiles",
        "state": {"lang": {"default": "zh"}, "scale": {"default": 1}},
        "center": [lon, lat],
        "zoom": zoom,
        "sources": {"own": source},
        "layers": layers,
    })
}

/// How a layer of tiles is drawn.
#[derive(Clone, Copy)]
enum Drawn {
    Area(&'static str),
    /// Colour and width at zoom 14.
    Line(&'static str, f64),
    /// Colour and size at zoom 10.
    Name(&'static str, f64),
}

/// From the lowest to the uppermost.
const DRAWN: &[(&str, Drawn)] = &[
    ("earth", Drawn::Area("#0f1823")),
    ("landcover", Drawn::Area("#0f1a22")),
    ("landuse", Drawn::Area("#101b25")),
    ("park", Drawn::Area("#0f1f22")),
    ("water", Drawn::Area("#0b2136")),
    ("waterway", Drawn::Line("#0d2a42", 1.5)),
    ("buildings", Drawn::Area("#131f2c")),
    ("building", Drawn::Area("#131f2c")),
    ("roads", Drawn::Line("#22354a", 2.0)),
    ("transportation", Drawn::Line("#22354a", 2.0)),
    ("boundaries", Drawn::Line("#35516d", 1.0)),
    ("boundary", Drawn::Line("#35516d", 1.0)),
    ("transportation_name", Drawn::Name("#5d7186", 11.0)),
    ("water_name", Drawn::Name("#33597a", 12.0)),
    ("places", Drawn::Name("#93a8bd", 14.0)),
    ("place", Drawn::Name("#93a8bd", 14.0)),
];

fn layer(name: &str, drawn: Drawn) -> Value {
    let mut layer = json!({"id": name, "source": "own", "source-layer": name});
    match drawn {
        Drawn::Area(colour) => {
            layer["type"] = json!("fill");
            // Rivers are lines in the same layer as lakes.
            layer["filter"] = json!(["==", ["geometry-type"], "Polygon"]);
            layer["paint"] = json!({"fill-color": colour, "fill-antialias": false});
        }
        Drawn::Line(colour, width) => {
            layer["type"] = json!("line");
            layer["paint"] = json!({
                "line-color": colour,
                "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 6, 0.3, 14, width, 18, width * 4.0]
            });
        }
        Drawn::Name(colour, size) => {
            layer["type"] = json!("symbol");
            layer["filter"] = json!(["has", "name"]);
            layer["layout"] = json!({
                "text-font": ["Noto Sans SC"],
                "text-field": ["case", ["==", ["global-state", "lang"], "en"],
                    ["coalesce", ["get", "name:en"], ["get", "name"]],
                    ["coalesce", ["get", "name:zh-Hans"], ["get", "name:zh"], ["get", "name"]]],
                "text-size": ["*", ["global-state", "scale"], size],
                "text-padding": 8
            });
            layer["paint"] =
                json!({"text-color": colour, "text-halo-color": "#0a0f16", "text-halo-width": 1.2});
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(kind: Kind, layers: &[&str]) -> Tiles {
        Tiles {
            kind,
            middle: (121.47, 31.23, 9),
            layers: layers.iter().map(|&layer| layer.to_owned()).collect(),
            attribution: None,
        }
    }

    fn drawn(style: &Value) -> Vec<&str> {
        let layers = style["layers"].as_array().unwrap();
        layers
            .iter()
            .map(|layer| layer["id"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn layers_are_drawn_by_their_names_and_strange_ones_as_lines() {
        let known = for_tiles(&tiles(Kind::Vector, &["places", "water", "pois", "earth"]));
        assert_eq!(drawn(&known), ["land", "earth", "water", "places"]);
        let strange = for_tiles(&tiles(Kind::Vector, &["kanal", "strasse"]));
        assert_eq!(drawn(&strange), ["land", "kanal", "strasse"]);
        assert_eq!(strange["layers"][1]["type"], "line");
        let picture = for_tiles(&tiles(Kind::Raster, &[]));
        assert_eq!(drawn(&picture), ["land", "picture"]);
        assert_eq!(picture["sources"]["own"]["url"], OWN_TILES);
        assert_eq!(picture["center"], json!([121.47, 31.23]));
    }

    #[test]
    fn whatever_a_style_fetches_is_found() {
        let style = json!({
            "glyphs": "https://a/g", "sprite": [{"id": "x", "url": "https://b/s"}],
            "sources": {
                "one": {"url": "pmtiles://https://c/t.pmtiles"},
                "two": {"tiles": ["https://d/{z}"]},
                "three": {"data": {"type": "FeatureCollection", "features": []}},
                "four": {"data": "https://e/x.geojson"},
            },
        });
        let mut found = addresses(&style);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "https://a/g",
                "https://b/s",
                "https://c/t.pmtiles",
                "https://d/{z}",
                "https://e/x.geojson",
                "x"
            ]
        );
    }
}
