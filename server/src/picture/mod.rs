//! The picture over a restart: once a minute and at the stop what the fleet knows of every vehicle goes, sealed, into one file
//! of the data dir, and the next start shows it, late, until vehicles report.
//!
//! | file | idea |
//! |---|---|
//! | `key` | where the key comes from |
//! | `seal` | a file that cannot be read or changed without it |
//!
//! The fleet's thread copies some thousand vehicles at a time between its other work; sealing and writing are done outside
//! it. The file names vehicles and says where they were, so it lives as short as it can: one that is older than the limit is
//! deleted unread, one that cannot be read is set aside under another name and deleted when it has reached that age.

mod key;
mod seal;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use fleet::{Before, Fleet, Now, RECORD_VERSION, SourceId};
use metrics::{counter, gauge, histogram};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::seal::{BESIDE, Opened, Secret};
use crate::clock;
use crate::fleet_thread::FleetHandle;
use crate::metrics::{PICTURE_BYTES, PICTURE_HELD_SECONDS, PICTURE_WRITE_SECONDS, PICTURE_WRITES};
use crate::source::Names;

const WRITE_EVERY: Duration = Duration::from_secs(60);
/// Vehicles that the fleet copies at once: well under a megabyte, and under a millisecond of its thread.
const AT_ONCE: u32 = 4_096;
const FILE: &str = "picture";
const ASIDE: &str = "picture.set-aside";

/// Where the picture is kept, and with what key.
pub struct Picture {
    folder: PathBuf,
    secret: Secret,
    /// An older one is not shown.
    max_age: Duration,
    sources: Names,
    blur_radius_m: f64,
}

/// What the first piece of a file says about all others.
#[derive(Serialize, Deserialize)]
struct About {
    sources: Vec<String>,
    blur_radius_m: f64,
}

impl Picture {
    /// # Errors
    /// A key that cannot be read or made.
    pub fn new(
        folder: &Path,
        key_file: Option<&Path>,
        max_age: Duration,
        sources: Names,
        blur_radius_m: f64,
    ) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            secret: key::find(key_file, folder)?,
            max_age,
            sources,
            blur_radius_m,
        })
    }

    /// Deletes every picture of the folder.
    pub fn forget(folder: &Path) {
        let paths = [FILE, ASIDE].map(|name| folder.join(name));
        paths
            .iter()
            .filter(|path| path.exists())
            .for_each(|path| remove(path));
    }

    /// Gives the fleet the vehicles of the last start. Whatever is wrong with the file, the server starts: without them.
    pub fn take_up(&self, fleet: &mut Fleet, now: Now) {
        self.tidy();
        let path = self.folder.join(FILE);
        let began = Instant::now();
        let opened = match seal::read(&path, &self.secret, RECORD_VERSION) {
            Ok(Some(opened)) => opened,
            Ok(None) => return,
            Err(why) => return self.set_aside(&why.to_string()),
        };
        let age_ms = now.unix_ms.saturating_sub(opened.written_unix_ms);
        if u128::try_from(age_ms).is_ok_and(|age| age > self.max_age.as_millis()) {
            info!(
                age_s = age_ms / 1_000,
                "the last picture is too old to be shown and was deleted"
            );
            return remove(&path);
        }
        match self.give(&opened, fleet, now) {
            Ok(vehicles) => info!(
                vehicles,
                age_s = age_ms / 1_000,
                took_ms = began.elapsed().as_millis() as u64,
                "the last known picture is shown, late until vehicles report"
            ),
            Err(why) => self.set_aside(&format!("{why:#}")),
        }
    }

    fn give(&self, opened: &Opened, fleet: &mut Fleet, now: Now) -> Result<usize> {
        let mut pieces = opened.pieces();
        let about = pieces.next().context("it is empty")?;
        let about: About = serde_json::from_slice(about).context("its first piece")?;
        let names = self.sources.all();
        let number = |name: &String| {
            let found = names.iter().position(|source| source == name)?;
            u16::try_from(found).ok().map(SourceId)
        };
        let before = Before {
            sources: about.sources.iter().map(number).collect(),
            blur_radius_m: about.blur_radius_m,
        };
        let mut vehicles = 0;
        for piece in pieces {
            vehicles += fleet.take_up(piece, &before, now)?;
        }
        Ok(vehicles)
    }

    /// Whether the key can be had, and makes none.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn check_key(folder: &Path, key_file: Option<&Path>) -> Result<()> {
        key::check(key_file, folder)
    }

    /// Writes once a minute and once more at the stop.
    pub async fn keep(self, fleet: FleetHandle, stop: CancellationToken) {
        let picture = std::sync::Arc::new(self);
        let mut ends = false;
        while !ends {
            tokio::select! {
                () = stop.cancelled() => ends = true,
                () = tokio::time::sleep(WRITE_EVERY) => {}
            }
            let (own, fleet, runtime) = (picture.clone(), fleet.clone(), Handle::current());
            let writing = tokio::task::spawn_blocking(move || own.write(&fleet, &runtime));
            if let Err(panic) = writing.await {
                error!(%panic, "the picture could not be kept");
            }
        }
    }

    fn write(&self, fleet: &FleetHandle, runtime: &Handle) {
        self.tidy();
        let began = Instant::now();
        let about = About {
            sources: self.sources.all().to_vec(),
            blur_radius_m: self.blur_radius_m,
        };
        let about = serde_json::to_vec(&about).unwrap_or_default();
        let mut from = 0;
        let vehicles = std::iter::from_fn(|| {
            let Some((piece, known)) = runtime.block_on(copied(fleet, from)) else {
                // Not the end: a picture without these vehicles must not take the place of the one before.
                return Some(Err(io::Error::other("the fleet does not answer")));
            };
            from += AT_ONCE;
            (from < known.saturating_add(AT_ONCE)).then_some(Ok(piece))
        });
        let written = seal::write(
            &self.folder.join(FILE),
            &self.secret,
            rand::random(),
            (RECORD_VERSION, clock::unix_ms()),
            std::iter::once(Ok(about)).chain(vehicles),
        );
        match written {
            Ok(bytes) => {
                counter!(PICTURE_WRITES, "outcome" => "written").increment(1);
                gauge!(PICTURE_BYTES).set(bytes as f64);
                gauge!(PICTURE_WRITE_SECONDS).set(began.elapsed().as_secs_f64());
            }
            Err(error) => {
                counter!(PICTURE_WRITES, "outcome" => "failed").increment(1);
                warn!(%error, "the picture could not be kept; a restart would show the one before");
            }
        }
    }

    fn set_aside(&self, why: &str) {
        let aside = self.folder.join(ASIDE);
        warn!(
            set_aside = %aside.display(),
            "the last picture cannot be shown: {why}; the map begins empty until vehicles report"
        );
        if let Err(error) = std::fs::rename(self.folder.join(FILE), &aside) {
            warn!(%error, "it could not be set aside; the next one takes its place");
        }
    }

    /// What an earlier process left half-written, and what was set aside so long ago that it would not be shown either.
    fn tidy(&self) {
        let aside = self.folder.join(ASIDE);
        let modified = std::fs::metadata(&aside).and_then(|seen| seen.modified());
        let age = modified
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > self.max_age) {
            remove(&aside);
        }
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(BESIDE) {
                remove(&entry.path());
            }
        }
    }
}

/// The records of some vehicles from that one on, and how many vehicles there are.
async fn copied(fleet: &FleetHandle, from: u32) -> Option<(Vec<u8>, u32)> {
    let copy = move |fleet: &mut Fleet| {
        let began = Instant::now();
        let mut piece = Vec::new();
        let known = fleet.vehicles().len() as u32;
        fleet.keep(from..(from + AT_ONCE).min(known), &mut piece);
        histogram!(PICTURE_HELD_SECONDS).record(began.elapsed());
        (piece, known)
    };
    fleet.read(copy).await
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        warn!(path = %path.display(), %error, "a picture could not be deleted");
    }
}
