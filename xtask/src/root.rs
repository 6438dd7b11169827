//! Where things lie in the repository, as absolute paths.

use std::path::{Path, PathBuf};

/// The workspace root: the folder above this crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the root")
        .to_path_buf()
}

/// Where cargo puts what it builds: `CARGO_TARGET_DIR` where that is set, else `target`.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// What the server serves as files.
pub fn site() -> PathBuf {
    target().join("site")
}

/// The npm project: browser tests, and the packages the build takes.
pub fn end2end() -> PathBuf {
    root().join("end2end")
}

/// A path as people write it: relative to the root where it lies below it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
