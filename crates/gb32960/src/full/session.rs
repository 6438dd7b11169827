//! Logins, logouts, activation and key exchange (7.1 and 7.3–7.5 of both editions, 2025 7.6 and annex B): the data units that are not
//! reports. Bytes behind the known fields are kept as `left`. Texts are bytes: padded with NUL on either side, sometimes
//! full, sometimes GB 18030.

use super::report::{Signature, counted};
use crate::frame::Edition;
use crate::time::Time;
use crate::vin::Vin;

/// Takes fixed runs from the front of a data unit.
pub(super) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(head)
}

/// Vehicle login 01: what both editions begin with, then the storage devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VehicleLogin<'a> {
    /// When the vehicle logged in.
    pub time: Time,
    /// 1–65,531, begins at 1 each day; gaps are normal.
    pub serial: u16,
    /// The SIM card's number, 20 characters. Personal data: read past, not kept.
    pub iccid: &'a [u8; 20],
    /// The storage devices.
    pub storage: LoginStorage<'a>,
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

/// The storage devices of a vehicle login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStorage<'a> {
    /// 2016 7.1, table 6.
    Subsystems {
        /// 0–250.
        count: u8,
        /// Length of one code, 0–50; 0 means that no codes follow, whatever the count.
        code_len: u8,
        /// `count` × `code_len` bytes, fewer where the data unit is cut; ASCII by the standard, binary in practice.
        codes: &'a [u8],
    },
    /// 2025 7.1, table 6.
    Packs {
        /// Packs of each battery management system: 0–20 systems, 0–50 packs each.
        per_system: &'a [u8],
        /// One code of 24 bytes a pack (GB/T 34014).
        codes: &'a [u8],
    },
}

/// Length of a pack code in a 2025 login.
pub const PACK_CODE_LEN: usize = 24;

impl<'a> LoginStorage<'a> {
    /// The codes one by one.
    pub fn codes(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (codes, len) = match *self {
            Self::Subsystems {
                codes, code_len, ..
            } => (codes, usize::from(code_len)),
            Self::Packs { codes, .. } => (codes, PACK_CODE_LEN),
        };
        codes.chunks_exact(len.max(1))
    }
}

/// As many codes as are announced, or as are there whole, and the bytes behind them.
fn whole_codes(bytes: &[u8], count: usize, len: usize) -> (&[u8], &[u8]) {
    bytes.split_at(len * count.min(bytes.len() / len.max(1)))
}

impl<'a> VehicleLogin<'a> {
    /// From a data unit.
    pub fn read(data: &'a [u8], edition: Edition) -> Option<Self> {
        let mut rest = data;
        let time = Time(*take(&mut rest)?);
        let serial = u16::from_be_bytes(*take(&mut rest)?);
        let iccid = take(&mut rest)?;
        let (storage, left) = match edition {
            Edition::V2016 => {
                let [count, code_len] = *take(&mut rest)?;
                let (codes, left) = whole_codes(rest, usize::from(count), usize::from(code_len));
                (
                    LoginStorage::Subsystems {
                        count,
                        code_len,
                        codes,
                    },
                    left,
                )
            }
            Edition::V2025 => {
                let [systems] = *take(&mut rest)?;
                let (per_system, rest) = rest.split_at_checked(usize::from(systems))?;
                let packs: usize = per_system.iter().map(|&packs| usize::from(packs)).sum();
                let (codes, left) = whole_codes(rest, packs, PACK_CODE_LEN);
                (LoginStorage::Packs { per_system, codes }, left)
            }
        };
        Some(Self {
            time,
            serial,
            iccid,
            storage,
            left,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.extend_from_slice(self.iccid);
        match self.storage {
            LoginStorage::Subsystems {
                count,
                code_len,
                codes,
            } => {
                out.extend_from_slice(&[count, code_len]);
                out.extend_from_slice(codes);
            }
            LoginStorage::Packs { per_system, codes } => {
                // It was counted by one byte.
                out.push(per_system.len() as u8);
                out.extend_from_slice(per_system);
                out.extend_from_slice(codes);
            }
        }
        out.extend_from_slice(self.left);
    }
}

/// Vehicle logout 04 and platform logout 06 (2016 tables 20 and 22, 2025 tables 28 and 30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logout<'a> {
    /// When.
    pub time: Time,
    /// The serial of the login it ends.
    pub serial: u16,
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

impl<'a> Logout<'a> {
    /// From a data unit.
    pub fn read(mut data: &'a [u8]) -> Option<Self> {
        let time = Time(*take(&mut data)?);
        let serial = u16::from_be_bytes(*take(&mut data)?);
        Some(Self {
            time,
            serial,
            left: data,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.extend_from_slice(self.left);
    }
}

/// Platform login 05 (7.4 of both editions; 2016 table 21, 2025 table 29).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PlatformLogin<'a> {
    /// When.
    pub time: Time,
    /// 1–65,531, begins at 1 each day.
    pub serial: u16,
    /// Compare after trimming NULs on both sides ([`crate::vin::trim_nul`]).
    pub user: &'a [u8; 12],
    /// Compare after trimming NULs on both sides, in constant time. Never logged.
    pub password: &'a [u8; 20],
    /// How the platform will encrypt: values of header byte 21.
    pub encryption: u8,
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

impl std::fmt::Debug for PlatformLogin<'_> {
    /// Without user and password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PlatformLogin(serial {}, {} bytes left)",
            self.serial,
            self.left.len()
        )
    }
}

impl<'a> PlatformLogin<'a> {
    /// From a data unit.
    pub fn read(mut data: &'a [u8]) -> Option<Self> {
        let time = Time(*take(&mut data)?);
        let serial = u16::from_be_bytes(*take(&mut data)?);
        let user = take(&mut data)?;
        let password = take(&mut data)?;
        let [encryption] = *take(&mut data)?;
        Some(Self {
            time,
            serial,
            user,
            password,
            encryption,
            left: data,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.extend_from_slice(self.user);
        out.extend_from_slice(self.password);
        out.push(self.encryption);
        out.extend_from_slice(self.left);
    }
}

/// Activation 09 (2025 B.3.5.5, table B.3): a terminal's security chip introduces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation<'a> {
    /// When.
    pub time: Time,
    /// Padded with spaces.
    pub chip_id: &'a [u8; 16],
    /// The chip's public key.
    pub public_key: &'a [u8],
    /// The vehicle.
    pub vin: Vin,
    /// Over all that precedes it.
    pub signature: Signature<'a>,
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

impl<'a> Activation<'a> {
    /// From a data unit.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut rest = data;
        let time = Time(*take(&mut rest)?);
        let chip_id = take(&mut rest)?;
        let (public_key, mut rest) = counted(rest)?;
        let vin = Vin(*take(&mut rest)?);
        let (signature, left) = Signature::take(rest)?;
        Some(Self {
            time,
            chip_id,
            public_key,
            vin,
            signature,
            left,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.extend_from_slice(self.chip_id);
        out.extend_from_slice(&(self.public_key.len() as u16).to_be_bytes());
        out.extend_from_slice(self.public_key);
        out.extend_from_slice(&self.vin.0);
        self.signature.write(out);
        out.extend_from_slice(self.left);
    }
}

/// Activation reply 0A (2025 B.3.5.6, table B.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivationReply {
    /// 01 done, 02 failed.
    pub status: u8,
    /// 00 activated, 01 chip already activated, 02 VIN duplicate.
    pub reason: u8,
}

/// Key exchange 0B (2025 7.6, table 31): a key for data units and how long it holds. How the key itself is protected is agreed elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyExchange<'a> {
    /// 02 RSA, 03 AES, 04 SM2, 05 SM4.
    pub kind: u8,
    /// Secret: shown only when asked.
    pub key: &'a [u8],
    /// From when.
    pub start: Time,
    /// Until when.
    pub end: Time,
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

impl std::fmt::Debug for KeyExchange<'_> {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "KeyExchange(kind {:#04x}, {} bytes, {:?}–{:?})",
            self.kind,
            self.key.len(),
            self.start,
            self.end
        )
    }
}

impl<'a> KeyExchange<'a> {
    /// From a data unit.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = data.split_first()?;
        let (key, mut rest) = counted(rest)?;
        let start = Time(*take(&mut rest)?);
        let end = Time(*take(&mut rest)?);
        Some(Self {
            kind,
            key,
            start,
            end,
            left: rest,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        out.extend_from_slice(&(self.key.len() as u16).to_be_bytes());
        out.extend_from_slice(self.key);
        out.extend_from_slice(&self.start.0);
        out.extend_from_slice(&self.end.0);
        out.extend_from_slice(self.left);
    }
}
