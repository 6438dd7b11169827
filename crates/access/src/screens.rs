//! Screens: walls with a credential of their own. A screen is an account of the role `screen` without a password; what
//! signs it in is a key that its browser made and cannot give away. Pairing, revoking and visitor mode are rows.
//!
//! Whether a signature is right is not decided here: whoever calls `start_screen_session` has checked it.

use crate::audit::AuditKind;
use crate::ends::{EndReason, end_all_in};
use crate::error::{LoginError, UserError};
use crate::login::too_many_logins;
use crate::role::{Action, Role};
use crate::secret::SessionToken;
use crate::session::{LetIn, Session, SessionId, UserId};
use crate::store::Access;
use crate::users::{By, changed, insert, is_name};
use sqlx::SqliteConnection;

/// An uncompressed point of P-256.
pub type ScreenKey = [u8; 65];

/// Paired screens at most; at the bound pairing is refused.
pub const SCREENS_MAX: i64 = 1000;
/// No hash is written like this, so no password is right.
const NO_PASSWORD: &str = "!";

/// A paired screen, as the admin's page lists it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Screen {
    #[sqlx(try_from = "i64")]
    pub user: UserId,
    pub name: String,
    pub visitor: bool,
    pub paired_unix_s: i64,
    pub seen_unix_s: i64,
}

impl Access {
    /// Makes a screen of that name with that key; a name whose screen was revoked may be used again.
    ///
    /// # Errors
    /// `NameTaken` for the name of an account or of a screen that is paired, and for a key that is paired already.
    pub async fn pair_screen(
        &self,
        by: By<'_>,
        name: &str,
        key: &ScreenKey,
        now_unix_s: i64,
    ) -> Result<UserId, UserError> {
        if !is_name(name) {
            return Err(UserError::BadName);
        }
        let mut tx = self.write().await?;
        let entry = self
            .actor_for(&mut tx, by, Action::ManageScreens, now_unix_s)
            .await?;
        let (paired, with_this_key): (i64, i64) = sqlx::query_as(
            "SELECT count(public_key), count(CASE WHEN public_key = ? THEN 1 END) FROM screens",
        )
        .bind(key.as_slice())
        .fetch_one(&mut *tx)
        .await?;
        if with_this_key > 0 {
            return Err(UserError::NameTaken);
        }
        if paired >= SCREENS_MAX {
            return Err(UserError::TooManyScreens);
        }
        let revoked: Option<i64> = sqlx::query_scalar(
            "SELECT u.id FROM users u JOIN screens s ON s.user_id = u.id WHERE u.name = ? AND s.public_key IS NULL",
        )
        .bind(name)
        .fetch_optional(&mut *tx)
        .await?;
        let user = match revoked {
            Some(id) => {
                sqlx::query("UPDATE users SET disabled = 0 WHERE id = ?")
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                UserId(id)
            }
            None => insert(&mut tx, name, NO_PASSWORD, Role::Screen, false, now_unix_s).await?,
        };
        sqlx::query(
            "INSERT INTO screens (user_id, public_key, paired_unix_s, seen_unix_s) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (user_id) DO UPDATE SET public_key = ?2, visitor = 0, paired_unix_s = ?3, seen_unix_s = ?3",
        )
        .bind(user.0)
        .bind(key.as_slice())
        .bind(now_unix_s)
        .execute(&mut *tx)
        .await?;
        let kind = AuditKind::ScreenPaired;
        changed(&mut tx, entry, kind, name, None, now_unix_s).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Takes a screen its key; its sessions end with their sockets.
    ///
    /// # Errors
    /// `NoSuchUser` for a name that no paired screen has.
    pub async fn revoke_screen(
        &self,
        by: By<'_>,
        name: &str,
        now_unix_s: i64,
    ) -> Result<UserId, UserError> {
        let mut tx = self.write().await?;
        let entry = self
            .actor_for(&mut tx, by, Action::ManageScreens, now_unix_s)
            .await?;
        let user = find(&mut tx, name).await?;
        for statement in [
            "UPDATE screens SET public_key = NULL WHERE user_id = ?",
            "UPDATE users SET disabled = 1 WHERE id = ?",
        ] {
            sqlx::query(statement)
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
        }
        let kind = AuditKind::ScreenRevoked;
        changed(&mut tx, entry, kind, name, None, now_unix_s).await?;
        end_all_in(&mut tx, user, None, EndReason::Revoked, now_unix_s).await?;
        tx.commit().await?;
        self.announce().await?;
        Ok(user)
    }

    /// Switches what a screen is shown; sessions go on, and whoever serves one has to look anew. Without a change
    /// there is no row.
    ///
    /// # Errors
    /// `NoSuchUser` for a name that no paired screen has.
    pub async fn set_visitor(
        &self,
        by: By<'_>,
        name: &str,
        visitor: bool,
        now_unix_s: i64,
    ) -> Result<UserId, UserError> {
        let mut tx = self.write().await?;
        let entry = self
            .actor_for(&mut tx, by, Action::ManageScreens, now_unix_s)
            .await?;
        let user = find(&mut tx, name).await?;
        let set =
            sqlx::query("UPDATE screens SET visitor = ?1 WHERE user_id = ?2 AND visitor <> ?1")
                .bind(visitor)
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
        if set.rows_affected() > 0 {
            let kind = match visitor {
                true => AuditKind::ScreenVisitorOn,
                false => AuditKind::ScreenVisitorOff,
            };
            changed(&mut tx, entry, kind, name, None, now_unix_s).await?;
            tx.commit().await?;
        }
        Ok(user)
    }

    /// The paired screens, by name.
    pub async fn list_screens(
        &self,
        by: By<'_>,
        now_unix_s: i64,
    ) -> Result<Vec<Screen>, UserError> {
        let mut on = self.read().acquire().await?;
        if let By::Session(session) = by {
            self.living(&mut on, session, Action::ManageScreens, now_unix_s)
                .await?;
        }
        let screens = sqlx::query_as(
            "SELECT u.id AS user, u.name, s.visitor, s.paired_unix_s,
                 max(s.seen_unix_s, coalesce((SELECT max(seen_unix_s) FROM sessions WHERE user_id = u.id), 0))
                     AS seen_unix_s
             FROM screens s JOIN users u ON u.id = s.user_id WHERE s.public_key IS NOT NULL ORDER BY u.name",
        )
        .fetch_all(&mut *on)
        .await?;
        Ok(screens)
    }

    /// The screen with this key, if it is paired.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn screen_of(&self, key: &ScreenKey) -> Result<Option<UserId>, LoginError> {
        let user: Option<i64> =
            sqlx::query_scalar("SELECT user_id FROM screens WHERE public_key = ?")
                .bind(key.as_slice())
                .fetch_optional(self.read())
                .await?;
        Ok(user.map(UserId))
    }

    /// Starts a session for the screen whose signature by this key was checked. It has one session: the one before ends,
    /// and with it whatever somebody did with a copied cookie.
    ///
    /// # Errors
    /// `WrongCredentials` for a key that is not paired; `Locked` after too many sessions in an hour, each of which is rows.
    pub async fn start_screen_session(
        &self,
        key: &ScreenKey,
        source: &str,
        now_unix_s: i64,
    ) -> Result<(SessionToken, Session), LoginError> {
        let mut tx = self.write().await?;
        let screen: Option<(i64, String, bool)> = sqlx::query_as(
            "SELECT u.id, u.name, s.visitor FROM screens s JOIN users u ON u.id = s.user_id
             WHERE s.public_key = ? AND u.disabled = 0",
        )
        .bind(key.as_slice())
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id, name, is_visitor)) = screen else {
            return Err(LoginError::WrongCredentials);
        };
        let user = UserId(id);
        if let Some(retry_after_s) = too_many_logins(&mut tx, user, now_unix_s).await? {
            return Err(LoginError::Locked { retry_after_s });
        }
        end_all_in(&mut tx, user, None, EndReason::Renewed, now_unix_s).await?;
        let who = LetIn {
            user,
            name,
            role: Role::Screen,
            source: source.to_owned(),
            is_paired: true,
            is_visitor,
        };
        Ok(self.start(tx, who, now_unix_s).await?)
    }
}

/// Keeps when the screen of a session that ends was there; nothing for a person's.
pub(crate) async fn keep_last_seen(
    on: &mut SqliteConnection,
    session: SessionId,
    seen_unix_s: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE screens SET seen_unix_s = max(seen_unix_s, ?1)
         WHERE user_id = (SELECT user_id FROM sessions WHERE id = ?2)",
    )
    .bind(seen_unix_s)
    .bind(session.0)
    .execute(on)
    .await?;
    Ok(())
}

async fn find(on: &mut SqliteConnection, name: &str) -> Result<UserId, UserError> {
    sqlx::query_scalar(
        "SELECT u.id FROM users u JOIN screens s ON s.user_id = u.id WHERE u.name = ? AND s.public_key IS NOT NULL",
    )
    .bind(name)
    .fetch_optional(on)
    .await?
    .map(UserId)
    .ok_or(UserError::NoSuchUser)
}
