//! Rows that have reached their age go: always from the beginning of the log, and only after a row that says so.
//!
//! That row (`AuditKind::AuditCut`) is the checkpoint that keeps the rest verifiable: it names the last row to go and
//! carries half of its hash, it is part of the chain itself, and so the exported heads that come after it cover it. The
//! whole hash stands in the first row that stays, as that of the row before it. A cut is one small transaction and then
//! removals by the thousand, so that nobody waits long for the one writer; a crash in between leaves rows that the next
//! call removes.
//!
//! What goes is decided by the times in the rows, and only as a whole prefix: a row that says a later time than it was
//! written (a clock that stood ahead) keeps everything behind it until its own time has come.

use super::append::{append, newest};
use super::row::{AuditKind, Entry};
use crate::error::Fault;
use crate::store::Access;
use sqlx::SqliteConnection;

/// Rows are kept at least so long: half a year, which is also what Article 21 of China's Cybersecurity Law asks of logs.
pub const AUDIT_DAYS_MIN: u16 = 183;

pub(super) const DAY_S: i64 = 24 * 3600;
/// Nothing younger can be cut: the least limit, without the day below. The database refuses it too (migration 4).
pub(super) const CUT_AGE_MIN_S: i64 = (AUDIT_DAYS_MIN as i64 - 1) * DAY_S;
/// A cut is made this long before the oldest row reaches the limit, so that whoever asks every hour is never late; and it
/// then takes a whole day of rows with it, so that there is one a day at most.
const AHEAD_S: i64 = 2 * 3600;
/// Rows removed in one transaction.
const REMOVED_AT_ONCE: i64 = 2_000;

/// What a call of [`Access::cut_audit`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Rows that are gone.
    pub rows: u64,
    /// Notices that pointed at them.
    pub notices: u64,
}

impl Access {
    /// Removes the rows that are older than `keep_days` (`AUDIT_DAYS_MIN` at least), or will be within two hours, and then
    /// those of up to a day after them. To be called every hour.
    ///
    /// # Errors
    /// When it cannot be written; what was removed before stays removed, and the log is whole.
    pub async fn cut_audit(&self, keep_days: u16, now_unix_s: i64) -> Result<Cut, Fault> {
        self.mark_cut(keep_days.max(AUDIT_DAYS_MIN), now_unix_s)
            .await?;
        let mut cut = Cut::default();
        loop {
            let some = self.remove_some().await?;
            if some.rows == 0 {
                return Ok(cut);
            }
            cut.rows += some.rows;
            cut.notices += some.notices;
        }
    }

    /// Writes the row that says what goes, where something is to go.
    async fn mark_cut(&self, keep_days: u16, now_unix_s: i64) -> Result<(), Fault> {
        let limit_s = i64::from(keep_days) * DAY_S;
        let mut tx = self.write().await?;
        let marked = marked(&mut tx).await?;
        let oldest: Option<(i64, i64)> =
            sqlx::query_as("SELECT seq, at_unix_s FROM audit WHERE seq > ? ORDER BY seq LIMIT 1")
                .bind(marked)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((first, _)) =
            oldest.filter(|(_, at_unix_s)| *at_unix_s <= now_unix_s - limit_s + AHEAD_S)
        else {
            return Ok(());
        };
        // In the order of the numbers from the beginning, not by the index on the time: it ends at the first young row.
        let first_young: Option<i64> = sqlx::query_scalar(
            "SELECT seq FROM audit NOT INDEXED WHERE seq > ? AND at_unix_s > ? ORDER BY seq LIMIT 1",
        )
        .bind(marked)
        .bind(now_unix_s - limit_s + DAY_S)
        .fetch_optional(&mut *tx)
        .await?;
        // A look that is open needs its first row for its second.
        let first_open: Option<i64> = sqlx::query_scalar("SELECT min(permit_id) FROM open_permits")
            .fetch_one(&mut *tx)
            .await?;
        let (newest, ..) = newest(&mut tx).await?;
        let last = [first_young, first_open]
            .into_iter()
            .flatten()
            .fold(newest, |last, stays| last.min(stays - 1));
        if last < first {
            return Ok(());
        }
        let hash: Vec<u8> = sqlx::query_scalar("SELECT hash FROM audit WHERE seq = ?")
            .bind(last)
            .fetch_one(&mut *tx)
            .await?;
        let entry = Entry {
            source: Some("server".to_owned()),
            action: Some(format!("keep_{keep_days}_days")),
            handle: hash.first_chunk().copied(),
            amount: Some(last),
            ..Entry::default()
        };
        append(&mut tx, AuditKind::AuditCut, entry, now_unix_s).await?;
        Ok(tx.commit().await?)
    }

    async fn remove_some(&self) -> Result<Cut, Fault> {
        let mut tx = self.write().await?;
        let marked = marked(&mut tx).await?;
        let first: Option<i64> = sqlx::query_scalar("SELECT min(seq) FROM audit")
            .fetch_one(&mut *tx)
            .await?;
        let Some(first) = first.filter(|first| *first <= marked) else {
            return Ok(Cut::default());
        };
        let last = marked.min(first + REMOVED_AT_ONCE - 1);
        let mut gone = [0; 2];
        for (statement, gone) in [
            "DELETE FROM notices WHERE audit_seq <= ?",
            "DELETE FROM audit WHERE seq <= ?",
        ]
        .into_iter()
        .zip(&mut gone)
        {
            let done = sqlx::query(statement).bind(last).execute(&mut *tx).await?;
            *gone = done.rows_affected();
        }
        tx.commit().await?;
        Ok(Cut {
            rows: gone[1],
            notices: gone[0],
        })
    }
}

/// Up to which number rows were said to go; 0 if none were.
pub(super) async fn marked(on: &mut SqliteConnection) -> Result<i64, Fault> {
    let marked: Option<i64> =
        sqlx::query_scalar("SELECT max(amount) FROM audit WHERE kind = 'audit_cut'")
            .fetch_one(on)
            .await?;
    Ok(marked.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{CUT_AGE_MIN_S, DAY_S};
    use crate::audit::{AuditKind, Entry, HeadAt, Problem, append, read_heads};
    use crate::password::Cost;
    use crate::store::{Access, Settings};
    use crate::{By, Role};

    const NOW: i64 = 1_795_300_000;

    /// Somebody who has the file and this program's code, but not the heads: the cut and its hashes are as they should be,
    /// only the rows were young.
    #[tokio::test]
    async fn a_well_formed_cut_of_young_rows_is_seen_by_the_heads() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            password_cost: Cost {
                memory_kib: 8,
                passes: 1,
            },
            ..Settings::default()
        };
        let path = folder.path().join("evwall.db");
        let access = Access::open_with(&path, settings, NOW).await.unwrap();
        let heads = folder.path().join("heads");
        for day in 0..8 {
            let now = NOW + day * DAY_S;
            // The hour before.
            let hour_before = now - 3_600;
            access
                .export_head(&heads, HeadAt::Hour, hour_before)
                .await
                .unwrap();
            let by = By::Console("test");
            let name = format!("somebody-{day}");
            access
                .create_user(by, &name, "a long enough password", Role::Viewer, now)
                .await
                .unwrap();
            access.export_head(&heads, HeadAt::Hour, now).await.unwrap();
        }
        // Of the eight rows, a day apart, the first three may go at this time, and not the fourth.
        let now = NOW + 2 * DAY_S + CUT_AGE_MIN_S;
        for (last, is_right) in [(3, true), (4, false)] {
            let mut tx = access.write().await.unwrap();
            sqlx::query("DROP TRIGGER IF EXISTS audit_is_cut_when_old")
                .execute(&mut *tx)
                .await
                .unwrap();
            let hash: Vec<u8> = sqlx::query_scalar("SELECT hash FROM audit WHERE seq = ?")
                .bind(last)
                .fetch_one(&mut *tx)
                .await
                .unwrap();
            let entry = Entry {
                handle: hash.first_chunk().copied(),
                amount: Some(last),
                ..Entry::default()
            };
            append(&mut tx, AuditKind::AuditCut, entry, now)
                .await
                .unwrap();
            sqlx::query("DELETE FROM audit WHERE seq <= ?")
                .bind(last)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let found = access.verify_audit(None).await.unwrap();
            let trigger = Problem::TriggerMissing {
                name: "audit_is_cut_when_old",
            };
            assert_eq!(found.problems, [trigger], "up to {last}");
            let heads = read_heads(&heads).unwrap();
            let found = access.verify_audit(Some(&heads)).await.unwrap();
            let too_young = found
                .problems
                .iter()
                .any(|problem| matches!(problem, Problem::CutTooYoung { .. }));
            assert_eq!(too_young, !is_right, "up to {last}: {found:?}");
        }
    }
}
