//! Handles: what a page holds instead of a vehicle.
//!
//! A click that was resolved gives a random handle, bound to the session that clicked and good for two minutes.
//! A card that was opened keeps its handle alive until the permit ends. Nobody else can use either.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use access::{Permit, SessionId};
use fleet::VehicleIx;
use wire::Handle;

/// How long a handle waits for its purpose.
const GOOD_FOR_MS: u64 = 120_000;
/// Handles a session may hold; at the bound the oldest is forgotten.
const MAX_PER_SESSION: usize = 64;

struct Held {
    session: SessionId,
    vehicle: VehicleIx,
    until_mono_ms: u64,
    card: Option<Arc<Permit>>,
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

    /// A card was opened: the handle now lives as long as its permit.
    pub fn opened(&self, handle: Handle, permit: Arc<Permit>, until_mono_ms: u64) {
        if let Some(held) = self.lock().get_mut(&handle) {
            held.card = Some(permit);
            held.until_mono_ms = until_mono_ms;
        }
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
        Some((held.card.clone().filter(|_| mine)?, held.vehicle))
    }

    /// Closes a card of this session; the permit to write the closing row for.
    pub fn close(&self, handle: Handle, session: SessionId) -> Option<Arc<Permit>> {
        let mut held = self.lock();
        if held.get(&handle)?.session != session {
            return None;
        }
        held.remove(&handle)?.card
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Handle, Held>> {
        // A panic while it was held leaves whole entries: each change is one insert or remove.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
