//! One frame and its header (2016 and 2025, 6.1–6.3): start mark, command, reply flag, 17-byte identifier, encryption,
//! length, data unit, checksum. A [`Frame`] borrows bytes whose length and checksum [`crate::split`] has checked; it
//! looks into them and copies nothing. What the data unit means is not decided here.

use crate::Vin;

/// Bytes before the data unit.
pub const HEADER_LEN: usize = 24;
/// The header, an empty data unit and the checksum.
pub const MIN_FRAME_LEN: usize = HEADER_LEN + 1;
/// The longest data unit either edition allows, in bytes.
pub const MAX_DATA_LEN: usize = 65_531;
/// The reply flag of a frame that is a command and not a reply.
pub const REPLY_FLAG_COMMAND: u8 = 0xFE;

/// The edition of GB/T 32960.3, told by the start mark of each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// GB/T 32960.3-2016, `23 23` ("##").
    V2016,
    /// GB/T 32960.3-2025, `24 24` ("$$").
    V2025,
}

impl Edition {
    /// The two equal start bytes.
    pub const fn start_byte(self) -> u8 {
        match self {
            Self::V2016 => 0x23,
            Self::V2025 => 0x24,
        }
    }

    /// The edition whose start byte this is.
    pub const fn of_start_byte(byte: u8) -> Option<Self> {
        match byte {
            0x23 => Some(Self::V2016),
            0x24 => Some(Self::V2025),
            _ => None,
        }
    }

    /// 2016 or 2025.
    pub const fn year(self) -> u16 {
        match self {
            Self::V2016 => 2016,
            Self::V2025 => 2025,
        }
    }
}

/// The command byte (2016 and 2025, table 3 and annex B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// 01, up.
    VehicleLogin,
    /// 02, up: a report of now.
    RealTime,
    /// 03, up: a report stored earlier. It never moves a dot.
    Reissue,
    /// 04, up.
    VehicleLogout,
    /// 05, up.
    PlatformLogin,
    /// 06, up.
    PlatformLogout,
    /// 07, up, annex B: empty data unit.
    Heartbeat,
    /// 08, up, annex B: asks for the server's time.
    TimeSync,
    /// 09, up, 2025 annex B.
    Activation,
    /// 0A, down, 2025 annex B.
    ActivationReply,
    /// 0B, both ways, 2025.
    KeyExchange,
    /// 80, down, annex B.
    ParameterQuery,
    /// 81, down, annex B.
    ParameterSet,
    /// 82, down, annex B.
    Control,
    /// Reserved, platform-defined (C0–FE), or undefined.
    Other(u8),
}

impl Command {
    /// The command of a byte; every byte has one.
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::VehicleLogin,
            0x02 => Self::RealTime,
            0x03 => Self::Reissue,
            0x04 => Self::VehicleLogout,
            0x05 => Self::PlatformLogin,
            0x06 => Self::PlatformLogout,
            0x07 => Self::Heartbeat,
            0x08 => Self::TimeSync,
            0x09 => Self::Activation,
            0x0A => Self::ActivationReply,
            0x0B => Self::KeyExchange,
            0x80 => Self::ParameterQuery,
            0x81 => Self::ParameterSet,
            0x82 => Self::Control,
            other => Self::Other(other),
        }
    }

    /// The byte of this command.
    pub const fn byte(self) -> u8 {
        match self {
            Self::VehicleLogin => 0x01,
            Self::RealTime => 0x02,
            Self::Reissue => 0x03,
            Self::VehicleLogout => 0x04,
            Self::PlatformLogin => 0x05,
            Self::PlatformLogout => 0x06,
            Self::Heartbeat => 0x07,
            Self::TimeSync => 0x08,
            Self::Activation => 0x09,
            Self::ActivationReply => 0x0A,
            Self::KeyExchange => 0x0B,
            Self::ParameterQuery => 0x80,
            Self::ParameterSet => 0x81,
            Self::Control => 0x82,
            Self::Other(byte) => byte,
        }
    }

    /// Whether the data unit is a report (02 or 03).
    pub const fn is_report(self) -> bool {
        matches!(self, Self::RealTime | Self::Reissue)
    }
}

/// How the data unit is encrypted (2016 table 2, 2025 table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// 01.
    None,
    /// 02.
    Rsa,
    /// 03 (2016: AES-128).
    Aes,
    /// 04, 2025 only.
    Sm2,
    /// 05, 2025 only.
    Sm4,
    /// FE.
    Abnormal,
    /// FF.
    Invalid,
    /// Reserved. 00 is met in practice and means plain data.
    Other(u8),
}

impl Encryption {
    /// The encryption of a byte; every byte has one.
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::None,
            0x02 => Self::Rsa,
            0x03 => Self::Aes,
            0x04 => Self::Sm2,
            0x05 => Self::Sm4,
            0xFE => Self::Abnormal,
            0xFF => Self::Invalid,
            other => Self::Other(other),
        }
    }

    /// Whether the data unit can be read as it stands: 01, or the 00 that some platforms send instead.
    pub const fn is_plain(self) -> bool {
        matches!(self, Self::None | Self::Other(0))
    }
}

/// A whole frame with a good length and checksum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    edition: Edition,
}

impl<'a> Frame<'a> {
    /// The caller has checked the start mark and that `bytes` holds header, data unit and checksum, no more.
    pub(crate) fn new(bytes: &'a [u8], edition: Edition) -> Self {
        debug_assert!(bytes.len() >= MIN_FRAME_LEN);
        Self { bytes, edition }
    }

    /// Reads bytes that should be exactly one frame, whatever their checksum: for showing damaged frames to people.
    /// `None` when the start mark or the length is wrong.
    pub fn unchecked(bytes: &'a [u8]) -> Option<Self> {
        let edition = Edition::of_start_byte(*bytes.first()?)?;
        let is_whole = bytes.len() >= MIN_FRAME_LEN
            && bytes[1] == bytes[0]
            && bytes.len()
                == MIN_FRAME_LEN + usize::from(u16::from_be_bytes([bytes[22], bytes[23]]));
        is_whole.then(|| Self::new(bytes, edition))
    }

    /// The whole frame, start mark to checksum.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// By the start mark.
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Offset 2.
    pub fn command(&self) -> Command {
        Command::from_byte(self.bytes[2])
    }

    /// Offset 3: `FE` is a command, anything else a reply (01 success, 02 error, 03 VIN duplicate; 2025 also 04 VIN
    /// does not exist, 05 signature, 06 structure, 07 decryption).
    pub fn reply_flag(&self) -> u8 {
        self.bytes[3]
    }

    /// Whether this is a command, so that an answer is due. A reply is never answered.
    pub fn is_command(&self) -> bool {
        self.reply_flag() == REPLY_FLAG_COMMAND
    }

    /// Offset 4: the 17 bytes of the VIN, or of a platform's own code padded with NUL.
    pub fn identifier(&self) -> Vin {
        let mut vin = [0; 17];
        vin.copy_from_slice(&self.bytes[4..21]);
        Vin(vin)
    }

    /// Offset 21.
    pub fn encryption(&self) -> Encryption {
        Encryption::from_byte(self.bytes[21])
    }

    /// Offset 21 as it stands.
    pub fn encryption_byte(&self) -> u8 {
        self.bytes[21]
    }

    /// The data unit, without header and checksum.
    pub fn data(&self) -> &'a [u8] {
        &self.bytes[HEADER_LEN..self.bytes.len() - 1]
    }

    /// The checksum as sent.
    pub fn bcc(&self) -> u8 {
        self.bytes[self.bytes.len() - 1]
    }
}

impl std::fmt::Debug for Frame<'_> {
    /// Says what kind of frame it is; the bytes hold a VIN beside a position and are not printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Frame({:?}, {:?}, {:?}, {} bytes)",
            self.edition,
            self.command(),
            self.identifier(),
            self.bytes.len()
        )
    }
}
