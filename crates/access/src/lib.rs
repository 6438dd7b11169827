//! Who may look, and the record of who looked: the only crate that knows users. It knows vehicles by their VIN, in
//! the audit log alone, and owners not at all.
//!
//! - `role`         the Role × Action table; everything asks `allows`
//! - `purpose`      why somebody looks: a closed list
//! - `permit`       a look that has been written down, and the only way to get one
//! - `audit`        the log: rows, hash chain, verification, heads, reading
//! - `budget`       how many looks are usual, and how many are refused
//! - `users`        accounts; `first_start` makes the first admin
//! - `login`        passwords and codes checked, failures counted (`lockout`, `password`)
//! - `session`      what a log-in gives, and how everybody learns that it ended
//! - `store`        the one SQLite file
//! - `error`        why something was refused, without a word that a browser must not see
//!
//! Time comes in as `now_unix_s` with every call. All writing goes through one connection and one transaction a change,
//! synced before it is answered for. Where a record cannot be written the answer is a refusal.

mod audit;
mod budget;
mod error;
mod first_start;
mod lockout;
mod login;
mod password;
mod permit;
mod purpose;
mod role;
mod secret;
mod session;
mod store;
mod users;

pub use audit::{AuditKind, AuditRow, TOLERANCE_S};
pub use budget::Budgets;
pub use error::{AccessError, Fault, LoginError, Refused, UserError};
pub use first_start::FirstStartError;
pub use password::Cost;
pub use permit::{PERMIT_S, Permit, PermitEnded, PermitId, VEHICLES_MAX, Vehicle};
pub use purpose::{Purpose, PurposeError, PurposeKind};
pub use role::{Action, Role, allows};
pub use secret::SessionToken;
pub use session::{EndReason, EndedSession, Session, SessionId, SessionWatch, UserId};
pub use store::{Access, OpenError, Settings};
pub use users::{By, User};
