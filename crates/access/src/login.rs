//! Logging in. A wrong name, a wrong password, a disabled account and a wrong code give the same answer and cost the
//! same work; failures are counted for the name and for the source address, and each failure past the first few
//! doubles the wait.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{Fault, LoginError};
use crate::lockout::{self, Subject};
use crate::password::Busy;
use crate::role::Role;
use crate::secret::SessionToken;
use crate::session::{Session, SessionId, UserId, start_in};
use crate::store::Access;

impl From<Busy> for LoginError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct Credentials {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) password_phc: String,
    pub(crate) disabled: bool,
}

impl Access {
    /// Starts a session for a name and a password. `source` is the address the request came from.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        source: &str,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), LoginError> {
        let source = bounded(source);
        let subjects = [Subject::name(name), Subject::source(&source)];
        if let Some(retry_after_s) = lockout::locked(self.read(), &subjects, now_unix_s).await? {
            return Err(LoginError::Locked { retry_after_s });
        }
        let user: Option<Credentials> = sqlx::query_as(
            "SELECT id, name, role, password_phc, disabled FROM users WHERE name = ?",
        )
        .bind(name)
        .fetch_optional(self.read())
        .await?;
        let phc = user.as_ref().map(|user| user.password_phc.clone());
        let right = self.0.passwords.verify(password, phc).await?;
        let role = user.as_ref().and_then(|user| Role::parse(&user.role));
        match (user, role) {
            (Some(user), Some(role)) if right && !user.disabled => {
                Ok(self.let_in(user, role, source, now_unix_s).await?)
            }
            (user, _) => Err(self.turn_away(user, source, &subjects, now_unix_s).await?),
        }
    }

    async fn let_in(
        &self,
        user: Credentials,
        role: Role,
        source: String,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), LoginError> {
        let token = SessionToken::new();
        let mut tx = self.write().await?;
        // The account may have changed while the password was hashed.
        let unchanged: bool = sqlx::query_scalar(
            "SELECT count(*) = 1 FROM users WHERE id = ? AND role = ? AND password_phc = ? AND disabled = 0",
        )
        .bind(user.id)
        .bind(&user.role)
        .bind(&user.password_phc)
        .fetch_one(&mut *tx)
        .await?;
        if !unchanged {
            return Err(LoginError::WrongCredentials);
        }
        lockout::forget(&mut tx, &Subject::name(&user.name)).await?;
        let (id, expires_unix_s) =
            start_in(&mut tx, UserId(user.id), role, &token, &source, now_unix_s).await?;
        let session = Session {
            id: SessionId(id.0),
            user: UserId(user.id),
            name: user.name,
            role,
            source,
            started_unix_s: now_unix_s,
            expires_unix_s,
        };
        append(
            &mut tx,
            AuditKind::LoggedIn,
            Entry::of(&session),
            now_unix_s,
        )
        .await?;
        tx.commit().await?;
        self.announce().await?;
        Ok((token, session))
    }

    /// Counts a failure and writes it down. The name is written only if it exists: what people type into the wrong
    /// field is often a password.
    async fn turn_away(
        &self,
        user: Option<Credentials>,
        source: String,
        subjects: &[Subject; 2],
        now_unix_s: i64,
    ) -> Result<LoginError, Fault> {
        let mut tx = self.write().await?;
        let entry = Entry {
            user_id: user.as_ref().map(|user| user.id),
            user_name: user.map(|user| user.name),
            source: Some(source),
            ..Entry::default()
        };
        append(&mut tx, AuditKind::LoginFailed, entry, now_unix_s).await?;
        for subject in subjects {
            lockout::failed(&mut tx, subject, now_unix_s).await?;
        }
        tx.commit().await?;
        Ok(LoginError::WrongCredentials)
    }
}

/// An address, cut to what an address can be; a forwarded header may hold anything.
fn bounded(source: &str) -> String {
    source
        .chars()
        .filter(|c| c.is_ascii_graphic())
        .take(64)
        .collect()
}
