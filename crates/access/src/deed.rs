//! Deeds: what a role may do without a purpose, as long as it is written down first.

use crate::audit::{AuditKind, Entry, append};
use crate::error::{Fault, Refused};
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;

impl Access {
    /// Writes down that somebody does `action`; `tell` adds to who, from where and what. Only after this may it happen. A
    /// role that may not is refused, which is written down too.
    pub(crate) async fn deed(
        &self,
        session: &Session,
        action: Action,
        kind: AuditKind,
        tell: impl FnOnce(Entry) -> Entry,
        now_unix_s: i64,
    ) -> Result<(), Refused> {
        if let Err(refused) = session.may(action) {
            self.note_refusal(session, action, now_unix_s).await;
            return Err(refused.into());
        }
        let mut tx = self.write().await?;
        let session = self.living(&mut tx, session, action, now_unix_s).await?;
        let entry = tell(Entry {
            action: Some(action.name().to_owned()),
            ..Entry::of(&session)
        });
        append(&mut tx, kind, entry, now_unix_s).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(())
    }
}
