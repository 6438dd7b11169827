//! Lists. A [`Parts`] is a count byte and that many parts one after another (motors, battery packs, stacks); a
//! [`Series`] is a run of equal fields (cell voltages, probe temperatures); a [`Block`] is a part that ends in a series.
//! All borrow the frame. Counts of FE and FF are kept and followed by nothing.

use std::marker::PhantomData;

use super::layout::Record;
use crate::reading::{Form, Quantity, Reading, Wire};

/// A part that tells its own length.
pub trait Part<'a>: Copy {
    /// The part at the front, and what follows it; `None` when it is cut.
    fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])>;
    /// Appends the part as it stands on the wire.
    fn write(&self, out: &mut Vec<u8>);
}

impl<'a, R: Record + Copy> Part<'a> for R {
    #[inline]
    fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Some((R::read(bytes)?, &bytes[R::LEN..]))
    }
    fn write(&self, out: &mut Vec<u8>) {
        Record::write(self, out);
    }
}

/// A count and that many parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a, P> {
    count: u8,
    bytes: &'a [u8],
    part: PhantomData<P>,
}

impl<'a, P: Part<'a>> Parts<'a, P> {
    /// From a whole body; `None` when a part is cut or bytes are left over.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let (&count, bytes) = body.split_first()?;
        let parts = Self {
            count,
            bytes,
            part: PhantomData,
        };
        let mut rest = bytes;
        for _ in 0..parts.len() {
            (_, rest) = P::take(rest)?;
        }
        rest.is_empty().then_some(parts)
    }

    /// The count as sent, with its marks.
    pub fn count(&self) -> Reading<u8> {
        super::alarms::count_reading(self.count)
    }

    /// How many parts follow: 0 for the marks.
    pub fn len(&self) -> usize {
        self.count().value().map_or(0, usize::from)
    }

    /// Whether no part follows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parts in the order sent.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = P> + use<'a, P> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || {
            let (part, after) = P::take(rest)?;
            rest = after;
            Some(part)
        })
    }

    /// Appends the count and every part, field by field.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.count);
        self.iter().for_each(|part| part.write(out));
    }
}

impl<'a, P: Part<'a> + std::fmt::Debug> std::fmt::Debug for Parts<'a, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ", self.count())?;
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A run of equal fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Series<'a, Q> {
    bytes: &'a [u8],
    field: PhantomData<Q>,
}

impl<'a, Q: Quantity + Wire> Series<'a, Q> {
    /// Over bytes that hold whole fields; a cut one at the end is left out.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            field: PhantomData,
        }
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.bytes.len() / Q::LEN
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fields in the order sent.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Q> + use<'a, Q> {
        self.bytes.chunks_exact(Q::LEN).map(Q::get)
    }

    /// The fields as a page shows them.
    #[inline]
    pub fn forms(&self) -> impl ExactSizeIterator<Item = Form> + use<'a, Q> {
        self.iter().map(Wire::form)
    }

    /// Appends every field.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|field| field.put(out));
    }
}

impl<Q: Quantity + Wire + std::fmt::Debug> std::fmt::Debug for Series<'_, Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A head of fixed layout that says how many fields follow it.
pub trait Head: Record + Copy {
    /// Fields that follow: 0 when the count is marked abnormal or invalid.
    fn following(&self) -> usize;
}

/// A head and the series it announces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Block<'a, H, Q> {
    /// The fields before the series.
    pub head: H,
    /// The series.
    pub values: Series<'a, Q>,
}

impl<H: std::fmt::Debug, Q: Quantity + Wire + std::fmt::Debug> std::fmt::Debug for Block<'_, H, Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block")
            .field("head", &self.head)
            .field("values", &self.values)
            .finish()
    }
}

impl<'a, H: Head, Q: Quantity + Wire> Part<'a> for Block<'a, H, Q> {
    #[inline]
    fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = <H as Part<'_>>::take(bytes)?;
        let (values, rest) = rest.split_at_checked(head.following() * Q::LEN)?;
        Some((
            Self {
                head,
                values: Series::new(values),
            },
            rest,
        ))
    }

    fn write(&self, out: &mut Vec<u8>) {
        Record::write(&self.head, out);
        self.values.write(out);
    }
}
