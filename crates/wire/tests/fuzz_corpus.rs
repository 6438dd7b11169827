//! Replays the inputs that fuzzing kept, among them every one that ever failed. A page has no files to read them from.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../../../fuzz/replay.rs"]
mod replay;
mod support;

use replay::corpus;
use support::checks::{check_down, check_up};

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
