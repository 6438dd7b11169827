//! The newest bytes of each information type of one vehicle, with the time of each, for the card.
//!
//! All of them lie in one buffer, one record after the other. A vehicle sends the same items again and again, so
//! a record is mostly overwritten where it stands, and nothing is allocated.

use gb32960::Edition;

use crate::Report;

/// Records kept for one vehicle; a further kind of item replaces the oldest record.
pub const MAX_ITEMS: usize = 64;
/// Bytes kept for one vehicle, records' heads included; an item that does not fit replaces the oldest ones, and one
/// that never fits is not kept.
pub const MAX_ITEM_BYTES: usize = 16 * 1024;

/// One information item as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// The information type of the standard.
    pub kind: u8,
    /// Tells parts of one kind apart (cell voltages split over frames): what the part begins with.
    pub part: u32,
    /// The time of the report that brought it.
    pub stamp_unix_s: i64,
    /// Edition of the report that brought it.
    pub edition: Edition,
    /// Behind the type byte.
    pub body: &'a [u8],
}

/// Kind, edition, length of the body, part, stamp as seconds since 1970 in 32 bits.
const HEAD: usize = 1 + 1 + 2 + 4 + 4;

/// See the file's head.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemStore {
    bytes: Vec<u8>,
}

impl ItemStore {
    /// Keeps an item unless a newer one of its kind and part is kept. `hint` is where its record may well stand;
    /// returns where the next one may.
    fn keep(&mut self, item: Item<'_>, hint: usize) -> usize {
        let Ok(len) = u16::try_from(item.body.len()) else {
            return hint;
        };
        let is_it = |head: &Head| {
            (head.kind, head.part, head.edition) == (item.kind, item.part, item.edition)
        };
        let stamp = stamp_u32(item.stamp_unix_s);
        let mut at = hint;
        if !self.head(at).is_some_and(|head| is_it(&head)) {
            at = 0;
        }
        while let Some(head) = self.head(at) {
            let end = at + HEAD + head.len;
            if is_it(&head) {
                if stamp < head.stamp {
                    return end;
                }
                if head.len == item.body.len() {
                    let record = &mut self.bytes[at..end];
                    write_head(record, item, len, stamp);
                    record[HEAD..].copy_from_slice(item.body);
                    return end;
                }
                self.bytes.drain(at..end);
                break;
            }
            at = end;
        }
        self.append(item, len, stamp);
        self.bytes.len()
    }

    fn append(&mut self, item: Item<'_>, len: u16, stamp: u32) {
        let needed = HEAD + item.body.len();
        if needed > MAX_ITEM_BYTES {
            return;
        }
        while self.bytes.len() + needed > MAX_ITEM_BYTES || self.count() >= MAX_ITEMS {
            self.drop_oldest();
        }
        let start = self.bytes.len();
        // A doubling buffer would waste half of the memory of a million vehicles.
        self.bytes.reserve_exact(needed);
        self.bytes.resize(start + HEAD, 0);
        write_head(&mut self.bytes[start..], item, len, stamp);
        self.bytes.extend_from_slice(item.body);
    }

    /// Keeps the items of a report, each unless a newer one of its kind is kept. What stands behind an item that
    /// cannot be stepped over is not kept.
    pub fn keep_report(&mut self, report: &Report) {
        let Some(edition) = report.edition else {
            return;
        };
        let items = || gb32960::items(&report.items, edition);
        if self.bytes.is_empty() {
            let total = items().map(|(_, body)| HEAD + body.len()).sum::<usize>();
            self.bytes.reserve_exact(total.min(MAX_ITEM_BYTES));
        }
        let mut hint = 0;
        for (kind, body) in items() {
            let item = Item {
                kind,
                part: part_of(edition, kind, body),
                stamp_unix_s: report.stamp_unix_s,
                edition,
                body,
            };
            hint = self.keep(item, hint);
        }
    }

    /// What is kept, in the order in which it first came.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let head = self.head(at)?;
            let body = &self.bytes[at + HEAD..at + HEAD + head.len];
            at += HEAD + head.len;
            Some(Item {
                kind: head.kind,
                part: head.part,
                stamp_unix_s: i64::from(head.stamp),
                edition: head.edition,
                body,
            })
        })
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads a byte of each cache line.
    pub fn touch(&self) -> u8 {
        let lines = self.bytes.iter().step_by(64);
        lines.fold(0, |sum, byte| sum ^ byte)
    }

    fn count(&self) -> usize {
        self.iter().count()
    }

    fn drop_oldest(&mut self) {
        let (mut at, mut oldest) = (0, None::<(u32, usize, usize)>);
        while let Some(head) = self.head(at) {
            let len = HEAD + head.len;
            if oldest.is_none_or(|(stamp, ..)| head.stamp < stamp) {
                oldest = Some((head.stamp, at, len));
            }
            at += len;
        }
        if let Some((_, start, len)) = oldest {
            self.bytes.drain(start..start + len);
        }
    }

    fn head(&self, at: usize) -> Option<Head> {
        let head: &[u8; HEAD] = self.bytes.get(at..)?.first_chunk()?;
        let [kind, edition, l0, l1, p0, p1, p2, p3, s0, s1, s2, s3] = *head;
        Some(Head {
            kind,
            edition: if edition == 0 {
                Edition::V2016
            } else {
                Edition::V2025
            },
            len: usize::from(u16::from_le_bytes([l0, l1])),
            part: u32::from_le_bytes([p0, p1, p2, p3]),
            stamp: u32::from_le_bytes([s0, s1, s2, s3]),
        })
    }
}

/// Cell voltages of more than 200 cells come in several reports (2016 annex B, type 08): number of the subsystem and of
/// the first cell tell the parts apart. Everything else is whole.
fn part_of(edition: Edition, kind: u8, body: &[u8]) -> u32 {
    match (edition, kind, body) {
        (Edition::V2016, 0x08, [_, subsystem, _, _, _, _, _, _, first_high, first_low, ..]) => {
            u32::from_be_bytes([0, *subsystem, *first_high, *first_low])
        }
        _ => 0,
    }
}

struct Head {
    kind: u8,
    edition: Edition,
    len: usize,
    part: u32,
    stamp: u32,
}

fn write_head(record: &mut [u8], item: Item<'_>, len: u16, stamp: u32) {
    record[0] = item.kind;
    record[1] = u8::from(item.edition == Edition::V2025);
    record[2..4].copy_from_slice(&len.to_le_bytes());
    record[4..8].copy_from_slice(&item.part.to_le_bytes());
    record[8..12].copy_from_slice(&stamp.to_le_bytes());
}

/// Seconds in 32 bits last until 2106; what lies outside sits at the end.
fn stamp_u32(stamp_unix_s: i64) -> u32 {
    stamp_unix_s.clamp(0, i64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: u8, part: u32, stamp_unix_s: i64, body: &[u8]) -> Item<'_> {
        Item {
            kind,
            part,
            stamp_unix_s,
            edition: Edition::V2016,
            body,
        }
    }

    #[test]
    fn each_kind_and_part_keeps_its_newest_bytes() {
        let mut store = ItemStore::default();
        store.keep(item(1, 0, 10, b"old"), 0);
        store.keep(item(8, 0, 10, b"cells from 1"), 0);
        store.keep(item(8, 200, 10, b"cells from 201"), 0);
        store.keep(item(1, 0, 12, b"newest"), 0);
        store.keep(item(1, 0, 11, b"late"), 0);
        let mut kept: Vec<_> = store.iter().map(|i| (i.kind, i.part, i.body)).collect();
        kept.sort_unstable();
        assert_eq!(
            kept,
            [
                (1, 0, &b"newest"[..]),
                (8, 0, b"cells from 1"),
                (8, 200, b"cells from 201")
            ]
        );
    }

    #[test]
    fn a_vehicle_that_sends_ever_new_kinds_keeps_a_bounded_store() {
        let mut store = ItemStore::default();
        for i in 0..10_000u32 {
            store.keep(item(8, i, i64::from(i), &[7; 300]), 0);
        }
        assert!(store.bytes.len() <= MAX_ITEM_BYTES);
        assert!(store.count() <= MAX_ITEMS);
        assert!(store.iter().any(|i| i.part == 9_999));
        store.keep(item(9, 0, 1, &[0; 60_000]), 0);
        assert!(!store.iter().any(|i| i.kind == 9));
    }
}
