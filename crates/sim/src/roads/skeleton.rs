//! The built-in main roads of Shanghai (`roads/shanghai.csv`), as lines.
//!
//! Drawn by hand from general knowledge: right in shape and good to some hundred metres, no more.

use super::{Kind, Line};

const CSV: &str = include_str!("../../roads/shanghai.csv");

/// Every line of the built-in skeleton.
#[must_use]
pub fn shanghai() -> Vec<Line> {
    CSV.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| parse(line).expect("the built-in roads are checked by a test"))
        .collect()
}

/// `kind,limit_kmh,name,lon lat|lon lat|…`
fn parse(line: &str) -> Option<Line> {
    let mut fields = line.splitn(4, ',');
    let (kind, ramps) = match fields.next()? {
        "expressway" | "elevated" => (Kind::Highway, true),
        "bridge" | "tunnel" => (Kind::Highway, false),
        "arterial" => (Kind::Street, false),
        _ => return None,
    };
    let limit_kmh = fields.next()?.parse().ok()?;
    let name = fields.next()?.to_owned();
    let points = fields
        .next()?
        .split('|')
        .map(|point| {
            let (lon, lat) = point.split_once(' ')?;
            Some((lon.parse().ok()?, lat.parse().ok()?))
        })
        .collect::<Option<Vec<(f64, f64)>>>()?;
    if points.len() < 2 {
        return None;
    }
    let points = if kind == Kind::Highway {
        rounded(&rounded(&points))
    } else {
        points
    };
    Some(Line {
        name,
        kind,
        limit_kmh,
        ramps,
        points,
    })
}

/// Cuts every corner off at a quarter and three quarters of its sides; the ends stay.
fn rounded(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let between =
        |a: (f64, f64), b: (f64, f64), t: f64| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
    let mut round = vec![points[0]];
    for pair in points.windows(2) {
        round.push(between(pair[0], pair[1], 0.25));
        round.push(between(pair[0], pair[1], 0.75));
    }
    round.push(points[points.len() - 1]);
    round
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_road_reads_and_lies_in_or_near_shanghai() {
        let lines: Vec<&str> = CSV
            .lines()
            .filter(|l| !l.starts_with('#') && !l.is_empty())
            .collect();
        for line in &lines {
            let road = parse(line).unwrap_or_else(|| panic!("{line}"));
            for (lon, lat) in road.points {
                assert!(
                    (120.8..122.1).contains(&lon) && (30.6..31.9).contains(&lat),
                    "{}",
                    road.name
                );
            }
        }
        assert!(lines.len() > 60);
    }
}
