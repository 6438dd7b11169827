//! Logging in. A wrong name, a wrong password, a disabled account and a wrong code give the same answer and cost the
//! same work; failures are counted for the name and for the source address, and each failure past the first few
//! doubles the wait.

use crate::audit::{AuditKind, Entry, append};
use crate::ends::{EndReason, end_all_in};
use crate::error::{Fault, LoginError, UserError};
use crate::lockout::{self, Subject};
use crate::password::{self, Busy};
use crate::role::{Action, Role};
use crate::secret::SessionToken;
use crate::session::{LetIn, Session, UserId};
use crate::store::Access;
use crate::totp::take_code;
use sqlx::SqliteConnection;
use std::sync::atomic::Ordering;

impl From<Busy> for LoginError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct Credentials {
    id: i64,
    name: String,
    role: String,
    password_phc: String,
    disabled: bool,
    totp_on: bool,
}

/// Failed log-ins that get a row, in an hour, all together. Further ones are counted and stand as a number in the next
/// row, or somebody who only guesses could fill the disk and so stop all looks.
const FAILURES_PER_HOUR: i64 = 300;
/// Log-ins of one account in an hour; further ones wait. Each is a row that stays for ever.
const LOGINS_PER_HOUR: i64 = 60;
const HOUR_S: i64 = 3600;

impl Access {
    /// Starts a session for a name and a password. `source` is the address the request came from.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        source: &str,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), LoginError> {
        self.login_with_code(name, password, None, source, now_unix_s)
            .await
    }

    /// The same with a one-time code, for accounts that answered `CodeNeeded`.
    pub async fn login_with_code(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        source: &str,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), LoginError> {
        let source = bounded(source);
        let subjects = [Subject::name(name), Subject::source(&source)];
        let mut on = self.read().acquire().await?;
        if let Some(retry_after_s) = lockout::locked(&mut on, &subjects, now_unix_s).await? {
            return Err(LoginError::Locked { retry_after_s });
        }
        let user: Option<Credentials> = sqlx::query_as(
            "SELECT id, name, role, password_phc, disabled, totp_on FROM users WHERE name = ?",
        )
        .bind(name)
        .fetch_optional(&mut *on)
        .await?;
        drop(on);
        let phc = user.as_ref().map(|user| user.password_phc.clone());
        let right = self.0.passwords.verify(password, phc).await?;
        // Also without a session to give, the row and the count are written before the answer.
        let mut tx = self.write().await?;
        // Asked again: many tries at once may all have passed the first question before one of them was counted.
        if let Some(retry_after_s) = lockout::locked(&mut tx, &subjects, now_unix_s).await? {
            return Err(LoginError::Locked { retry_after_s });
        }
        let role = user.as_ref().and_then(|user| Role::parse(&user.role));
        let (user, role) = match (user, role) {
            (Some(user), Some(role)) if right && !user.disabled => (user, role),
            (user, _) => {
                self.count_failure(&mut tx, user, source, &subjects, now_unix_s)
                    .await?;
                tx.commit().await?;
                return Err(LoginError::WrongCredentials);
            }
        };
        // The account may have changed while the password was hashed.
        let unchanged: bool = sqlx::query_scalar(
            "SELECT count(*) = 1 FROM users
             WHERE id = ? AND role = ? AND password_phc = ? AND totp_on = ? AND disabled = 0",
        )
        .bind(user.id)
        .bind(&user.role)
        .bind(&user.password_phc)
        .bind(user.totp_on)
        .fetch_one(&mut *tx)
        .await?;
        if !unchanged {
            return Err(LoginError::WrongCredentials);
        }
        if user.totp_on {
            let Some(code) = code else {
                return Err(LoginError::CodeNeeded);
            };
            if !take_code(&mut tx, UserId(user.id), code, now_unix_s).await? {
                self.count_failure(&mut tx, Some(user), source, &subjects, now_unix_s)
                    .await?;
                tx.commit().await?;
                return Err(LoginError::WrongCredentials);
            }
        }
        if let Some(retry_after_s) = too_many_logins(&mut tx, UserId(user.id), now_unix_s).await? {
            return Err(LoginError::Locked { retry_after_s });
        }
        lockout::forget(&mut tx, &subjects[0]).await?;
        let who = LetIn {
            user: UserId(user.id),
            name: user.name,
            role,
            source,
            is_paired: false,
            is_visitor: false,
        };
        Ok(self.start(tx, who, now_unix_s).await?)
    }

    /// Counts a failure and writes it down; the caller commits. The name is written only if it exists: what people
    /// type into the wrong field is often a password.
    async fn count_failure(
        &self,
        on: &mut SqliteConnection,
        user: Option<Credentials>,
        source: String,
        subjects: &[Subject; 2],
        now_unix_s: i64,
    ) -> Result<(), Fault> {
        for subject in subjects {
            lockout::failed(on, subject, now_unix_s).await?;
        }
        let rows: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit WHERE kind = 'login_failed' AND at_unix_s > ?",
        )
        .bind(now_unix_s - HOUR_S)
        .fetch_one(&mut *on)
        .await?;
        if rows >= FAILURES_PER_HOUR {
            self.0.suppressed_failures.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let suppressed = self.0.suppressed_failures.swap(0, Ordering::Relaxed);
        let entry = Entry {
            user_id: user.as_ref().map(|user| user.id),
            user_name: user.map(|user| user.name),
            source: Some(source),
            amount: (suppressed > 0).then_some(suppressed),
            ..Entry::default()
        };
        append(on, AuditKind::LoginFailed, entry, now_unix_s).await?;
        Ok(())
    }

    /// Changes one's own password. All other sessions of the account end; this one goes on. A wrong old password
    /// counts as a failed log-in, so that an unlocked desk is not a way to guess it.
    pub async fn change_own_password(
        &self,
        session: &Session,
        old: &str,
        new: &str,
        now_unix_s: i64,
    ) -> Result<(), UserError> {
        session.may(Action::ChangeOwnPassword)?;
        if !password::acceptable(new, &session.name) {
            return Err(UserError::BadPassword {
                at_least: password::LENGTH_MIN,
                at_most: password::LENGTH_MAX,
            });
        }
        let subjects = [
            Subject::name(&session.name),
            Subject::source(&session.source),
        ];
        let mut on = self.read().acquire().await?;
        if let Some(retry_after_s) = lockout::locked(&mut on, &subjects, now_unix_s).await? {
            return Err(UserError::Locked { retry_after_s });
        }
        let user: Credentials = sqlx::query_as(
            "SELECT id, name, role, password_phc, disabled, totp_on FROM users WHERE id = ?",
        )
        .bind(session.user.0)
        .fetch_one(&mut *on)
        .await?;
        drop(on);
        let old_phc = user.password_phc.clone();
        let right = self.0.passwords.verify(old, Some(old_phc.clone())).await?;
        let phc = if right {
            Some(self.0.passwords.hash(new).await?)
        } else {
            None
        };
        let mut tx = self.write().await?;
        let session = self
            .living(&mut tx, session, Action::ChangeOwnPassword, now_unix_s)
            .await?;
        let Some(phc) = phc else {
            let source = session.source.clone();
            self.count_failure(&mut tx, Some(user), source, &subjects, now_unix_s)
                .await?;
            tx.commit().await?;
            return Err(UserError::WrongCredentials);
        };
        // Only over the password that was checked: another one may have been set meanwhile.
        let changed =
            sqlx::query("UPDATE users SET password_phc = ? WHERE id = ? AND password_phc = ?")
                .bind(phc)
                .bind(session.user.0)
                .bind(old_phc)
                .execute(&mut *tx)
                .await?;
        if changed.rows_affected() == 0 {
            return Err(UserError::WrongCredentials);
        }
        let entry = Entry {
            about_user: Some(session.name.clone()),
            ..Entry::of(&session)
        };
        append(&mut tx, AuditKind::PasswordChanged, entry, now_unix_s).await?;
        let (user, this) = (session.user, Some(session.id));
        end_all_in(&mut tx, user, this, EndReason::PasswordChanged, now_unix_s).await?;
        tx.commit().await?;
        self.forget_first_password(&session.name);
        Ok(self.announce().await?)
    }
}

/// How long an account has to wait that started a session too often in the last hour.
pub(crate) async fn too_many_logins(
    on: &mut SqliteConnection,
    user: UserId,
    now_unix_s: i64,
) -> Result<Option<u32>, Fault> {
    let oldest: Option<i64> = sqlx::query_scalar(
        "SELECT at_unix_s FROM audit WHERE user_id = ? AND kind = 'logged_in' AND at_unix_s > ?
         ORDER BY at_unix_s DESC LIMIT 1 OFFSET ?",
    )
    .bind(user.0)
    .bind(now_unix_s - HOUR_S)
    .bind(LOGINS_PER_HOUR - 1)
    .fetch_optional(on)
    .await?;
    Ok(oldest.map(|oldest_unix_s| u32::try_from(oldest_unix_s + HOUR_S - now_unix_s).unwrap_or(1)))
}

/// An address, cut to what an address can be; a forwarded header may hold anything.
fn bounded(source: &str) -> String {
    source
        .chars()
        .filter(|c| c.is_ascii_graphic())
        .take(64)
        .collect()
}
