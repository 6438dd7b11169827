//! Finds frames in a stream of bytes that may be cut, glued or damaged anywhere. Looks at the front of the buffer and
//! always says how far to move on. It never allocates and never trusts a length it has not weighed: a header that
//! cannot be one is skipped at once, so that a false start does not hold back the frames behind it. After damage it
//! advances to the next place where a frame could start, never past one.
//!
//! The checksum is one byte of XOR: one damaged frame in 256 passes it, so the fields are range-checked as well.

use crate::frame::{Edition, Frame, HEADER_LEN, MAX_DATA_LEN, MIN_FRAME_LEN};

/// What stands at the front of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split<'a> {
    /// A whole frame with a good checksum, and the bytes it took.
    Frame { frame: Frame<'a>, len: usize },
    /// Not enough bytes yet; at least `len` in all are needed before it is worth looking again.
    Wait { len: usize },
    /// Bytes that cannot start a frame. Skip them and count them.
    Junk { len: usize, why: Junk },
}

/// Why bytes were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Junk {
    /// Neither `##` nor `$$`.
    NotAStart,
    /// A start mark whose command, reply flag or encryption byte cannot be.
    BadHeader,
    /// A data unit longer than the cap.
    TooLong,
    /// The XOR does not match.
    BadChecksum,
    /// The heartbeat without its 17 identifier bytes that some terminals send; eight bytes, skipped whole.
    NoIdentifier,
    /// A frame that will not be completed: the stream ended, or it took too long ([`split_at_end`] only).
    CutShort,
}

impl Junk {
    /// Every kind, for declaring counters.
    pub const ALL: [Self; 6] = [
        Self::NotAStart,
        Self::BadHeader,
        Self::TooLong,
        Self::BadChecksum,
        Self::NoIdentifier,
        Self::CutShort,
    ];

    /// A metric label.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotAStart => "not_a_start",
            Self::BadHeader => "bad_header",
            Self::TooLong => "too_long",
            Self::BadChecksum => "bad_checksum",
            Self::NoIdentifier => "no_identifier",
            Self::CutShort => "cut_short",
        }
    }
}

/// Looks at the front of `bytes`. An empty buffer asks for more.
pub fn split(bytes: &[u8]) -> Split<'_> {
    split_within(bytes, MAX_DATA_LEN)
}

/// [`split`] with a cap on the data unit, in bytes; a longer one is [`Junk::TooLong`] before its bytes are waited for.
///
/// The cap also bounds what a hostile stream costs: each false start behind another one may have its whole announced
/// length checksummed, so that work per byte received grows with the cap. Real reports are 100–1,200 bytes.
pub fn split_within(bytes: &[u8], max_data_len: usize) -> Split<'_> {
    let Some(edition) = bytes.first().copied().and_then(Edition::of_start_byte) else {
        return if bytes.is_empty() {
            Split::Wait { len: MIN_FRAME_LEN }
        } else {
            junk(bytes, Junk::NotAStart)
        };
    };
    match bytes.get(1) {
        None => return Split::Wait { len: MIN_FRAME_LEN },
        Some(&second) if second != bytes[0] => return junk(bytes, Junk::NotAStart),
        Some(_) => {}
    }
    if let Some(head) = bytes.get(2..8)
        && head[0] == 0x07
        && head[2..5] == [0x01, 0x00, 0x00]
        && head[5] == head[0] ^ head[1] ^ 0x01
    {
        return Split::Junk {
            len: 8,
            why: Junk::NoIdentifier,
        };
    }
    // A third start byte is not a command but the second byte of the mark, behind a stray first one.
    let plausible = bytes
        .get(2)
        .is_none_or(|command| !matches!(command, 0x00 | 0x23 | 0x24 | 0xFF))
        && bytes
            .get(3)
            .is_none_or(|&flag| matches!(flag, 0x01..=0x07 | 0xFE))
        && bytes
            .get(21)
            .is_none_or(|&encryption| matches!(encryption, 0x00..=0x05 | 0xFE | 0xFF));
    if !plausible {
        return junk(bytes, Junk::BadHeader);
    }
    if bytes.len() < HEADER_LEN {
        return Split::Wait { len: MIN_FRAME_LEN };
    }
    let data_len = usize::from(u16::from_be_bytes([bytes[22], bytes[23]]));
    if data_len > max_data_len {
        return junk(bytes, Junk::TooLong);
    }
    let len = MIN_FRAME_LEN + data_len;
    let Some(whole) = bytes.get(..len) else {
        return Split::Wait { len };
    };
    if bcc(&whole[2..len - 1]) != whole[len - 1] {
        return junk(bytes, Junk::BadChecksum);
    }
    Split::Frame {
        frame: Frame::new(whole, edition),
        len,
    }
}

/// [`split`] for when no more bytes will come, or not in time: where it would wait, the front is skipped as
/// [`Junk::CutShort`] up to the next possible start, so that whole frames behind a damaged length are still found.
/// `None` when `bytes` is empty.
pub fn split_at_end(bytes: &[u8], max_data_len: usize) -> Option<Split<'_>> {
    if bytes.is_empty() {
        return None;
    }
    Some(match split_within(bytes, max_data_len) {
        Split::Wait { .. } => junk(bytes, Junk::CutShort),
        found => found,
    })
}

/// Skips the first byte and everything up to the next place where a frame could start.
fn junk(bytes: &[u8], why: Junk) -> Split<'static> {
    let len = bytes[1..]
        .windows(2)
        .position(|pair| pair[0] == pair[1] && Edition::of_start_byte(pair[0]).is_some())
        .map(|at| at + 1)
        .unwrap_or_else(|| {
            // The last byte may be the first half of a start mark: keep it.
            let last_may_start =
                bytes.len() > 1 && Edition::of_start_byte(bytes[bytes.len() - 1]).is_some();
            bytes.len() - usize::from(last_may_start)
        });
    Split::Junk { len, why }
}

/// The XOR of all bytes (2016 and 2025, table 2: from the command to the end of the data unit, start mark excluded).
pub fn bcc(bytes: &[u8]) -> u8 {
    let mut lanes = [0u64; 8];
    let mut blocks = bytes.chunks_exact(64);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            *lane ^= u64::from_ne_bytes(word.try_into().expect("chunks of eight"));
        }
    }
    let mut words = blocks.remainder().chunks_exact(8);
    for (lane, word) in lanes.iter_mut().zip(&mut words) {
        *lane ^= u64::from_ne_bytes(word.try_into().expect("chunks of eight"));
    }
    let folded = lanes.iter().fold(0, |sum, lane| sum ^ lane);
    let folded = folded ^ (folded >> 32);
    let folded = folded ^ (folded >> 16);
    let folded = (folded ^ (folded >> 8)) as u8;
    words
        .remainder()
        .iter()
        .fold(folded, |sum, byte| sum ^ byte)
}
