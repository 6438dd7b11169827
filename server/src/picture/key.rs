//! Where the key of the picture comes from: a file that was named, what systemd hands over, or a file beside the picture,
//! which is made where there is none.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tracing::{info, warn};

use super::seal::{SECRET_BYTES, Secret};

/// As `LoadCredential=` of the unit names it.
const CREDENTIAL: &str = "state-key";

/// The key, from the first of these that there is: `named`, the credential of systemd, `state-key` in the data dir.
///
/// # Errors
/// A file that cannot be read or holds no key, or one that cannot be made.
pub fn find(named: Option<&Path>, data_dir: &Path) -> Result<Secret> {
    match given(named) {
        Some(path) => read(&path),
        None => read_or_make(&data_dir.join(CREDENTIAL)),
    }
}

/// Whether [`find`] would find one, or make one.
///
/// # Errors
/// A file that cannot be read or holds no key.
pub fn check(named: Option<&Path>, data_dir: &Path) -> Result<()> {
    let made = data_dir.join(CREDENTIAL);
    match given(named).or_else(|| made.exists().then_some(made)) {
        Some(path) => read(&path).map(drop),
        None => Ok(()),
    }
}

/// The file that was named, else the credential.
fn given(named: Option<&Path>) -> Option<PathBuf> {
    let credential = || {
        std::env::var_os("CREDENTIALS_DIRECTORY")
            .map(|folder| PathBuf::from(folder).join(CREDENTIAL))
            .filter(|path| path.exists())
    };
    named.map(Path::to_owned).or_else(credential)
}

fn read(path: &Path) -> Result<Secret> {
    let shown = path.display();
    let mode = fs::metadata(path).map(|seen| seen.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        warn!(path = %shown, "others than this user can read the key of the picture: chmod 600");
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the key {shown}"))?;
    let mut secret = [0; SECRET_BYTES];
    if hex::decode_to_slice(text.trim(), &mut secret).is_err() {
        bail!("{shown} holds no key: 64 hexadecimal digits, as `openssl rand -hex 32` prints them");
    }
    Ok(Secret(secret))
}

fn read_or_make(path: &Path) -> Result<Secret> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = match file {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return read(path),
        other => other.with_context(|| format!("cannot make the key {}", path.display()))?,
    };
    let secret: [u8; SECRET_BYTES] = rand::random();
    let written = file
        .write_all(hex::encode(secret).as_bytes())
        .and_then(|()| file.sync_all());
    written.with_context(|| format!("cannot write the key {}", path.display()))?;
    info!(
        path = %path.display(),
        "made a key for the picture that is kept over restarts; it lies beside that picture, so whoever has the whole disk has \
         both: --state-key FILE names one that lies elsewhere"
    );
    Ok(Secret(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = find(None, folder.path()).unwrap();
        let again = find(None, folder.path()).unwrap();
        assert_eq!(first.0, again.0);
        let path = folder.path().join(CREDENTIAL);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_without_a_key_is_named_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "secret but short").unwrap();
        let error = find(Some(&path), folder.path()).err().unwrap().to_string();
        assert!(error.contains("key") && !error.contains("short"), "{error}");
        assert!(find(Some(&folder.path().join("none")), folder.path()).is_err());
    }
}
