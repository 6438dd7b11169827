//! Builds frames into a caller's `Vec<u8>`, appending: replies, logins, logouts, heartbeats, and reports from typed items
//! or from raw bodies. Everything is written plain (encryption 01). A data unit that would be longer than 65,531 bytes
//! is refused and leaves the buffer as it was.

mod report;

pub use report::ReportWriter;

use crate::frame::{Command, Edition, Frame, HEADER_LEN, MAX_DATA_LEN, REPLY_FLAG_COMMAND};
use crate::split::bcc;
use crate::time::Time;
use crate::vin::Vin;

/// The data unit is longer than the length field allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a data unit of {len} bytes, {MAX_DATA_LEN} are allowed")]
pub struct TooLong {
    /// Bytes of the data unit.
    pub len: usize,
}

/// What a reply says (2016 table 4, 2025 table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyFlag {
    /// 01: what was received is correct.
    Success,
    /// 02: not correct; in 2025 any error without a code of its own.
    Error,
    /// 03.
    VinDuplicate,
    /// 04, 2025 only; 2016 is told 02.
    VinUnknown,
    /// 05, 2025 only; 2016 is told 02.
    BadSignature,
    /// 06, 2025 only; 2016 is told 02.
    BadStructure,
    /// 07, 2025 only; 2016 is told 02.
    BadEncryption,
}

impl ReplyFlag {
    /// The byte, in an edition that may not know the finer ones.
    pub const fn byte(self, edition: Edition) -> u8 {
        match (self, edition) {
            (Self::Success, _) => 0x01,
            (Self::VinDuplicate, _) => 0x03,
            (Self::Error, _) | (_, Edition::V2016) => 0x02,
            (Self::VinUnknown, Edition::V2025) => 0x04,
            (Self::BadSignature, Edition::V2025) => 0x05,
            (Self::BadStructure, Edition::V2025) => 0x06,
            (Self::BadEncryption, Edition::V2025) => 0x07,
        }
    }
}

/// A frame around a ready data unit.
pub fn frame(
    out: &mut Vec<u8>,
    edition: Edition,
    command: Command,
    reply_flag: u8,
    identifier: &Vin,
    data: &[u8],
) -> Result<(), TooLong> {
    let start = begin(out, edition, command, reply_flag, identifier, 0x01);
    out.extend_from_slice(data);
    finish(out, start)
}

/// The reply to a command (2016 and 2025, 6.3.2): the same start mark, command and identifier, the flag, the first six
/// bytes of the request's data unit (its time), plain, a new checksum. A request with fewer bytes gets an empty data
/// unit. `None`, and nothing is written, for a frame that is itself a reply: those are never answered.
pub fn reply(out: &mut Vec<u8>, request: &Frame<'_>, flag: ReplyFlag) -> Option<()> {
    reply_with(
        out,
        request,
        flag,
        request.data().get(..6).unwrap_or_default(),
    )
}

/// The reply of 2016 annex B to a terminal that is attached directly: flag and time change, all other content stays.
/// Platforms want [`reply`].
pub fn reply_echo(
    out: &mut Vec<u8>,
    request: &Frame<'_>,
    flag: ReplyFlag,
    now: Time,
) -> Option<()> {
    let mut data = request.data().to_vec();
    if let Some(time) = data.first_chunk_mut() {
        *time = now.0;
    }
    reply_with(out, request, flag, &data)
}

/// The reply to a time sync (08): the server's own time.
pub fn time_sync_reply(out: &mut Vec<u8>, request: &Frame<'_>, now: Time) -> Option<()> {
    reply_with(out, request, ReplyFlag::Success, &now.0)
}

fn reply_with(out: &mut Vec<u8>, request: &Frame<'_>, flag: ReplyFlag, data: &[u8]) -> Option<()> {
    if !request.is_command() {
        return None;
    }
    let edition = request.edition();
    frame(
        out,
        edition,
        request.command(),
        flag.byte(edition),
        &request.identifier(),
        data,
    )
    .ok()
}

/// Platform login 05 (2016 7.4, 2025 7.4; 41 bytes). User and password are bytes, cut to 12 and 20 and padded with
/// NUL on the right.
pub fn platform_login(
    out: &mut Vec<u8>,
    edition: Edition,
    platform: &Vin,
    time: Time,
    serial: u16,
    user: &[u8],
    password: &[u8],
) {
    let mut data = [0; 41];
    data[..6].copy_from_slice(&time.0);
    data[6..8].copy_from_slice(&serial.to_be_bytes());
    let user = &user[..user.len().min(12)];
    data[8..8 + user.len()].copy_from_slice(user);
    let password = &password[..password.len().min(20)];
    data[20..20 + password.len()].copy_from_slice(password);
    data[40] = 0x01;
    frame(
        out,
        edition,
        Command::PlatformLogin,
        REPLY_FLAG_COMMAND,
        platform,
        &data,
    )
    .expect("41 bytes fit");
}

/// Vehicle logout 04 or platform logout 06 (both editions; 8 bytes): the serial is that of the login it ends.
pub fn logout(
    out: &mut Vec<u8>,
    edition: Edition,
    command: Command,
    identifier: &Vin,
    time: Time,
    serial: u16,
) {
    let mut data = [0; 8];
    data[..6].copy_from_slice(&time.0);
    data[6..].copy_from_slice(&serial.to_be_bytes());
    frame(out, edition, command, REPLY_FLAG_COMMAND, identifier, &data).expect("8 bytes fit");
}

/// Vehicle login 01 without battery codes (2016 and 2025 7.1, table 6: a code length of 0, or no packs): 30 or 29 bytes.
pub fn vehicle_login(
    out: &mut Vec<u8>,
    edition: Edition,
    vin: &Vin,
    time: Time,
    serial: u16,
    iccid: &[u8; 20],
) {
    let mut data = Vec::with_capacity(30);
    data.extend_from_slice(&time.0);
    data.extend_from_slice(&serial.to_be_bytes());
    data.extend_from_slice(iccid);
    match edition {
        Edition::V2016 => data.extend_from_slice(&[1, 0]),
        Edition::V2025 => data.push(0),
    }
    frame(
        out,
        edition,
        Command::VehicleLogin,
        REPLY_FLAG_COMMAND,
        vin,
        &data,
    )
    .expect("30 bytes fit");
}

/// Heartbeat 07 or time sync 08: an empty data unit.
pub fn empty(out: &mut Vec<u8>, edition: Edition, command: Command, identifier: &Vin) {
    frame(out, edition, command, REPLY_FLAG_COMMAND, identifier, &[]).expect("nothing fits");
}

/// Writes a header with length 0 and returns where it starts.
pub(crate) fn begin(
    out: &mut Vec<u8>,
    edition: Edition,
    command: Command,
    reply_flag: u8,
    identifier: &Vin,
    encryption: u8,
) -> usize {
    let start = out.len();
    let mark = edition.start_byte();
    out.extend_from_slice(&[mark, mark, command.byte(), reply_flag]);
    out.extend_from_slice(&identifier.0);
    out.extend_from_slice(&[encryption, 0, 0]);
    start
}

pub(crate) fn finish(out: &mut Vec<u8>, start: usize) -> Result<(), TooLong> {
    let len = out.len() - start - HEADER_LEN;
    if len > MAX_DATA_LEN {
        out.truncate(start);
        return Err(TooLong { len });
    }
    out[start + 22..start + HEADER_LEN].copy_from_slice(&(len as u16).to_be_bytes());
    let check = bcc(&out[start + 2..]);
    out.push(check);
    Ok(())
}
