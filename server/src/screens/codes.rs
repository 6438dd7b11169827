//! Pairing codes: what a wall without a session shows, and an admin types in. A code stands for the public key of the
//! wall that asked, is good for five minutes and for one pairing. It is no secret that opens anything: only an admin can
//! use it. So its length has to keep a mistyped code from being another wall's, and the rates have to keep strangers from
//! filling the space of codes.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use access::ScreenKey;
use rand::Rng;

/// No vowels, so that no word comes out; no digits, so that nothing looks like one. 20^8 is 34 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
pub const GOOD_FOR_MS: u64 = 5 * 60 * 1000;
/// New codes in five minutes, of one address and in all; at either bound the newest is refused. An address may be a
/// whole control room.
const OF_AN_ADDRESS: usize = 30;
const OF_ALL: usize = 200;

/// What a wall that asks for a code is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Code { code: String, left_ms: u64 },
    TooMany { retry_ms: u64 },
}

/// A wall that waits to be paired.
#[derive(Clone)]
pub struct Waiting {
    code: [u8; LENGTH],
    pub key: ScreenKey,
    pub from: IpAddr,
    until_mono_ms: u64,
}

#[derive(Default)]
pub struct Codes {
    // A blocking lock: nothing is awaited while it is held and it covers at most 200 entries.
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    waiting: Vec<Waiting>,
    /// When a code was made, and for whom, in the last five minutes.
    made: VecDeque<(u64, IpAddr)>,
}

impl Codes {
    /// The code of the wall with this key: the one it has, or a new one.
    pub fn ask(&self, key: &ScreenKey, from: IpAddr, now_mono_ms: u64) -> Asked {
        let mut inside = self.inside(now_mono_ms);
        if let Some(waiting) = inside.waiting.iter().find(|waiting| waiting.key == *key) {
            return waiting.asked(now_mono_ms);
        }
        let of_address: Vec<u64> = inside
            .made
            .iter()
            .filter(|(_, by)| *by == from)
            .map(|(at, _)| *at)
            .collect();
        let oldest = match (of_address.len(), inside.made.len()) {
            (OF_AN_ADDRESS.., _) => of_address.first().copied(),
            (_, OF_ALL..) => inside.made.front().map(|(at, _)| *at),
            _ => None,
        };
        if let Some(oldest_ms) = oldest {
            let retry_ms = (oldest_ms + GOOD_FOR_MS).saturating_sub(now_mono_ms);
            return Asked::TooMany { retry_ms };
        }
        let waiting = Waiting {
            code: inside.new_code(),
            key: *key,
            from,
            until_mono_ms: now_mono_ms + GOOD_FOR_MS,
        };
        let asked = waiting.asked(now_mono_ms);
        inside.made.push_back((now_mono_ms, from));
        inside.waiting.push(waiting);
        asked
    }

    /// The wall that shows this code now. Case, spaces and hyphens do not matter.
    pub fn find(&self, typed: &str, now_mono_ms: u64) -> Option<Waiting> {
        let code: Vec<u8> = typed
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let inside = self.inside(now_mono_ms);
        inside
            .waiting
            .iter()
            .find(|waiting| waiting.code[..] == code[..])
            .cloned()
    }

    /// The code of this wall was used.
    pub fn spend(&self, waiting: &Waiting, now_mono_ms: u64) {
        let mut inside = self.inside(now_mono_ms);
        inside.waiting.retain(|other| other.code != waiting.code);
    }

    /// Drops the codes that are over, and who asked for them.
    pub fn forget(&self, now_mono_ms: u64) {
        drop(self.inside(now_mono_ms));
    }

    fn inside(&self, now_mono_ms: u64) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside
            .waiting
            .retain(|waiting| now_mono_ms < waiting.until_mono_ms);
        inside.made.retain(|(at, _)| now_mono_ms < at + GOOD_FOR_MS);
        inside
    }
}

impl Inside {
    fn new_code(&self) -> [u8; LENGTH] {
        loop {
            let mut rng = rand::rng();
            let code = std::array::from_fn(|_| LETTERS[rng.random_range(0..LETTERS.len())]);
            if self.waiting.iter().all(|waiting| waiting.code != code) {
                return code;
            }
        }
    }
}

impl Waiting {
    /// `WDJB-MJHT`.
    fn asked(&self, now_mono_ms: u64) -> Asked {
        let (first, second) = self.code.split_at(LENGTH / 2);
        let text = |letters: &[u8]| letters.iter().map(|letter| char::from(*letter)).collect();
        let halves: [String; 2] = [text(first), text(second)];
        Asked::Code {
            code: halves.join("-"),
            left_ms: self.until_mono_ms.saturating_sub(now_mono_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn from(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    fn key(number: u8) -> ScreenKey {
        [number; 65]
    }

    fn code(asked: Asked) -> String {
        match asked {
            Asked::Code { code, .. } => code,
            Asked::TooMany { .. } => panic!("too many"),
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_five_minutes() {
        let codes = Codes::default();
        let shown = code(codes.ask(&key(1), from(1), 0));
        assert_eq!(shown.len(), 9);
        assert_eq!(code(codes.ask(&key(1), from(1), 1_000)), shown, "the same");
        let typed = format!(" {} ", shown.to_lowercase().replace('-', " "));
        let waiting = codes.find(&typed, 2_000).unwrap();
        assert_eq!(waiting.key, key(1));
        assert!(codes.find("", 2_000).is_none());
        assert!(codes.find(&shown[..8], 2_000).is_none());
        codes.spend(&waiting, 2_000);
        assert!(codes.find(&shown, 2_001).is_none(), "used");

        let next = code(codes.ask(&key(1), from(1), 3_000));
        assert_ne!(next, shown);
        assert!(codes.find(&next, 3_000 + GOOD_FOR_MS - 1).is_some());
        assert!(codes.find(&next, 3_000 + GOOD_FOR_MS).is_none(), "expired");
    }

    #[test]
    fn codes_are_rationed_for_an_address_and_for_all() {
        let codes = Codes::default();
        let mut given = 0;
        for number in 0..=u8::MAX {
            match codes.ask(&key(number), from(1), u64::from(number)) {
                Asked::Code { .. } => given += 1,
                Asked::TooMany { retry_ms } => {
                    assert_eq!(retry_ms, GOOD_FOR_MS - u64::from(number));
                }
            }
        }
        assert_eq!(given, OF_AN_ADDRESS);
        for number in 0..=u8::MAX {
            let mut other = key(number);
            other[0] = !number;
            let asked = codes.ask(&other, from(number), 1_000);
            given += usize::from(matches!(asked, Asked::Code { .. }));
        }
        assert_eq!(given, OF_ALL);
        let later_ms = 1_000 + GOOD_FOR_MS;
        assert!(matches!(
            codes.ask(&key(7), from(1), later_ms),
            Asked::Code { .. }
        ));
    }

    #[test]
    fn a_code_that_nobody_used_is_not_kept_nor_who_asked_for_it() {
        let codes = Codes::default();
        codes.ask(&key(1), from(1), 0);
        for (now_ms, left) in [(GOOD_FOR_MS - 1, 1), (GOOD_FOR_MS, 0)] {
            codes.forget(now_ms);
            let inside = codes.inside.lock().unwrap();
            assert_eq!((inside.waiting.len(), inside.made.len()), (left, left));
        }
    }
}
