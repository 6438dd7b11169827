//! The second row of a look: how long it was open, and why it ended. Written once, when the card is closed, the time is
//! up, the session ends, or the server stops; after a crash the next start writes it, without a time, because nobody
//! knows it.

use crate::audit::{AuditKind, AuditRow, Entry, append};
use crate::ends::EndReason;
use crate::error::Fault;
use crate::permit::PermitId;
use crate::session::SessionId;
use crate::store::Access;
use sqlx::SqliteConnection;

/// Why a look ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// By the person who looked.
    ByHand,
    /// The page that showed it is gone: a closed tab, a lost connection.
    PageGone,
    /// The same vehicle was opened anew.
    OpenedAgain,
}

impl Closed {
    const fn name(self) -> &'static str {
        match self {
            Self::ByHand => "closed",
            Self::PageGone => "page_gone",
            Self::OpenedAgain => "opened_again",
        }
    }
}

impl Access {
    /// The card was closed. A permit that is over already is no error. Even if the row cannot be written, the permit
    /// is over; `sweep` writes the row later.
    pub async fn close_permit(
        &self,
        id: PermitId,
        why: Closed,
        now_unix_s: i64,
    ) -> Result<(), Fault> {
        self.0.permits.end(id);
        let mut tx = self.write().await?;
        close_in(&mut tx, id, why.name(), now_unix_s).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn close_expired_permits(&self, now_unix_s: i64) -> Result<(), Fault> {
        let over: Vec<i64> =
            sqlx::query_scalar("SELECT permit_id FROM open_permits WHERE expires_unix_s <= ?")
                .bind(now_unix_s)
                .fetch_all(self.read())
                .await?;
        self.close_all(&over, "expired", now_unix_s).await
    }

    /// Permits that are open when the server starts were open when it died.
    pub(crate) async fn close_permits_of_a_crash(&self, now_unix_s: i64) -> Result<(), Fault> {
        let left = self.all_open().await?;
        self.close_all(&left, "server_ended", now_unix_s).await
    }

    pub(crate) async fn close_permits_at_stop(&self, now_unix_s: i64) -> Result<(), Fault> {
        let left = self.all_open().await?;
        self.close_all(&left, "server_stopped", now_unix_s).await
    }

    async fn all_open(&self) -> Result<Vec<i64>, Fault> {
        Ok(sqlx::query_scalar("SELECT permit_id FROM open_permits")
            .fetch_all(self.read())
            .await?)
    }

    async fn close_all(
        &self,
        ids: &[i64],
        why: &'static str,
        now_unix_s: i64,
    ) -> Result<(), Fault> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for &id in ids {
            self.0.permits.end(PermitId(id));
            close_in(&mut tx, PermitId(id), why, now_unix_s).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Writes the closing row, once; the caller commits.
async fn close_in(
    on: &mut SqliteConnection,
    id: PermitId,
    why: &'static str,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let open: Option<(i64, i64)> = sqlx::query_as(
        "DELETE FROM open_permits WHERE permit_id = ? RETURNING opened_unix_s, expires_unix_s",
    )
    .bind(id.0)
    .fetch_optional(&mut *on)
    .await?;
    let Some((opened_unix_s, expires_unix_s)) = open else {
        return Ok(());
    };
    let opening: AuditRow = sqlx::query_as("SELECT * FROM audit WHERE seq = ?")
        .bind(id.0)
        .fetch_one(&mut *on)
        .await?;
    // It showed nothing after it expired, whenever that is written down; after a crash nobody knows.
    let open_s =
        (why != "server_ended").then(|| (now_unix_s.min(expires_unix_s) - opened_unix_s).max(0));
    let entry = Entry {
        user_id: opening.user_id,
        user_name: opening.user_name,
        role: opening.role,
        session_id: opening.session_id,
        source: opening.source,
        action: opening.action,
        permit_id: Some(id.0),
        reason: Some(why),
        amount: open_s,
        ..Entry::default()
    };
    append(on, AuditKind::PermitClosed, entry, now_unix_s).await?;
    Ok(())
}

pub(crate) async fn close_of_session_in(
    on: &mut SqliteConnection,
    session: SessionId,
    why: EndReason,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT permit_id FROM open_permits WHERE session_id = ?")
            .bind(session.0)
            .fetch_all(&mut *on)
            .await?;
    for id in ids {
        close_in(on, PermitId(id), why.name(), now_unix_s).await?;
    }
    Ok(())
}
