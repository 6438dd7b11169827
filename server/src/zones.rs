//! The zones file: polygons in which screens and viewers, and everybody else who is not named, are shown less. It is read at
//! the start and again at SIGHUP; a file that cannot be taken then leaves the zones as they were, and the log says which
//! feature is wrong. At the start such a file keeps the server from starting: without it everything would be shown.

use std::path::{Path, PathBuf};

use access::Role;
use anyhow::{Context, Result, anyhow, bail, ensure};
use fleet::{MAX_DELAY_S, SCOPES, Zone, ZoneRule, Zones};
use geo::{LineString, MultiPolygon, Polygon, Validation};
use metrics::{counter, gauge};
use serde::Deserialize;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::fleet_thread::FleetHandle;
use crate::metrics::{ZONE_READS, ZONES};

/// A larger file is refused.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// The finest level that dots may be coarsened to; from there on it would say almost as much as the map.
const FINEST_COARSE_LEVEL: u64 = 10;

#[derive(Deserialize)]
struct Collection {
    r#type: String,
    features: Vec<Value>,
}

/// Reads the file and makes the zones ready; how many there are.
///
/// # Errors
/// What is wrong with which feature, and what to do.
pub fn read(path: &Path) -> Result<(Zones, usize)> {
    let read = || {
        let bytes = std::fs::metadata(path)?.len();
        ensure!(
            bytes <= MAX_BYTES,
            "it has {bytes} bytes; {MAX_BYTES} are the most"
        );
        let zones = parse(&std::fs::read_to_string(path)?)?;
        Ok((Zones::new(&zones)?, zones.len()))
    };
    read().with_context(|| format!("cannot take the zones of {}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Zone>> {
    let collection: Collection = serde_json::from_str(text).context(
        "it is no GeoJSON FeatureCollection: {\"type\": \"FeatureCollection\", \"features\": […]}",
    )?;
    ensure!(
        collection.r#type == "FeatureCollection",
        "its type is {:?}; a FeatureCollection is wanted",
        collection.r#type
    );
    let features = collection.features.iter().enumerate();
    features
        .map(|(index, feature)| {
            let name = feature["properties"]["name"].as_str().unwrap_or_default();
            zone(feature).with_context(|| format!("feature {index} (counted from 0) {name:?}"))
        })
        .collect()
}

fn zone(feature: &Value) -> Result<Zone> {
    let properties = &feature["properties"];
    let name = properties["name"]
        .as_str()
        .filter(|name| !name.is_empty())
        .context("it has no \"name\" among its properties")?;
    Ok(Zone {
        name: name.to_owned(),
        outline: outline(&feature["geometry"])?,
        rule: rule(properties)?,
        exempt: exempt(&properties["exempt"])?,
    })
}

fn rule(properties: &Value) -> Result<ZoneRule> {
    let number = |key: &str, range: std::ops::RangeInclusive<u64>| {
        let number = properties[key]
            .as_u64()
            .filter(|number| range.contains(number));
        let (from, to) = range.into_inner();
        number.with_context(|| format!("\"{key}\" has to be a whole number from {from} to {to}"))
    };
    match properties["rule"].as_str() {
        Some("hide") => Ok(ZoneRule::Hide),
        Some("coarsen") => Ok(ZoneRule::Coarsen {
            level: number("level", 0..=FINEST_COARSE_LEVEL)? as u8,
        }),
        Some("delay") => Ok(ZoneRule::Delay {
            seconds: number("seconds", 1..=u64::from(MAX_DELAY_S))? as u32,
        }),
        _ => bail!(
            "its \"rule\" has to be \"hide\", \"coarsen\" (with \"level\") or \"delay\" (with \"seconds\")"
        ),
    }
}

/// By scope. Roles that share a scope share its cells, so either all of them are exempt or none is.
fn exempt(names: &Value) -> Result<[bool; SCOPES]> {
    let list = match names {
        Value::Null => &Vec::new(),
        Value::Array(list) => list,
        _ => bail!("\"exempt\" has to be a list of roles, as [\"supervisor\"]"),
    };
    let mut roles = Vec::new();
    for name in list {
        let role = name.as_str().and_then(Role::parse);
        let all = Role::ALL.map(Role::name).join(", ");
        roles.push(
            role.with_context(|| format!("{name} in \"exempt\" is no role; there are {all}"))?,
        );
    }
    let mut exempt = [false; SCOPES];
    for (scope, is_exempt) in exempt.iter_mut().enumerate() {
        let of_scope = || {
            let all = Role::ALL.into_iter();
            all.filter(move |role| usize::from(role.scope()) == scope)
        };
        let named = of_scope().filter(|role| roles.contains(role)).count();
        *is_exempt = named > 0;
        if named > 0 && named < of_scope().count() {
            let together: Vec<_> = of_scope().map(Role::name).collect();
            return Err(anyhow!(
                "{} are shown one and the same map: name all of them in \"exempt\" or none",
                together.join(", ")
            ));
        }
    }
    Ok(exempt)
}

fn outline(geometry: &Value) -> Result<MultiPolygon> {
    let coordinates = &geometry["coordinates"];
    let polygons = match geometry["type"].as_str() {
        Some("Polygon") => vec![polygon(coordinates)?],
        Some("MultiPolygon") => list(coordinates)?
            .iter()
            .map(polygon)
            .collect::<Result<_>>()?,
        _ => bail!("its geometry has to be a Polygon or a MultiPolygon"),
    };
    ensure!(!polygons.is_empty(), "its MultiPolygon is empty");
    Ok(MultiPolygon(polygons))
}

fn polygon(rings: &Value) -> Result<Polygon> {
    let mut rings = list(rings)?
        .iter()
        .map(ring)
        .collect::<Result<Vec<_>>>()?
        .into_iter();
    let exterior = rings.next().context("a polygon of it has no ring")?;
    let polygon = Polygon::new(exterior, rings.collect());
    // What is inside of a line that crosses itself is anybody's guess.
    polygon
        .check_validation()
        .map_err(|why| anyhow!("a polygon of it is not simple ({why}); mend it in a map editor"))?;
    Ok(polygon)
}

fn ring(points: &Value) -> Result<LineString> {
    let points: Vec<(f64, f64)> = list(points)?
        .iter()
        .map(|pair| {
            let (lon, lat) = (pair[0].as_f64(), pair[1].as_f64());
            match (lon, lat) {
                (Some(lon), Some(lat)) if lon.abs() <= 180.0 && lat.abs() <= 85.0 => Ok((lon, lat)),
                _ => bail!("{pair} is no [longitude, latitude] in degrees"),
            }
        })
        .collect::<Result<_>>()?;
    ensure!(
        points.len() >= 4 && points.first() == points.last(),
        "a ring of it is not closed: it needs four points at least, the last one like the first"
    );
    Ok(points.into())
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .context("its coordinates are not nested as GeoJSON wants it")
}

/// Says how many zones are in force.
pub fn taken(zones: usize) {
    gauge!(ZONES).set(zones as f64);
    if zones == 0 {
        warn!("the zones file holds no zone: everything is shown");
    } else {
        info!(zones, "precision zones are in force");
    }
}

/// Reads the file again at each SIGHUP, until the stop.
pub async fn keep(path: PathBuf, fleet: FleetHandle, stop: CancellationToken) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        warn!("SIGHUP cannot be heard; other zones need a restart");
        return;
    };
    loop {
        tokio::select! {
            hangup = hangups.recv() => if hangup.is_none() { return },
            () = stop.cancelled() => return,
        }
        let file = path.clone();
        let zones = tokio::task::spawn_blocking(move || read(&file)).await;
        match zones.map_err(anyhow::Error::from).flatten() {
            Ok((zones, count)) => {
                fleet.read(move |fleet| fleet.set_zones(zones)).await;
                counter!(ZONE_READS, "outcome" => "taken").increment(1);
                taken(count);
            }
            Err(error) => {
                counter!(ZONE_READS, "outcome" => "refused").increment(1);
                error!("the zones that were in force stay so: {error:#}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(properties: &str, geometry: &str) -> String {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{{properties}}},"geometry":{geometry}}}]}}"#
        )
    }

    const SQUARE: &str =
        r#"{"type":"Polygon","coordinates":[[[121,31],[122,31],[122,32],[121,32],[121,31]]]}"#;

    #[test]
    fn a_zone_has_a_name_an_outline_a_rule_and_those_who_are_exempt() {
        let text = file(
            r#""name":"Port","rule":"coarsen","level":6,"exempt":["supervisor"]"#,
            SQUARE,
        );
        let zones = parse(&text).unwrap();
        assert_eq!((zones.len(), zones[0].name.as_str()), (1, "Port"));
        assert_eq!(zones[0].rule, ZoneRule::Coarsen { level: 6 });
        assert!(zones[0].exempt[0] && !zones[0].exempt[1]);
        let many = SQUARE
            .replace("Polygon", "MultiPolygon")
            .replace("[[[", "[[[[")
            .replace("]]]", "]]]]");
        let text = file(r#""name":"a","rule":"delay","seconds":60"#, &many);
        let zones = parse(&text).unwrap();
        assert_eq!(zones[0].rule, ZoneRule::Delay { seconds: 60 });
        assert_eq!(zones[0].exempt, [false; SCOPES]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_feature_and_what_to_do() {
        let bow =
            r#"{"type":"Polygon","coordinates":[[[121,31],[122,32],[122,31],[121,32],[121,31]]]}"#;
        let open = r#"{"type":"Polygon","coordinates":[[[121,31],[122,31],[122,32],[121,32]]]}"#;
        let swapped = r#"{"type":"Polygon","coordinates":[[[31,121],[31,122],[32,122],[31,121]]]}"#;
        let named = r#""name":"Port","rule":"hide""#;
        for (text, advice) in [
            ("{}".to_owned(), "FeatureCollection"),
            (file(r#""rule":"hide""#, SQUARE), "\"name\""),
            (file(r#""name":"a","rule":"hid""#, SQUARE), "\"coarsen\""),
            (file(r#""name":"a","rule":"coarsen""#, SQUARE), "0 to 10"),
            (
                file(r#""name":"a","rule":"delay","seconds":0"#, SQUARE),
                "1 to 3600",
            ),
            (
                file(r#""name":"a","rule":"hide","exempt":["boss"]"#, SQUARE),
                "supervisor",
            ),
            (
                file(r#""name":"a","rule":"hide","exempt":["viewer"]"#, SQUARE),
                "all of them",
            ),
            (
                file(named, r#"{"type":"Point","coordinates":[1,2]}"#),
                "MultiPolygon",
            ),
            (file(named, bow), "not simple"),
            (file(named, open), "not closed"),
            (file(named, swapped), "[longitude, latitude]"),
        ] {
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(advice), "{error}");
            assert!(text == "{}" || error.contains("feature 0"), "{error}");
        }
    }
}
