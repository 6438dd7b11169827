//! The job: every minute it forgets what memory holds for minutes or hours, every hour what is kept for days, and writes down
//! how much that was. It runs first at the start.

use std::sync::Arc;
use std::time::Duration;

use access::{Access, Fault, Forgotten};
use fleet::Now;
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Retention, Steady};
use crate::clock;
use crate::fleet_thread::FleetHandle;
use crate::handles::Handles;
use crate::metrics::{RETENTION_DELETED, RETENTION_RUNS};
use crate::screens::Screens;
use crate::source::Quarantines;
use crate::walls::Walls;

const ROUND: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Vehicles that the fleet's thread looks at between its other work.
const AT_ONCE: u32 = 16_384;

/// Where things are kept.
#[derive(Clone)]
pub struct Stores {
    pub access: Access,
    pub fleet: FleetHandle,
    pub quarantines: Quarantines,
    pub handles: Arc<Handles>,
    pub walls: Arc<Walls>,
    pub screens: Arc<Screens>,
}

/// See the file's head.
pub struct Keeper {
    stores: Stores,
    limits: Retention,
    steady: Steady,
    /// Pieces that went since they were written down.
    pieces: u64,
    /// When the hourly round is due; at once.
    hour_mono_ms: u64,
}

impl Keeper {
    #[must_use]
    pub fn new(stores: Stores, limits: Retention, steady: Steady) -> Self {
        Self {
            stores,
            limits,
            steady,
            pieces: 0,
            hour_mono_ms: 0,
        }
    }

    /// Until the stop.
    pub async fn keep(mut self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(ROUND);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                () = stop.cancelled() => return,
            }
            self.round(clock::now()).await;
        }
    }

    /// To be called every minute.
    pub async fn round(&mut self, now: Now) {
        let stores = &self.stores;
        stores.handles.forget(now.mono_ms);
        stores.walls.forget(now.mono_ms);
        stores.screens.forget(now.mono_ms);
        // A round before the limit, so that none is kept longer.
        let kept_ms =
            (u64::from(self.limits.damaged_hours) * HOUR_MS) as i64 - ROUND.as_millis() as i64;
        self.pieces += stores.quarantines.forget(now.unix_ms, kept_ms);
        if now.mono_ms < self.hour_mono_ms {
            return;
        }
        self.hour_mono_ms = now.mono_ms + HOUR_MS;
        let outcome = match self.hour(now).await {
            Ok(()) => "done",
            Err(fault) => {
                warn!(%fault, "not everything that is old could be deleted; it is tried again in an hour");
                "failed"
            }
        };
        counter!(RETENTION_RUNS, "outcome" => outcome).increment(1);
    }

    async fn hour(&mut self, now: Now) -> Result<(), Fault> {
        let now_unix_s = now.unix_ms / 1_000;
        let vehicles = self.forget_vehicles(now).await;
        deleted("vehicles", vehicles);
        deleted("damaged_pieces", self.pieces);
        let access = &self.stores.access;
        for (what, count) in [
            (Forgotten::Vehicles, vehicles),
            (Forgotten::DamagedPieces, std::mem::take(&mut self.pieces)),
        ] {
            access.forgot(what, count, now_unix_s).await?;
        }
        let audit_days = self
            .steady
            .is_believed(now)
            .then_some(self.limits.audit_days);
        let gone = access.forget_old(audit_days, now_unix_s).await?;
        deleted("lockouts", gone.lockouts);
        deleted("audit_rows", gone.audit.rows);
        deleted("notices", gone.audit.notices);
        if gone.audit.rows > 0 {
            info!(
                rows = gone.audit.rows,
                "old rows of the audit log were deleted"
            );
        }
        Ok(())
    }

    /// Some at a time, so that ticks go on.
    async fn forget_vehicles(&self, now: Now) -> u64 {
        let older_than_ms = u64::from(self.limits.vehicle_days) * DAY_MS - HOUR_MS;
        let (mut from, mut count) = (0_u32, 0);
        loop {
            let some = from..from.saturating_add(AT_ONCE);
            from = some.end;
            let forget = move |fleet: &mut fleet::Fleet| {
                let gone = fleet.forget(some, older_than_ms, now);
                (gone as u64, fleet.vehicles().len())
            };
            // The fleet ends with the server.
            let Some((gone, known)) = self.stores.fleet.read(forget).await else {
                return count;
            };
            count += gone;
            if from as usize >= known {
                return count;
            }
        }
    }
}

fn deleted(what: &'static str, count: u64) {
    counter!(RETENTION_DELETED, "kind" => what).increment(count);
}
