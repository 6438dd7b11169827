//! Replays the inputs that fuzzing kept, among them every one that ever failed.

mod support;

use std::path::PathBuf;

use gb32960::Edition;
use support::checks::{check_report, check_stream};

/// The kept inputs of one fuzz target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let inputs: Vec<Vec<u8>> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "no corpus of {target}");
    inputs
}

#[test]
fn the_splitter_stands_its_corpus() {
    corpus("split").iter().for_each(|input| check_stream(input));
}

#[test]
fn the_report_decoders_stand_their_corpora() {
    for input in corpus("report_2016").iter().chain(&corpus("report_2025")) {
        check_report(input, Edition::V2016);
        check_report(input, Edition::V2025);
    }
}
