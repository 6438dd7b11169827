//! A newer registry is taken in while the server runs: an import puts another file in its place, and within a few seconds, or
//! at once at SIGHUP, what is new in it, what has changed and what is gone reaches the fleet. A file that cannot be taken
//! changes nothing, and the log says which line of it is wrong.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use fleet::RegistryEntry;
use gb32960::Vin;
use metrics::{counter, histogram};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::fleet_thread::FleetHandle;
use crate::metrics::{REGISTRY_READ_SECONDS, REGISTRY_READS};
use crate::registry;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Entries that the fleet takes at once, between two looks at its clock.
const AT_ONCE: usize = 1_000;

/// The VINs that stand in the registry, for whoever asks whether one does.
#[derive(Clone, Default)]
pub struct Registered(Arc<RwLock<HashSet<Vin>>>);

impl Registered {
    pub fn new(vins: impl Iterator<Item = Vin>) -> Self {
        Self(Arc::new(RwLock::new(vins.collect())))
    }

    #[must_use]
    pub fn has(&self, vin: &Vin) -> bool {
        self.read().contains(vin)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    // A panic while it was held left a whole set: it is only ever exchanged for another.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashSet<Vin>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the set that was there before.
    fn exchange(&self, vins: HashSet<Vin>) -> HashSet<Vin> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, vins)
    }
}

/// What a file looks like from outside; another one in its place looks different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen(Option<(u64, u64, SystemTime)>);

impl Seen {
    #[must_use]
    pub fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        let look = || {
            let file = std::fs::metadata(path).ok()?;
            Some((file.ino(), file.len(), file.modified().ok()?))
        };
        Self(look())
    }

    #[must_use]
    pub fn is_there(self) -> bool {
        self.0.is_some()
    }
}

/// Until the stop. `seen` is the file that was read at the start.
pub async fn keep(
    path: PathBuf,
    mut seen: Seen,
    registered: Registered,
    fleet: FleetHandle,
    stop: CancellationToken,
) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut hangups = signal(SignalKind::hangup()).ok();
    // How it looked at the last look: one that is still being written looks different each time.
    let mut last = seen;
    loop {
        let asked = tokio::select! {
            _ = looks.tick() => false,
            () = hangup(&mut hangups) => true,
            () = stop.cancelled() => return,
        };
        let now = Seen::of(&path);
        let is_settled = now == std::mem::replace(&mut last, now);
        let is_newer = now != seen && now.is_there() && is_settled;
        if is_newer || asked && now.is_there() {
            seen = now;
            renew(&path, &registered, &fleet).await;
        }
    }
}

async fn hangup(hangups: &mut Option<tokio::signal::unix::Signal>) {
    match hangups {
        Some(hangups) => {
            hangups.recv().await;
        }
        None => std::future::pending().await,
    }
}

async fn renew(path: &Path, registered: &Registered, fleet: &FleetHandle) {
    let began = Instant::now();
    let file = path.to_owned();
    let read = tokio::task::spawn_blocking(move || registry::read(&file)).await;
    let entries = match read {
        Ok(Ok(entries)) => entries,
        Ok(Err(why)) => {
            counter!(REGISTRY_READS, "outcome" => "refused").increment(1);
            error!("the registry that was read before stays: {why:#}");
            return;
        }
        Err(panic) => {
            error!(%panic, "the registry that was read before stays: reading the new one broke off");
            return;
        }
    };
    let vins: HashSet<Vin> = entries.iter().map(|entry| entry.vin).collect();
    let before = registered.exchange(vins.clone());
    let gone: Vec<Vin> = before.difference(&vins).copied().collect();
    let (vehicles, left) = (entries.len(), gone.len());
    for some in gone.chunks(AT_ONCE) {
        let some = some.to_vec();
        let _ = fleet
            .read(move |fleet| some.iter().for_each(|vin| fleet.unregister(vin)))
            .await;
    }
    let without_room = take(entries, fleet).await;
    if without_room > 0 {
        warn!(
            vehicles = without_room,
            "there is no room for some vehicles of the registry"
        );
    }
    counter!(REGISTRY_READS, "outcome" => "taken").increment(1);
    histogram!(REGISTRY_READ_SECONDS).record(began.elapsed());
    info!(vehicles, gone = left, "a newer registry was taken in");
}

/// In pieces, so that a tick never waits for all of them.
async fn take(mut entries: Vec<RegistryEntry>, fleet: &FleetHandle) -> usize {
    let mut without_room = 0;
    while !entries.is_empty() {
        // From the end: what is left need not be moved.
        let some = entries.split_off(entries.len().saturating_sub(AT_ONCE));
        let taken = fleet.read(move |fleet| {
            let taken = some.iter().filter_map(|entry| fleet.register(entry));
            some.len() - taken.count()
        });
        without_room += taken.await.unwrap_or_default();
    }
    without_room
}
