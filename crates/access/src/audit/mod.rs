//! The record of looks: append-only, each row carrying the hash of the one before it.
//!
//! `row` says what a row is and how it is hashed, `append` is the only writer, `verify` finds what was changed,
//! `heads` carries the newest hash out of the machine, `read` shows rows to those who may see them.

mod append;
mod row;

pub use append::TOLERANCE_S;
pub(crate) use append::{append, in_order};
pub(crate) use row::Entry;
pub use row::{AuditKind, AuditRow};
