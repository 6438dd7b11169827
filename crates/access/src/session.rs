//! Sessions: what a log-in gives, how long it lasts, and how everybody who holds one open learns at once that it ended.
//!
//! A session ends by log-out, by idle or absolute expiry, or because the account was disabled, its role or password
//! changed, or somebody revoked it. Whatever the cause, one row in `session_ends` says so in the same transaction, and
//! `announce` turns new rows into messages: so a socket closes within a second even when another process (the command
//! line) ended the session. `keep` looks twice a second.

use crate::audit::{AuditKind, Entry, append, in_order};
use crate::error::{AccessError, Fault};
use crate::role::{Action, Role, allows};
use crate::secret::SessionToken;
use crate::store::Access;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use std::time::Duration;
use tokio::sync::broadcast;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub i64);

impl From<i64> for UserId {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

/// Somebody who is logged in, as of the moment it was asked for. Only the store makes one. It opens nothing by
/// itself: whatever writes a row reads the session and the role again in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// Where the log-in came from: an address.
    pub source: String,
    pub started_unix_s: i64,
    /// The absolute end; use does not move it.
    pub expires_unix_s: i64,
}

impl Session {
    /// The first line of every route and server function.
    pub fn may(&self, action: Action) -> Result<(), AccessError> {
        if allows(self.role, action) {
            return Ok(());
        }
        Err(AccessError::NotAllowed {
            role: self.role,
            action,
        })
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    LoggedOut,
    Idle,
    Expired,
    Revoked,
    UserDisabled,
    RoleChanged,
    PasswordChanged,
    /// The account has more than `SESSIONS_PER_USER`; the oldest ended.
    TooMany,
    /// An operator confirmed a clock that was set back.
    ClockAccepted,
}

impl EndReason {
    const ALL: [Self; 9] = [
        Self::LoggedOut,
        Self::Idle,
        Self::Expired,
        Self::Revoked,
        Self::UserDisabled,
        Self::RoleChanged,
        Self::PasswordChanged,
        Self::TooMany,
        Self::ClockAccepted,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::UserDisabled => "user_disabled",
            Self::RoleChanged => "role_changed",
            Self::PasswordChanged => "password_changed",
            Self::TooMany => "too_many",
            Self::ClockAccepted => "clock_accepted",
        }
    }

    fn parse(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|why| why.name() == name)
            .unwrap_or(Self::Revoked)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedSession {
    pub id: SessionId,
    pub why: EndReason,
}

/// At the bound the oldest session of the account ends.
pub const SESSIONS_PER_USER: i64 = 10;
/// The last use is written at most this often; a session may therefore end this much before its idle time.
const SEEN_EVERY_S: i64 = 30;
const ENDS_KEPT_S: i64 = 24 * 3600;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Seconds without use, seconds in all.
pub(crate) const fn lifetimes_s(role: Role) -> (i64, i64) {
    match role {
        Role::Screen => (7 * 24 * 3600, 90 * 24 * 3600),
        Role::Viewer => (12 * 3600, 24 * 3600),
        Role::Supervisor | Role::PrivacyOfficer | Role::Admin => (3600, 12 * 3600),
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    id: i64,
    user_id: i64,
    name: String,
    role: String,
    disabled: bool,
    source: String,
    started_unix_s: i64,
    seen_unix_s: i64,
    idle_s: i64,
    expires_unix_s: i64,
}

impl SessionRow {
    /// The session, or why it is over. `now_unix_s` has been checked against the clock.
    fn living(self, now_unix_s: i64) -> Result<Session, Option<EndReason>> {
        if now_unix_s >= self.expires_unix_s {
            return Err(Some(EndReason::Expired));
        }
        if now_unix_s >= self.seen_unix_s.saturating_add(self.idle_s) {
            return Err(Some(EndReason::Idle));
        }
        let role = Role::parse(&self.role)
            .filter(|_| !self.disabled)
            .ok_or(None)?;
        Ok(Session {
            id: SessionId(self.id),
            user: UserId(self.user_id),
            name: self.name,
            role,
            source: self.source,
            started_unix_s: self.started_unix_s,
            expires_unix_s: self.expires_unix_s,
        })
    }
}

impl Access {
    /// The session behind a cookie, which counts as use of it.
    pub async fn session(
        &self,
        token: &SessionToken,
        now_unix_s: i64,
    ) -> Result<Session, AccessError> {
        let row: SessionRow = sqlx::query_as(
            "SELECT s.id, s.user_id, u.name, u.role, u.disabled, s.source, s.started_unix_s, s.seen_unix_s, s.idle_s,
                 s.expires_unix_s
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_sha256 = ?",
        )
        .bind(token.sha256().as_slice())
        .fetch_optional(self.read())
        .await?
        .ok_or(AccessError::SessionEnded)?;
        let (id, seen_unix_s) = (SessionId(row.id), row.seen_unix_s);
        let now_unix_s = in_order(seen_unix_s, now_unix_s)?;
        if self.0.ended_here.contains(id) {
            return Err(AccessError::SessionEnded);
        }
        match row.living(now_unix_s) {
            Ok(session) => {
                if now_unix_s - seen_unix_s >= SEEN_EVERY_S {
                    // A use that cannot be written only ends the session earlier.
                    let _ = self.seen(id, now_unix_s).await;
                }
                Ok(session)
            }
            Err(why) => {
                if let Some(why) = why {
                    self.end(id, why, now_unix_s).await?;
                }
                Err(AccessError::SessionEnded)
            }
        }
    }

    /// Counts as use: for sockets, when the person behind one moves the map or clicks.
    pub async fn touch(&self, session: &Session, now_unix_s: i64) -> Result<(), AccessError> {
        Ok(self.seen(session.id, now_unix_s).await?)
    }

    async fn seen(&self, id: SessionId, now_unix_s: i64) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE sessions SET seen_unix_s = ? WHERE id = ? AND seen_unix_s < ?")
            .bind(now_unix_s)
            .bind(id.0)
            .bind(now_unix_s)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Ends the session behind a cookie. One that is over already is no error. If the end cannot be written the
    /// session is still over in this process, and the error says that the store is in trouble.
    pub async fn logout(&self, token: &SessionToken, now_unix_s: i64) -> Result<(), AccessError> {
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM sessions WHERE token_sha256 = ?")
            .bind(token.sha256().as_slice())
            .fetch_optional(self.read())
            .await?;
        match id {
            Some(id) => {
                self.end(SessionId(id), EndReason::LoggedOut, now_unix_s)
                    .await
            }
            None => Ok(()),
        }
    }

    async fn end(&self, id: SessionId, why: EndReason, now_unix_s: i64) -> Result<(), AccessError> {
        let written = async {
            let mut tx = self.write().await?;
            end_in(&mut tx, id, why, now_unix_s).await?;
            tx.commit().await?;
            Ok::<_, Fault>(())
        }
        .await;
        if written.is_err() {
            self.0.ended_here.insert(id);
            self.tell(EndedSession { id, why });
        }
        self.announce().await?;
        Ok(written?)
    }

    /// Messages for everybody's ended sessions. A receiver that falls behind (`Lagged`) must ask `session` again;
    /// `watch` does that by itself.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<EndedSession> {
        self.0.ends.subscribe()
    }

    /// For a socket: something to wait on that returns when this session is over, whoever ended it.
    pub async fn watch(&self, session: &Session) -> Result<SessionWatch, AccessError> {
        // Subscribe first, ask then: an end in between is seen by one of the two.
        let messages = self.subscribe();
        let watch = SessionWatch {
            id: session.id,
            messages,
            access: self.clone(),
        };
        if !watch.is_alive().await? {
            return Err(AccessError::SessionEnded);
        }
        Ok(watch)
    }

    /// Everything that happens because time passes: expired sessions and permits end, ends by other processes are
    /// announced, old ends are forgotten. Cheap when there is nothing to do; the server calls it through `keep`.
    pub async fn sweep(&self, now_unix_s: i64) -> Result<(), Fault> {
        let over: Vec<(i64, bool)> = sqlx::query_as(
            "SELECT id, expires_unix_s <= ? FROM sessions WHERE expires_unix_s <= ? OR seen_unix_s + idle_s <= ?",
        )
        .bind(now_unix_s)
        .bind(now_unix_s)
        .bind(now_unix_s)
        .fetch_all(self.read())
        .await?;
        for (id, expired) in over {
            let why = if expired {
                EndReason::Expired
            } else {
                EndReason::Idle
            };
            if let Err(AccessError::Fault(fault)) = self.end(SessionId(id), why, now_unix_s).await {
                return Err(fault);
            }
        }
        self.close_expired_permits(now_unix_s).await?;
        self.announce().await?;
        self.forget_old_ends(now_unix_s).await
    }

    /// Sweeps twice a second until it is dropped. A fault is logged and the next round tries again.
    pub async fn keep(&self, now_unix_s: impl Fn() -> i64 + Send) {
        let mut rounds = tokio::time::interval(LOOK_EVERY);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            let _ = self.sweep(now_unix_s()).await;
        }
    }

    fn tell(&self, ended: EndedSession) {
        self.0.permits.end_of_session(ended.id);
        // Nobody listening is no error.
        let _ = self.0.ends.send(ended);
    }

    /// Tells of every end that was committed since the last call, by whichever process.
    pub(crate) async fn announce(&self) -> Result<(), Fault> {
        let mut announced = self.0.ends_announced.lock().await;
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT seq, session_id, why FROM session_ends WHERE seq > ? ORDER BY seq",
        )
        .bind(*announced)
        .fetch_all(self.read())
        .await?;
        for (seq, id, why) in rows {
            self.tell(EndedSession {
                id: SessionId(id),
                why: EndReason::parse(&why),
            });
            *announced = seq;
        }
        Ok(())
    }

    pub(crate) async fn skip_old_ends(&self) -> Result<(), Fault> {
        let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM session_ends")
            .fetch_one(self.read())
            .await?;
        *self.0.ends_announced.lock().await = last.unwrap_or(0);
        Ok(())
    }

    async fn forget_old_ends(&self, now_unix_s: i64) -> Result<(), Fault> {
        let old_unix_s = now_unix_s - ENDS_KEPT_S;
        let any: Option<i64> =
            sqlx::query_scalar("SELECT seq FROM session_ends WHERE at_unix_s < ? LIMIT 1")
                .bind(old_unix_s)
                .fetch_optional(self.read())
                .await?;
        if any.is_some() {
            let mut tx = self.write().await?;
            sqlx::query("DELETE FROM session_ends WHERE at_unix_s < ?")
                .bind(old_unix_s)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Sessions whose end could not be written: over in this process all the same.
#[derive(Default)]
pub(crate) struct EndedHere(std::sync::Mutex<std::collections::HashSet<SessionId>>);

impl EndedHere {
    fn insert(&self, id: SessionId) {
        // A blocking lock: nothing is awaited while it is held.
        self.0.lock().expect("no panic while held").insert(id);
    }

    pub(crate) fn contains(&self, id: SessionId) -> bool {
        self.0.lock().expect("no panic while held").contains(&id)
    }
}

/// See `Access::watch`.
pub struct SessionWatch {
    id: SessionId,
    messages: broadcast::Receiver<EndedSession>,
    access: Access,
}

impl SessionWatch {
    /// Returns when the session is over. May be dropped and called again (in a `select!`).
    pub async fn ended(&mut self) -> EndReason {
        loop {
            match self.messages.recv().await {
                Ok(ended) if ended.id == self.id => return ended.why,
                Ok(_) => {}
                // The message may be among those that were lost. A store that does not answer is no permission.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    if !self.is_alive().await.unwrap_or(false) {
                        return EndReason::Revoked;
                    }
                }
                Err(broadcast::error::RecvError::Closed) => return EndReason::Revoked,
            }
        }
    }

    async fn is_alive(&self) -> Result<bool, AccessError> {
        let row: Option<i64> = sqlx::query_scalar("SELECT id FROM sessions WHERE id = ?")
            .bind(self.id.0)
            .fetch_optional(self.access.read())
            .await?;
        Ok(row.is_some() && !self.access.0.ended_here.contains(self.id))
    }
}

/// Starts a session for a user whose credentials were checked; the caller commits.
pub(crate) async fn start_in(
    on: &mut SqliteConnection,
    user: UserId,
    role: Role,
    token: &SessionToken,
    source: &str,
    now_unix_s: i64,
) -> Result<(SessionId, i64), Fault> {
    let oldest: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT -1 OFFSET ?",
    )
    .bind(user.0)
    .bind(SESSIONS_PER_USER - 1)
    .fetch_all(&mut *on)
    .await?;
    for id in oldest {
        end_in(on, SessionId(id), EndReason::TooMany, now_unix_s).await?;
    }
    let (idle_s, absolute_s) = lifetimes_s(role);
    let expires_unix_s = now_unix_s + absolute_s;
    let id = sqlx::query_scalar(
        "INSERT INTO sessions (token_sha256, user_id, source, started_unix_s, seen_unix_s, idle_s, expires_unix_s)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(token.sha256().as_slice())
    .bind(user.0)
    .bind(source)
    .bind(now_unix_s)
    .bind(now_unix_s)
    .bind(idle_s)
    .bind(expires_unix_s)
    .fetch_one(on)
    .await?;
    Ok((SessionId(id), expires_unix_s))
}

/// Ends one session and closes its permits, each with its row; the caller commits and then announces.
pub(crate) async fn end_in(
    on: &mut SqliteConnection,
    id: SessionId,
    why: EndReason,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let row: Option<(i64, String, String, String)> = sqlx::query_as(
        "SELECT s.user_id, u.name, u.role, s.source FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
    )
    .bind(id.0)
    .fetch_optional(&mut *on)
    .await?;
    let Some((user_id, name, role, source)) = row else {
        return Ok(());
    };
    crate::permit::close_of_session_in(on, id, why, now_unix_s).await?;
    let entry = Entry {
        user_id: Some(user_id),
        user_name: Some(name),
        role: Some(role),
        session_id: Some(id.0),
        source: Some(source),
        reason: Some(why.name()),
        ..Entry::default()
    };
    let row = append(on, AuditKind::SessionEnded, entry, now_unix_s).await?;
    sqlx::query("DELETE FROM sessions WHERE id = ?")
        .bind(id.0)
        .execute(&mut *on)
        .await?;
    sqlx::query("INSERT INTO session_ends (session_id, why, at_unix_s) VALUES (?, ?, ?)")
        .bind(id.0)
        .bind(why.name())
        .bind(row.at_unix_s)
        .execute(on)
        .await?;
    Ok(())
}

/// Ends all sessions of a user, but for `except`; the caller commits and then announces.
pub(crate) async fn end_all_in(
    on: &mut SqliteConnection,
    user: UserId,
    except: Option<SessionId>,
    why: EndReason,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM sessions WHERE user_id = ? AND id IS NOT ?")
            .bind(user.0)
            .bind(except.map(|id| id.0))
            .fetch_all(&mut *on)
            .await?;
    for id in ids {
        end_in(on, SessionId(id), why, now_unix_s).await?;
    }
    Ok(())
}

/// The session as it is now, read inside the transaction that is going to write because of it.
pub(crate) async fn living_in(
    on: &mut SqliteConnection,
    session: &Session,
    action: Action,
    now_unix_s: i64,
) -> Result<Session, AccessError> {
    let row: SessionRow = sqlx::query_as(
        "SELECT s.id, s.user_id, u.name, u.role, u.disabled, s.source, s.started_unix_s, s.seen_unix_s, s.idle_s,
             s.expires_unix_s
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
    )
    .bind(session.id.0)
    .fetch_optional(on)
    .await?
    .ok_or(AccessError::SessionEnded)?;
    let now_unix_s = in_order(row.seen_unix_s, now_unix_s)?;
    let session = row
        .living(now_unix_s)
        .map_err(|_| AccessError::SessionEnded)?;
    session.may(action)?;
    Ok(session)
}
