//! Rivers and lakes, drawn by hand in `water.json`. A river is its middle line and its width in metres, which the style
//! turns into pixels at each zoom, so that the Huangpu is as wide as it is; its name runs along a line of its own (`course`).

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::plane::{Point, coordinates, smooth, smooth_ring};

/// A river changes its width after so many steps of its smoothed line.
const PIECE: usize = 8;

pub fn water(drawn: &Value) -> Result<Vec<Value>> {
    let rivers = drawn["rivers"]
        .as_array()
        .context("water.json has no rivers")?;
    let lakes = drawn["lakes"]
        .as_array()
        .context("water.json has no lakes")?;
    let mut features = Vec::new();
    for river in rivers {
        let course = smooth(&line(&river["line"])?);
        let [first_m, last_m]: [f64; 2] = serde_json::from_value(river["width_m"].clone())
            .context("a river of water.json has no width_m at both ends")?;
        features.push(json!({
            "type": "Feature",
            "properties": { "kind": "course", "name_zh": river["name_zh"], "name_en": river["name_en"] },
            "geometry": { "type": "LineString", "coordinates": coordinates(&line(&river["line"])?, 4) },
        }));
        let steps = course.len() - 1;
        for from in (0..steps).step_by(PIECE) {
            let to = (from + PIECE).min(steps);
            let share = (from + to) as f64 / (2 * steps) as f64;
            features.push(json!({
                "type": "Feature",
                "properties": { "kind": "river", "width_m": (first_m + (last_m - first_m) * share).round() },
                "geometry": { "type": "LineString", "coordinates": coordinates(&course[from..=to], 4) },
            }));
        }
    }
    for lake in lakes {
        let mut rings = vec![coordinates(&smooth_ring(&line(&lake["ring"])?), 4)];
        for island in lake["islands"].as_array().into_iter().flatten() {
            rings.push(coordinates(&smooth_ring(&line(island)?), 4));
        }
        features.push(json!({
            "type": "Feature",
            "properties": { "kind": "lake" },
            "geometry": { "type": "Polygon", "coordinates": rings },
        }));
    }
    Ok(features)
}

fn line(points: &Value) -> Result<Vec<Point>> {
    serde_json::from_value(points.clone()).context("a line of water.json is not a list of points")
}
