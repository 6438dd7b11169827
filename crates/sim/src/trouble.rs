//! `--trouble`: faults between the vehicles and the centre, at given rates, and how many of each were injected.
//!
//! `cut=0.001,flipped=0.0005,lost=0.01`: a rate is the share of frames it strikes; for `frozen` and `lost` it
//! is the chance per second. Faults happen after the frame is made, so the truth feed keeps saying what the
//! vehicle meant, and the counters say how often the stream did not.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::catalogue::MAKERS;
use crate::hub::{Chunk, Message};
use crate::report::Report;

/// Frames held back by `delayed`; beyond it they pass undelayed.
const MOST_HELD: usize = 100_000;
/// `future` moves a stamp this far ahead.
const FUTURE_S: i64 = 3600;
const FROZEN_MS: i64 = 30_000;

/// The kinds of fault; the counters name them by `NAMES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One frame in two messages.
    Cut,
    /// One bit turned over, anywhere in the frame.
    Flipped,
    /// The same frame twice.
    Duplicated,
    /// Sent two to twenty seconds late.
    Delayed,
    /// Sent before the frame that was due before it.
    Reordered,
    /// Stamped an hour ahead, with a good checksum.
    Future,
    /// A platform that stays connected and is silent for half a minute; counts frames lost to it.
    Frozen,
    /// Every connection broken without a word.
    Lost,
}

const FAULTS: [Fault; 8] = [
    Fault::Cut,
    Fault::Flipped,
    Fault::Duplicated,
    Fault::Delayed,
    Fault::Reordered,
    Fault::Future,
    Fault::Frozen,
    Fault::Lost,
];
const NAMES: [&str; 8] = [
    "cut",
    "flipped",
    "duplicated",
    "delayed",
    "reordered",
    "future",
    "frozen",
    "lost",
];

/// How often each fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates([f64; 8]);

impl FromStr for Rates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rates = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, rate) = part
                .split_once('=')
                .ok_or_else(|| format!("{part}: write kind=rate"))?;
            let kind = NAMES
                .iter()
                .position(|&known| known == name)
                .ok_or_else(|| format!("{name}: the kinds are {}", NAMES.join(", ")))?;
            rates.0[kind] = rate
                .parse()
                .ok()
                .filter(|rate| (0.0..=1.0).contains(rate))
                .ok_or_else(|| format!("{rate}: a rate is 0 to 1"))?;
        }
        Ok(rates)
    }
}

/// How many faults of each kind were injected; shared with the truth feed.
#[derive(Clone, Debug, Default)]
pub struct Injected {
    counts: Arc<[AtomicU64; 8]>,
}

impl Injected {
    fn add(&self, fault: Fault) {
        self.counts[fault as usize].fetch_add(1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        FAULTS
            .iter()
            .map(|&fault| {
                (
                    NAMES[fault as usize],
                    self.counts[fault as usize].load(Ordering::Relaxed),
                )
            })
            .collect()
    }
}

/// What one step sends: messages end to end.
#[derive(Debug, Default)]
pub struct Outbox {
    pub bytes: Vec<u8>,
    pub messages: Vec<Message>,
}

impl Outbox {
    /// What was appended to `bytes` since the last message is a message of `platform`.
    pub fn seal(&mut self, platform: u8) {
        self.messages.push(Message {
            end: self.bytes.len() as u32,
            platform,
        });
    }

    fn push(&mut self, bytes: &[u8], platform: u8) {
        self.bytes.extend_from_slice(bytes);
        self.seal(platform);
    }

    #[must_use]
    pub fn into_chunk(self) -> Chunk {
        Chunk {
            bytes: self.bytes.into(),
            messages: self.messages,
        }
    }
}

pub struct Trouble {
    rates: Rates,
    chance: ChaCha8Rng,
    injected: Injected,
    held: VecDeque<(i64, u8, Vec<u8>)>,
    frozen_until_ms: Vec<i64>,
    second: i64,
}

impl Trouble {
    #[must_use]
    pub fn new(rates: Rates, seed: u64, injected: Injected) -> Self {
        Self {
            rates,
            chance: ChaCha8Rng::seed_from_u64(seed),
            injected,
            held: VecDeque::new(),
            frozen_until_ms: vec![0; MAKERS.len()],
            second: 0,
        }
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        let rate = self.rates.0[fault as usize];
        let strikes = rate > 0.0 && self.chance.random_bool(rate);
        if strikes {
            self.injected.add(fault);
        }
        strikes
    }

    /// Before the frame is made.
    pub fn restamp(&mut self, report: &mut Report) {
        if self.strikes(Fault::Future) {
            report.stamp_unix_s += FUTURE_S;
        }
    }

    /// Passes the frame that ends `out.bytes`, begun at `start`, on as whatever becomes of it.
    pub fn pass(&mut self, out: &mut Outbox, start: usize, platform: u8, now_ms: i64) {
        if self.frozen_until_ms[usize::from(platform)] > now_ms {
            self.injected.add(Fault::Frozen);
            out.bytes.truncate(start);
            return;
        }
        let long = out.bytes.len() - start;
        if self.strikes(Fault::Flipped) {
            let bit = self.chance.random_range(0..long * 8);
            out.bytes[start + bit / 8] ^= 1 << (bit % 8);
        }
        if self.held.len() < MOST_HELD && self.strikes(Fault::Delayed) {
            let due_ms = now_ms + self.chance.random_range(2_000..20_000);
            let at = self.held.partition_point(|held| held.0 <= due_ms);
            self.held
                .insert(at, (due_ms, platform, out.bytes.split_off(start)));
            return;
        }
        if self.strikes(Fault::Cut) {
            let rest = out
                .bytes
                .split_off(start + self.chance.random_range(1..long));
            out.seal(platform);
            out.push(&rest, platform);
            return;
        }
        out.seal(platform);
        if self.strikes(Fault::Duplicated) {
            let again = out.bytes[start..].to_vec();
            out.push(&again, platform);
        }
        if let [.., before, last] = &mut out.messages[..]
            && before.end as usize == start
            && self.rates.0[Fault::Reordered as usize] > 0.0
        {
            // The two last messages change places: turn their bytes round where they lie.
            let first = before.end as usize;
            let (platforms, end) = ((before.platform, last.platform), last.end as usize);
            let begin = out
                .messages
                .len()
                .checked_sub(3)
                .map_or(0, |i| out.messages[i].end as usize);
            if self.strikes(Fault::Reordered) {
                out.bytes[begin..end].rotate_left(first - begin);
                let at = out.messages.len() - 2;
                out.messages[at] = Message {
                    end: (begin + end - first) as u32,
                    platform: platforms.1,
                };
                out.messages[at + 1].platform = platforms.0;
            }
        }
    }

    /// At the end of a step: what was held and is due goes out. Whether every connection is to break.
    pub fn end_step(&mut self, out: &mut Outbox, now_ms: i64) -> bool {
        while self.held.front().is_some_and(|held| held.0 <= now_ms)
            && let Some((_, platform, bytes)) = self.held.pop_front()
        {
            out.push(&bytes, platform);
        }
        let second = now_ms.div_euclid(1000);
        if second == self.second {
            return false;
        }
        self.second = second;
        let rate = self.rates.0[Fault::Frozen as usize];
        if rate > 0.0 && self.chance.random_bool(rate) {
            let platform = self.chance.random_range(0..MAKERS.len());
            self.frozen_until_ms[platform] = now_ms + FROZEN_MS;
        }
        self.strikes(Fault::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gb32960::Split;

    fn frame(nth: u8) -> Vec<u8> {
        let vin = gb32960::vin::build(b"LRW", b"Y0000", b'S', b'A', u32::from(nth));
        let mut bytes = Vec::new();
        let time = gb32960::Time::from_unix_s(1_700_000_000);
        gb32960::encode::ReportWriter::new(
            &mut bytes,
            gb32960::Edition::V2016,
            gb32960::Command::RealTime,
            &vin,
            time,
        )
        .finish()
        .unwrap();
        bytes
    }

    fn shake(rates: &str, frames: u8) -> (Vec<Vec<u8>>, BTreeMap<&'static str, u64>) {
        let injected = Injected::default();
        let mut trouble = Trouble::new(rates.parse().unwrap(), 3, injected.clone());
        let mut out = Outbox::default();
        for nth in 0..frames {
            let start = out.bytes.len();
            out.bytes.extend(frame(nth));
            trouble.pass(&mut out, start, 1, 0);
        }
        trouble.end_step(&mut out, 60_000);
        let messages = out
            .into_chunk()
            .of(crate::catalogue::Makers::NONE.and(1))
            .map(|message| message.to_vec())
            .collect();
        (messages, injected.by_kind())
    }

    fn good(messages: &[Vec<u8>]) -> usize {
        messages
            .iter()
            .filter(|m| matches!(gb32960::split(m), Split::Frame { len, .. } if len == m.len()))
            .count()
    }

    #[test]
    fn faults_are_counted_as_they_show() {
        let (messages, counts) = shake("flipped=0.1", 200);
        // A flipped bit of the start bytes, the length or the sum: never a good frame again.
        assert_eq!(good(&messages) as u64, 200 - counts["flipped"]);
        let (messages, counts) = shake("cut=0.1", 200);
        assert_eq!(messages.len() as u64, 200 + counts["cut"]);
        assert_eq!(good(&messages) as u64, 200 - counts["cut"]);
        let (messages, counts) = shake("duplicated=0.1", 200);
        assert_eq!(good(&messages) as u64, 200 + counts["duplicated"]);
        assert!(counts["duplicated"] > 5);
    }

    #[test]
    fn reordered_and_delayed_frames_all_arrive_whole() {
        for rates in ["reordered=0.3", "delayed=0.3"] {
            let (mut messages, counts) = shake(rates, 200);
            let sent: Vec<Vec<u8>> = (0..200).map(frame).collect();
            assert_ne!(messages, sent, "{rates}");
            assert!(counts.values().sum::<u64>() > 20);
            messages.sort();
            let mut sent = sent;
            sent.sort();
            assert_eq!(messages, sent, "{rates}");
        }
    }

    #[test]
    fn rates_are_read_or_refused() {
        assert!("cut=0.5,lost=1".parse::<Rates>().is_ok());
        for wrong in ["cut", "cut=2", "burnt=0.1", "cut=x"] {
            assert!(wrong.parse::<Rates>().is_err(), "{wrong}");
        }
    }
}
