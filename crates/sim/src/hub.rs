//! From the one thread that drives traffic to every subscriber.
//!
//! A chunk is what fell due in one step: whole messages laid end to end in shared bytes, each with the
//! platform it comes from. Subscribers hear chunks through a bounded broadcast; one that cannot keep up
//! misses the oldest chunks (they are counted), as a real stream would be cut rather than slow the fleet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Bytes;

use crate::catalogue::Makers;

/// Steps of 100 ms that a subscriber may lag before it loses the oldest.
const CHUNKS_KEPT: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Offset in the chunk's bytes where this message ends and the next begins.
    pub end: u32,
    /// Index of the maker whose platform sends it.
    pub platform: u8,
}

/// What fell due in one step.
#[derive(Debug, Default)]
pub struct Chunk {
    pub bytes: Bytes,
    pub messages: Vec<Message>,
}

impl Chunk {
    /// The messages of some makers' platforms.
    pub fn of(&self, makers: Makers) -> impl Iterator<Item = Bytes> {
        let mut start = 0usize;
        self.messages.iter().filter_map(move |message| {
            let from = start;
            start = message.end as usize;
            let wanted = makers.has(message.platform);
            wanted.then(|| self.bytes.slice(from..message.end as usize))
        })
    }
}

#[derive(Clone, Debug)]
pub enum Heard {
    Chunk(Arc<Chunk>),
    /// The connection is to break, without a word (`--trouble`).
    Cut,
    /// The stream is over; say goodbye.
    End,
}

#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<Heard>,
    counts: Arc<Counts>,
}

/// What has gone through the hub since the start.
#[derive(Debug, Default)]
pub struct Counts {
    pub messages: AtomicU64,
    pub bytes: AtomicU64,
    pub chunks_missed: AtomicU64,
    pub subscribers_ever: AtomicU64,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(CHUNKS_KEPT),
            counts: Arc::default(),
        }
    }
}

impl Hub {
    pub fn publish(&self, chunk: Chunk) {
        if chunk.messages.is_empty() {
            return;
        }
        self.counts
            .messages
            .fetch_add(chunk.messages.len() as u64, Ordering::Relaxed);
        self.counts
            .bytes
            .fetch_add(chunk.bytes.len() as u64, Ordering::Relaxed);
        // Nobody listening is no fault: a stream goes by whether or not it is heard.
        let _ = self.sender.send(Heard::Chunk(Arc::new(chunk)));
    }

    /// Breaks every connection that is open now.
    pub fn cut(&self) {
        let _ = self.sender.send(Heard::Cut);
    }

    /// Closes every connection that is open now, politely.
    pub fn end(&self) {
        let _ = self.sender.send(Heard::End);
    }

    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Heard> {
        self.counts.subscribers_ever.fetch_add(1, Ordering::Relaxed);
        self.sender.subscribe()
    }

    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.sender.receiver_count()
    }

    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}
