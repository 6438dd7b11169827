//! Any bytes as a stream: the splitter ends, moves on, and what it finds writes back.
//! Run with `cargo +nightly fuzz run split`. The corpus is replayed by the tests of gb32960.
#![no_main]

#[path = "../../crates/gb32960/tests/support/checks.rs"]
#[expect(dead_code, reason = "every target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check_stream(bytes));
