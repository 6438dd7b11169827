//! Why somebody looks: one of a short closed list, and a case number where the purpose is a case. There is no field
//! for a sentence, because a sentence would one day hold an owner's name.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeKind {
    /// An alarm of this vehicle is being handled.
    Alarm,
    /// Fire, collision, rescue: somebody may be in danger.
    Emergency,
    /// The maker's data looks wrong.
    DataQuality,
    /// The maker asked for help; its ticket is the case number.
    MakerSupport,
    /// A safety investigation or a recall.
    Investigation,
    /// A written request by an authority.
    OfficialRequest,
}

impl PurposeKind {
    pub const ALL: [Self; 6] = [
        Self::Alarm,
        Self::Emergency,
        Self::DataQuality,
        Self::MakerSupport,
        Self::Investigation,
        Self::OfficialRequest,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Emergency => "emergency",
            Self::DataQuality => "data_quality",
            Self::MakerSupport => "maker_support",
            Self::Investigation => "investigation",
            Self::OfficialRequest => "official_request",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub const fn needs_case_number(self) -> bool {
        match self {
            Self::Alarm | Self::Emergency | Self::DataQuality => false,
            Self::MakerSupport | Self::Investigation | Self::OfficialRequest => true,
        }
    }
}

/// A purpose with what it needs. Only `new` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    kind: PurposeKind,
    case_number: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeError {
    #[error("this purpose asks for a case number")]
    CaseNumberNeeded,
    #[error("this purpose has no case number")]
    NoCaseNumberHere,
    #[error(
        "a case number has 3 to 40 letters, digits and - / . _ ( ) [ ] without spaces, at least one a digit"
    )]
    BadCaseNumber,
    /// A plate, a phone, an identity card or an ICCID: the centre does not want to know it.
    #[error("this looks like a person's number, not a case's")]
    PersonalNumber,
}

impl Purpose {
    pub fn new(kind: PurposeKind, case_number: Option<&str>) -> Result<Self, PurposeError> {
        let case_number = match (kind.needs_case_number(), case_number) {
            (true, Some(number)) => Some(checked(number)?),
            (true, None) => return Err(PurposeError::CaseNumberNeeded),
            (false, Some(_)) => return Err(PurposeError::NoCaseNumberHere),
            (false, None) => None,
        };
        Ok(Self { kind, case_number })
    }

    #[must_use]
    pub const fn kind(&self) -> PurposeKind {
        self.kind
    }

    #[must_use]
    pub fn case_number(&self) -> Option<&str> {
        self.case_number.as_deref()
    }
}

pub(crate) fn checked(number: &str) -> Result<String, PurposeError> {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || ('\u{4e00}'..='\u{9fff}').contains(&c)
            || "-/._()[]（）〔〕".contains(c)
    };
    let length = number.chars().count();
    if !(3..=40).contains(&length)
        || !number.chars().all(allowed)
        || !number.chars().any(|c| c.is_ascii_digit())
    {
        return Err(PurposeError::BadCaseNumber);
    }
    if is_personal(number) {
        return Err(PurposeError::PersonalNumber);
    }
    Ok(number.to_owned())
}

/// Whole numbers that name a person or a car of a person: a Chinese plate (沪A12345, 沪AD12345), a mobile number, an
/// identity card, an ICCID. Separators do not hide one.
fn is_personal(number: &str) -> bool {
    const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
    let bare: Vec<char> = number.chars().filter(|c| c.is_alphanumeric()).collect();
    let digits = bare.iter().filter(|c| c.is_ascii_digit()).count();
    let plate = matches!(bare.len(), 7 | 8)
        && PROVINCES.contains(bare[0])
        && bare[1].is_ascii_alphabetic()
        && bare[2..].iter().all(|c| c.is_ascii_alphanumeric());
    let phone = bare.len() == 11 && digits == 11 && bare[0] == '1';
    let phone_abroad = bare.len() == 13 && digits == 13 && bare.starts_with(&['8', '6', '1']);
    let identity_card =
        bare.len() == 18 && (digits == 18 || (digits == 17 && matches!(bare[17], 'x' | 'X')));
    let iccid = matches!(bare.len(), 19 | 20) && bare.starts_with(&['8', '9']);
    plate || phone || phone_abroad || identity_card || iccid
}
