//! What the store forgets because it is old, beside the rows of the log (`audit::cut`), and that nothing of it is left in
//! the bytes of its files.
//!
//! Deleted content is overwritten with zeros (`secure_delete`, set where the store is opened); what is left then is the
//! WAL, which keeps pages as they were before, and so it is emptied.

use crate::audit::{AuditKind, Cut, Entry, append};
use crate::error::Fault;
use crate::lockout;
use crate::store::Access;

/// What was forgotten, beside rows of the log. Its name stands in the row that says how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Forgotten {
    /// Counts of failed log-ins.
    Lockouts,
    /// Last states of vehicles that are not heard any more.
    Vehicles,
    /// Damaged pieces of streams, blanked.
    DamagedPieces,
}

impl Forgotten {
    pub const ALL: [Self; 3] = [Self::Lockouts, Self::Vehicles, Self::DamagedPieces];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lockouts => "lockouts",
            Self::Vehicles => "vehicles",
            Self::DamagedPieces => "damaged_pieces",
        }
    }
}

/// What a call of [`Access::forget_old`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    pub audit: Cut,
    pub lockouts: u64,
}

impl Access {
    /// Deletes everything of the store that has reached its age, with a row that says how much, and empties the WAL. Rows of
    /// the log stay where no limit is given. To be called every hour.
    ///
    /// # Errors
    /// When it cannot be written, or somebody else reads the file for so long that the WAL cannot be emptied; the next call
    /// does the rest.
    pub async fn forget_old(
        &self,
        audit_days: Option<u16>,
        now_unix_s: i64,
    ) -> Result<Gone, Fault> {
        let lockouts = self.forget_lockouts(now_unix_s).await?;
        let audit = match audit_days {
            Some(days) => self.cut_audit(days, now_unix_s).await?,
            None => Cut::default(),
        };
        self.empty_wal().await?;
        Ok(Gone { audit, lockouts })
    }

    /// Writes down that so many things of a kind were deleted elsewhere in the server; none is no row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forgot(&self, what: Forgotten, count: u64, now_unix_s: i64) -> Result<(), Fault> {
        if count == 0 {
            return Ok(());
        }
        let mut tx = self.write().await?;
        append(
            &mut tx,
            AuditKind::Forgotten,
            entry(what, count),
            now_unix_s,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn forget_lockouts(&self, now_unix_s: i64) -> Result<u64, Fault> {
        let mut tx = self.write().await?;
        let count = lockout::forget_old(&mut tx, now_unix_s).await?;
        if count > 0 {
            let entry = entry(Forgotten::Lockouts, count);
            append(&mut tx, AuditKind::Forgotten, entry, now_unix_s).await?;
            tx.commit().await?;
        }
        Ok(count)
    }

    async fn empty_wal(&self) -> Result<(), Fault> {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(self.writer())
            .await?;
        if busy != 0 {
            return Err(Fault::Locked);
        }
        Ok(())
    }
}

fn entry(what: Forgotten, count: u64) -> Entry {
    Entry {
        source: Some("server".to_owned()),
        reason: Some(what.name()),
        amount: i64::try_from(count).ok(),
        ..Entry::default()
    }
}
