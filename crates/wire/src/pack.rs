//! How a base and a delta become bytes. First cut: plain fixed records.

use crate::message::{put_varint, take_varint};
use crate::mirror::{DEAD, MAX_SLOTS};
use crate::world::from_morton;
use crate::{CellPoint, Enter, Look, WireError, morton};

pub(crate) fn put_base(out: &mut Vec<u8>, at: &[CellPoint], look: &[u16]) {
    put_varint(out, at.len() as u64);
    for (at, look) in at.iter().zip(look) {
        out.extend_from_slice(&morton(*at).to_le_bytes()[..3]);
        out.extend_from_slice(&look.to_le_bytes());
    }
}

pub(crate) fn take_base(
    mut body: &[u8],
    at: &mut Vec<CellPoint>,
    look: &mut Vec<u16>,
) -> Result<(), WireError> {
    let count = take_count(&mut body, "dots of a cell", MAX_SLOTS)?;
    for _ in 0..count {
        let [a, b, c, d, e] = take(&mut body)?;
        at.push(from_morton(u32::from_le_bytes([a, b, c, 0])));
        look.push(u16::from_le_bytes([d, e]) & Look::MASK);
    }
    end(body)
}

/// The changes of one tick as they are written; slots grow within each list.
pub(crate) struct Packed<'a> {
    pub moves: &'a [(u32, CellPoint)],
    pub looks: &'a [(u32, Look)],
    pub leaves: &'a [u32],
    pub enters: &'a [Enter],
}

pub(crate) fn put_delta(out: &mut Vec<u8>, changes: &Packed<'_>) {
    put_varint(out, changes.leaves.len() as u64);
    for slot in changes.leaves {
        put_varint(out, u64::from(*slot));
    }
    put_varint(out, changes.moves.len() as u64);
    for (slot, to) in changes.moves {
        put_varint(out, u64::from(*slot));
        out.extend_from_slice(&morton(*to).to_le_bytes()[..3]);
    }
    put_varint(out, changes.looks.len() as u64);
    for (slot, look) in changes.looks {
        put_varint(out, u64::from(*slot));
        out.extend_from_slice(&look.0.to_le_bytes());
    }
    put_varint(out, changes.enters.len() as u64);
    for enter in changes.enters {
        out.extend_from_slice(&morton(enter.at).to_le_bytes()[..3]);
        out.extend_from_slice(&enter.look.0.to_le_bytes());
        match enter.from {
            None => out.push(0),
            Some((x, y)) => {
                out.push(1);
                put_varint(out, u64::from(zigzag(x)));
                put_varint(out, u64::from(zigzag(y)));
            }
        }
    }
}

/// Reads a delta of a cell whose looks are `look` (dead slots marked), calling `on` in the order leaves, moves,
/// looks, enters.
pub(crate) fn take_delta(
    mut body: &[u8],
    look: &[u16],
    mut on: impl FnMut(Read),
) -> Result<(), WireError> {
    let check = |slot: u64| match look.get(usize::try_from(slot).unwrap_or(usize::MAX)) {
        Some(look) if look & DEAD == 0 => Ok(slot as u32),
        _ => Err(WireError::Impossible {
            slot: u32::try_from(slot).unwrap_or(u32::MAX),
        }),
    };
    for _ in 0..take_count(&mut body, "leaves", MAX_SLOTS)? {
        on(Read::Leave(check(take_varint(&mut body)?)?));
    }
    for _ in 0..take_count(&mut body, "moves", MAX_SLOTS)? {
        let slot = check(take_varint(&mut body)?)?;
        let [a, b, c] = take(&mut body)?;
        on(Read::Move(
            slot,
            from_morton(u32::from_le_bytes([a, b, c, 0])),
        ));
    }
    for _ in 0..take_count(&mut body, "looks", MAX_SLOTS)? {
        let slot = check(take_varint(&mut body)?)?;
        on(Read::Look(
            slot,
            Look::from_bits(u16::from_le_bytes(take(&mut body)?)),
        ));
    }
    let room = (MAX_SLOTS as usize).saturating_sub(look.len()) as u32;
    for _ in 0..take_count(&mut body, "dots of a cell", room)? {
        let [a, b, c, d, e, from] = take(&mut body)?;
        let from = match from {
            0 => None,
            _ => Some((take_signed(&mut body)?, take_signed(&mut body)?)),
        };
        on(Read::Enter(Enter {
            at: from_morton(u32::from_le_bytes([a, b, c, 0])),
            look: Look::from_bits(u16::from_le_bytes([d, e])),
            from,
        }));
    }
    end(body)
}

pub(crate) enum Read {
    Leave(u32),
    Move(u32, CellPoint),
    Look(u32, Look),
    Enter(Enter),
}

fn zigzag(v: i32) -> u32 {
    ((v << 1) ^ (v >> 31)) as u32
}

fn take_signed(body: &mut &[u8]) -> Result<i32, WireError> {
    let v = u32::try_from(take_varint(body)?).map_err(|_| WireError::Malformed)?;
    Ok(((v >> 1) as i32) ^ -((v & 1) as i32))
}

fn take_count(body: &mut &[u8], what: &'static str, limit: u32) -> Result<u64, WireError> {
    let count = take_varint(body)?;
    if count > u64::from(limit) {
        return Err(WireError::TooMany {
            what,
            count,
            limit: u64::from(limit),
        });
    }
    Ok(count)
}

fn take<const N: usize>(body: &mut &[u8]) -> Result<[u8; N], WireError> {
    let (chunk, rest) = body.split_first_chunk().ok_or(WireError::Short)?;
    *body = rest;
    Ok(*chunk)
}

fn end(rest: &[u8]) -> Result<(), WireError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(WireError::Trailing)
    }
}
