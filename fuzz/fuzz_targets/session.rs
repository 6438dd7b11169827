//! Any stream through the rules of a platform session: nothing but a login lets anything in.
//! Run with `cargo +nightly fuzz run session`. The corpus is replayed by the tests of intake.
#![no_main]

#[path = "../../crates/intake/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_session(bytes));
