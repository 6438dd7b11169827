//! How everybody who holds a session open learns that it ended.
//!
//! Whatever the cause, one row in `session_ends` says so in the same transaction, and `announce` turns new rows into
//! messages: so a socket closes within a second even when another process (the command line) ended the session.
//! `keep` looks four times a second.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{AccessError, Fault};
use crate::session::{Session, SessionId, UserId};
use crate::store::Access;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::broadcast;

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
    /// A screen proved itself again; it has one session.
    Renewed,
    /// An operator confirmed a clock that was set back.
    ClockAccepted,
}

impl EndReason {
    const ALL: [Self; 10] = [
        Self::LoggedOut,
        Self::Idle,
        Self::Expired,
        Self::Revoked,
        Self::UserDisabled,
        Self::RoleChanged,
        Self::PasswordChanged,
        Self::TooMany,
        Self::Renewed,
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
            Self::Renewed => "renewed",
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

const ENDS_KEPT_S: i64 = 24 * 3600;
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Access {
    /// Ends one session. If that cannot be written, it is over in this process all the same.
    pub(crate) async fn end(
        &self,
        id: SessionId,
        why: EndReason,
        now_unix_s: i64,
    ) -> Result<(), Fault> {
        let written = async {
            let mut tx = self.write().await?;
            end_in(&mut tx, id, why, now_unix_s).await?;
            tx.commit().await?;
            Ok::<_, Fault>(())
        }
        .await;
        match written {
            Ok(()) => {
                self.0.ended_here.written(id);
                self.announce().await
            }
            Err(fault) => {
                self.0.ended_here.insert(id, why);
                self.tell(EndedSession { id, why });
                Err(fault)
            }
        }
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
        // Before anything is written: it must not wait for a disk that is full.
        self.announce().await?;
        let over: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT id, expires_unix_s, seen_unix_s, idle_s FROM sessions
             WHERE expires_unix_s <= ?1 OR seen_unix_s + idle_s <= ?1",
        )
        .bind(now_unix_s)
        .fetch_all(self.read())
        .await?;
        let over = over
            .into_iter()
            .filter_map(|(id, expires_unix_s, seen_unix_s, idle_s)| {
                let id = SessionId(id);
                if expires_unix_s <= now_unix_s {
                    return Some((id, EndReason::Expired));
                }
                // It may have been used since that was written.
                let idle = self.0.seen.of(id, seen_unix_s) + idle_s <= now_unix_s;
                idle.then_some((id, EndReason::Idle))
            });
        // First what could not be written before: its reason is the true one. All are ended, whatever cannot be
        // written.
        let mut ended = Ok(());
        for (id, why) in self.0.ended_here.owed().into_iter().chain(over) {
            ended = ended.and(self.end(id, why, now_unix_s).await);
        }
        ended?;
        self.close_expired_permits(now_unix_s).await?;
        self.forget_old_ends(now_unix_s).await?;
        self.write_seen(now_unix_s, false).await
    }

    /// Sweeps four times a second until it is dropped. A fault is logged and the next round tries again.
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
        self.0.seen.forget(ended.id);
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

/// Sessions whose end could not be written: over in this process all the same. Holds at most the living sessions.
#[derive(Default)]
pub(crate) struct EndedHere(Mutex<HashMap<SessionId, EndReason>>);

impl EndedHere {
    fn insert(&self, id: SessionId, why: EndReason) {
        self.map().entry(id).or_insert(why);
    }

    fn written(&self, id: SessionId) {
        self.map().remove(&id);
    }

    fn owed(&self) -> Vec<(SessionId, EndReason)> {
        self.map().iter().map(|(&id, &why)| (id, why)).collect()
    }

    pub(crate) fn contains(&self, id: SessionId) -> bool {
        self.map().contains_key(&id)
    }

    // A blocking lock: nothing is awaited while it is held.
    fn map(&self) -> MutexGuard<'_, HashMap<SessionId, EndReason>> {
        self.0.lock().expect("no panic while held")
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

/// Ends one session and closes its permits, each with its row; the caller commits and then announces.
pub(crate) async fn end_in(
    on: &mut SqliteConnection,
    id: SessionId,
    why: EndReason,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let row: Option<(i64, String, String, String, i64)> = sqlx::query_as(
        "SELECT s.user_id, u.name, u.role, s.source, s.seen_unix_s FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
    )
    .bind(id.0)
    .fetch_optional(&mut *on)
    .await?;
    let Some((user_id, name, role, source, seen_unix_s)) = row else {
        return Ok(());
    };
    crate::closing::close_of_session_in(on, id, why, now_unix_s).await?;
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
    crate::screens::keep_last_seen(on, id, seen_unix_s).await?;
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
