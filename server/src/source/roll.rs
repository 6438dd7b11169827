//! Who may speak to the gateway now: what the platforms file says, and how each platform of it stands. Read again at SIGHUP,
//! whole or not at all. Every connection goes by the newest reading from its next frame on; one of a platform that is gone, or
//! that is bounded otherwise, is told to end. A password or an address that has changed holds for the next login.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Result, bail};
use fleet::SourceId;
use intake::{Platforms, Tries};
use metrics::{counter, gauge};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::file::read_platforms;
use super::names::Names;
use super::standing::Standing;
use crate::clock;
use crate::fleet_thread::FleetHandle;
use crate::metrics::{PLATFORM_READS, SOURCE_CONNECTED};

/// One reading of the file.
pub struct Roll {
    pub platforms: Platforms,
    /// By the platform's place in the file.
    pub standings: Vec<Arc<Standing>>,
    pub sources: Vec<SourceId>,
}

impl Tries for Roll {
    fn may_try(&self, platform: usize) -> bool {
        self.standings[platform].may_try(clock::now().mono_ms)
    }

    fn failed(&self, platform: usize) {
        self.standings[platform].failed(clock::now().mono_ms);
    }
}

/// The newest reading; clones share it.
#[derive(Clone)]
pub struct Rolls {
    newest: Arc<RwLock<Arc<Roll>>>,
    names: Names,
    /// How long a vehicle is kept that is not heard any more.
    keep_ms: u64,
}

/// What a reading changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub added: Vec<SourceId>,
    /// Those that are gone, by name.
    pub removed: Vec<(String, SourceId)>,
    /// Names of those whose entry is another one.
    pub changed: Vec<String>,
}

impl Rolls {
    /// # Errors
    /// More sources than there are numbers.
    pub fn new(platforms: Platforms, names: Names, keep_ms: u64) -> Result<Self> {
        let (roll, _) = next(platforms, None, &names, keep_ms)?;
        Ok(Self {
            newest: Arc::new(RwLock::new(Arc::new(roll))),
            names,
            keep_ms,
        })
    }

    #[must_use]
    pub fn newest(&self) -> Arc<Roll> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes another reading, and tells those to end whom it does not know any more, or bounds otherwise.
    ///
    /// # Errors
    /// More sources than there are numbers.
    pub fn take(&self, platforms: Platforms) -> Result<Changed> {
        let before = self.newest();
        if platforms.streams != before.platforms.streams {
            warn!(
                "the [[stream]] entries of the platforms file have changed and are taken at the next start only"
            );
        }
        let (roll, changed) = next(platforms, Some(&before), &self.names, self.keep_ms)?;
        let roll = Arc::new(roll);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&roll);
        // After it is the newest: whoever logs in again at once finds this one.
        for standing in &before.standings {
            if !roll
                .standings
                .iter()
                .any(|kept| Arc::ptr_eq(kept, standing))
            {
                standing.dismiss();
            }
        }
        Ok(changed)
    }

    /// Reads the file again at each SIGHUP, until the stop.
    pub async fn keep(self, path: PathBuf, fleet: FleetHandle, stop: CancellationToken) {
        let Ok(mut hangups) = signal(SignalKind::hangup()) else {
            return warn!("SIGHUP cannot be heard; other platforms need a restart");
        };
        loop {
            tokio::select! {
                hangup = hangups.recv() => if hangup.is_none() { return },
                () = stop.cancelled() => return,
            }
            let file = path.clone();
            let read = tokio::task::spawn_blocking(move || read_platforms(&file)).await;
            let read = read.map_err(anyhow::Error::from).flatten();
            match read.and_then(|platforms| self.take(platforms)) {
                Ok(changed) => {
                    let names = self.names.all();
                    for source in &changed.added {
                        if let Some(name) = names.get(usize::from(source.0)) {
                            gauge!(SOURCE_CONNECTED, "source" => name.clone()).set(0.0);
                        }
                        self.names.expect(*source, true);
                        // A wall names also who has never come.
                        fleet.expect_source(*source, true).await;
                        fleet.source_connected(*source, false).await;
                    }
                    let mut gone = Vec::new();
                    for (name, source) in changed.removed {
                        self.names.expect(source, false);
                        fleet.expect_source(source, false).await;
                        gone.push(name);
                    }
                    counter!(PLATFORM_READS, "outcome" => "taken").increment(1);
                    info!(
                        platforms = self.newest().platforms.all.len(),
                        added = changed.added.len(),
                        removed = gone.join(", "),
                        changed = changed.changed.join(", "),
                        "the platforms file was read again"
                    );
                }
                Err(error) => {
                    counter!(PLATFORM_READS, "outcome" => "refused").increment(1);
                    error!("the platforms stay as they were: {error:#}");
                }
            }
        }
    }
}

/// The roll that this file makes: who is as before keeps standing and sessions.
fn next(
    platforms: Platforms,
    before: Option<&Roll>,
    names: &Names,
    keep_ms: u64,
) -> Result<(Roll, Changed)> {
    let mut known: HashMap<&str, usize> = before
        .into_iter()
        .flat_map(|roll| roll.platforms.all.iter().zip(0..))
        .map(|(platform, at)| (platform.name.as_str(), at))
        .collect();
    let mut changed = Changed::default();
    let (mut standings, mut sources) = (Vec::new(), Vec::new());
    for platform in &platforms.all {
        let Some(source) = names.number_of(&platform.name) else {
            bail!("it names more platforms than one server can tell apart");
        };
        sources.push(source);
        let was = known
            .remove(platform.name.as_str())
            .and_then(|at| before.map(|roll| (&roll.platforms.all[at], &roll.standings[at], roll)));
        let standing = match was {
            Some((entry, standing, roll)) => {
                if entry != platform {
                    changed.changed.push(platform.name.clone());
                }
                let same_limits = roll.platforms.limits == platforms.limits;
                (same_limits && entry.bounds_like(platform)).then(|| Arc::clone(standing))
            }
            None => {
                changed.added.push(source);
                None
            }
        };
        let standing = standing
            .unwrap_or_else(|| Arc::new(Standing::new(platform, &platforms.limits, keep_ms)));
        standings.push(standing);
    }
    changed.removed = known
        .into_iter()
        .filter_map(|(name, at)| Some((name.to_owned(), *before?.sources.get(at)?)))
        .collect();
    changed.removed.sort_unstable();
    let roll = Roll {
        platforms,
        standings,
        sources,
    };
    Ok((roll, changed))
}
