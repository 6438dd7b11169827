//! Any bytes as what a page is sent: a message of frames, a base, a delta to cells of several sizes.
//! Run with `cargo +nightly fuzz run wire_down`. The corpus is replayed by the tests of wire.
#![no_main]

#[path = "../../crates/wire/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_down(bytes));
