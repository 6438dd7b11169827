//! Names on the map, written by hand in `places.csv`: kind, the zoom from which it shows, position, Chinese, English.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub fn places(table: &str) -> Result<Vec<Value>> {
    table
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| {
            place(line).with_context(|| format!("line {} of places.csv", index + 1))
        })
        .collect()
}

fn place(line: &str) -> Result<Value> {
    let fields: Vec<&str> = line.split(',').collect();
    let [kind, min_zoom, lon, lat, name_zh, name_en] = fields[..] else {
        bail!("{} fields instead of 6", fields.len());
    };
    Ok(json!({
        "type": "Feature",
        "properties": {
            "kind": kind, "min_zoom": min_zoom.parse::<f64>()?, "name_zh": name_zh, "name_en": name_en,
        },
        "geometry": { "type": "Point", "coordinates": [lon.parse::<f64>()?, lat.parse::<f64>()?] },
    }))
}
