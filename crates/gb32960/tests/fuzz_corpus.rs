//! Replays the inputs that fuzzing kept, among them every one that ever failed.

#[path = "../../../fuzz/replay.rs"]
mod replay;
mod support;

use gb32960::Edition;
use replay::corpus;
use support::checks::{check_report, check_stream};

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
