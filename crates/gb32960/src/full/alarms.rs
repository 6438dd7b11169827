//! Alarms (2016 type 07, 7.2.3.7, tables 17 and 18; 2025 type 06, 7.2.4.9, tables 23 and 24): the highest level, 32 general flags, four lists of maker-defined
//! fault codes, and in 2025 the level of each flag. Level, flags and lists contradict each other in real data; nothing is
//! derived from anything. A count of FE or FF is kept and carries no codes.

use crate::Edition;
use crate::codes::AlarmFlags;
use crate::quantity::{AlarmLevel2016, AlarmLevel2025};
use crate::reading::{Form, Number, Quantity, Reading};
use crate::walk::short_count;

/// A list with a count byte and parts of `part_len` bytes, borrowed from the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CountedBytes<'a> {
    /// The count as sent: 0–253, FE abnormal, FF invalid.
    pub count: u8,
    /// `count` × part length; empty for FE and FF.
    pub bytes: &'a [u8],
}

impl CountedBytes<'_> {
    /// The count with its marks.
    pub fn reading(&self) -> Reading<u8> {
        count_reading(self.count)
    }
}

/// Maker-defined fault codes, four bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Faults<'a>(pub CountedBytes<'a>);

impl<'a> Faults<'a> {
    /// The codes in the order sent.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = u32> + use<'a> {
        self.0
            .bytes
            .chunks_exact(4)
            .map(|code| u32::from_be_bytes([code[0], code[1], code[2], code[3]]))
    }
}

pub(crate) fn count_reading(count: u8) -> Reading<u8> {
    match count {
        0xFF => Reading::Invalid,
        0xFE => Reading::Abnormal,
        count => Reading::Value(count),
    }
}

/// The alarm item of either edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarms<'a> {
    /// Decides the range of the level and whether there are flag levels.
    pub edition: Edition,
    /// Highest level as sent: 0–3 (2016) or 0–4 (2025), FE abnormal, FF invalid.
    pub level: u8,
    /// General alarms.
    pub flags: AlarmFlags,
    /// Storage devices, drive motors, engine, other: N1–N4, up to 252 (2016) or 253 (2025) codes each.
    pub faults: [Faults<'a>; 4],
    /// 2025: N5 pairs of flag number and the level of that alarm. Empty in 2016.
    pub flag_levels: CountedBytes<'a>,
}

/// The keys of the four fault lists, in the order of [`Alarms::faults`].
pub const FAULT_KEYS: [&str; 4] = [
    "ress_faults",
    "motor_faults",
    "engine_faults",
    "other_faults",
];

impl<'a> Alarms<'a> {
    /// A level and flags without any fault code.
    pub fn plain(edition: Edition, level: u8, flags: u32) -> Self {
        Self {
            edition,
            level,
            flags: AlarmFlags(flags),
            faults: Default::default(),
            flag_levels: Default::default(),
        }
    }

    /// The highest level with its range applied.
    pub fn level(&self) -> Reading<u8> {
        let level = match self.edition {
            Edition::V2016 => AlarmLevel2016(self.level).steps(),
            Edition::V2025 => AlarmLevel2025(self.level).steps(),
        };
        level.map(|_| self.level)
    }

    /// Pairs of flag number and level (2025).
    pub fn flag_levels(&self) -> impl ExactSizeIterator<Item = (u8, u8)> + use<'a> {
        self.flag_levels
            .bytes
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
    }

    /// From a whole body; `None` when it is cut or too long.
    pub fn read(body: &'a [u8], edition: Edition) -> Option<Self> {
        let head: &[u8; 5] = body.first_chunk()?;
        let mut at = head.len();
        let mut take = |part_len: usize| {
            let count = *body.get(at)?;
            let bytes = body.get(at + 1..at + 1 + part_len * short_count(body, at))?;
            at += 1 + bytes.len();
            Some(CountedBytes { count, bytes })
        };
        let faults = [
            Faults(take(4)?),
            Faults(take(4)?),
            Faults(take(4)?),
            Faults(take(4)?),
        ];
        let flag_levels = if edition == Edition::V2025 {
            take(2)?
        } else {
            CountedBytes::default()
        };
        (at == body.len()).then_some(Self {
            edition,
            level: head[0],
            flags: AlarmFlags(u32::from_be_bytes([head[1], head[2], head[3], head[4]])),
            faults,
            flag_levels,
        })
    }

    /// Appends the body as it stands on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.level);
        out.extend_from_slice(&self.flags.0.to_be_bytes());
        for faults in &self.faults {
            out.push(faults.0.count);
            out.extend_from_slice(faults.0.bytes);
        }
        if self.edition == Edition::V2025 {
            out.push(self.flag_levels.count);
            out.extend_from_slice(self.flag_levels.bytes);
        }
    }

    /// The level as a page shows it.
    pub fn level_form(&self) -> Form {
        self.level()
            .map(|level| Number {
                steps: i64::from(level),
                decimals: 0,
                unit: "",
            })
            .into()
    }
}
