//! Why something was refused, as small enums without a free sentence in them: they may travel to a browser as they
//! are. What SQLite said goes to the log once, here, and never further.

use crate::role::{Action, Role};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

static FAULTS: AtomicU64 = AtomicU64::new(0);

/// How often the store refused since this process started: for a metric that somebody is woken by.
#[must_use]
pub fn faults_total() -> u64 {
    FAULTS.load(Ordering::Relaxed)
}

/// The store cannot be relied on just now. Whoever gets one answers nothing that needs a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    #[error("the disk that holds the accounts and the audit log is full")]
    DiskFull,
    #[error("the database of accounts and audit cannot be written")]
    ReadOnly,
    #[error("the database of accounts and audit is locked by somebody else")]
    Locked,
    #[error("the database of accounts and audit is damaged")]
    Damaged,
    /// The clock is behind what the log has already recorded, by more than `clock::TOLERANCE_S`.
    #[error("the clock is {by_s} s behind the newest record")]
    ClockSetBack { by_s: i64 },
    #[error("the database of accounts and audit cannot be used")]
    Other,
}

impl Fault {
    /// A label for metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Locked => "locked",
            Self::Damaged => "damaged",
            Self::ClockSetBack { .. } => "clock_set_back",
            Self::Other => "other",
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        // SQLite's primary result codes; the extended code carries them in its low byte.
        let fault = match &error {
            sqlx::Error::PoolTimedOut => Self::Locked,
            sqlx::Error::Database(inside) => {
                let code = inside
                    .code()
                    .and_then(|code| code.parse::<u32>().ok())
                    .map_or(0, |code| code & 0xff);
                match code {
                    5 | 6 => Self::Locked,
                    8 => Self::ReadOnly,
                    11 | 26 => Self::Damaged,
                    13 => Self::DiskFull,
                    _ => Self::Other,
                }
            }
            _ => Self::Other,
        };
        FAULTS.fetch_add(1, Ordering::Relaxed);
        // SQLite names tables and columns in its messages, never the values that were bound.
        tracing::error!(fault = fault.name(), %error, "the accounts and audit store refused");
        fault
    }
}

/// Why there is no session behind a cookie, or it may not do what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessError {
    /// Unknown, ended, expired or forged: the same answer for all.
    #[error("there is no such session")]
    SessionEnded,
    #[error("{role:?} may not {action:?}")]
    NotAllowed { role: Role, action: Action },
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a log-in failed. An unknown name, a wrong password, a disabled account and a wrong code look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginError {
    #[error("wrong name or password")]
    WrongCredentials,
    /// The password was right; the account wants a one-time code as well.
    #[error("a one-time code is needed")]
    CodeNeeded,
    #[error("too many failures, locked for {retry_after_s} s")]
    Locked { retry_after_s: u32 },
    /// Too many log-ins at once: `password::WAITING_MAX` are already waiting.
    #[error("too many log-ins at once")]
    Busy,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a vehicle may not be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    #[error("there is no such session")]
    SessionEnded,
    #[error("{role:?} may not {action:?}")]
    NotAllowed { role: Role, action: Action },
    /// This action shows no vehicle, or is asked for in another way (`Access::search`).
    #[error("{action:?} has no permit of this kind")]
    NoPermitFor { action: Action },
    #[error("a permit names between 1 and {at_most} vehicles")]
    BadNumberOfVehicles { at_most: u8 },
    #[error("not a VIN")]
    BadVin,
    #[error("too many looks, wait {retry_after_s} s")]
    OverBudget { retry_after_s: u32 },
    /// No row could be written, so there is no answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why an account could not be made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserError {
    #[error("there is no such session")]
    SessionEnded,
    #[error("{role:?} may not {action:?}")]
    NotAllowed { role: Role, action: Action },
    #[error("a name has 1 to 64 ASCII letters, digits, Chinese characters, and . _ -")]
    BadName,
    #[error("the name is taken")]
    NameTaken,
    #[error("a password has {at_least} to {at_most} characters and is not the name")]
    BadPassword { at_least: u8, at_most: u16 },
    #[error("there is no such user")]
    NoSuchUser,
    #[error("one-time codes are on already")]
    TotpIsOn,
    #[error("demo accounts are made in demo mode only")]
    NotADemo,
    #[error("not a VIN")]
    BadVin,
    #[error("there are as many screens as there may be")]
    TooManyScreens,
    #[error("the last admin stays an enabled admin")]
    LastAdmin,
    #[error("the old password, or the code, is wrong")]
    WrongCredentials,
    #[error("too many failures, locked for {retry_after_s} s")]
    Locked { retry_after_s: u32 },
    #[error("too many passwords are being checked at once")]
    Busy,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<AccessError> for Refused {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::SessionEnded => Self::SessionEnded,
            AccessError::NotAllowed { role, action } => Self::NotAllowed { role, action },
            AccessError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<AccessError> for UserError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::SessionEnded => Self::SessionEnded,
            AccessError::NotAllowed { role, action } => Self::NotAllowed { role, action },
            AccessError::Fault(fault) => Self::Fault(fault),
        }
    }
}

// `?` on a query inside a function that returns one of the above.
macro_rules! from_sqlx {
    ($($name:ident),*) => {$(
        impl From<sqlx::Error> for $name {
            fn from(error: sqlx::Error) -> Self {
                Self::Fault(error.into())
            }
        }
    )*};
}
from_sqlx!(AccessError, LoginError, Refused, UserError);
