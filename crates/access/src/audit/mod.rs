//! The record of looks: append-only, each row carrying the hash of the one before it.
//!
//! `row` says what a row is and how it is hashed, `append` is the only writer, `verify` finds what was changed,
//! `heads` carries the newest hash out of the machine, `read` shows rows to those who may see them,
//! `vehicle` makes the report on one vehicle, `cut` removes old rows.

mod append;
mod cut;
mod heads;
mod read;
mod row;
mod vehicle;
mod verify;

pub use append::TOLERANCE_S;
pub(crate) use append::{append, in_order};
pub use cut::{AUDIT_DAYS_MIN, Cut};
pub use heads::{Exported, Head, HeadAt, HeadsError, read_heads};
pub use read::{AuditFilter, EXPORT_MAX, PAGE_MAX};
pub(crate) use row::Entry;
pub use row::{AuditKind, AuditRow};
pub use vehicle::{ReportLine, ReportRow, VehicleReport, find_report, report_digest};
pub use verify::{Problem, Verdict, verify_file};
