//! The only writer of the log. It takes part in its caller's transaction, so that the change and its row are one:
//! either both are on the disk or neither is.
//!
//! Times never run backwards in the log. A step back of at most `TOLERANCE_S` is written as the newest time so far; a
//! larger one is refused until an operator confirms it (`Access::accept_clock`), because expiry and "who looked when"
//! mean nothing under a clock that somebody can turn.

use super::row::{AuditKind, AuditRow, Entry};
use crate::error::Fault;
use sqlx::SqliteConnection;

/// How far the clock may be behind the newest row before nothing is written any more.
pub const TOLERANCE_S: i64 = 60;

/// What `append` did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) seq: i64,
    /// The time that stands in the row.
    pub(crate) at_unix_s: i64,
}

/// Number, time and hash of the newest row; of an empty log what the first row follows.
pub(super) async fn newest(on: &mut SqliteConnection) -> Result<(i64, i64, Vec<u8>), sqlx::Error> {
    let newest = sqlx::query_as("SELECT seq, at_unix_s, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(on)
        .await?;
    Ok(newest.unwrap_or_else(|| (0, i64::MIN, vec![0; 32])))
}

/// Appends one row. Nothing is promised until the caller's transaction is committed.
pub(crate) async fn append(
    on: &mut SqliteConnection,
    kind: AuditKind,
    entry: Entry,
    now_unix_s: i64,
) -> Result<Appended, Fault> {
    let (last, last_unix_s, previous) = newest(on).await?;
    let seq = last + 1;
    let at_unix_s = if kind == AuditKind::ClockAccepted {
        now_unix_s
    } else {
        in_order(last_unix_s, now_unix_s)?
    };
    let mut row = AuditRow {
        seq,
        at_unix_s,
        kind: kind.name().to_owned(),
        user_id: entry.user_id,
        user_name: entry.user_name,
        role: entry.role,
        session_id: entry.session_id,
        source: entry.source,
        action: entry.action,
        purpose: entry.purpose.map(str::to_owned),
        case_number: entry.case_number,
        vin: entry.vin,
        make: entry.make,
        handle: entry.handle.map(Vec::from),
        permit_id: entry.permit_id,
        about_user: entry.about_user,
        reason: entry.reason.map(str::to_owned),
        amount: entry.amount,
        previous,
        hash: Vec::new(),
    };
    // A permit is named by its first row, which does not know its number before it is written.
    if kind == AuditKind::PermitOpened && row.permit_id.is_none() {
        row.permit_id = Some(seq);
    }
    row.hash = row.right_hash().into();
    sqlx::query(
        "INSERT INTO audit (seq, at_unix_s, kind, user_id, user_name, role, session_id, source, action, purpose,
             case_number, vin, make, handle, permit_id, about_user, reason, amount, previous, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.seq)
    .bind(row.at_unix_s)
    .bind(row.kind)
    .bind(row.user_id)
    .bind(row.user_name)
    .bind(row.role)
    .bind(row.session_id)
    .bind(row.source)
    .bind(row.action)
    .bind(row.purpose)
    .bind(row.case_number)
    .bind(row.vin)
    .bind(row.make)
    .bind(row.handle)
    .bind(row.permit_id)
    .bind(row.about_user)
    .bind(row.reason)
    .bind(row.amount)
    .bind(row.previous)
    .bind(row.hash)
    .execute(on)
    .await?;
    Ok(Appended { seq, at_unix_s })
}

/// The time to use after `last_unix_s` when the clock says `now_unix_s`.
pub(crate) fn in_order(last_unix_s: i64, now_unix_s: i64) -> Result<i64, Fault> {
    let by_s = last_unix_s.saturating_sub(now_unix_s);
    if by_s > TOLERANCE_S {
        return Err(Fault::ClockSetBack { by_s });
    }
    Ok(now_unix_s.max(last_unix_s))
}
