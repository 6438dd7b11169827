//! Any bytes as what a server is sent.
//! Run with `cargo +nightly fuzz run wire_up`. The corpus is replayed by the tests of wire.
#![no_main]

#[path = "../../crates/wire/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_up(bytes));
