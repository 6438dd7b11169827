//! The one file. Opens it (mode 0600, WAL, every commit synced to the disk), brings its schema up to date and keeps
//! two ways in: one writing connection, so that the audit chain has one writer, and a few that can only read.
//!
//! Another process (the command line) may have the same file open; SQLite's lock keeps the writers apart, and a
//! writer waits `Settings::busy_ms` for it before it is refused.

use crate::ends::{EndedHere, EndedSession};
use crate::error::Fault;
use crate::password::{Cost, Passwords};
use crate::permit::OpenPermits;
use crate::session::Seen;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::broadcast;

/// What may be chosen. The defaults are for use; tests take cheaper hashes and shorter waits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub password_cost: Cost,
    /// How long a write waits for another process's lock.
    pub busy_ms: u32,
    /// Demo accounts live only while this is set; opening without it disables them.
    pub demo: bool,
    /// For "looks today": the day of the centre, not of the server's time zone.
    pub utc_offset_s: i32,
    pub budgets: crate::budget::Budgets,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_cost: Cost::default(),
            busy_ms: 2_000,
            demo: false,
            utc_offset_s: 8 * 3600,
            budgets: crate::budget::Budgets::default(),
        }
    }
}

/// The accounts, the sessions and the log. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Access(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Exactly one connection.
    write: SqlitePool,
    /// Who waits for it.
    pub(crate) writers: AtomicUsize,
    read: SqlitePool,
    pub(crate) path: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) passwords: Passwords,
    pub(crate) permits: OpenPermits,
    pub(crate) ends: broadcast::Sender<EndedSession>,
    /// The newest row of `session_ends` that has been announced.
    pub(crate) ends_announced: tokio::sync::Mutex<i64>,
    pub(crate) ended_here: EndedHere,
    pub(crate) seen: Seen,
    /// Failed log-ins that got no row of their own since the last that did.
    pub(crate) suppressed_failures: AtomicI64,
    /// Held while this process serves from the store.
    only_server: Mutex<Option<File>>,
}

/// Why the store did not open. For the operator at start, so it may name the path.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot create or open {path}: {error}")]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("another evwall serves from {path} already")]
    InUse { path: PathBuf },
    #[error(
        "cannot open the database {path}: {error}; look whether its disk has room and may be written to"
    )]
    Database { path: PathBuf, error: sqlx::Error },
    #[error("cannot bring the database {path} up to date: {error}")]
    Migration {
        path: PathBuf,
        error: sqlx::migrate::MigrateError,
    },
    #[error("cannot start on the database {path}: {fault}")]
    Fault { path: PathBuf, fault: Fault },
}

/// One who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn count(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ended-session messages a slow listener may fall behind before it has to ask the store instead.
pub(crate) const ENDS_KEPT: usize = 256;
pub(crate) const READERS: u32 = 4;

impl Inner {
    /// Connections that read just now. Whoever finds all at work waits for one, as long as a writer may, and is then refused.
    pub(crate) fn readers_at_work(&self) -> usize {
        (self.read.size() as usize).saturating_sub(self.read.num_idle())
    }
}

impl Access {
    /// For the command line: opens or creates the store beside a server that may be running on it.
    pub async fn open(path: impl AsRef<Path>, now_unix_s: i64) -> Result<Self, OpenError> {
        Self::open_as(path.as_ref(), Settings::default(), false, now_unix_s).await
    }

    /// For the server, one at a time: opens or creates the store, writes the closing rows that a crash left out, and
    /// disables demo accounts unless this is a demo.
    pub async fn open_with(
        path: impl AsRef<Path>,
        settings: Settings,
        now_unix_s: i64,
    ) -> Result<Self, OpenError> {
        Self::open_as(path.as_ref(), settings, true, now_unix_s).await
    }

    async fn open_as(
        path: &Path,
        settings: Settings,
        serving: bool,
        now_unix_s: i64,
    ) -> Result<Self, OpenError> {
        let path = path.to_path_buf();
        make_private(&path).map_err(|error| OpenError::File {
            path: path.clone(),
            error,
        })?;
        let only_server = if serving { Some(lock(&path)?) } else { None };
        let database = |error| OpenError::Database {
            path: path.clone(),
            error,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(Duration::from_millis(u64::from(settings.busy_ms)))
            .foreign_keys(true)
            // An INSERT OR REPLACE fires the delete trigger too.
            .pragma("recursive_triggers", "ON")
            // What is deleted is overwritten with zeros.
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF");
        let pool = SqlitePoolOptions::new()
            .idle_timeout(None)
            .max_lifetime(None)
            // Longer than the lock wait, so that a lock says "locked" and not "no connection".
            .acquire_timeout(Duration::from_millis(u64::from(settings.busy_ms) + 3_000));
        let write = pool
            .clone()
            .max_connections(1)
            .min_connections(1)
            .connect_with(
                options
                    .clone()
                    .journal_mode(SqliteJournalMode::Wal)
                    // In WAL mode only FULL syncs at every commit: a row that was answered for survives a power cut.
                    .synchronous(SqliteSynchronous::Full),
            )
            .await
            .map_err(database)?;
        sqlx::migrate!("./migrations")
            .run(&write)
            .await
            .map_err(|error| OpenError::Migration {
                path: path.clone(),
                error,
            })?;
        let read = pool
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(database)?;
        let access = Self(Arc::new(Inner {
            write,
            writers: AtomicUsize::new(0),
            read,
            path: path.clone(),
            settings,
            passwords: Passwords::new(settings.password_cost),
            permits: OpenPermits::default(),
            ends: broadcast::channel(ENDS_KEPT).0,
            ends_announced: tokio::sync::Mutex::new(0),
            ended_here: EndedHere::default(),
            seen: Seen::default(),
            suppressed_failures: AtomicI64::new(0),
            only_server: Mutex::new(only_server),
        }));
        access
            .begin_work(serving, now_unix_s)
            .await
            .map_err(|fault| OpenError::Fault { path, fault })?;
        Ok(access)
    }

    async fn begin_work(&self, serving: bool, now_unix_s: i64) -> Result<(), Fault> {
        self.skip_old_ends().await?;
        if !serving {
            return Ok(());
        }
        let left = async {
            self.close_permits_of_a_crash(now_unix_s).await?;
            if !self.0.settings.demo {
                self.disable_demo_accounts(now_unix_s).await?;
            }
            Ok(())
        };
        match left.await {
            // Nobody gets in or sees anything until the clock is confirmed, and that needs a store that opens.
            Err(Fault::ClockSetBack { by_s }) => {
                tracing::error!(
                    by_s,
                    "the clock is behind the newest record: all log-ins and looks are refused"
                );
                Ok(())
            }
            other => other,
        }
    }

    /// A writing transaction, begun as one: it never has to upgrade a read lock, which SQLite may refuse.
    /// Dropped without `commit`, it never happened.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        let _waiting = Waiting::count(&self.0.writers);
        const BEGIN: &str = "BEGIN IMMEDIATE";
        match self.0.write.begin_with(BEGIN).await {
            // A disk that gets full in a commit makes SQLite end the transaction by itself. The connection does not know,
            // and would refuse every other one for ever: it is closed, and another one opened.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.0.write.acquire().await?.close().await?;
                self.0.write.begin_with(BEGIN).await
            }
            begun => begun,
        }
    }

    pub(crate) fn read(&self) -> &SqlitePool {
        &self.0.read
    }

    /// The writing connection without a transaction: for what is none, and for tests of faults.
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.0.write
    }

    /// The end of a server that was told to stop: writes the closing rows of the looks that are still open, with how
    /// long they were, and what sessions were used last; then closes. What cannot be written the next start writes.
    pub async fn stop(&self, now_unix_s: i64) {
        let written = async {
            self.close_permits_at_stop(now_unix_s).await?;
            self.write_seen(now_unix_s, true).await
        };
        if let Err(fault) = written.await {
            tracing::warn!(
                fault = fault.name(),
                "the last rows could not be written at the stop"
            );
        }
        self.close().await;
    }

    /// Closes the connections, which also folds the WAL back into the one file.
    pub async fn close(&self) {
        self.0.read.close().await;
        self.0.write.close().await;
        *self.0.only_server.lock().expect("no panic while held") = None;
    }
}

/// Two servers on one store would close each other's permits. A file of its own: SQLite keeps its own locks on the
/// database, and closing any handle of that file in this process would drop them.
fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".serving");
    let lock_path = PathBuf::from(name);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock_path)
        .map_err(|error| OpenError::File {
            path: lock_path.clone(),
            error,
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(OpenError::File {
            path: lock_path,
            error,
        }),
    }
}

/// Creates the file before SQLite does, so that it is never readable by others, not even for a moment; SQLite gives
/// its WAL the same mode. A file that others could read is closed to them.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        && !folder.exists()
    {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                tracing::warn!(
                    mode = format!("{mode:o}"),
                    "the database was open to others; set to 600"
                );
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}
