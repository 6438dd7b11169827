//! Any text as JSON reports: what is read names a vehicle and is in range.
//! Run with `cargo +nightly fuzz run json`. The corpus is replayed by the tests of intake.
#![no_main]

#[path = "../../crates/intake/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_json(bytes));
