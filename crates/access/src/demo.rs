//! The supervisor of a demo. The account is marked, so that a store that is later used in earnest has no open one.

use crate::audit::AuditKind;
use crate::ends::{EndReason, end_all_in};
use crate::error::{Fault, UserError};
use crate::role::Role;
use crate::secret::random_password;
use crate::session::UserId;
use crate::store::Access;
use crate::users::{By, changed, console, insert, is_name, set_phc};

impl Access {
    /// The supervisor of a demo, with a new random password; the account is made if it is missing. Only a store
    /// opened with `Settings::demo` makes one, and one opened without disables it.
    pub async fn create_demo(&self, name: &str, now_unix_s: i64) -> Result<String, UserError> {
        if !self.0.settings.demo {
            return Err(UserError::NotADemo);
        }
        if !is_name(name) {
            return Err(UserError::BadName);
        }
        let password = random_password();
        let phc = self.0.passwords.hash(&password).await?;
        let mut tx = self.write().await?;
        let entry = self.actor(&mut tx, By::Console("demo"), now_unix_s).await?;
        let existing: Option<(i64, bool)> =
            sqlx::query_as("SELECT id, demo FROM users WHERE name = ?")
                .bind(name)
                .fetch_optional(&mut *tx)
                .await?;
        match existing {
            // A real account of that name is not taken over.
            Some((_, false)) => return Err(UserError::NameTaken),
            Some((id, true)) => {
                set_phc(&mut tx, UserId(id), &phc).await?;
                sqlx::query("UPDATE users SET disabled = 0, role = 'supervisor' WHERE id = ?")
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                end_all_in(
                    &mut tx,
                    UserId(id),
                    None,
                    EndReason::PasswordChanged,
                    now_unix_s,
                )
                .await?;
                changed(
                    &mut tx,
                    entry,
                    AuditKind::PasswordChanged,
                    name,
                    None,
                    now_unix_s,
                )
                .await?;
            }
            None => {
                insert(&mut tx, name, &phc, Role::Supervisor, true, now_unix_s).await?;
                let role = Some(Role::Supervisor);
                changed(
                    &mut tx,
                    entry,
                    AuditKind::UserCreated,
                    name,
                    role,
                    now_unix_s,
                )
                .await?;
            }
        }
        tx.commit().await?;
        self.announce().await?;
        Ok(password)
    }

    pub(crate) async fn disable_demo_accounts(&self, now_unix_s: i64) -> Result<(), Fault> {
        let demos: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, name FROM users WHERE demo = 1 AND disabled = 0")
                .fetch_all(self.read())
                .await?;
        if demos.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for (id, name) in demos {
            sqlx::query("UPDATE users SET disabled = 1 WHERE id = ?")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let entry = console("not a demo");
            changed(
                &mut tx,
                entry,
                AuditKind::UserDisabled,
                &name,
                None,
                now_unix_s,
            )
            .await?;
            end_all_in(
                &mut tx,
                UserId(id),
                None,
                EndReason::UserDisabled,
                now_unix_s,
            )
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
