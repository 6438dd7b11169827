//! What one field says. The standard keeps four cases apart and so do we: a value, "abnormal" (FE, FFFE, FFFFFFFE),
//! "invalid" (FF, FFFF, FFFFFFFF), and a number outside the range of its field, which real vehicles send and which is
//! kept and marked, never repaired. A quantity is a type of its own that holds the raw integer as sent; unit,
//! resolution, offset and range are constants of that type.

use std::marker::PhantomData;

/// One value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading<T> {
    /// Within the range of the field.
    Value(T),
    /// The sender marked it abnormal.
    Abnormal,
    /// The sender marked it invalid, or has no such sensor.
    Invalid,
    /// Not a mark, and not within the range of the field.
    OutOfRange(T),
}

impl<T> Reading<T> {
    /// The value, if it is one and within range.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Changes the value and keeps the case.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Value(value) => Reading::Value(change(value)),
            Self::Abnormal => Reading::Abnormal,
            Self::Invalid => Reading::Invalid,
            Self::OutOfRange(value) => Reading::OutOfRange(change(value)),
        }
    }
}

/// The constants of a quantity: physical = (raw + `offset_steps`) / 10^`decimals` in `unit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Least raw value in range.
    pub raw_min: u32,
    /// Greatest raw value in range.
    pub raw_max: u32,
    /// Added to the raw value, in steps.
    pub offset_steps: i32,
    /// The step is 10^−decimals units.
    pub decimals: u8,
    /// `"km/h"`, `"V"`, …; empty for counts and numbers of things.
    pub unit: &'static str,
    /// Bytes on the wire: 1, 2 or 4.
    pub width: u8,
    /// Whether all-ones means invalid and one less abnormal.
    pub has_sentinels: bool,
}

/// A number with its unit: `steps` / 10^`decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Whole steps, offset applied.
    pub steps: i64,
    /// The step is 10^−decimals units.
    pub decimals: u8,
    /// `"km/h"`, `"V"`, …; empty for counts and numbers of things.
    pub unit: &'static str,
}

impl Number {
    /// In units, as near as a float comes.
    pub fn to_f64(self) -> f64 {
        // One correctly rounded division: 3547 / 10 is the double nearest to 354.7.
        self.steps as f64 / 10f64.powi(i32::from(self.decimals))
    }
}

/// A field that is a number. The type is the field; the raw integer is what it holds.
pub trait Quantity: Copy {
    /// Unit, resolution, offset and range.
    const SPEC: Spec;

    /// As sent.
    fn raw(self) -> u32;

    /// From the integer as sent, cut to the width of the field.
    fn from_raw(raw: u32) -> Self;

    /// In steps, offset applied.
    #[inline]
    fn steps(self) -> Reading<i64> {
        let (raw, spec) = (self.raw(), Self::SPEC);
        let all_ones = u32::MAX >> (32 - 8 * u32::from(spec.width));
        let steps = i64::from(raw) + i64::from(spec.offset_steps);
        if raw >= spec.raw_min && raw <= spec.raw_max {
            Reading::Value(steps)
        } else if spec.has_sentinels && raw == all_ones {
            Reading::Invalid
        } else if spec.has_sentinels && raw == all_ones - 1 {
            Reading::Abnormal
        } else {
            Reading::OutOfRange(steps)
        }
    }

    /// With its unit.
    #[inline]
    fn number(self) -> Reading<Number> {
        self.steps().map(|steps| Number {
            steps,
            decimals: Self::SPEC.decimals,
            unit: Self::SPEC.unit,
        })
    }

    /// In units.
    fn physical(self) -> Reading<f64> {
        self.number().map(Number::to_f64)
    }

    /// The nearest step to a physical value; what lies outside the range goes to its nearest end, NaN to the least.
    fn from_physical(physical: f64) -> Self {
        let spec = Self::SPEC;
        let steps = (physical * 10f64.powi(i32::from(spec.decimals))).round();
        let raw = steps - f64::from(spec.offset_steps);
        Self::from_raw(
            raw.max(f64::from(spec.raw_min))
                .min(f64::from(spec.raw_max)) as u32,
        )
    }
}

/// A field that is one of a few words.
pub trait Code: Copy {
    /// The code of a byte; a byte without meaning becomes the `Unknown` variant.
    fn from_byte(byte: u8) -> Self;
    /// The byte of the code.
    fn byte(self) -> u8;
    /// The word; `None` for `Unknown`.
    fn word(self) -> Option<&'static str>;
}

/// A byte that holds a code, or FE abnormal, FF invalid. The byte is kept as sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coded<C>(pub u8, PhantomData<C>);

impl<C: Code> Coded<C> {
    /// From the byte as sent.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte, PhantomData)
    }

    /// FF: the sender does not know.
    pub const INVALID: Self = Self::from_byte(0xFF);

    /// What it says.
    #[inline]
    pub fn reading(self) -> Reading<C> {
        match self.0 {
            0xFF => Reading::Invalid,
            0xFE => Reading::Abnormal,
            byte => {
                let code = C::from_byte(byte);
                if code.word().is_some() {
                    Reading::Value(code)
                } else {
                    Reading::OutOfRange(code)
                }
            }
        }
    }
}

impl<C: Code> From<C> for Coded<C> {
    fn from(code: C) -> Self {
        Self::from_byte(code.byte())
    }
}

impl<C: Code + std::fmt::Debug> std::fmt::Debug for Coded<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reading().fmt(f)
    }
}

/// One field in the form a page or a JSON line shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A number within the range of its field.
    Number(Number),
    /// A number outside the range of its field.
    OutOfRange(Number),
    /// Marked abnormal.
    Abnormal,
    /// Marked invalid.
    Invalid,
    /// One of a few words, in snake_case.
    Word(&'static str),
    /// A byte that stands for no word.
    UnknownCode(u8),
    /// Pedal pressed, travel unknown (raw 101 in 2016).
    Pressed,
    /// A set of bits.
    Bits(u32),
    /// The gear byte.
    Gear(crate::codes::Gear),
}

impl From<Reading<Number>> for Form {
    #[inline]
    fn from(reading: Reading<Number>) -> Self {
        match reading {
            Reading::Value(number) => Self::Number(number),
            Reading::OutOfRange(number) => Self::OutOfRange(number),
            Reading::Abnormal => Self::Abnormal,
            Reading::Invalid => Self::Invalid,
        }
    }
}

/// A field of fixed width: how it stands on the wire and how it is shown.
pub trait Wire: Copy {
    /// Bytes on the wire.
    const LEN: usize;
    /// From the first [`Self::LEN`] bytes, which must be there.
    fn get(bytes: &[u8]) -> Self;
    /// Appends the bytes as sent.
    fn put(self, out: &mut Vec<u8>);
    /// As a page shows it.
    fn form(self) -> Form;
}

impl<C: Code> Wire for Coded<C> {
    const LEN: usize = 1;
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self::from_byte(bytes[0])
    }
    fn put(self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    #[inline]
    fn form(self) -> Form {
        match self.reading() {
            Reading::Value(code) => code.word().map_or(Form::UnknownCode(self.0), Form::Word),
            Reading::Abnormal => Form::Abnormal,
            Reading::Invalid => Form::Invalid,
            Reading::OutOfRange(_) => Form::UnknownCode(self.0),
        }
    }
}
