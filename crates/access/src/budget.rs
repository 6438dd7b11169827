//! How many looks a person may take. Above the first line the privacy officer is told; above the second the answer
//! is a refusal. Counted from the log itself, so that a restart forgets nothing.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{Fault, Refused};
use crate::role::Action;
use crate::session::{Session, UserId};
use sqlx::SqliteConnection;

/// Looks are vehicles shown, not permits: a permit for twenty counts twenty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    pub notice_looks_per_hour: u32,
    pub refuse_looks_per_hour: u32,
    pub notice_looks_per_day: u32,
    pub refuse_looks_per_day: u32,
    /// Searches that found nothing: guessing looks like this.
    pub notice_misses_per_hour: u32,
    pub refuse_misses_per_hour: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            notice_looks_per_hour: 30,
            refuse_looks_per_hour: 120,
            notice_looks_per_day: 100,
            refuse_looks_per_day: 400,
            notice_misses_per_hour: 5,
            refuse_misses_per_hour: 20,
        }
    }
}

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;
/// Refused looks that get a row, for each person and hour; further ones are refused without one, or asking without end
/// would fill the disk.
const REFUSALS_PER_HOUR: i64 = 20;

/// What is counted. Its name stands in the row that tells of too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    LooksInAnHour,
    LooksInADay,
    MissesInAnHour,
}

/// What a wish to look at `adding` more vehicles comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Usual,
    Notice,
    Refuse { retry_after_s: u32 },
}

impl Counted {
    const fn name(self) -> &'static str {
        match self {
            Self::LooksInAnHour => "looks_per_hour",
            Self::LooksInADay => "looks_per_day",
            Self::MissesInAnHour => "misses_per_hour",
        }
    }

    const fn window_s(self) -> i64 {
        match self {
            Self::LooksInAnHour | Self::MissesInAnHour => HOUR_S,
            Self::LooksInADay => DAY_S,
        }
    }

    /// Above the first the privacy officer is told, above the second it is refused.
    fn limits(self, budgets: &Budgets) -> (i64, i64) {
        let (notice, refuse) = match self {
            Self::LooksInAnHour => (budgets.notice_looks_per_hour, budgets.refuse_looks_per_hour),
            Self::LooksInADay => (budgets.notice_looks_per_day, budgets.refuse_looks_per_day),
            Self::MissesInAnHour => (
                budgets.notice_misses_per_hour,
                budgets.refuse_misses_per_hour,
            ),
        };
        (i64::from(notice), i64::from(refuse))
    }

    /// When the newest rows that count were written: the newest first, skipping `skip`.
    async fn nth_newest(
        self,
        on: &mut SqliteConnection,
        user: UserId,
        since_unix_s: i64,
        skip: i64,
    ) -> Result<Option<i64>, sqlx::Error> {
        // A search counts as a look: it tells whether a vehicle is there.
        let sql = match self {
            Self::LooksInAnHour | Self::LooksInADay => {
                "SELECT at_unix_s FROM audit WHERE user_id = ? AND kind IN ('permit_opened', 'search_asked')
                     AND at_unix_s > ? ORDER BY at_unix_s DESC LIMIT 1 OFFSET ?"
            }
            Self::MissesInAnHour => {
                "SELECT at_unix_s FROM audit WHERE user_id = ? AND kind = 'search_answered' AND amount = 0
                     AND at_unix_s > ? ORDER BY at_unix_s DESC LIMIT 1 OFFSET ?"
            }
        };
        sqlx::query_scalar(sql)
            .bind(user.0)
            .bind(since_unix_s)
            .bind(skip)
            .fetch_optional(on)
            .await
    }

    async fn ask(
        self,
        on: &mut SqliteConnection,
        user: UserId,
        adding: i64,
        budgets: &Budgets,
        now_unix_s: i64,
    ) -> Result<Answer, sqlx::Error> {
        let (notice, refuse) = self.limits(budgets);
        let since_unix_s = now_unix_s - self.window_s();
        if adding > refuse {
            let retry_after_s = u32::try_from(self.window_s()).unwrap_or(u32::MAX);
            return Ok(Answer::Refuse { retry_after_s });
        }
        // If there is a row this far down, `adding` more would be too many until it leaves the window.
        if let Some(at) = self
            .nth_newest(on, user, since_unix_s, refuse - adding)
            .await?
        {
            let retry_after_s = u32::try_from(at - since_unix_s).unwrap_or(u32::MAX).max(1);
            return Ok(Answer::Refuse { retry_after_s });
        }
        let above_notice = adding > notice
            || self
                .nth_newest(on, user, since_unix_s, notice - adding)
                .await?
                .is_some();
        Ok(if above_notice {
            Answer::Notice
        } else {
            Answer::Usual
        })
    }
}

/// Asks every budget before `adding` more vehicles are looked at. On `Ok` the caller commits what it and this wrote;
/// on `OverBudget` too, because the notice must stay, and then refuses.
pub(crate) async fn ask(
    on: &mut SqliteConnection,
    session: &Session,
    adding: usize,
    budgets: &Budgets,
    now_unix_s: i64,
) -> Result<(), Refused> {
    let adding = i64::try_from(adding).unwrap_or(i64::MAX);
    let questions = [
        (Counted::LooksInAnHour, adding),
        (Counted::LooksInADay, adding),
        // Asked before a search is known to miss: this one might.
        (Counted::MissesInAnHour, 1),
    ];
    let mut refused = None;
    for (counted, adding) in questions {
        match counted
            .ask(on, session.user, adding, budgets, now_unix_s)
            .await?
        {
            Answer::Usual => {}
            // A miss that has not happened is nothing to tell of; it is told when it has.
            Answer::Notice if counted == Counted::MissesInAnHour => {}
            Answer::Notice => tell(on, session, counted, now_unix_s).await?,
            Answer::Refuse { retry_after_s } => {
                tell(on, session, counted, now_unix_s).await?;
                refused = refused.max(Some(retry_after_s));
            }
        }
    }
    match refused {
        Some(retry_after_s) => Err(Refused::OverBudget { retry_after_s }),
        None => Ok(()),
    }
}

/// After a search that found nothing; the row that says so is written already.
pub(crate) async fn missed(
    on: &mut SqliteConnection,
    session: &Session,
    budgets: &Budgets,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let counted = Counted::MissesInAnHour;
    if counted
        .ask(on, session.user, 0, budgets, now_unix_s)
        .await?
        != Answer::Usual
    {
        tell(on, session, counted, now_unix_s).await?;
    }
    Ok(())
}

/// A row and a notice, once an hour for each person and budget.
async fn tell(
    on: &mut SqliteConnection,
    session: &Session,
    counted: Counted,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let told: Option<i64> = sqlx::query_scalar(
        "SELECT seq FROM audit WHERE user_id = ? AND kind = 'over_budget' AND reason = ? AND at_unix_s > ? LIMIT 1",
    )
    .bind(session.user.0)
    .bind(counted.name())
    .bind(now_unix_s - HOUR_S)
    .fetch_optional(&mut *on)
    .await?;
    if told.is_some() {
        return Ok(());
    }
    let entry = Entry {
        reason: Some(counted.name()),
        ..Entry::of(session)
    };
    let row = append(on, AuditKind::OverBudget, entry, now_unix_s).await?;
    sqlx::query("INSERT INTO notices (audit_seq) VALUES (?)")
        .bind(row.seq)
        .execute(on)
        .await?;
    tracing::warn!(user = %session.name, budget = counted.name(), "somebody looks at unusually many vehicles");
    Ok(())
}

/// Writes down that a look was refused, at most `REFUSALS_PER_HOUR` for each person.
pub(crate) async fn refusal(
    on: &mut SqliteConnection,
    session: &Session,
    action: Action,
    reason: &'static str,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let written: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE user_id = ? AND kind = 'permit_refused' AND at_unix_s > ?",
    )
    .bind(session.user.0)
    .bind(now_unix_s - HOUR_S)
    .fetch_one(&mut *on)
    .await?;
    if written < REFUSALS_PER_HOUR {
        let entry = Entry {
            action: Some(action.name().to_owned()),
            reason: Some(reason),
            ..Entry::of(session)
        };
        append(on, AuditKind::PermitRefused, entry, now_unix_s).await?;
    }
    Ok(())
}
