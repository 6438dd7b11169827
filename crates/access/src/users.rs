//! Accounts. Each change is one transaction with its audit row, and ends the sessions it must end: of a disabled
//! account, of one whose role or password changed.

use crate::audit::{AuditKind, Entry, append};
use crate::ends::{EndReason, end_all_in, end_in};
use crate::error::{Fault, UserError};
use crate::password::{self, Busy};
use crate::role::{Action, Role};
use crate::session::{Session, SessionId, UserId};
use crate::store::Access;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// Who changes an account.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// Somebody who is logged in; asked for `Action::ManageUsers`, or for what the change is.
    Session(&'a Session),
    /// Somebody at the machine's command line, who could change the file itself: named in the log by this text.
    Console(&'a str),
}

/// An account, as the admin page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct User {
    #[sqlx(try_from = "i64")]
    pub id: UserId,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub disabled: bool,
    pub demo: bool,
    #[sqlx(rename = "totp_on")]
    pub totp: bool,
    pub created_unix_s: i64,
    pub sessions: u32,
}

/// A session, as the admin page lists it: enough to end it, not to use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct LiveSession {
    #[sqlx(try_from = "i64")]
    pub id: SessionId,
    pub name: String,
    pub source: String,
    pub started_unix_s: i64,
    pub seen_unix_s: i64,
}

impl From<Busy> for UserError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

const BAD_PASSWORD: UserError = UserError::BadPassword {
    at_least: password::LENGTH_MIN,
    at_most: password::LENGTH_MAX,
};

impl Access {
    pub async fn create_user(
        &self,
        by: By<'_>,
        name: &str,
        password: &str,
        role: Role,
        now_unix_s: i64,
    ) -> Result<UserId, UserError> {
        if !is_name(name) {
            return Err(UserError::BadName);
        }
        if !password::acceptable(password, name) {
            return Err(BAD_PASSWORD);
        }
        let phc = self.0.passwords.hash(password).await?;
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let id = insert(&mut tx, name, &phc, role, false, now_unix_s).await?;
        changed(
            &mut tx,
            entry,
            AuditKind::UserCreated,
            name,
            Some(role),
            now_unix_s,
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn list_users(&self, by: By<'_>, now_unix_s: i64) -> Result<Vec<User>, UserError> {
        if let By::Session(session) = by {
            let mut on = self.read().acquire().await?;
            self.living(&mut on, session, Action::ManageUsers, now_unix_s)
                .await?;
        }
        let users: Vec<User> = sqlx::query_as(
            "SELECT u.id, u.name, u.role, u.disabled, u.demo, u.totp_on, u.created_unix_s,
                 (SELECT count(*) FROM sessions s WHERE s.user_id = u.id) AS sessions
             FROM users u WHERE u.id NOT IN (SELECT user_id FROM screens) ORDER BY u.name",
        )
        .fetch_all(self.read())
        .await?;
        Ok(users)
    }

    /// Closes the account; its sessions end. Accounts are never deleted: their rows in the log would lose their name.
    pub async fn disable(&self, by: By<'_>, name: &str, now_unix_s: i64) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let user = find(&mut tx, name).await?;
        let admins_before = admins(&mut tx).await?;
        sqlx::query("UPDATE users SET disabled = 1 WHERE id = ?")
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        if admins_before > 0 && admins(&mut tx).await? == 0 {
            return Err(UserError::LastAdmin);
        }
        changed(
            &mut tx,
            entry,
            AuditKind::UserDisabled,
            name,
            None,
            now_unix_s,
        )
        .await?;
        end_all_in(&mut tx, user, None, EndReason::UserDisabled, now_unix_s).await?;
        tx.commit().await?;
        Ok(self.announce().await?)
    }

    pub async fn enable(&self, by: By<'_>, name: &str, now_unix_s: i64) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let user = find(&mut tx, name).await?;
        sqlx::query("UPDATE users SET disabled = 0 WHERE id = ?")
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        changed(
            &mut tx,
            entry,
            AuditKind::UserEnabled,
            name,
            None,
            now_unix_s,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Gives the account another role; its sessions end, so that nothing keeps the old one.
    pub async fn set_role(
        &self,
        by: By<'_>,
        name: &str,
        role: Role,
        now_unix_s: i64,
    ) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let user = find(&mut tx, name).await?;
        let admins_before = admins(&mut tx).await?;
        sqlx::query("UPDATE users SET role = ? WHERE id = ?")
            .bind(role.name())
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        if admins_before > 0 && admins(&mut tx).await? == 0 {
            return Err(UserError::LastAdmin);
        }
        changed(
            &mut tx,
            entry,
            AuditKind::RoleChanged,
            name,
            Some(role),
            now_unix_s,
        )
        .await?;
        end_all_in(&mut tx, user, None, EndReason::RoleChanged, now_unix_s).await?;
        tx.commit().await?;
        Ok(self.announce().await?)
    }

    /// Sets somebody's password; all their sessions end.
    pub async fn set_password(
        &self,
        by: By<'_>,
        name: &str,
        password: &str,
        now_unix_s: i64,
    ) -> Result<(), UserError> {
        if !password::acceptable(password, name) {
            return Err(BAD_PASSWORD);
        }
        let phc = self.0.passwords.hash(password).await?;
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let user = find(&mut tx, name).await?;
        set_phc(&mut tx, user, &phc).await?;
        changed(
            &mut tx,
            entry,
            AuditKind::PasswordChanged,
            name,
            None,
            now_unix_s,
        )
        .await?;
        end_all_in(&mut tx, user, None, EndReason::PasswordChanged, now_unix_s).await?;
        tx.commit().await?;
        self.forget_first_password(name);
        Ok(self.announce().await?)
    }

    /// Ends one session of anybody. One that is over already is no error and no row.
    pub async fn revoke(
        &self,
        by: By<'_>,
        id: SessionId,
        now_unix_s: i64,
    ) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let whose: Option<String> = sqlx::query_scalar(
            "SELECT u.name FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(whose) = whose else {
            return Ok(());
        };
        let entry = Entry {
            about_user: Some(whose),
            amount: Some(id.0),
            ..entry
        };
        append(&mut tx, AuditKind::SessionRevoked, entry, now_unix_s).await?;
        end_in(&mut tx, id, EndReason::Revoked, now_unix_s).await?;
        tx.commit().await?;
        Ok(self.announce().await?)
    }

    /// The living sessions, by name, for an admin who wants to end one.
    pub async fn list_sessions(
        &self,
        by: By<'_>,
        now_unix_s: i64,
    ) -> Result<Vec<LiveSession>, UserError> {
        let mut on = self.read().acquire().await?;
        if let By::Session(session) = by {
            self.living(&mut on, session, Action::ManageUsers, now_unix_s)
                .await?;
        }
        let mut sessions: Vec<LiveSession> = sqlx::query_as(
            "SELECT s.id, u.name, s.source, s.started_unix_s, s.seen_unix_s
             FROM sessions s JOIN users u ON u.id = s.user_id ORDER BY u.name, s.id",
        )
        .fetch_all(&mut *on)
        .await?;
        for session in &mut sessions {
            session.seen_unix_s = self.0.seen.of(session.id, session.seen_unix_s);
        }
        Ok(sessions)
    }

    /// The first half of the audit row; refuses a session that may not manage accounts.
    pub(crate) async fn actor(
        &self,
        on: &mut SqliteConnection,
        by: By<'_>,
        now_unix_s: i64,
    ) -> Result<Entry, UserError> {
        self.actor_for(on, by, Action::ManageUsers, now_unix_s)
            .await
    }

    /// The same for another action.
    pub(crate) async fn actor_for(
        &self,
        on: &mut SqliteConnection,
        by: By<'_>,
        action: Action,
        now_unix_s: i64,
    ) -> Result<Entry, UserError> {
        match by {
            By::Session(session) => {
                let session = self.living(on, session, action, now_unix_s).await?;
                Ok(Entry::of(&session))
            }
            By::Console(who) => Ok(console(who)),
        }
    }
}

/// 1 to 64 of ASCII letters, digits, Chinese characters and `. _ -`: no spaces, nothing that looks like another.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || ".-_".contains(c) || ('\u{4e00}'..='\u{9fff}').contains(&c)
    };
    (1..=64).contains(&name.chars().count()) && name.chars().all(allowed)
}

pub(crate) fn console(who: &str) -> Entry {
    let who: String = who.chars().filter(|c| !c.is_control()).take(40).collect();
    Entry {
        source: Some(format!("console:{who}")),
        ..Entry::default()
    }
}

pub(crate) async fn changed(
    on: &mut SqliteConnection,
    entry: Entry,
    kind: AuditKind,
    about: &str,
    role: Option<Role>,
    now_unix_s: i64,
) -> Result<(), Fault> {
    let entry = Entry {
        about_user: Some(about.to_owned()),
        reason: role.map(Role::name),
        ..entry
    };
    append(on, kind, entry, now_unix_s).await?;
    Ok(())
}

pub(crate) async fn insert(
    on: &mut SqliteConnection,
    name: &str,
    phc: &str,
    role: Role,
    demo: bool,
    now_unix_s: i64,
) -> Result<UserId, UserError> {
    sqlx::query_scalar(
        "INSERT INTO users (name, role, password_phc, demo, created_unix_s) VALUES (?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(name)
    .bind(role.name())
    .bind(phc)
    .bind(demo)
    .bind(now_unix_s)
    .fetch_one(on)
    .await
    .map(UserId)
    .map_err(|error| match &error {
        sqlx::Error::Database(inside) if inside.is_unique_violation() => UserError::NameTaken,
        _ => error.into(),
    })
}

pub(crate) async fn set_phc(
    on: &mut SqliteConnection,
    user: UserId,
    phc: &str,
) -> Result<(), Fault> {
    sqlx::query("UPDATE users SET password_phc = ? WHERE id = ?")
        .bind(phc)
        .bind(user.0)
        .execute(on)
        .await?;
    Ok(())
}

/// An account of a person, or of a wall that signs in with a password. A paired screen is none: a password or another
/// role for it would be a second way in.
pub(crate) async fn find(on: &mut SqliteConnection, name: &str) -> Result<UserId, UserError> {
    sqlx::query_scalar(
        "SELECT id FROM users WHERE name = ? AND id NOT IN (SELECT user_id FROM screens)",
    )
    .bind(name)
    .fetch_optional(on)
    .await?
    .map(UserId)
    .ok_or(UserError::NoSuchUser)
}

/// Enabled admins. A change that takes the last one away would leave nobody to undo it.
async fn admins(on: &mut SqliteConnection) -> Result<i64, Fault> {
    Ok(
        sqlx::query_scalar("SELECT count(*) FROM users WHERE role = 'admin' AND disabled = 0")
            .fetch_one(on)
            .await?,
    )
}
