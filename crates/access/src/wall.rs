//! Sending a view to a wall: a roomful of people see what one of them chose, so it is written down who did.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{Fault, Refused};
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;

impl Access {
    /// Writes down that somebody sends a view to the wall of this account name for so many minutes, or for 0 ends the one that
    /// it shows. Only after this may the wall be told.
    pub async fn wall_sent(
        &self,
        session: &Session,
        wall: &str,
        minutes: u32,
        now_unix_s: i64,
    ) -> Result<(), Refused> {
        let action = Action::SendToWall;
        if let Err(refused) = session.may(action) {
            self.note_refusal(session, action, now_unix_s).await;
            return Err(refused.into());
        }
        let mut tx = self.write().await?;
        let session = self.living(&mut tx, session, action, now_unix_s).await?;
        let entry = Entry {
            action: Some(action.name().to_owned()),
            about_user: Some(wall.to_owned()),
            amount: Some(i64::from(minutes)),
            ..Entry::of(&session)
        };
        append(&mut tx, AuditKind::WallSent, entry, now_unix_s).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(())
    }
}
