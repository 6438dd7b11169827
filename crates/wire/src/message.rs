//! One WebSocket message holds one or more frames, each after its length as a LEB128 number.
//!
//! Messages stay below 64 KiB where they can, so that a slow socket never has much in hand; a base larger than
//! that is a message of its own.

use crate::{Down, WireError};

/// What the server packs into one message at most, but for a single frame that is larger.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The longest frame a reader takes; a longer one is an error. 4 Mi dots at 4 bytes.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

/// Appends one frame with its length in front.
pub fn push_frame(message: &mut Vec<u8>, frame: &[u8]) {
    put_varint(message, frame.len() as u64);
    message.extend_from_slice(frame);
}

/// The frames of one message. After an error there are no more.
#[must_use]
pub fn frames(message: &[u8]) -> Frames<'_> {
    Frames { rest: message }
}

/// See [`frames`].
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Down<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = self.take_frame();
        if frame.is_err() {
            self.rest = &[];
        }
        Some(frame.and_then(Down::decode))
    }
}

impl<'a> Frames<'a> {
    fn take_frame(&mut self) -> Result<&'a [u8], WireError> {
        let len = take_varint(&mut self.rest)?;
        if len > MAX_FRAME_BYTES as u64 {
            return Err(WireError::TooMany {
                what: "frame bytes",
                count: len,
                limit: MAX_FRAME_BYTES as u64,
            });
        }
        let (frame, rest) = self
            .rest
            .split_at_checked(len as usize)
            .ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(frame)
    }
}

/// LEB128: seven bits a byte, low ones first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

pub(crate) fn take_varint(bytes: &mut &[u8]) -> Result<u64, WireError> {
    let mut v = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(WireError::Short)?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && part > 1 {
            return Err(WireError::Malformed);
        }
        v |= part << shift;
        if byte & 0x80 == 0 {
            return Ok(v);
        }
    }
    Err(WireError::Malformed)
}

pub(crate) fn take_varint_u32(bytes: &mut &[u8]) -> Result<u32, WireError> {
    u32::try_from(take_varint(bytes)?).map_err(|_| WireError::Malformed)
}
