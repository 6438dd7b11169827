//! Sessions: what a log-in gives, and how long it lasts.
//!
//! A session ends by log-out, by idle or absolute expiry, or because the account was disabled, its role or password
//! changed, or somebody revoked it; `ends` does that. The browser has the token, the store its SHA-256.

use crate::audit::{AuditKind, Entry, append, in_order};
use crate::ends::{EndReason, end_in};
use crate::error::{AccessError, Fault};
use crate::role::{Action, Role, VISITOR_SCOPE, allows};
use crate::secret::SessionToken;
use crate::store::Access;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection, Transaction};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub i64);

impl From<i64> for SessionId {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

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
    /// It is a screen that proved itself by its key.
    pub is_paired: bool,
    /// That screen is shown to visitors now.
    pub is_visitor: bool,
}

impl Session {
    /// The scope of the cells it is sent.
    #[must_use]
    pub const fn scope(&self) -> u8 {
        self.scope_for(self.is_visitor)
    }

    /// The same for a screen that was switched since the session was asked for.
    #[must_use]
    pub const fn scope_for(&self, visitor: bool) -> u8 {
        if self.is_paired && visitor {
            VISITOR_SCOPE
        } else {
            self.role.scope()
        }
    }

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

/// At the bound the oldest session of the account ends.
pub const SESSIONS_PER_USER: i64 = 10;
/// Uses are kept in memory and written together this often: a thousand open maps are not a thousand syncs. After a
/// crash a session may end this much before its idle time.
const SEEN_EVERY_S: i64 = 30;

/// Of a screen that proves itself by its key at every connection, so that its cookie need not live long after it.
const SCREEN_LIFETIMES_S: (i64, i64) = (600, 7 * 24 * 3600);

/// Seconds without use, seconds in all.
const fn lifetimes_s(role: Role) -> (i64, i64) {
    match role {
        Role::Screen => (7 * 24 * 3600, 90 * 24 * 3600),
        Role::Viewer => (12 * 3600, 24 * 3600),
        Role::Supervisor | Role::PrivacyOfficer | Role::Admin => (3600, 12 * 3600),
    }
}

/// A question for a [`SessionRow`]; queries are literals, so that nothing can be put into one.
macro_rules! session_where {
    ($which:literal) => {
        concat!(
            "SELECT s.id, s.user_id, u.name, u.role, u.disabled, s.source, s.started_unix_s, s.seen_unix_s, s.idle_s,
                 s.expires_unix_s, c.public_key IS NOT NULL AS is_paired, coalesce(c.visitor, 0) AS is_visitor
             FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN screens c ON c.user_id = u.id WHERE ",
            $which
        )
    };
}

#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    id: i64,
    user_id: i64,
    name: String,
    role: String,
    disabled: bool,
    is_paired: bool,
    is_visitor: bool,
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
            is_paired: self.is_paired,
            is_visitor: self.is_visitor,
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
        let row: SessionRow = sqlx::query_as(session_where!("s.token_sha256 = ?"))
            .bind(token.sha256().as_slice())
            .fetch_optional(self.read())
            .await?
            .ok_or(AccessError::SessionEnded)?;
        let id = SessionId(row.id);
        let row = self.as_last_seen(row);
        let now_unix_s = in_order(row.seen_unix_s, now_unix_s)?;
        if self.0.ended_here.contains(id) {
            return Err(AccessError::SessionEnded);
        }
        match row.living(now_unix_s) {
            Ok(session) => {
                self.0.seen.note(id, now_unix_s);
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

    /// Counts as use: for sockets, when the person behind one moves the map or clicks. Writes nothing by itself.
    pub async fn touch(&self, session: &Session, now_unix_s: i64) -> Result<(), AccessError> {
        if self.0.ended_here.contains(session.id) {
            return Err(AccessError::SessionEnded);
        }
        self.0.seen.note(session.id, now_unix_s);
        Ok(())
    }

    fn as_last_seen(&self, row: SessionRow) -> SessionRow {
        SessionRow {
            seen_unix_s: self.0.seen.of(SessionId(row.id), row.seen_unix_s),
            ..row
        }
    }

    /// Writes the uses since the last time, all in one transaction. One that cannot be written now is kept.
    pub(crate) async fn write_seen(&self, now_unix_s: i64, last: bool) -> Result<(), Fault> {
        let uses = self.0.seen.due(now_unix_s, last);
        if uses.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for (id, seen_unix_s) in &uses {
            sqlx::query("UPDATE sessions SET seen_unix_s = ? WHERE id = ? AND seen_unix_s < ?")
                .bind(seen_unix_s)
                .bind(id.0)
                .bind(seen_unix_s)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.0.seen.written(&uses, now_unix_s);
        Ok(())
    }

    /// Ends the session behind a cookie. One that is over already is no error. If the end cannot be written the
    /// session is still over in this process, and the error says that the store is in trouble.
    pub async fn logout(&self, token: &SessionToken, now_unix_s: i64) -> Result<(), AccessError> {
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM sessions WHERE token_sha256 = ?")
            .bind(token.sha256().as_slice())
            .fetch_optional(self.read())
            .await?;
        match id {
            Some(id) => Ok(self
                .end(SessionId(id), EndReason::LoggedOut, now_unix_s)
                .await?),
            None => Ok(()),
        }
    }

    /// The session as it is now, read inside the transaction that is going to write because of it.
    pub(crate) async fn living(
        &self,
        on: &mut SqliteConnection,
        session: &Session,
        action: Action,
        now_unix_s: i64,
    ) -> Result<Session, AccessError> {
        let row: SessionRow = sqlx::query_as(session_where!("s.id = ?"))
            .bind(session.id.0)
            .fetch_optional(on)
            .await?
            .ok_or(AccessError::SessionEnded)?;
        if self.0.ended_here.contains(session.id) {
            return Err(AccessError::SessionEnded);
        }
        let row = self.as_last_seen(row);
        let now_unix_s = in_order(row.seen_unix_s, now_unix_s)?;
        let session = row
            .living(now_unix_s)
            .map_err(|_| AccessError::SessionEnded)?;
        session.may(action)?;
        Ok(session)
    }
}

/// When each session was used last, as far as it is not written yet. Holds at most the living sessions.
#[derive(Default)]
pub(crate) struct Seen(Mutex<SeenInside>);

#[derive(Default)]
struct SeenInside {
    uses: HashMap<SessionId, i64>,
    written_unix_s: i64,
}

impl Seen {
    fn note(&self, id: SessionId, now_unix_s: i64) {
        let mut inside = self.inside();
        let seen_unix_s = inside.uses.entry(id).or_insert(now_unix_s);
        *seen_unix_s = now_unix_s.max(*seen_unix_s);
    }

    /// The last use, of which the store knows `written_unix_s`.
    pub(crate) fn of(&self, id: SessionId, written_unix_s: i64) -> i64 {
        let noted = self.inside().uses.get(&id).copied();
        noted.map_or(written_unix_s, |noted| noted.max(written_unix_s))
    }

    /// What is to be written now: nothing if it is too early and not the last time.
    fn due(&self, now_unix_s: i64, last: bool) -> Vec<(SessionId, i64)> {
        let inside = self.inside();
        let since_s = now_unix_s.saturating_sub(inside.written_unix_s);
        if last || since_s.unsigned_abs() >= SEEN_EVERY_S.unsigned_abs() {
            inside.uses.iter().map(|(&id, &at)| (id, at)).collect()
        } else {
            Vec::new()
        }
    }

    fn written(&self, uses: &[(SessionId, i64)], now_unix_s: i64) {
        let mut inside = self.inside();
        inside.written_unix_s = now_unix_s;
        for (id, at) in uses {
            // A use that came meanwhile stays.
            if inside.uses.get(id) == Some(at) {
                inside.uses.remove(id);
            }
        }
    }

    pub(crate) fn forget(&self, id: SessionId) {
        self.inside().uses.remove(&id);
    }

    // A blocking lock: nothing is awaited while it is held.
    fn inside(&self) -> MutexGuard<'_, SeenInside> {
        self.0.lock().expect("no panic while held")
    }
}

/// Somebody whose credentials were checked, for whom a session is to start.
pub(crate) struct LetIn {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) source: String,
    pub(crate) is_paired: bool,
    pub(crate) is_visitor: bool,
}

impl Access {
    /// Starts a session, writes down that somebody logged in, and commits.
    pub(crate) async fn start(
        &self,
        mut tx: Transaction<'static, Sqlite>,
        who: LetIn,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), Fault> {
        let (idle_s, absolute_s) = match who.is_paired {
            true => SCREEN_LIFETIMES_S,
            false => lifetimes_s(who.role),
        };
        let token = SessionToken::new();
        let oldest: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT -1 OFFSET ?",
        )
        .bind(who.user.0)
        .bind(SESSIONS_PER_USER - 1)
        .fetch_all(&mut *tx)
        .await?;
        for id in oldest {
            end_in(&mut tx, SessionId(id), EndReason::TooMany, now_unix_s).await?;
        }
        let expires_unix_s = now_unix_s + absolute_s;
        let id = sqlx::query_scalar(
            "INSERT INTO sessions (token_sha256, user_id, source, started_unix_s, seen_unix_s, idle_s, expires_unix_s)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) RETURNING id",
        )
        .bind(token.sha256().as_slice())
        .bind(who.user.0)
        .bind(&who.source)
        .bind(now_unix_s)
        .bind(idle_s)
        .bind(expires_unix_s)
        .fetch_one(&mut *tx)
        .await?;
        let session = Session {
            id: SessionId(id),
            user: who.user,
            name: who.name,
            role: who.role,
            source: who.source,
            started_unix_s: now_unix_s,
            expires_unix_s,
            is_paired: who.is_paired,
            is_visitor: who.is_visitor,
        };
        let entry = Entry::of(&session);
        append(&mut tx, AuditKind::LoggedIn, entry, now_unix_s).await?;
        tx.commit().await?;
        self.announce().await?;
        Ok((token, session))
    }
}
