//! The first start: somebody must be able to log in, and nobody may know the password by reading the documentation.
//! An admin is made with a random password that goes into a file of mode 0600 beside the database; only its path is
//! printed. When the admin sets another password the file is removed.

use crate::audit::AuditKind;
use crate::error::UserError;
use crate::role::Role;
use crate::secret::random_password;
use crate::store::Access;
use crate::users::{changed, console, insert};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const ADMIN: &str = "admin";

/// Why the first admin could not be made. For the operator, so it may name the path.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    #[error("cannot write the first password to {path}: {error}")]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("cannot make the first admin: {0}")]
    User(#[from] UserError),
}

impl Access {
    /// If there is no account at all, makes `admin` and returns the path of the file with its password.
    pub async fn first_start(&self, now_unix_s: i64) -> Result<Option<PathBuf>, FirstStartError> {
        let any: bool = sqlx::query_scalar("SELECT count(*) > 0 FROM users WHERE demo = 0")
            .fetch_one(self.read())
            .await
            .map_err(UserError::from)?;
        if any {
            return Ok(None);
        }
        let password = random_password();
        let phc = self
            .0
            .passwords
            .hash(&password)
            .await
            .map_err(UserError::from)?;
        // The file first: an account whose password nobody can read would lock everybody out.
        let path = self.first_password_path();
        write_private(&path, &password).map_err(|error| FirstStartError::File {
            path: path.clone(),
            error,
        })?;
        let mut tx = self.write().await.map_err(UserError::from)?;
        insert(&mut tx, ADMIN, &phc, Role::Admin, false, now_unix_s).await?;
        let role = Some(Role::Admin);
        changed(
            &mut tx,
            console("first start"),
            AuditKind::UserCreated,
            ADMIN,
            role,
            now_unix_s,
        )
        .await
        .map_err(UserError::from)?;
        tx.commit().await.map_err(UserError::from)?;
        Ok(Some(path))
    }

    /// Removes the file once its password is another one.
    pub(crate) fn forget_first_password(&self, name: &str) {
        if !name.eq_ignore_ascii_case(ADMIN) {
            return;
        }
        match std::fs::remove_file(self.first_password_path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the file with the first password could not be removed");
            }
            _ => {}
        }
    }

    pub(crate) fn first_password_path(&self) -> PathBuf {
        self.0.path.with_file_name("admin-password.txt")
    }
}

/// Through a new file and a rename: one left by an interrupted start is replaced, a link in its place is not followed.
fn write_private(path: &Path, password: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{password}")?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
