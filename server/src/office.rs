//! The part of the centre that is about people: the log and its readers, one's own account, everybody's accounts.
//!
//! Each question names the one permission it needs before it asks the store; the store asks again, inside the
//! transaction that writes. A refusal leaves as an [`ApiError`], without a word from inside.

use access::{
    AccessError, Action, AuditFilter, AuditRow, By, LiveSession, PAGE_MAX, Refused, Role,
    SessionId, User, UserError,
};
use app::api::{Account, AccountList, ApiError, CodeOffer, OpenSession, Secret};
use app::centre::{Answer, Office};
use app::log::{LogPage, LogQuery, LogRow, OwnRows};
use tracing::info;

use crate::centre::{Desk, refusal};
use crate::clock;

/// Rows of one page of the log.
const PAGE_ROWS: u32 = 100;
const _: () = assert!(PAGE_ROWS < PAGE_MAX);

impl Desk {
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        self.session.may(action).map_err(|_| ApiError::NotAllowed)
    }

    fn by(&self) -> By<'_> {
        By::Session(&self.session)
    }
}

impl Office for Desk {
    fn read_log(&self, query: LogQuery) -> Answer<'_, LogPage> {
        Box::pin(async move {
            self.may(Action::ReadAudit)?;
            let filter = AuditFilter {
                limit: Some(PAGE_ROWS + 1),
                ..filter_of(&query)?
            };
            let rows = self
                .state
                .access
                .read_audit(&self.session, &filter, clock::unix_s())
                .await
                .map_err(refusal)?;
            Ok(page_of(rows))
        })
    }

    fn notices(&self) -> Answer<'_, Vec<LogRow>> {
        Box::pin(async move {
            self.may(Action::SeeNotices)?;
            let rows = self
                .state
                .access
                .notices(&self.session, clock::unix_s())
                .await
                .map_err(refusal)?;
            Ok(rows.into_iter().map(row_of).collect())
        })
    }

    fn notice_seen(&self, seq: i64) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::SeeNotices)?;
            self.state
                .access
                .notice_seen(&self.session, seq, clock::unix_s())
                .await
                .map_err(refusal)
        })
    }

    fn own_log(&self, before_seq: i64) -> Answer<'_, OwnRows> {
        Box::pin(async move {
            self.may(Action::SeeOwnAudit)?;
            let before_seq = Some(before_seq).filter(|seq| *seq > 0);
            let now = clock::unix_s();
            let access = &self.state.access;
            let rows = access
                .own_audit(&self.session, before_seq, PAGE_ROWS + 1, now)
                .await
                .map_err(ended)?;
            let looks_today = access
                .looks_today(&self.session, now)
                .await
                .map_err(ended)?;
            Ok(OwnRows {
                page: page_of(rows),
                looks_today,
            })
        })
    }

    fn change_password(&self, old: String, new: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ChangeOwnPassword)?;
            self.state
                .access
                .change_own_password(&self.session, &old, &new, clock::unix_s())
                .await
                .map_err(account)?;
            info!(user = %self.session.name, "changed their password");
            Ok(())
        })
    }

    fn offer_codes(&self) -> Answer<'_, CodeOffer> {
        Box::pin(async move {
            self.may(Action::ChangeOwnPassword)?;
            let offer = self
                .state
                .access
                .totp_offer(&self.session, clock::unix_s())
                .await
                .map_err(account)?;
            let (qr_path, qr_side) = offer.qr();
            Ok(CodeOffer {
                secret: Secret(offer.secret_base32),
                uri: Secret(offer.uri),
                qr_path: Secret(qr_path),
                qr_side,
            })
        })
    }

    fn confirm_codes(&self, code: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ChangeOwnPassword)?;
            self.state
                .access
                .totp_confirm(&self.session, code.trim(), clock::unix_s())
                .await
                .map_err(account)
        })
    }

    fn accounts(&self) -> Answer<'_, AccountList> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            let (access, now) = (&self.state.access, clock::unix_s());
            let users = access.list_users(self.by(), now).await.map_err(account)?;
            let sessions = access
                .list_sessions(self.by(), now)
                .await
                .map_err(account)?;
            Ok(AccountList {
                accounts: users.into_iter().map(account_of).collect(),
                sessions: sessions.into_iter().map(session_of).collect(),
                roles: Role::ALL.map(|role| role.name().to_owned()).to_vec(),
            })
        })
    }

    fn add_user(&self, name: String, role: String) -> Answer<'_, Secret> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            let role = Role::parse(&role).ok_or(ApiError::BadRequest)?;
            let password = access::random_password();
            self.state
                .access
                .create_user(self.by(), &name, &password, role, clock::unix_s())
                .await
                .map_err(account)?;
            Ok(Secret(password))
        })
    }

    fn enable_user(&self, name: String, enabled: bool) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            let (access, now) = (&self.state.access, clock::unix_s());
            let done = if enabled {
                access.enable(self.by(), &name, now).await
            } else {
                access.disable(self.by(), &name, now).await
            };
            done.map_err(account)
        })
    }

    fn set_role(&self, name: String, role: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            let role = Role::parse(&role).ok_or(ApiError::BadRequest)?;
            self.state
                .access
                .set_role(self.by(), &name, role, clock::unix_s())
                .await
                .map_err(account)
        })
    }

    fn reset_password(&self, name: String) -> Answer<'_, Secret> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            let password = access::random_password();
            self.state
                .access
                .set_password(self.by(), &name, &password, clock::unix_s())
                .await
                .map_err(account)?;
            Ok(Secret(password))
        })
    }

    fn codes_off(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            self.state
                .access
                .totp_off(self.by(), &name, clock::unix_s())
                .await
                .map_err(account)
        })
    }

    fn end_session(&self, id: i64) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageUsers)?;
            self.state
                .access
                .revoke(self.by(), SessionId(id), clock::unix_s())
                .await
                .map_err(account)
        })
    }
}

/// The question as the store understands it. The store cuts and binds what is in it.
pub fn filter_of(query: &LogQuery) -> Result<AuditFilter, ApiError> {
    let (from_unix_s, to_unix_s) = query.period_unix_s().map_err(|_| ApiError::BadRequest)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(AuditFilter {
        from_unix_s,
        to_unix_s,
        user_name: given(&query.user),
        kind: given(&query.kind),
        vin: given(&query.vin).map(|vin| vin.to_ascii_uppercase()),
        before_seq: Some(query.before_seq).filter(|seq| *seq > 0),
        limit: None,
    })
}

/// One row more than a page was asked for: whether it came says whether there are older ones.
fn page_of(rows: Vec<AuditRow>) -> LogPage {
    let page_rows = PAGE_ROWS as usize;
    LogPage {
        more: rows.len() > page_rows,
        rows: rows.into_iter().take(page_rows).map(row_of).collect(),
    }
}

fn row_of(row: AuditRow) -> LogRow {
    LogRow {
        seq: row.seq,
        at_unix_s: row.at_unix_s,
        kind: row.kind,
        user: row.user_name,
        role: row.role,
        source: row.source,
        action: row.action,
        purpose: row.purpose,
        case_number: row.case_number,
        vin: row.vin,
        make: row.make,
        about_user: row.about_user,
        reason: row.reason,
        amount: row.amount,
    }
}

fn account_of(user: User) -> Account {
    Account {
        name: user.name,
        role: user.role.name().to_owned(),
        disabled: user.disabled,
        codes: user.totp,
        sessions: user.sessions,
    }
}

fn session_of(session: LiveSession) -> OpenSession {
    OpenSession {
        id: session.id.0,
        name: session.name,
        source: session.source,
        started_unix_s: session.started_unix_s,
        seen_unix_s: session.seen_unix_s,
    }
}

fn ended(error: AccessError) -> ApiError {
    refusal(Refused::from(error))
}

pub fn account(error: UserError) -> ApiError {
    match error {
        UserError::SessionEnded => ApiError::SignedOut,
        UserError::NotAllowed { .. } => ApiError::NotAllowed,
        UserError::BadName => ApiError::BadName,
        UserError::NameTaken => ApiError::NameTaken,
        UserError::BadPassword { .. } => ApiError::BadPassword,
        UserError::NoSuchUser => ApiError::NoSuchUser,
        UserError::TotpIsOn => ApiError::CodesAreOn,
        UserError::NotADemo => ApiError::BadRequest,
        UserError::LastAdmin => ApiError::LastAdmin,
        UserError::BadVin => ApiError::BadVin,
        UserError::TooManyScreens => ApiError::TooManyScreens,
        UserError::WrongCredentials => ApiError::WrongPassword,
        UserError::Locked { .. } | UserError::Busy => ApiError::TryLater,
        UserError::Fault(_) => ApiError::RecordUnavailable,
    }
}

#[cfg(test)]
mod tests {
    use access::AuditKind;
    use app::text;

    use super::*;

    #[test]
    fn every_kind_of_row_and_every_role_has_words() {
        let kinds: Vec<_> = text::KINDS.iter().map(|(code, _)| *code).collect();
        for kind in AuditKind::ALL {
            assert!(kinds.contains(&kind.name()), "{kind:?}");
        }
        assert_eq!(kinds.len(), AuditKind::ALL.len());
        for role in Role::ALL {
            assert!(text::role(role.name()).is_some(), "{role:?}");
        }
        for kind in access::PurposeKind::ALL {
            assert!(text::purpose(kind.name()).is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_filter_takes_days_and_refuses_what_is_none() {
        let query = |from_day: &str| LogQuery {
            from_day: from_day.to_owned(),
            vin: " ltest00000w000001 ".to_owned(),
            ..LogQuery::default()
        };
        let filter = filter_of(&query("2026-11-22")).unwrap();
        assert_eq!(filter.from_unix_s, Some(1_795_276_800));
        assert_eq!(filter.vin.as_deref(), Some("LTEST00000W000001"));
        assert_eq!(filter.user_name, None);
        assert_eq!(filter_of(&query("2026-02-30")), Err(ApiError::BadRequest));
    }
}
