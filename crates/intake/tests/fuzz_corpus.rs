//! Replays the inputs that fuzzing kept, among them every one that ever failed; and makes damage of its own from them.

#[path = "support/checks.rs"]
mod checks;

use std::path::PathBuf;

use checks::{check_json, check_session};

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
fn the_json_reader_stands_its_corpus() {
    corpus("json").iter().for_each(|input| check_json(input));
}

#[test]
fn the_session_stands_its_corpus() {
    corpus("session")
        .iter()
        .for_each(|input| check_session(input));
}
