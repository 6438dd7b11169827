//! A clock that was set back. The log refuses rows that are earlier than its newest by more than `TOLERANCE_S`, and
//! with it log-ins and looks are refused. If the clock was wrong *before* and is right now, an operator says so at the
//! machine; that is a row with the size of the step, and everybody logs in anew.

use crate::audit::{AuditKind, Entry, append};
use crate::ends::{EndReason, end_in};
use crate::error::Fault;
use crate::session::SessionId;
use crate::store::Access;
use crate::users::console;

impl Access {
    /// Accepts `now_unix_s` as right. Returns by how many seconds the newest row was ahead; 0 means there was nothing
    /// to accept, and nothing was done.
    pub async fn accept_clock(&self, who: &str, now_unix_s: i64) -> Result<i64, Fault> {
        let mut tx = self.write().await?;
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT at_unix_s FROM audit ORDER BY seq DESC LIMIT 1")
                .fetch_optional(&mut *tx)
                .await?;
        let by_s = newest.map_or(0, |newest| newest - now_unix_s);
        if by_s <= 0 {
            return Ok(0);
        }
        let entry = Entry {
            amount: Some(by_s),
            ..console(who)
        };
        append(&mut tx, AuditKind::ClockAccepted, entry, now_unix_s).await?;
        let sessions: Vec<i64> = sqlx::query_scalar("SELECT id FROM sessions")
            .fetch_all(&mut *tx)
            .await?;
        for id in sessions {
            end_in(&mut tx, SessionId(id), EndReason::ClockAccepted, now_unix_s).await?;
        }
        // Waits that end in a time that is not to come would lock people out.
        sqlx::query("DELETE FROM lockouts WHERE last_unix_s > ?")
            .bind(now_unix_s)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.announce().await?;
        Ok(by_s)
    }
}
