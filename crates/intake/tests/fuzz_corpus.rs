//! Replays the inputs that fuzzing kept, among them every one that ever failed; and makes damage of its own from them.

#[path = "support/checks.rs"]
mod checks;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use checks::{check_json, check_session};
use replay::corpus;

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
