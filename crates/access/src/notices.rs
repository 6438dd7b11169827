//! What the privacy officer has still to see: somebody looked at unusually many vehicles. A notice points at its audit
//! row; seeing it is a row too.

use crate::audit::{AuditKind, AuditRow, Entry, append};
use crate::error::Refused;
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;

/// The oldest ones first; the rest shows when these have been seen.
const SHOWN_MAX: i64 = 200;

impl Access {
    /// Notices nobody has marked as seen.
    pub async fn notices(
        &self,
        session: &Session,
        now_unix_s: i64,
    ) -> Result<Vec<AuditRow>, Refused> {
        let mut on = self.read().acquire().await?;
        self.living(&mut on, session, Action::SeeNotices, now_unix_s)
            .await?;
        Ok(sqlx::query_as(
            "SELECT a.* FROM notices n JOIN audit a ON a.seq = n.audit_seq
             WHERE n.seen_unix_s IS NULL ORDER BY n.audit_seq LIMIT ?",
        )
        .bind(SHOWN_MAX)
        .fetch_all(&mut *on)
        .await?)
    }

    /// Marks one as seen. One that is not open is no error and no row.
    pub async fn notice_seen(
        &self,
        session: &Session,
        seq: i64,
        now_unix_s: i64,
    ) -> Result<(), Refused> {
        let mut tx = self.write().await?;
        let session = self
            .living(&mut tx, session, Action::SeeNotices, now_unix_s)
            .await?;
        let marked = sqlx::query(
            "UPDATE notices SET seen_unix_s = ?, seen_by = ? WHERE audit_seq = ? AND seen_unix_s IS NULL",
        )
        .bind(now_unix_s)
        .bind(session.user.0)
        .bind(seq)
        .execute(&mut *tx)
        .await?;
        if marked.rows_affected() == 0 {
            return Ok(());
        }
        let about: Option<String> = sqlx::query_scalar("SELECT user_name FROM audit WHERE seq = ?")
            .bind(seq)
            .fetch_one(&mut *tx)
            .await?;
        let entry = Entry {
            about_user: about,
            amount: Some(seq),
            ..Entry::of(&session)
        };
        append(&mut tx, AuditKind::NoticeSeen, entry, now_unix_s).await?;
        Ok(tx.commit().await?)
    }
}
