//! A whole report (commands 02 and 03): its time, its items in the order sent, doubles included, the signature of 2025,
//! and what could not be read. An item whose bytes the walk could step over always decodes.

use super::alarms::Alarms;
use super::drive::{FuelCell2016, FuelCell2025, Motors2016, Motors2025, Stacks};
use super::layout::Record;
use super::storage::{
    Capacitor, CapacitorExtremes, Temperatures2016, Temperatures2025, Voltages2016, Voltages2025,
};
use super::vehicle::{
    Engine2016, Engine2025, Extremes2016, Position2016, Position2025, Vehicle2016, Vehicle2025,
};
use crate::frame::Edition;
use crate::time::Time;
use crate::walk::{Customs, ITEMS_AT, SIGNATURE, Stop, is_custom, items_by};

/// One information item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// 2016 type 01.
    Vehicle2016(Vehicle2016),
    /// 2025 type 01.
    Vehicle2025(Vehicle2025),
    /// 2016 type 02.
    Motors2016(Motors2016<'a>),
    /// 2025 type 02.
    Motors2025(Motors2025<'a>),
    /// 2016 type 03.
    FuelCell2016(FuelCell2016<'a>),
    /// 2025 type 03.
    FuelCell2025(FuelCell2025),
    /// 2016 type 04.
    Engine2016(Engine2016),
    /// 2025 type 04.
    Engine2025(Engine2025),
    /// 2016 type 05.
    Position2016(Position2016),
    /// 2025 type 05.
    Position2025(Position2025),
    /// 2016 type 06.
    Extremes2016(Extremes2016),
    /// 2016 type 07, 2025 type 06.
    Alarms(Alarms<'a>),
    /// 2016 type 08.
    Voltages2016(Voltages2016<'a>),
    /// 2025 type 07.
    Voltages2025(Voltages2025<'a>),
    /// 2016 type 09.
    Temperatures2016(Temperatures2016<'a>),
    /// 2025 type 08.
    Temperatures2025(Temperatures2025<'a>),
    /// 2025 type 30.
    Stacks(Stacks<'a>),
    /// 2025 type 31.
    Capacitor(Capacitor<'a>),
    /// 2025 type 32.
    CapacitorExtremes(CapacitorExtremes),
    /// 80–FE of either edition: the bytes behind the length word.
    Custom { kind: u8, bytes: &'a [u8] },
}

impl<'a> Item<'a> {
    /// From a type and a whole body as [`crate::items`] gives them; `None` when they do not belong together.
    pub fn read(edition: Edition, kind: u8, body: &'a [u8]) -> Option<Self> {
        Some(match (edition, kind) {
            (Edition::V2016, 0x01) => Self::Vehicle2016(whole(body)?),
            (Edition::V2016, 0x02) => Self::Motors2016(Motors2016::read(body)?),
            (Edition::V2016, 0x03) => Self::FuelCell2016(FuelCell2016::read(body)?),
            (Edition::V2016, 0x04) => Self::Engine2016(whole(body)?),
            (Edition::V2016, 0x05) => Self::Position2016(whole(body)?),
            (Edition::V2016, 0x06) => Self::Extremes2016(whole(body)?),
            (Edition::V2016, 0x07) | (Edition::V2025, 0x06) => {
                Self::Alarms(Alarms::read(body, edition)?)
            }
            (Edition::V2016, 0x08) => Self::Voltages2016(Voltages2016::read(body)?),
            (Edition::V2016, 0x09) => Self::Temperatures2016(Temperatures2016::read(body)?),
            (Edition::V2025, 0x01) => Self::Vehicle2025(whole(body)?),
            (Edition::V2025, 0x02) => Self::Motors2025(Motors2025::read(body)?),
            (Edition::V2025, 0x03) => Self::FuelCell2025(whole(body)?),
            (Edition::V2025, 0x04) => Self::Engine2025(whole(body)?),
            (Edition::V2025, 0x05) => Self::Position2025(whole(body)?),
            (Edition::V2025, 0x07) => Self::Voltages2025(Voltages2025::read(body)?),
            (Edition::V2025, 0x08) => Self::Temperatures2025(Temperatures2025::read(body)?),
            (Edition::V2025, 0x30) => Self::Stacks(Stacks::read(body)?),
            (Edition::V2025, 0x31) => Self::Capacitor(Capacitor::read(body)?),
            (Edition::V2025, 0x32) => Self::CapacitorExtremes(whole(body)?),
            (_, kind) if is_custom(kind) => {
                let (len, bytes) = body.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*len)) == bytes.len())
                    .then_some(Self::Custom { kind, bytes })?
            }
            _ => return None,
        })
    }

    /// The type byte.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Vehicle2016(_) | Self::Vehicle2025(_) => 0x01,
            Self::Motors2016(_) | Self::Motors2025(_) => 0x02,
            Self::FuelCell2016(_) | Self::FuelCell2025(_) => 0x03,
            Self::Engine2016(_) | Self::Engine2025(_) => 0x04,
            Self::Position2016(_) | Self::Position2025(_) => 0x05,
            Self::Extremes2016(_) => 0x06,
            Self::Alarms(alarms) if alarms.edition == Edition::V2016 => 0x07,
            Self::Alarms(_) => 0x06,
            Self::Voltages2016(_) | Self::Temperatures2025(_) => 0x08,
            Self::Voltages2025(_) => 0x07,
            Self::Temperatures2016(_) => 0x09,
            Self::Stacks(_) => 0x30,
            Self::Capacitor(_) => 0x31,
            Self::CapacitorExtremes(_) => 0x32,
            Self::Custom { kind, .. } => *kind,
        }
    }

    /// Appends type and body, field by field.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        match self {
            Self::Vehicle2016(item) => item.write(out),
            Self::Vehicle2025(item) => item.write(out),
            Self::Motors2016(item) => item.write(out),
            Self::Motors2025(item) => item.write(out),
            Self::FuelCell2016(item) => item.write(out),
            Self::FuelCell2025(item) => item.write(out),
            Self::Engine2016(item) => item.write(out),
            Self::Engine2025(item) => item.write(out),
            Self::Position2016(item) => item.write(out),
            Self::Position2025(item) => item.write(out),
            Self::Extremes2016(item) => item.write(out),
            Self::Alarms(item) => item.write(out),
            Self::Voltages2016(item) => item.write(out),
            Self::Voltages2025(item) => item.write(out),
            Self::Temperatures2016(item) => item.write(out),
            Self::Temperatures2025(item) => item.write(out),
            Self::Stacks(item) => item.write(out),
            Self::Capacitor(item) => item.write(out),
            Self::CapacitorExtremes(item) => item.write(out),
            Self::Custom { bytes, .. } => {
                // It came from, or goes into, a data unit, so it is shorter than 64 KiB.
                out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// A record that fills its body.
fn whole<R: Record>(body: &[u8]) -> Option<R> {
    if body.len() == R::LEN {
        R::read(body)
    } else {
        None
    }
}

/// The signature of a 2025 report (7.2.2, table 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// 01 SM2, 02 RSA, 03 ECC.
    pub kind: u8,
    /// R, or the whole of an RSA signature.
    pub r: &'a [u8],
    /// S; empty for RSA.
    pub s: &'a [u8],
}

impl<'a> Signature<'a> {
    /// From bytes that hold exactly one signature, without the FF marker.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (signature, rest) = Self::take(bytes)?;
        rest.is_empty().then_some(signature)
    }

    /// The signature at the front, and what follows it.
    pub(super) fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&kind, rest) = bytes.split_first()?;
        let (r, rest) = counted(rest)?;
        let (s, rest) = counted(rest)?;
        Some((Self { kind, r, s }, rest))
    }

    /// Appends it without the marker.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        for part in [self.r, self.s] {
            out.extend_from_slice(&(part.len() as u16).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
}

/// A length word and that many bytes, and what follows.
pub(super) fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

/// A decoded report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// When the vehicle collected the data.
    pub time: Time,
    /// In the order sent; a type may occur more than once.
    pub items: Vec<Item<'a>>,
    /// 2025 only, and optional there.
    pub signature: Option<Signature<'a>>,
    /// Why reading ended early.
    pub stopped: Option<Stop>,
    /// After an early end: the type byte that could not be read, and all that follows.
    pub rest: &'a [u8],
}

impl<'a> Report<'a> {
    /// From the data unit of a report; `None` when there is not even a time.
    pub fn read(data: &'a [u8], edition: Edition) -> Option<Self> {
        Self::read_by(data, edition, Customs::Measured)
    }

    /// [`Report::read`] of a sender whose custom blocks are known.
    pub fn read_by(data: &'a [u8], edition: Edition, customs: Customs) -> Option<Self> {
        let time = Time(*data.first_chunk::<ITEMS_AT>()?);
        let mut walk = items_by(data, edition, customs);
        // Most reports have seven items or fewer.
        let mut decoded = Vec::with_capacity(8);
        for (kind, body) in walk.by_ref() {
            decoded.push(
                Item::read(edition, kind, body).expect("the walk and the layouts agree on lengths"),
            );
        }
        let signature = walk.signature().and_then(Signature::read);
        Some(Self {
            time,
            items: decoded,
            signature,
            stopped: walk.stopped(),
            rest: walk.rest(),
        })
    }

    /// How many bytes of the data unit a signature covers: from the time to the last item, the marker excluded.
    pub fn signed_len(&self, data: &[u8]) -> usize {
        let signature_len = self
            .signature
            .map_or(0, |signature| 1 + 5 + signature.r.len() + signature.s.len());
        data.len() - signature_len.min(data.len())
    }

    /// Appends the data unit as it stands on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        self.items.iter().for_each(|item| item.write(out));
        if let Some(signature) = &self.signature {
            out.push(SIGNATURE);
            signature.write(out);
        }
        out.extend_from_slice(self.rest);
    }
}
