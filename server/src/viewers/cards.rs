//! The cards that one page has open: sent when they are opened, and again when the vehicle has reported.

use std::collections::HashMap;

use access::SessionId;
use bytes::Bytes;
use wire::{Down, Handle};

use crate::fleet_thread::framed;
use crate::state::AppState;
use crate::{card, clock};

/// Cards one viewer may watch at once; at the bound the newest is not shown.
const MAX_WATCHED: usize = 4;

pub struct Cards {
    session: SessionId,
    scope: u8,
    /// With the receive time of what was sent last.
    watched: HashMap<Handle, Option<u64>>,
}

impl Cards {
    #[must_use]
    pub fn new(session: SessionId, scope: u8) -> Self {
        Self {
            session,
            scope,
            watched: HashMap::new(),
        }
    }

    /// Shows a card; the frames that say so, or that it may not be shown.
    pub async fn show(&mut self, handle: Handle, state: &AppState) -> Vec<Bytes> {
        if self.watched.contains_key(&handle) {
            return Vec::new();
        }
        let now_mono_ms = clock::now().mono_ms;
        if self.watched.len() >= MAX_WATCHED
            || !state.handles.shown(handle, self.session, now_mono_ms)
        {
            return vec![is_over(handle)];
        }
        self.watched.insert(handle, None);
        self.news(state).await
    }

    pub fn hide(&mut self, handle: Handle, state: &AppState) {
        if self.watched.remove(&handle).is_some() {
            state.handles.hidden(handle, clock::now().mono_ms);
        }
    }

    pub fn hide_all(&mut self, state: &AppState) {
        let open: Vec<_> = self.watched.keys().copied().collect();
        for handle in open {
            self.hide(handle, state);
        }
    }

    /// The cards whose vehicle has reported since, and those that are over.
    pub async fn news(&mut self, state: &AppState) -> Vec<Bytes> {
        let mut frames = Vec::new();
        if self.watched.is_empty() {
            return frames;
        }
        let now = clock::now();
        let mut gone = Vec::new();
        for (handle, seen) in &mut self.watched {
            let open = state.handles.open_card(*handle, self.session, now.mono_ms);
            let Some((permit, vehicle)) = open else {
                gone.push(*handle);
                continue;
            };
            let Some(facts) = state.fleet.snapshot(self.scope, vehicle).await else {
                continue;
            };
            let received = facts.received_mono_ms();
            if *seen != received || seen.is_none() {
                *seen = received;
                let Ok(card) = card::of(&permit, &facts, &state.sources.all(), now) else {
                    gone.push(*handle);
                    continue;
                };
                if let Ok(json) = serde_json::to_vec(&card) {
                    frames.push(framed(&Down::Card {
                        handle: *handle,
                        json: &json,
                    }));
                }
            }
        }
        for handle in gone {
            self.hide(handle, state);
            frames.push(is_over(handle));
        }
        frames
    }
}

/// A card without a word: it may no longer be shown.
fn is_over(handle: Handle) -> Bytes {
    framed(&Down::Card { handle, json: b"" })
}
