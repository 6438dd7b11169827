//! Handles: what a page holds instead of a vehicle.
//!
//! A click that was resolved gives a random handle, bound to the session that clicked and good for two minutes.
//! A card that was opened keeps its handle alive until the permit ends, or until no page shows it any more. Nobody else
//! can use either.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Access, Closed, Permit, SessionId};
use fleet::VehicleIx;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use wire::Handle;

use crate::clock;

/// How long a handle waits for its purpose.
const GOOD_FOR_MS: u64 = 120_000;
/// Handles a session may hold; at the bound the oldest is forgotten.
const MAX_PER_SESSION: usize = 64;
/// How long an open card waits for a page that shows it: a page that lost its connection comes back sooner.
const PAGE_GONE_AFTER_MS: u64 = 20_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct Held {
    session: SessionId,
    vehicle: VehicleIx,
    until_mono_ms: u64,
    card: Option<Card>,
}

/// A card that was opened by its handle.
struct Card {
    permit: Arc<Permit>,
    /// Connections that show it.
    pages: u32,
    /// Since when there is none.
    alone_since_mono_ms: u64,
}

/// All handles of the server.
#[derive(Default)]
pub struct Handles {
    // A blocking lock: nothing is awaited while it is held and it covers a look-up.
    held: Mutex<HashMap<Handle, Held>>,
}

impl Handles {
    /// A new handle for a vehicle that this session clicked.
    pub fn issue(&self, session: SessionId, vehicle: VehicleIx, now_mono_ms: u64) -> Handle {
        let handle = Handle(rand::random());
        let mut held = self.lock();
        held.retain(|_, held| held.until_mono_ms > now_mono_ms);
        let of_session = || {
            held.iter()
                .filter(|(_, held)| held.session == session && held.card.is_none())
        };
        if of_session().count() >= MAX_PER_SESSION
            && let Some((oldest, _)) = of_session().min_by_key(|(_, held)| held.until_mono_ms)
        {
            let oldest = *oldest;
            held.remove(&oldest);
        }
        let entry = Held {
            session,
            vehicle,
            until_mono_ms: now_mono_ms + GOOD_FOR_MS,
            card: None,
        };
        held.insert(handle, entry);
        handle
    }

    /// The vehicle behind a handle of this session.
    pub fn vehicle(
        &self,
        handle: Handle,
        session: SessionId,
        now_mono_ms: u64,
    ) -> Option<VehicleIx> {
        let held = self.lock();
        let held = held.get(&handle)?;
        (held.session == session && held.until_mono_ms > now_mono_ms).then_some(held.vehicle)
    }

    /// A card was opened: the handle now lives as long as its permit. Gives the permit that this one replaces.
    #[must_use]
    pub fn opened(
        &self,
        handle: Handle,
        permit: Arc<Permit>,
        now_mono_ms: u64,
        until_mono_ms: u64,
    ) -> Option<Arc<Permit>> {
        let mut held = self.lock();
        let held = held.get_mut(&handle)?;
        held.until_mono_ms = until_mono_ms;
        let before = held.card.take();
        held.card = Some(Card {
            permit,
            pages: before.as_ref().map_or(0, |card| card.pages),
            alone_since_mono_ms: now_mono_ms,
        });
        before.map(|card| card.permit)
    }

    /// A page of this session shows the card; each of these needs its [`hidden`](Self::hidden). False: there is none.
    #[must_use]
    pub fn shown(&self, handle: Handle, session: SessionId, now_mono_ms: u64) -> bool {
        let mut held = self.lock();
        let Some(held) = held.get_mut(&handle) else {
            return false;
        };
        let mine = held.session == session && held.until_mono_ms > now_mono_ms;
        let Some(card) = held.card.as_mut().filter(|_| mine) else {
            return false;
        };
        card.pages += 1;
        true
    }

    /// A page no longer shows the card.
    pub fn hidden(&self, handle: Handle, now_mono_ms: u64) {
        let mut held = self.lock();
        if let Some(card) = held.get_mut(&handle).and_then(|held| held.card.as_mut()) {
            card.pages = card.pages.saturating_sub(1);
            card.alone_since_mono_ms = now_mono_ms;
        }
    }

    /// Takes the cards that no page has shown for a while.
    #[must_use]
    pub fn abandoned(&self, now_mono_ms: u64) -> Vec<Arc<Permit>> {
        let mut permits = Vec::new();
        self.lock().retain(|_, held| match &held.card {
            Some(card)
                if card.pages == 0
                    && now_mono_ms >= card.alone_since_mono_ms + PAGE_GONE_AFTER_MS =>
            {
                permits.push(Arc::clone(&card.permit));
                false
            }
            _ => true,
        });
        permits
    }

    /// The vehicle of a card that this session has open.
    pub fn open_card(
        &self,
        handle: Handle,
        session: SessionId,
        now_mono_ms: u64,
    ) -> Option<(Arc<Permit>, VehicleIx)> {
        let held = self.lock();
        let held = held.get(&handle)?;
        let mine = held.session == session && held.until_mono_ms > now_mono_ms;
        let card = held.card.as_ref().filter(|_| mine)?;
        Some((Arc::clone(&card.permit), held.vehicle))
    }

    /// Drops what is over; of a look that is over the store writes the closing row.
    pub fn forget(&self, now_mono_ms: u64) {
        self.lock()
            .retain(|_, held| held.until_mono_ms > now_mono_ms);
    }

    /// Closes a card of this session; the permit to write the closing row for.
    pub fn close(&self, handle: Handle, session: SessionId) -> Option<Arc<Permit>> {
        let mut held = self.lock();
        if held.get(&handle)?.session != session {
            return None;
        }
        Some(held.remove(&handle)?.card?.permit)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Handle, Held>> {
        // A panic while it was held leaves whole entries: each change is one insert or remove.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the looks whose pages are gone, each with its row, until the stop.
pub async fn close_abandoned(handles: Arc<Handles>, access: Access, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.cancelled() => return,
        }
        for permit in handles.abandoned(clock::now().mono_ms) {
            let closed = access.close_permit(permit.id(), Closed::PageGone, clock::unix_s());
            if let Err(fault) = closed.await {
                warn!(%fault, "the closing row of a card could not be written yet");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_opened_is_not_kept_for_longer_than_it_is_good() {
        let handles = Handles::default();
        let session = SessionId(1);
        for at_ms in [0, 1_000] {
            let handle = handles.issue(session, VehicleIx(7), at_ms);
            assert_eq!(handles.vehicle(handle, session, at_ms), Some(VehicleIx(7)));
        }
        for (now_ms, left) in [
            (GOOD_FOR_MS - 1, 2),
            (GOOD_FOR_MS, 1),
            (GOOD_FOR_MS + 1_000, 0),
        ] {
            handles.forget(now_ms);
            assert_eq!(handles.lock().len(), left);
        }
    }
}
