//! The inputs that fuzzing kept, among them every one that ever failed: the tests of the crates replay them.

use std::path::Path;

/// The kept inputs of one fuzz target.
///
/// # Panics
/// Where there are none: a test of nothing would pass.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let inputs: Vec<Vec<u8>> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "no corpus of {target}");
    inputs
}
