//! How fast one core turns bytes into reports: splitting, checksum and live view, and splitting, checksum and the full
//! decode of every field. The stream is 1 MiB of the report frames among the vectors in a shuffled order, longer
//! than the first-level cache holds. Prints one JSON line a figure, the best of the runs.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gb32960::full::{Report, Unit, decode};
use gb32960::{Form, Split, live, split};

const STREAM_LEN: usize = 1 << 20;
/// Many short runs: the best of them is one that nothing else interrupted.
const RUNS: usize = 100;

fn main() {
    let shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/gbt32960/vectors.json"
    );
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/vectors.json");
    let path = if Path::new(shared).exists() {
        shared
    } else {
        own
    };
    let frames = report_frames(path);
    let mean_len = frames.iter().map(Vec::len).sum::<usize>() / frames.len();
    let set = if path == shared {
        "the shared vectors"
    } else {
        "the project's own vectors"
    };
    eprintln!(
        "{} report frames of {set}, {mean_len} bytes on average",
        frames.len()
    );

    let (stream, reports) = shuffled(&frames);
    let live_s = best_run(|| live_view(&stream, reports));
    let full_s = best_run(|| full_decode(&stream, reports));
    let rate = |amount: usize, seconds: f64| (amount as f64 / seconds).round();
    figure(
        "live_view_reports_per_s",
        rate(reports, live_s),
        "reports/s",
    );
    figure(
        "live_view_bytes_per_s",
        rate(stream.len(), live_s),
        "bytes/s",
    );
    figure(
        "full_decode_reports_per_s",
        rate(reports, full_s),
        "reports/s",
    );
    figure(
        "full_decode_bytes_per_s",
        rate(stream.len(), full_s),
        "bytes/s",
    );
}

fn figure(metric: &str, value: f64, unit: &str) {
    println!(
        "{{\"bench\":\"decode\",\"metric\":\"{metric}\",\"value\":{value},\"unit\":\"{unit}\"}}"
    );
}

/// The reports of a vector file that have a good checksum.
fn report_frames(path: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path).expect("the vectors are readable");
    let entries: Vec<serde_json::Value> =
        serde_json::from_str(&text).expect("the vectors are JSON");
    let frames = entries
        .iter()
        .filter(|entry| entry["kind"] != "stream")
        .map(|entry| {
            hex::decode(entry["hex"].as_str().expect("every vector has hex"))
                .expect("the hex of a vector is hex")
        });
    frames
        .filter(|bytes| match split(bytes) {
            Split::Frame { frame, .. } => frame.command().is_report() && frame.is_command(),
            _ => false,
        })
        .collect()
}

/// Whole frames in a random order, always the same, and how many.
fn shuffled(frames: &[Vec<u8>]) -> (Vec<u8>, usize) {
    let (mut stream, mut reports, mut seed) =
        (Vec::with_capacity(STREAM_LEN), 0, 0x9E37_79B9_7F4A_7C15_u64);
    while stream.len() < STREAM_LEN {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        stream.extend_from_slice(&frames[(seed >> 33) as usize % frames.len()]);
        reports += 1;
    }
    (stream, reports)
}

fn best_run(mut run: impl FnMut()) -> f64 {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

fn live_view(stream: &[u8], reports: usize) {
    let (mut rest, mut seen) = (stream, 0);
    while let Split::Frame { frame, len } = split(rest) {
        black_box(live(&frame).expect("a report has a live view"));
        rest = &rest[len..];
        seen += 1;
    }
    assert_eq!((seen, rest.len()), (reports, 0));
}

fn full_decode(stream: &[u8], reports: usize) {
    let (mut rest, mut seen) = (stream, 0);
    while let Split::Frame { frame, len } = split(rest) {
        let Unit::Report(report) = decode(&frame).unit else {
            panic!("a report decodes to a report")
        };
        black_box(sum_of_values(&report));
        rest = &rest[len..];
        seen += 1;
    }
    assert_eq!((seen, rest.len()), (reports, 0));
}

/// Touches every value of every field, with its range check, so that nothing lazy stays undone.
fn sum_of_values(report: &Report<'_>) -> i64 {
    let mut sum = 0;
    for item in &report.items {
        item.entries(|entry| {
            entry.values.forms(|form| match form {
                Form::Number(number) | Form::OutOfRange(number) => sum += number.steps,
                other => sum += i64::from(matches!(black_box(other), Form::Invalid)),
            });
        });
    }
    sum
}
