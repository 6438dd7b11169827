//! Who may look, and the record of who looked: the only crate that knows users. It knows vehicles by their VIN, in
//! the audit log alone, and owners not at all.
//!
//! - `role`         the Role × Action table; everything asks `allows`
//! - `purpose`      why somebody looks: a closed list
//! - `permit`       a look that has been written down, and the only way to get one; `closing` writes its second row
//! - `audit`        the log: rows, hash chain, verification, heads, reading
//! - `alarm`        answering for an alarm, with a comment from a closed list
//! - `search`       a VIN search that has been written down, and its hits
//! - `budget`       how many looks are usual, and how many are refused; `notices` tell the privacy officer
//! - `deed`         what needs no purpose but a row: `wall`, a view that was sent to one; `alarm`, one that was acknowledged
//! - `users`        accounts; `first_start` makes the first admin; `totp` is their second factor, `qr` the picture of its secret
//! - `login`        passwords and codes checked, failures counted (`lockout`, `password`)
//! - `screens`      walls that sign in with a key of their own
//! - `session`      what a log-in gives; `ends` tells everybody that it is over
//! - `retention`    what is deleted because it is old
//! - `store`        the one SQLite file; `clock` confirms a clock that was set back
//! - `error`        why something was refused, without a word that a browser must not see
//!
//! Time comes in as `now_unix_s` with every call. All writing goes through one connection and one transaction a change,
//! synced before it is answered for. Where a record cannot be written the answer is a refusal.

mod alarm;
mod audit;
mod budget;
mod clock;
mod closing;
mod deed;
mod demo;
mod ends;
mod error;
#[cfg(test)]
mod fault_tests;
mod first_start;
mod lockout;
mod login;
mod notices;
mod password;
mod permit;
mod purpose;
mod qr;
mod queues;
mod retention;
mod role;
mod screens;
mod search;
mod secret;
mod session;
mod store;
mod totp;
mod users;
mod wall;

pub use alarm::{AlarmComment, AlarmSeen};
pub use audit::{
    AUDIT_DAYS_MIN, AuditFilter, AuditKind, AuditRow, Cut, EXPORT_MAX, Exported, Head, HeadAt,
    HeadsError, PAGE_MAX, Problem, ReportLine, ReportRow, TOLERANCE_S, VehicleReport, Verdict,
    find_report, read_heads, report_digest, verify_file,
};
pub use budget::Budgets;
pub use closing::Closed;
pub use ends::{EndReason, EndedSession, SessionWatch};
pub use error::{AccessError, Fault, LoginError, Refused, UserError, faults_total};
pub use first_start::FirstStartError;
pub use password::Cost;
pub use permit::{NotPermitted, PERMIT_S, Permit, PermitEnded, PermitId, VEHICLES_MAX, Vehicle};
pub use purpose::{Purpose, PurposeError, PurposeKind};
pub use queues::Queue;
pub use retention::{Forgotten, Gone};
pub use role::{Action, Role, VISITOR_SCOPE, allows};
pub use screens::{SCREENS_MAX, Screen, ScreenKey};
pub use search::{HITS_MAX, Hits, Search, Wanted};
pub use secret::{SessionToken, random_password};
pub use session::{SESSIONS_PER_USER, Session, SessionId, UserId};
pub use store::{Access, OpenError, Settings};
pub use totp::TotpOffer;
pub use users::{By, LiveSession, User};
