//! The walk over the information items of a report (2016 7.2.3, 2025 7.2.4): `type, body` repeated, no count and, outside
//! custom blocks, no length. So the walk knows the layout of every type well enough to step over it, in any order, and
//! nothing more. It never allocates. It ends at the first item it cannot step over and says why; what came before stands,
//! the rest stays as bytes.

use crate::Edition;

/// Where the items of a report begin in its data unit: behind the six bytes of time.
pub(crate) const ITEMS_AT: usize = 6;
/// In 2025 this type starts the signature.
pub(crate) const SIGNATURE: u8 = 0xFF;

/// Why a walk ended before the end of the data unit. Offsets count from the start of the data unit to the type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A type without a layout (2016: 00, 0A–7F, FF; 2025: 00, 09–2F, 33–7F). `after_custom`: the item before it was a
    /// custom block, whose length word was then probably no length at all (some vendors leave it out).
    UnknownType {
        kind: u8,
        offset: usize,
        after_custom: bool,
    },
    /// The item says it is longer than what is left. `have` bytes follow the type byte.
    Overrun {
        kind: u8,
        offset: usize,
        need: usize,
        have: usize,
    },
    /// FF in a 2025 report whose lengths do not end exactly at the end of the data unit: not a signature.
    NotASignature { offset: usize },
    /// A custom block of a sender whose custom blocks have no length ([`Customs::Unmeasured`]).
    Unmeasured { kind: u8, offset: usize },
}

/// Whether the custom blocks (80–FE) of a sender can be stepped over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Customs {
    /// They begin with a length word, as the standard says.
    #[default]
    Measured,
    /// They have none, as with some bus makers: by chance their first bytes may look like a length and what follows like
    /// items. Reading ends at the first of them.
    Unmeasured,
}

impl Stop {
    /// Where the type byte of the unreadable rest stands in the data unit.
    pub const fn offset(&self) -> usize {
        match *self {
            Self::UnknownType { offset, .. }
            | Self::Overrun { offset, .. }
            | Self::NotASignature { offset }
            | Self::Unmeasured { offset, .. } => offset,
        }
    }

    /// A metric label.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownType {
                after_custom: false,
                ..
            } => "unknown_type",
            Self::UnknownType {
                after_custom: true, ..
            } => "unknown_type_after_custom",
            Self::Overrun { .. } => "overrun",
            Self::NotASignature { .. } => "not_a_signature",
            Self::Unmeasured { .. } => "custom_without_length",
        }
    }
}

/// The items of a report, in the order sent: `(type, body)`. The body has no type byte; a custom block's has its length
/// word. A signature is not an item.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    data: &'a [u8],
    edition: Edition,
    customs: Customs,
    at: usize,
    last_kind: u8,
    stopped: Option<Stop>,
    signature: Option<&'a [u8]>,
}

/// Walks the data unit of a report, its six bytes of time included. Fewer than six bytes have no items.
pub fn items(report_data: &[u8], edition: Edition) -> Items<'_> {
    items_by(report_data, edition, Customs::Measured)
}

/// [`items`] of a sender whose custom blocks are known.
pub fn items_by(report_data: &[u8], edition: Edition, customs: Customs) -> Items<'_> {
    Items {
        data: report_data,
        edition,
        customs,
        at: ITEMS_AT,
        last_kind: 0,
        stopped: None,
        signature: None,
    }
}

impl<'a> Items<'a> {
    /// Why the walk ended early; `None` while it goes on and when it reached the end.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped
    }

    /// The signature of a 2025 report without its FF marker, once the walk has come to it.
    pub fn signature(&self) -> Option<&'a [u8]> {
        self.signature
    }

    /// What has not been walked yet: after an early end, the type byte that stopped it and all that follows.
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or_default()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (u8, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped.is_some() {
            return None;
        }
        let (&kind, after) = self.data.get(self.at..)?.split_first()?;
        if kind == SIGNATURE && self.edition == Edition::V2025 {
            if is_signature(after) {
                self.signature = Some(after);
                self.at = self.data.len();
            } else {
                self.stopped = Some(Stop::NotASignature { offset: self.at });
            }
            return None;
        }
        if self.customs == Customs::Unmeasured && is_custom(kind) {
            self.stopped = Some(Stop::Unmeasured {
                kind,
                offset: self.at,
            });
            return None;
        }
        let Some(len) = body_len(self.edition, kind, after) else {
            let after_custom = is_custom(self.last_kind);
            self.stopped = Some(Stop::UnknownType {
                kind,
                offset: self.at,
                after_custom,
            });
            return None;
        };
        let Some(body) = after.get(..len) else {
            self.stopped = Some(Stop::Overrun {
                kind,
                offset: self.at,
                need: len,
                have: after.len(),
            });
            return None;
        };
        self.at += 1 + len;
        self.last_kind = kind;
        Some((kind, body))
    }
}

/// Whether a type is user-defined, with a length word (both editions: 80–FE).
pub(crate) fn is_custom(kind: u8) -> bool {
    (0x80..=0xFE).contains(&kind)
}

/// 2025 8.2: type 1, R length 2, R, S length 2, S, ending exactly with the data unit.
fn is_signature(after: &[u8]) -> bool {
    let Some(r_len) = word(after, 1) else {
        return false;
    };
    let Some(s_len) = word(after, 3 + r_len) else {
        return false;
    };
    after.len() == 5 + r_len + s_len
}

/// The length of a body, from as much of it as is there; `None` for a type without a layout. When the body is cut, the
/// result is more than what is there: the length known to be needed so far.
#[inline]
fn body_len(edition: Edition, kind: u8, body: &[u8]) -> Option<usize> {
    Some(match (edition, kind) {
        (_, 0x80..=0xFE) => 2 + word(body, 0).unwrap_or(0),
        (Edition::V2016, 0x01) => 20,
        (Edition::V2016, 0x02) => 1 + 12 * short_count(body, 0),
        (Edition::V2016, 0x03) => 18 + long_count(body, 6),
        (Edition::V2016, 0x04) => 5,
        (Edition::V2016, 0x05) => 9,
        (Edition::V2016, 0x06) => 14,
        (Edition::V2016, 0x07) => fault_lists(body),
        (Edition::V2016, 0x08) => subsystems(body, |sub| 10 + 2 * short_count(sub, 9)),
        (Edition::V2016, 0x09) | (Edition::V2025, 0x08) => {
            subsystems(body, |sub| 3 + long_count(sub, 1))
        }
        (Edition::V2025, 0x01) => 18,
        (Edition::V2025, 0x02) => 1 + 10 * short_count(body, 0),
        (Edition::V2025, 0x03) => 12,
        (Edition::V2025, 0x04) => 2,
        (Edition::V2025, 0x05) => 10,
        (Edition::V2025, 0x06) => {
            let levels_at = fault_lists(body);
            levels_at + 1 + 2 * short_count(body, levels_at)
        }
        (Edition::V2025, 0x07) => subsystems(body, |pack| 7 + 2 * long_count(pack, 5)),
        (Edition::V2025, 0x30) => subsystems(body, |stack| 12 + long_count(stack, 10)),
        (Edition::V2025, 0x31) => {
            let temperatures_at = 7 + 2 * long_count(body, 5);
            temperatures_at + 2 + long_count(body, temperatures_at)
        }
        (Edition::V2025, 0x32) => 18,
        _ => return None,
    })
}

/// Level 1, flags 4, then four lists of a count and 4-byte codes.
fn fault_lists(body: &[u8]) -> usize {
    (0..4).fold(5, |at, _| at + 1 + 4 * short_count(body, at))
}

/// A count, then that many parts, each of which tells its own length. Ends at the first part that begins behind the
/// end: at most one step a byte.
fn subsystems(body: &[u8], part_len: impl Fn(&[u8]) -> usize) -> usize {
    let mut at = 1;
    for _ in 0..short_count(body, 0) {
        match body.get(at..) {
            Some(part) if !part.is_empty() => at += part_len(part),
            _ => return at + 1,
        }
    }
    at
}

/// A count byte; FE and FF are followed by nothing. 0 behind the end.
#[inline]
pub(crate) fn short_count(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(&count) if count < 0xFE => usize::from(count),
        _ => 0,
    }
}

/// A count word; FFFE and FFFF are followed by nothing. 0 behind the end.
#[inline]
pub(crate) fn long_count(bytes: &[u8], at: usize) -> usize {
    match word(bytes, at) {
        Some(count) if count < 0xFFFE => count,
        _ => 0,
    }
}

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_be_bytes([pair[0], pair[1]])))
}
