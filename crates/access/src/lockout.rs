//! Failed log-ins, counted for a name and for a source address. The first few are free; each one after doubles the
//! wait, up to a bound, so that an attacker is slowed without a person being shut out for a day. A success clears the
//! name's count, never the address's; time clears both.
//!
//! Names that do not exist are counted like those that do, or the lock would tell which exist.

use crate::error::Fault;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

const FREE_FOR_A_NAME: i64 = 5;
/// An address may be a whole office.
const FREE_FOR_A_SOURCE: i64 = 20;
const FIRST_WAIT_S: i64 = 30;
const LONGEST_WAIT_S: i64 = 15 * 60;
/// A count without a new failure for this long is forgotten.
const FORGET_AFTER_S: i64 = 24 * 3600;
/// Counted subjects; at the bound the one that failed longest ago is dropped.
const SUBJECTS_MAX: i64 = 10_000;

/// Whose failures: a hash, because what was typed as a name may be a password.
pub(crate) struct Subject {
    hash: [u8; 32],
    free: i64,
}

impl Subject {
    pub(crate) fn name(name: &str) -> Self {
        Self {
            hash: Sha256::digest(format!("name\n{}", name.to_ascii_lowercase())).into(),
            free: FREE_FOR_A_NAME,
        }
    }

    pub(crate) fn source(source: &str) -> Self {
        Self {
            hash: Sha256::digest(format!("source\n{source}")).into(),
            free: FREE_FOR_A_SOURCE,
        }
    }
}

/// How long the longest lock of `subjects` still lasts.
pub(crate) async fn locked(
    on: &mut SqliteConnection,
    subjects: &[Subject],
    now_unix_s: i64,
) -> Result<Option<u32>, Fault> {
    let mut longest_s = 0;
    for subject in subjects {
        let until: Option<i64> =
            sqlx::query_scalar("SELECT locked_until_unix_s FROM lockouts WHERE subject = ?")
                .bind(subject.hash.as_slice())
                .fetch_optional(&mut *on)
                .await?;
        // Under a clock that was set back the wait is still no longer than the longest.
        longest_s = longest_s.max((until.unwrap_or(0) - now_unix_s).min(LONGEST_WAIT_S));
    }
    Ok((longest_s > 0).then(|| u32::try_from(longest_s).unwrap_or(u32::MAX)))
}

/// Counts one more; the caller commits.
pub(crate) async fn failed(
    on: &mut SqliteConnection,
    subject: &Subject,
    now_unix_s: i64,
) -> Result<(), Fault> {
    forget_old(on, now_unix_s).await?;
    sqlx::query(
        "DELETE FROM lockouts WHERE subject IN (SELECT subject FROM lockouts ORDER BY last_unix_s DESC LIMIT -1 OFFSET ?)",
    )
    .bind(SUBJECTS_MAX - 1)
    .execute(&mut *on)
    .await?;
    let before: Option<i64> = sqlx::query_scalar("SELECT failures FROM lockouts WHERE subject = ?")
        .bind(subject.hash.as_slice())
        .fetch_optional(&mut *on)
        .await?;
    let failures = before.unwrap_or(0) + 1;
    sqlx::query(
        "INSERT INTO lockouts (subject, failures, last_unix_s, locked_until_unix_s) VALUES (?, ?, ?, ?)
         ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last_unix_s = excluded.last_unix_s,
             locked_until_unix_s = excluded.locked_until_unix_s",
    )
    .bind(subject.hash.as_slice())
    .bind(failures)
    .bind(now_unix_s)
    .bind(now_unix_s + wait_s(failures, subject.free))
    .execute(on)
    .await?;
    Ok(())
}

/// Deletes the counts that are over; how many.
pub(crate) async fn forget_old(on: &mut SqliteConnection, now_unix_s: i64) -> Result<u64, Fault> {
    let gone = sqlx::query("DELETE FROM lockouts WHERE last_unix_s <= ?")
        .bind(now_unix_s - FORGET_AFTER_S)
        .execute(on)
        .await?;
    Ok(gone.rows_affected())
}

pub(crate) async fn forget(on: &mut SqliteConnection, subject: &Subject) -> Result<(), Fault> {
    sqlx::query("DELETE FROM lockouts WHERE subject = ?")
        .bind(subject.hash.as_slice())
        .execute(on)
        .await?;
    Ok(())
}

/// The wait after so many failures.
fn wait_s(failures: i64, free: i64) -> i64 {
    let past = failures - free;
    if past < 0 {
        return 0;
    }
    let doublings = u32::try_from(past.min(16)).unwrap_or(16);
    (FIRST_WAIT_S << doublings).min(LONGEST_WAIT_S)
}

#[cfg(test)]
mod tests {
    use super::{FREE_FOR_A_NAME, LONGEST_WAIT_S, wait_s};

    #[test]
    fn the_wait_doubles_from_half_a_minute_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=12).map(|n| wait_s(n, FREE_FOR_A_NAME)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait_s(i64::MAX, FREE_FOR_A_NAME), LONGEST_WAIT_S);
    }
}
