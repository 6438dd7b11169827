//! Which page is served: a number that changes with its files, so that an open page of an older start notices.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use anyhow::{Context, Result};

/// Of all files of `pkg`, by name and content.
///
/// # Errors
/// When one of them cannot be read.
pub fn fingerprint(site: &Path) -> Result<u64> {
    let folder = site.join("pkg");
    let shown = folder.display().to_string();
    let cannot = || format!("the page in {shown} cannot be read");
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    // Its keys are fixed: the same files give the same number at the next start.
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(&file).with_context(cannot)?);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_has_another_number_and_the_same_one_the_same() {
        let site = tempfile::tempdir().unwrap();
        let inner = site.path().join("pkg/snippets");
        fs::create_dir_all(&inner).unwrap();
        fs::write(site.path().join("pkg/page.js"), "one").unwrap();
        fs::write(inner.join("part.js"), "part").unwrap();
        let first = fingerprint(site.path()).unwrap();
        assert_eq!(fingerprint(site.path()).unwrap(), first);
        fs::write(inner.join("part.js"), "other").unwrap();
        assert_ne!(fingerprint(site.path()).unwrap(), first);
        assert!(fingerprint(Path::new("/nonexistent")).is_err());
    }
}
