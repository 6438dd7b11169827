//! The file of `--platforms`. It holds passwords: whoever else may read it is worth a warning.

use std::path::Path;

use anyhow::{Context, Result};
use intake::Platforms;
use tracing::warn;

/// Reads the whole file or nothing.
///
/// # Errors
/// The first thing in it that cannot be taken.
pub fn read_platforms(path: &Path) -> Result<Platforms> {
    let at = || format!("in the platforms file {}", path.display());
    let text = std::fs::read_to_string(path).with_context(at)?;
    warn_if_others_read(path);
    Platforms::parse(&text).with_context(at)
}

fn warn_if_others_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if let Ok(meta) = std::fs::metadata(path)
        && meta.permissions().mode() & 0o077 != 0
    {
        warn!(file = %path.display(), "others on this machine can read the platforms' passwords; chmod 600 helps");
    }
}
