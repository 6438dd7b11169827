//! Sending a view to a wall: a roomful of people see what one of them chose, so it is written down who did.

use crate::audit::{AuditKind, Entry};
use crate::error::Refused;
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
        let tell = |who| Entry {
            about_user: Some(wall.to_owned()),
            amount: Some(i64::from(minutes)),
            ..who
        };
        let (action, kind) = (Action::SendToWall, AuditKind::WallSent);
        self.deed(session, action, kind, tell, now_unix_s).await
    }
}
