//! Answering for an alarm. It is written down who did, for which vehicle, at which level and what was done about it; the
//! person who answers need not know which vehicle it is. What was done is one of a closed list, and a reference number
//! may stand beside it: there is no field for a sentence, as nowhere in this log.

use crate::audit::{AuditKind, Entry};
use crate::error::Refused;
use crate::purpose::{PurposeError, checked};
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;

/// What was done about an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmComment {
    Watching,
    MakerInformed,
    RescueCalled,
    Resolved,
    FalseAlarm,
    DataFault,
}

impl AlarmComment {
    pub const ALL: [Self; 6] = [
        Self::Watching,
        Self::MakerInformed,
        Self::RescueCalled,
        Self::Resolved,
        Self::FalseAlarm,
        Self::DataFault,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::MakerInformed => "maker_informed",
            Self::RescueCalled => "rescue_called",
            Self::Resolved => "resolved",
            Self::FalseAlarm => "false_alarm",
            Self::DataFault => "data_fault",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comment| comment.name() == name)
    }
}

/// What is answered for. Only `new` makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct AlarmSeen {
    vin: String,
    level: u8,
    comment: AlarmComment,
    reference: Option<String>,
}

/// Without the VIN, as everywhere.
impl std::fmt::Debug for AlarmSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlarmSeen")
            .field("level", &self.level)
            .field("comment", &self.comment)
            .finish_non_exhaustive()
    }
}

impl AlarmSeen {
    /// `reference` is held to the rules of a case number: it names no person.
    pub fn new(
        vin: &str,
        level: u8,
        comment: AlarmComment,
        reference: Option<&str>,
    ) -> Result<Self, PurposeError> {
        Ok(Self {
            vin: vin.to_owned(),
            level,
            comment,
            reference: reference.map(checked).transpose()?,
        })
    }
}

impl Access {
    /// Writes down that somebody answers for an alarm. Only after this may the list say so.
    pub async fn acknowledge_alarm(
        &self,
        session: &Session,
        seen: AlarmSeen,
        now_unix_s: i64,
    ) -> Result<(), Refused> {
        let tell = |who| Entry {
            vin: Some(seen.vin),
            case_number: seen.reference,
            reason: Some(seen.comment.name()),
            amount: Some(i64::from(seen.level)),
            ..who
        };
        let (action, kind) = (Action::AcknowledgeAlarm, AuditKind::AlarmAcknowledged);
        self.deed(session, action, kind, tell, now_unix_s).await
    }
}
