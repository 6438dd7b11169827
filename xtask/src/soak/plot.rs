//! The plot: for each thing measured a small picture over the wall's life, one line for each start or load, all in one SVG
//! without script or font of its own. Dots that are too many to be told apart are brought together.

use std::fmt::Write;

use super::measured::MEASURED;
use super::samples::Samples;
use super::slope::Segment;

const WIDTH: f64 = 960.0;
/// Of one picture, with what is written above it.
const HEIGHT: f64 = 132.0;
const TITLE: f64 = 26.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const COLUMNS: usize = 2;
/// Points of one line; more are narrower than a pixel.
const POINTS: usize = 240;
const TICKS_AN_HOUR: f64 = 3600.0;

pub fn plot(samples: &Samples, title: &str) -> String {
    let column = WIDTH / COLUMNS as f64;
    let rows = MEASURED.len().div_ceil(COLUMNS);
    let height = TITLE + 14.0 + rows as f64 * HEIGHT;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <style>path{{fill:none;stroke:#0b6e99;stroke-width:1.2}}line{{stroke:#d0d7de}}.axis{{fill:#57606a;font-size:10px}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"18\" font-size=\"13\" font-weight=\"bold\">{}</text>\n",
        escaped(title)
    );
    for (ix, measured) in MEASURED.iter().enumerate() {
        let (x, y) = (
            (ix % COLUMNS) as f64 * column,
            TITLE + (ix / COLUMNS) as f64 * HEIGHT,
        );
        let segments = samples.series(measured.of, measured.begins, false);
        let unit = match measured.unit {
            "" => String::new(),
            unit => format!(", {unit}"),
        };
        let _ = writeln!(out, "<g transform=\"translate({x} {y})\">");
        let _ = writeln!(
            out,
            "<text x=\"10\" y=\"16\">{}</text>",
            escaped(&format!("{}{unit}", measured.what))
        );
        picture(&mut out, &segments, column);
        out.push_str("</g>\n");
    }
    let _ = writeln!(
        out,
        "<text class=\"axis\" x=\"{LEFT}\" y=\"{}\">hours of the wall's life, a tick a second; each line is one start of the programs or one load of the page</text>",
        height - 4.0
    );
    out + "</svg>\n"
}

fn picture(out: &mut String, segments: &[Segment], column: f64) {
    let points = || segments.iter().flatten();
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let highest = points().map(|point| point.1).fold(f64::MIN, f64::max);
    let lowest = points().map(|point| point.1).fold(f64::MAX, f64::min);
    if lowest > highest {
        return;
    }
    // From zero, so that a tremble is not drawn as a mountain.
    let (low, high) = (0.0_f64.min(lowest), (highest * 1.1).max(1e-3));
    let (top, bottom) = (24.0, HEIGHT - 20.0);
    let at_x = |x: f64| LEFT + (column - LEFT - RIGHT) * x / last;
    let at_y = |y: f64| bottom - (bottom - top) * (y - low) / (high - low);
    for value in [low, highest] {
        let y = at_y(value);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text class=\"axis\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            column - RIGHT,
            LEFT - 6.0,
            y + 4.0,
            rounded(value),
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{} h</text>",
        column - RIGHT,
        bottom + 13.0,
        rounded(last / TICKS_AN_HOUR)
    );
    for segment in segments {
        let size = segment.len().div_ceil(POINTS).max(1);
        let mut path = String::new();
        for (ix, block) in segment.chunks(size).enumerate() {
            let mean =
                |of: fn(&(f64, f64)) -> f64| block.iter().map(of).sum::<f64>() / block.len() as f64;
            let step = if ix == 0 { 'M' } else { 'L' };
            let (x, y) = (at_x(mean(|point| point.0)), at_y(mean(|point| point.1)));
            let _ = write!(path, "{step}{x:.1} {y:.1}");
        }
        let _ = writeln!(out, "<path d=\"{path}\"/>");
    }
}

fn rounded(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 || v == v.trunc() => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::samples::Run;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_soak_makes_a_small_picture_with_a_line_a_segment() {
        let runs = [1, 2].map(|number| Run {
            number,
            samples: (0..20_000)
                .map(|n| json!({"s": n, "ticks": 20 * n, "load": 1, "heap_mb": 9.0 + f64::from(n % 7)}))
                .collect(),
            ..Run::default()
        });
        let svg = plot(&Samples { runs: runs.into() }, "a < b & c");
        assert!(svg.len() < 20_000, "{} bytes", svg.len());
        assert_eq!(svg.matches("<path").count(), 2, "one for each run");
        assert!(svg.contains("a &lt; b &amp; c"));
        assert!(svg.contains("222 h"), "40,000 looks 20 ticks apart");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn nothing_measured_is_no_error() {
        let svg = plot(&Samples::default(), "nothing");
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}
