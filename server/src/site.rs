//! Which site is served, a folder that was named or the one inside the binary; and a number that changes with the files of the
//! page, so that an open page of an older start notices.
//!
//! The site inside the binary is unpacked beside the data at each start, and served from there like any other: with its
//! packed files, and with the tiles and styles of operators read in pieces. The folder goes with the process.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::config::make_private_dir;

/// Where `cargo xtask build` puts it.
const BUILT: &str = "target/site";
/// How the folder of an unpacked one begins; one is left behind when the process is killed.
const UNPACKED: &str = "site-";

/// The site that is served.
pub enum Site {
    Folder(PathBuf),
    Unpacked(TempDir),
}

impl Site {
    /// The folder that was named, else the site inside the binary, unpacked into `beside`, else what was built last.
    /// Nobody else may use `beside`: what an older process left there is removed.
    ///
    /// # Errors
    /// A folder that holds no site, or one that cannot be written to.
    pub fn open(named: Option<&Path>, beside: &Path) -> Result<Self> {
        if named.is_none() && embedded::IS_THERE {
            return unpack(beside).map(Self::Unpacked);
        }
        let folder = named.unwrap_or(Path::new(BUILT));
        if !folder.join("pkg").is_dir() {
            bail!(
                "{} holds no built site: run `cargo xtask build`, or point --site to one",
                folder.display()
            );
        }
        Ok(Self::Folder(folder.to_owned()))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Unpacked(folder) => folder.path(),
        }
    }
}

fn unpack(beside: &Path) -> Result<TempDir> {
    let place = || format!("cannot unpack the site into {}", beside.display());
    make_private_dir(beside)?;
    for entry in fs::read_dir(beside).with_context(place)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNPACKED) {
            // Of a process that was killed; one that cannot be removed only takes room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let folder = tempfile::Builder::new()
        .prefix(UNPACKED)
        .tempdir_in(beside)
        .with_context(place)?;
    for (name, bytes) in embedded::files() {
        let path = folder.path().join(&*name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(place)?;
        }
        fs::write(path, bytes).with_context(place)?;
    }
    Ok(folder)
}

/// Whether there is a site inside the binary, as `evwall version` says it.
#[must_use]
pub fn embedded_number() -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for (name, bytes) in embedded::files() {
        hasher.write(name.as_bytes());
        hasher.write(&bytes);
    }
    embedded::IS_THERE.then(|| hasher.finish())
}

#[cfg(feature = "embedded-site")]
mod embedded {
    use std::borrow::Cow;

    use rust_embed::RustEmbed;

    pub const IS_THERE: bool = true;

    #[derive(RustEmbed)]
    #[folder = "$EVWALL_EMBED_SITE"]
    struct Files;

    /// Each file's path below the site, and what is in it, by name.
    pub fn files() -> impl Iterator<Item = (Cow<'static, str>, Cow<'static, [u8]>)> {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort_unstable();
        names.into_iter().filter_map(|name| {
            let file = Files::get(&name)?;
            Some((name, file.data))
        })
    }
}

#[cfg(not(feature = "embedded-site"))]
mod embedded {
    use std::borrow::Cow;

    pub const IS_THERE: bool = false;

    pub fn files() -> impl Iterator<Item = (Cow<'static, str>, Cow<'static, [u8]>)> {
        std::iter::empty()
    }
}

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
        // Not where the site lies: the one inside the binary is unpacked elsewhere at each start.
        let name = file.strip_prefix(site).unwrap_or(&file);
        hasher.write(name.as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(&file).with_context(cannot)?);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site_with_part(part: &str) -> TempDir {
        let site = tempfile::tempdir().unwrap();
        let inner = site.path().join("pkg/snippets");
        fs::create_dir_all(&inner).unwrap();
        fs::write(site.path().join("pkg/page.js"), "one").unwrap();
        fs::write(inner.join("part.js"), part).unwrap();
        site
    }

    #[test]
    fn another_page_has_another_number_and_the_same_one_the_same_wherever_it_lies() {
        let site = site_with_part("part");
        let first = fingerprint(site.path()).unwrap();
        assert_eq!(fingerprint(site.path()).unwrap(), first);
        let elsewhere = site_with_part("part");
        assert_eq!(fingerprint(elsewhere.path()).unwrap(), first);
        let other = site_with_part("other");
        assert_ne!(fingerprint(other.path()).unwrap(), first);
        fs::rename(
            site.path().join("pkg/page.js"),
            site.path().join("pkg/side.js"),
        )
        .unwrap();
        assert_ne!(fingerprint(site.path()).unwrap(), first);
        assert!(fingerprint(Path::new("/nonexistent")).is_err());
    }
}
