//! Replays the inputs that fuzzing kept, among them every one that ever failed. A page has no files to read them from.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::path::PathBuf;

use support::checks::{check_down, check_up};

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
fn a_page_stands_whatever_comes_down() {
    corpus("wire_down")
        .iter()
        .for_each(|input| check_down(input));
}

#[test]
fn a_server_stands_whatever_comes_up() {
    corpus("wire_up").iter().for_each(|input| check_up(input));
}
