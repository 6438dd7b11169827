//! The last damaged pieces of each source, for operators who want to see what a platform sends.
//!
//! In memory only, and blanked before they are kept: no identifier, no position, no password, so there is nothing that
//! could be unmasked. At the bound the oldest piece goes, and each after hours that an operator says, a day at most.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use fleet::SourceId;

use super::names::Names;
use crate::clock;

/// Pieces kept for one source; at the bound the oldest goes.
const PIECES: usize = 32;
/// Bytes kept of one piece; what is longer is cut behind them. A common report has 100–1,200.
const PIECE_BYTES: usize = 2048;

/// What those are called who have not said who they are.
pub const STRANGERS: &str = "strangers";

/// One source's quarantine; clones share it.
#[derive(Clone, Default)]
pub struct Quarantine(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// All that was ever damaged, kept or not.
    count: u64,
    pieces: VecDeque<Piece>,
}

struct Piece {
    unix_ms: i64,
    kind: &'static str,
    /// As many bytes as came, also where fewer are kept.
    len: usize,
    blanked: Vec<u8>,
}

impl Quarantine {
    /// Counts a damaged piece and keeps it, where there are bytes to keep; how many there have been.
    pub fn keep(&self, kind: &'static str, bytes: &[u8]) -> u64 {
        // Blanked whole, then cut: a cut in the middle of a VIN would leave a part that no longer looks like one.
        let mut blanked = gb32960::blanked(bytes);
        blanked.truncate(PIECE_BYTES);
        blanked.shrink_to_fit();
        // A blocking lock: nothing is awaited while it is held and it covers one push.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        if !bytes.is_empty() {
            if kept.pieces.len() == PIECES {
                kept.pieces.pop_front();
            }
            kept.pieces.push_back(Piece {
                unix_ms: clock::unix_ms(),
                kind,
                len: bytes.len(),
                blanked,
            });
        }
        kept.count
    }

    /// Drops what has been kept for so long, or is of a time that has not come; how many pieces.
    fn forget(&self, now_unix_ms: i64, kept_for_ms: i64) -> usize {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.pieces.len();
        let ages = 0..kept_for_ms;
        kept.pieces
            .retain(|piece| ages.contains(&(now_unix_ms - piece.unix_ms)));
        before - kept.pieces.len()
    }

    /// One line a piece, oldest first: the source, when, what was wrong, how long it was, the blanked bytes.
    #[must_use]
    pub fn lines(&self, source: &str) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = String::new();
        for piece in &kept.pieces {
            // Writing into a string cannot fail.
            let _ = writeln!(
                lines,
                "{source} {} {} {} {}",
                piece.unix_ms,
                piece.kind,
                piece.len,
                hex::encode(&piece.blanked)
            );
        }
        lines
    }
}

/// Those of all sources, and one for who has not logged in. Clones share them.
#[derive(Clone)]
pub struct Quarantines {
    names: Names,
    /// By the number of the source, as far as any was asked for.
    kept: Arc<Mutex<Vec<Quarantine>>>,
    strangers: Quarantine,
}

impl Quarantines {
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self {
            names,
            kept: Arc::default(),
            strangers: Quarantine::default(),
        }
    }

    /// Of one source; of a number that no source has, that of the strangers.
    #[must_use]
    pub fn of(&self, source: SourceId) -> Quarantine {
        let at = usize::from(source.0);
        let sources = self.names.all().len();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if at >= sources {
            return self.strangers.clone();
        }
        if kept.len() < sources {
            kept.resize_with(sources, Quarantine::default);
        }
        kept[at].clone()
    }

    /// With their names, the strangers last.
    fn all(&self) -> Vec<(String, Quarantine)> {
        let names = self.names.all();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = names.iter().cloned().zip(kept.iter().cloned());
        sources
            .chain([(STRANGERS.to_owned(), self.strangers.clone())])
            .collect()
    }

    /// Drops what has been kept for so long, by the server's clock; how many pieces.
    pub fn forget(&self, now_unix_ms: i64, kept_for_ms: i64) -> u64 {
        let all = self.all();
        let gone = all
            .iter()
            .map(|(_, kept)| kept.forget(now_unix_ms, kept_for_ms));
        gone.sum::<usize>() as u64
    }

    /// Every piece that is kept, a line each.
    #[must_use]
    pub fn text(&self) -> String {
        self.all()
            .iter()
            .map(|(name, kept)| kept.lines(name))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_piece_goes_and_a_long_one_is_cut() {
        let quarantine = Quarantine::default();
        for serial in 0..=PIECES {
            quarantine.keep("bad_checksum", &[serial as u8 + 1, 0xFF]);
        }
        quarantine.keep("not_a_start", &[0x80; 60_000]);
        let lines = quarantine.lines("test");
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), PIECES);
        assert!(lines[0].ends_with(" bad_checksum 2 03ff"), "{}", lines[0]);
        let (head, bytes) = lines[PIECES - 1].rsplit_once(' ').unwrap();
        assert!(head.ends_with(" not_a_start 60000"), "{head}");
        assert_eq!(bytes.len(), PIECE_BYTES * 2);
    }

    #[test]
    fn a_piece_is_gone_after_its_time() {
        const KEPT_FOR_MS: i64 = 24 * 3_600 * 1_000;
        let quarantine = Quarantine::default();
        quarantine.keep("bad_checksum", &[1, 0xFF]);
        let kept_at = clock::unix_ms();
        let gone = quarantine.forget(kept_at + KEPT_FOR_MS - 60_000, KEPT_FOR_MS);
        assert_eq!(gone, 0);
        assert_eq!(quarantine.lines("test").lines().count(), 1);
        assert_eq!(quarantine.forget(kept_at + KEPT_FOR_MS, KEPT_FOR_MS), 1);
        assert_eq!(quarantine.lines("test"), "");
    }

    #[test]
    fn neither_a_vehicle_nor_a_place_is_kept() {
        let vin = b"LGXCE4CB0P0000019";
        let place = [121_473_700_u32.to_be_bytes(), 31_230_400_u32.to_be_bytes()].concat();
        let quarantine = Quarantine::default();
        for piece in [
            [&b"\x23\x23\x02\xFE"[..], vin, &place].concat(),
            [&[0x80; PIECE_BYTES - 8][..], vin, &place].concat(),
        ] {
            quarantine.keep("bad_checksum", &piece);
        }
        let kept = quarantine.lines("test");
        for secret in [&vin[..6], &place[..4]] {
            assert!(!kept.contains(&hex::encode(secret)), "{kept}");
        }
    }
}
