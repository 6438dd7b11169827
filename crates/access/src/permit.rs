//! The permission to look at a vehicle is a record that it was looked at.
//!
//! A `Permit` has no public constructor: `Access::permit` makes one after the audit row is committed and synced, and
//! nothing else does. Whatever shows a vehicle takes a `&Permit`, so a look without a row does not compile. It covers
//! the vehicles it names, for one action, for `PERMIT_S` seconds; it ends earlier with its session. At the end a
//! second row says how long it was open: `closing`.

use crate::audit::{AuditKind, Entry, append};
use crate::budget;
use crate::error::{Fault, Refused};
use crate::purpose::{Purpose, PurposeKind};
use crate::role::Action;
use crate::session::{Session, SessionId, UserId};
use crate::store::Access;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Fifteen minutes; then a new purpose is due.
pub const PERMIT_S: u32 = 15 * 60;
/// A larger set is refused whole.
pub const VEHICLES_MAX: u8 = 20;

/// The audit row that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PermitId(pub i64);

/// A vehicle to be looked at: its VIN, and the handle under which the session picked it.
#[derive(Clone, PartialEq, Eq)]
pub struct Vehicle {
    pub vin: String,
    pub handle: [u8; 16],
}

/// Shows neither.
impl fmt::Debug for Vehicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vehicle(…)")
    }
}

/// A look that has been written down. Not `Clone`, not serialisable, made by `Access::permit` alone.
pub struct Permit {
    id: PermitId,
    user: UserId,
    session: SessionId,
    action: Action,
    purpose: PurposeKind,
    vehicles: Box<[Vehicle]>,
    opened_unix_s: i64,
    expires_unix_s: i64,
    state: Arc<State>,
}

/// The permit is over: its time, its session, or `close_permit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permit is over")]
pub struct PermitEnded;

/// Why this permit does not let this be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    #[error("the permit is over")]
    Ended,
    #[error("the permit is for another action")]
    OtherAction,
    #[error("the permit is for another vehicle")]
    OtherVehicle,
}

#[derive(Debug)]
struct State {
    session: SessionId,
    ended: AtomicBool,
    /// By a clock that nobody can turn.
    deadline: Instant,
}

impl Permit {
    #[must_use]
    pub const fn id(&self) -> PermitId {
        self.id
    }

    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    #[must_use]
    pub const fn purpose(&self) -> PurposeKind {
        self.purpose
    }

    #[must_use]
    pub const fn opened_unix_s(&self) -> i64 {
        self.opened_unix_s
    }

    #[must_use]
    pub const fn expires_unix_s(&self) -> i64 {
        self.expires_unix_s
    }

    #[must_use]
    pub fn vehicles(&self) -> &[Vehicle] {
        &self.vehicles
    }

    #[must_use]
    pub fn covers(&self, vin: &str) -> bool {
        self.vehicles.iter().any(|vehicle| vehicle.vin == vin)
    }

    /// Before anything of a vehicle is shown: this action, this vehicle, now.
    pub fn check_for(
        &self,
        action: Action,
        vin: &str,
        now_unix_s: i64,
    ) -> Result<(), NotPermitted> {
        if action != self.action {
            return Err(NotPermitted::OtherAction);
        }
        if !self.covers(vin) {
            return Err(NotPermitted::OtherVehicle);
        }
        self.check(now_unix_s).map_err(|_| NotPermitted::Ended)
    }

    /// Before every refresh of what it shows. Asks no store: cheap enough for each second.
    pub fn check(&self, now_unix_s: i64) -> Result<(), PermitEnded> {
        let over = self.state.ended.load(Ordering::Acquire)
            || Instant::now() >= self.state.deadline
            || now_unix_s >= self.expires_unix_s
            || now_unix_s + crate::audit::TOLERANCE_S < self.opened_unix_s;
        if over { Err(PermitEnded) } else { Ok(()) }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("id", &self.id)
            .field("action", &self.action)
            .field("vehicles", &self.vehicles.len())
            .finish_non_exhaustive()
    }
}

/// The permits this process gave out and that are not over.
#[derive(Default)]
pub(crate) struct OpenPermits(Mutex<HashMap<PermitId, Arc<State>>>);

impl OpenPermits {
    fn insert(&self, id: PermitId, state: &Arc<State>) {
        self.map().insert(id, Arc::clone(state));
    }

    pub(crate) fn end(&self, id: PermitId) {
        if let Some(state) = self.map().remove(&id) {
            state.ended.store(true, Ordering::Release);
        }
    }

    pub(crate) fn end_of_session(&self, session: SessionId) {
        self.map().retain(|_, state| {
            let stays = state.session != session;
            if !stays {
                state.ended.store(true, Ordering::Release);
            }
            stays
        });
    }

    // A blocking lock: nothing is awaited while it is held.
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<PermitId, Arc<State>>> {
        self.0.lock().expect("no panic while held")
    }
}

impl Access {
    /// Permission to do `action` with one vehicle, which is a row in the log, written and synced when this returns.
    /// Any error means: show nothing.
    pub async fn permit(
        &self,
        session: &Session,
        action: Action,
        vehicle: Vehicle,
        purpose: &Purpose,
        now_unix_s: i64,
    ) -> Result<Permit, Refused> {
        self.permit_set(session, action, vec![vehicle], purpose, now_unix_s)
            .await
    }

    /// The same for a declared set of at most `VEHICLES_MAX`: one row for each.
    pub async fn permit_set(
        &self,
        session: &Session,
        action: Action,
        vehicles: Vec<Vehicle>,
        purpose: &Purpose,
        now_unix_s: i64,
    ) -> Result<Permit, Refused> {
        if let Err(refused) = session.may(action) {
            self.note_refusal(session, action, now_unix_s).await;
            return Err(refused.into());
        }
        if !action.needs_permit() || action == Action::SearchVin {
            return Err(Refused::NoPermitFor { action });
        }
        if vehicles.is_empty() || vehicles.len() > usize::from(VEHICLES_MAX) {
            return Err(Refused::BadNumberOfVehicles {
                at_most: VEHICLES_MAX,
            });
        }
        if !vehicles.iter().all(|vehicle| is_vin(&vehicle.vin)) {
            return Err(Refused::BadVin);
        }
        let mut tx = self.write().await?;
        let session = self.living(&mut tx, session, action, now_unix_s).await?;
        let budgets = &self.0.settings.budgets;
        let asked = budget::ask(&mut tx, &session, vehicles.len(), budgets, now_unix_s).await;
        if let Err(refused @ Refused::OverBudget { .. }) = asked {
            budget::refusal(&mut tx, &session, action, "over_budget", now_unix_s).await?;
            tx.commit().await?;
            return Err(refused);
        }
        asked?;
        let mut first = None;
        for vehicle in &vehicles {
            let entry = Entry {
                action: Some(action.name().to_owned()),
                purpose: Some(purpose.kind().name()),
                case_number: purpose.case_number().map(str::to_owned),
                vin: Some(vehicle.vin.clone()),
                handle: Some(vehicle.handle),
                permit_id: first.map(|(id, _)| id),
                ..Entry::of(&session)
            };
            let row = append(&mut tx, AuditKind::PermitOpened, entry, now_unix_s).await?;
            first.get_or_insert((row.seq, row.at_unix_s));
        }
        let (id, opened_unix_s) = first.expect("there is at least one vehicle");
        let expires_unix_s = opened_unix_s + i64::from(PERMIT_S);
        sqlx::query(
            "INSERT INTO open_permits (permit_id, session_id, opened_unix_s, expires_unix_s) VALUES (?, ?, ?, ?)",
        )
        .bind(id)
        .bind(session.id.0)
        .bind(opened_unix_s)
        .bind(expires_unix_s)
        .execute(&mut *tx)
        .await?;
        let state = Arc::new(State {
            session: session.id,
            ended: AtomicBool::new(false),
            deadline: Instant::now() + Duration::from_secs(u64::from(PERMIT_S)),
        });
        // Known before the commit, so that an end of the session right after it finds the permit.
        self.0.permits.insert(PermitId(id), &state);
        if let Err(error) = tx.commit().await {
            self.0.permits.end(PermitId(id));
            return Err(error.into());
        }
        if self.0.ended_here.contains(session.id) {
            self.0.permits.end(PermitId(id));
            return Err(Refused::SessionEnded);
        }
        Ok(Permit {
            id: PermitId(id),
            user: session.user,
            session: session.id,
            action,
            purpose: purpose.kind(),
            vehicles: vehicles.into(),
            opened_unix_s,
            expires_unix_s,
            state,
        })
    }

    /// Somebody asked for what their role may not do. The refusal stands whether or not the row can be written.
    pub(crate) async fn note_refusal(&self, session: &Session, action: Action, now_unix_s: i64) {
        let written = async {
            let mut tx = self.write().await?;
            budget::refusal(&mut tx, session, action, "not_allowed", now_unix_s).await?;
            Ok::<_, Fault>(tx.commit().await?)
        };
        let _ = written.await;
    }
}

/// 1 to 17 visible ASCII characters. Platforms send vehicles whose identifier is no true VIN; those may be looked at too.
pub(crate) fn is_vin(text: &str) -> bool {
    (1..=17).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
