//! One row of the log and its hash.
//!
//! The hash is SHA-256 over a fixed prefix, the previous row's hash, and every column in order, each with its number,
//! a presence byte and its length, so that no two different rows have the same bytes. All of it is in the row: the
//! chain can be checked with nothing but the file.

use crate::session::Session;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Names the encoding; a change of it is a new name, and old rows keep the old one.
const PREFIX: &[u8] = b"evwall audit row 1\n";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    LoggedIn,
    LoginFailed,
    SessionEnded,
    /// Somebody ended the session `amount` of `about_user`.
    SessionRevoked,
    /// Written and synced before the vehicle is shown; one row for each vehicle of the permit.
    PermitOpened,
    /// `amount` is how many seconds it was open.
    PermitClosed,
    PermitRefused,
    /// Written and synced before the search runs.
    SearchAsked,
    /// `amount` is the number of hits; none is a miss.
    SearchAnswered,
    AuditRead,
    AuditExported,
    /// Somebody made the report on who looked at one vehicle: `about_user` is its SHA-256, `amount` its rows.
    VehicleReported,
    OverBudget,
    NoticeSeen,
    /// Somebody answered for an alarm of a vehicle: `reason` is the comment, `amount` the level.
    AlarmAcknowledged,
    /// A view was sent to the wall `about_user` for `amount` minutes; for none it was given back to its scenes.
    WallSent,
    UserCreated,
    UserDisabled,
    UserEnabled,
    PasswordChanged,
    RoleChanged,
    TotpOn,
    TotpOff,
    ScreenPaired,
    ScreenRevoked,
    ScreenVisitorOn,
    ScreenVisitorOff,
    /// An operator confirmed that the clock was rightly set back by `amount` seconds.
    ClockAccepted,
    /// The rows up to number `amount` were removed, for they had reached the age that `action` says; `handle` is the first
    /// half of the last one's hash.
    AuditCut,
    /// `amount` things of the kind `reason` were deleted because of their age.
    Forgotten,
}

impl AuditKind {
    pub const ALL: [Self; 30] = [
        Self::LoggedIn,
        Self::LoginFailed,
        Self::SessionEnded,
        Self::SessionRevoked,
        Self::PermitOpened,
        Self::PermitClosed,
        Self::PermitRefused,
        Self::SearchAsked,
        Self::SearchAnswered,
        Self::AuditRead,
        Self::AuditExported,
        Self::VehicleReported,
        Self::OverBudget,
        Self::NoticeSeen,
        Self::AlarmAcknowledged,
        Self::WallSent,
        Self::UserCreated,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::PasswordChanged,
        Self::RoleChanged,
        Self::TotpOn,
        Self::TotpOff,
        Self::ScreenPaired,
        Self::ScreenRevoked,
        Self::ScreenVisitorOn,
        Self::ScreenVisitorOff,
        Self::ClockAccepted,
        Self::AuditCut,
        Self::Forgotten,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedIn => "logged_in",
            Self::LoginFailed => "login_failed",
            Self::SessionEnded => "session_ended",
            Self::SessionRevoked => "session_revoked",
            Self::PermitOpened => "permit_opened",
            Self::PermitClosed => "permit_closed",
            Self::PermitRefused => "permit_refused",
            Self::SearchAsked => "search_asked",
            Self::SearchAnswered => "search_answered",
            Self::AuditRead => "audit_read",
            Self::AuditExported => "audit_exported",
            Self::VehicleReported => "vehicle_reported",
            Self::OverBudget => "over_budget",
            Self::NoticeSeen => "notice_seen",
            Self::AlarmAcknowledged => "alarm_acknowledged",
            Self::WallSent => "wall_sent",
            Self::UserCreated => "user_created",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::PasswordChanged => "password_changed",
            Self::RoleChanged => "role_changed",
            Self::TotpOn => "totp_on",
            Self::TotpOff => "totp_off",
            Self::ScreenPaired => "screen_paired",
            Self::ScreenRevoked => "screen_revoked",
            Self::ScreenVisitorOn => "screen_visitor_on",
            Self::ScreenVisitorOff => "screen_visitor_off",
            Self::ClockAccepted => "clock_accepted",
            Self::AuditCut => "audit_cut",
            Self::Forgotten => "forgotten",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A row to be written: everything but its number, time and hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) user_id: Option<i64>,
    pub(crate) user_name: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) session_id: Option<i64>,
    pub(crate) source: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) purpose: Option<&'static str>,
    pub(crate) case_number: Option<String>,
    pub(crate) vin: Option<String>,
    pub(crate) make: Option<String>,
    pub(crate) handle: Option<[u8; 16]>,
    pub(crate) permit_id: Option<i64>,
    pub(crate) about_user: Option<String>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) amount: Option<i64>,
}

impl Entry {
    /// Who does it, and from where.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            user_id: Some(session.user.0),
            user_name: Some(session.name.clone()),
            role: Some(session.role.name().to_owned()),
            session_id: Some(session.id.0),
            source: Some(session.source.clone()),
            ..Self::default()
        }
    }
}

/// A row as it stands in the file. Everything is kept as SQLite gave it: an edited row must still be readable.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct AuditRow {
    pub seq: i64,
    pub at_unix_s: i64,
    pub kind: String,
    pub user_id: Option<i64>,
    pub user_name: Option<String>,
    pub role: Option<String>,
    pub session_id: Option<i64>,
    pub source: Option<String>,
    pub action: Option<String>,
    pub purpose: Option<String>,
    pub case_number: Option<String>,
    pub vin: Option<String>,
    pub make: Option<String>,
    #[serde(with = "hex_or_null")]
    pub handle: Option<Vec<u8>>,
    pub permit_id: Option<i64>,
    pub about_user: Option<String>,
    pub reason: Option<String>,
    pub amount: Option<i64>,
    #[serde(with = "hex")]
    pub previous: Vec<u8>,
    #[serde(with = "hex")]
    pub hash: Vec<u8>,
}

/// Without the VIN: rows are printed in logs and panics.
impl std::fmt::Debug for AuditRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditRow")
            .field("seq", &self.seq)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl AuditRow {
    /// The hash this row must carry.
    pub(crate) fn right_hash(&self) -> [u8; 32] {
        let mut to = Fields(Sha256::new_with_prefix(PREFIX), 0);
        to.bytes(Some(&self.previous));
        to.number(Some(self.seq));
        to.number(Some(self.at_unix_s));
        to.text(Some(&self.kind));
        to.number(self.user_id);
        to.text(self.user_name.as_deref());
        to.text(self.role.as_deref());
        to.number(self.session_id);
        to.text(self.source.as_deref());
        to.text(self.action.as_deref());
        to.text(self.purpose.as_deref());
        to.text(self.case_number.as_deref());
        to.text(self.vin.as_deref());
        to.text(self.make.as_deref());
        to.bytes(self.handle.as_deref());
        to.number(self.permit_id);
        to.text(self.about_user.as_deref());
        to.text(self.reason.as_deref());
        to.number(self.amount);
        to.0.finalize().into()
    }
}

/// Feeds fields into the hash, each as number, presence, length, bytes.
struct Fields(Sha256, u8);

impl Fields {
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.0.update([self.1, u8::from(value.is_some())]);
        self.1 += 1;
        if let Some(value) = value {
            self.0.update((value.len() as u64).to_be_bytes());
            self.0.update(value);
        }
    }

    fn text(&mut self, value: Option<&str>) {
        self.bytes(value.map(str::as_bytes));
    }

    fn number(&mut self, value: Option<i64>) {
        self.bytes(
            value
                .map(i64::to_be_bytes)
                .as_ref()
                .map(<[u8; 8]>::as_slice),
        );
    }
}

mod hex_or_null {
    pub(super) fn serialize<S: serde::Serializer>(
        bytes: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => to.serialize_str(&hex::encode(bytes)),
            None => to.serialize_none(),
        }
    }
}
