//! The second factor, for those who want it: a one-time code of six digits, new every 30 seconds (RFC 6238). A code is
//! good once. A person switches it on with a code, so that a wrong clock or a lost secret shows at once; only an admin
//! switches it off.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{Fault, UserError};
use crate::role::Action;
use crate::secret::random_bytes;
use crate::session::{Session, UserId};
use crate::store::Access;
use crate::users::{By, changed, find};
use sqlx::SqliteConnection;
use std::fmt::Write;
use totp_rs::{Builder, Totp};

/// What an authenticator app needs. Shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpOffer {
    /// 32 characters, for typing.
    pub secret_base32: String,
    /// `otpauth://…`, for a QR code.
    pub uri: String,
}

impl TotpOffer {
    /// `uri` as an SVG path of unit squares, and how many squares a side has, without the quiet zone of four.
    #[must_use]
    pub fn qr(&self) -> (String, u32) {
        crate::qr::path(&self.uri)
    }
}

impl std::fmt::Debug for TotpOffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpOffer(…)")
    }
}

impl Access {
    /// Makes a secret. It counts from `totp_confirm` on; a second offer replaces the first.
    pub async fn totp_offer(
        &self,
        session: &Session,
        now_unix_s: i64,
    ) -> Result<TotpOffer, UserError> {
        let secret = random_bytes::<20>();
        let mut tx = self.write().await?;
        let session = self
            .living(&mut tx, session, Action::ChangeOwnPassword, now_unix_s)
            .await?;
        let offered = sqlx::query("UPDATE users SET totp_secret = ? WHERE id = ? AND totp_on = 0")
            .bind(secret.as_slice())
            .bind(session.user.0)
            .execute(&mut *tx)
            .await?;
        if offered.rows_affected() == 0 {
            return Err(UserError::TotpIsOn);
        }
        tx.commit().await?;
        let secret_base32 = totp(&secret).secret().to_base32();
        let name = percent_encoded(&session.name);
        Ok(TotpOffer {
            uri: format!("otpauth://totp/evwall:{name}?secret={secret_base32}&issuer=evwall"),
            secret_base32,
        })
    }

    /// Switches it on, with a code of the offered secret. Every later log-in needs one.
    pub async fn totp_confirm(
        &self,
        session: &Session,
        code: &str,
        now_unix_s: i64,
    ) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let session = self
            .living(&mut tx, session, Action::ChangeOwnPassword, now_unix_s)
            .await?;
        if !take_code(&mut tx, session.user, code, now_unix_s).await? {
            return Err(UserError::WrongCredentials);
        }
        sqlx::query("UPDATE users SET totp_on = 1 WHERE id = ?")
            .bind(session.user.0)
            .execute(&mut *tx)
            .await?;
        append(&mut tx, AuditKind::TotpOn, Entry::of(&session), now_unix_s).await?;
        Ok(tx.commit().await?)
    }

    /// For somebody who lost the device.
    pub async fn totp_off(&self, by: By<'_>, name: &str, now_unix_s: i64) -> Result<(), UserError> {
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, by, now_unix_s).await?;
        let user = find(&mut tx, name).await?;
        sqlx::query("UPDATE users SET totp_on = 0, totp_secret = NULL WHERE id = ?")
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        changed(&mut tx, entry, AuditKind::TotpOff, name, None, now_unix_s).await?;
        Ok(tx.commit().await?)
    }
}

/// Whether `code` is a code of this user that was not used before; uses it up. The caller commits.
pub(crate) async fn take_code(
    on: &mut SqliteConnection,
    user: UserId,
    code: &str,
    now_unix_s: i64,
) -> Result<bool, Fault> {
    let (secret, used_step): (Option<Vec<u8>>, i64) =
        sqlx::query_as("SELECT totp_secret, totp_step FROM users WHERE id = ?")
            .bind(user.0)
            .fetch_one(&mut *on)
            .await?;
    let Some(secret) = secret else {
        return Ok(false);
    };
    let now = u64::try_from(now_unix_s).unwrap_or(0);
    let step = totp(&secret)
        .check(code, now)
        .and_then(|step| i64::try_from(step).ok())
        .filter(|&step| step > used_step);
    let Some(step) = step else {
        return Ok(false);
    };
    sqlx::query("UPDATE users SET totp_step = ? WHERE id = ?")
        .bind(step)
        .bind(user.0)
        .execute(on)
        .await?;
    Ok(true)
}

/// Six digits, 30 s, one step either way, SHA-1: what every authenticator app speaks.
fn totp(secret: &[u8]) -> Totp {
    Builder::new()
        .with_secret(secret.to_vec())
        .build_noncompliant()
}

fn percent_encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
