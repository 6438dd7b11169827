//! How long every queue of the server is, and how long it may become: `evwall_queue_length{queue}` and
//! `evwall_queue_bound{queue}`. A queue that one can look at is asked at each scrape ([`Queues`]); what many viewers hold a
//! little of adds up ([`Share`]). Those of the store name themselves (`access::Queue`).

use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Gauge, gauge};

use crate::metrics::{QUEUE_BOUND, QUEUE_LENGTH};

/// Batches of reports and questions that wait for the fleet. Full: sources wait, and their sockets with them.
pub const FLEET: &str = "fleet";
/// Connections that shake hands over TLS. Full: the next are not accepted yet.
pub const TLS_HANDSHAKES: &str = "tls_handshakes";
/// Connections that have shaken hands and were not served yet.
pub const TLS_READY: &str = "tls_ready";
/// Ticks sent to viewers that they have not acknowledged, two for each at most. Then ticks are skipped.
pub const VIEWER_TICKS: &str = "viewer_ticks";
/// Pieces of ticks that viewers' sockets have not taken yet.
pub const VIEWER_PIECES: &str = "viewer_pieces";

/// What is asked at each scrape.
#[derive(Clone, Default)]
pub struct Queues(Arc<Mutex<Vec<Queue>>>);

struct Queue {
    name: &'static str,
    length: Box<dyn Fn() -> usize + Send>,
}

impl Queues {
    /// From now on there is this queue. `length` must not wait.
    pub fn add(
        &self,
        name: &'static str,
        bound: impl Into<Option<usize>>,
        length: impl Fn() -> usize + Send + 'static,
    ) {
        if let Some(bound) = bound.into() {
            gauge!(QUEUE_BOUND, "queue" => name).set(bound as f64);
        }
        let length = Box::new(length);
        self.all().push(Queue { name, length });
    }

    /// Puts all lengths into their gauges.
    pub fn tell(&self) {
        for queue in self.all().iter() {
            gauge!(QUEUE_LENGTH, "queue" => queue.name).set((queue.length)() as f64);
        }
    }

    // Held for a scrape's few reads, and nothing in between can break off.
    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one viewer holds of a queue that is counted over all of them. It gives back what it held when it is dropped.
pub struct Share {
    gauge: Gauge,
    held: usize,
}

impl Share {
    #[must_use]
    pub fn of(queue: &'static str) -> Self {
        Self {
            gauge: gauge!(QUEUE_LENGTH, "queue" => queue),
            held: 0,
        }
    }

    pub fn holds(&mut self, now: usize) {
        if now != self.held {
            self.gauge.increment(now as f64 - self.held as f64);
            self.held = now;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.holds(0);
    }
}
