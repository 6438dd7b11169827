//! Any bytes as the data unit of a report of 2025.
//! Run with `cargo +nightly fuzz run report_2025`. The corpus is replayed by the tests of gb32960.
#![no_main]

#[path = "../../crates/gb32960/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_report(bytes, gb32960::Edition::V2025));
