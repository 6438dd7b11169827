//! The screens that are there: what each said of itself last, what it is told, and the proofs that it has not used yet.
//! All of it is forgotten with the server; who is paired stands in the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use access::UserId;
use tokio::sync::watch;
use wire::ScreenReport;

/// From the proof to the connection that it was for.
const PROOF_GOOD_FOR_MS: u64 = 60_000;
/// Windows of one wall PC that may connect at once; at the bound the oldest proof goes.
const PROOFS_KEPT: usize = 16;

/// What a screen is told. Each change reaches every open socket of it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orders {
    /// As it was switched since the start of the server; before that its session knows.
    pub visitor: Option<bool>,
    /// How often it was asked to say hello.
    pub greetings: u32,
}

#[derive(Default)]
pub struct LiveScreens {
    // A blocking lock: nothing is awaited while it is held. Holds at most the screens that were paired since the start.
    screens: Mutex<HashMap<UserId, Live>>,
}

#[derive(Default)]
struct Live {
    orders: watch::Sender<Orders>,
    proofs: VecDeque<u64>,
    sockets: u32,
    report: Option<ScreenReport>,
}

/// How a screen is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doing {
    pub sockets: u32,
    /// Nothing while it is away.
    pub report: Option<ScreenReport>,
}

impl LiveScreens {
    /// It proved that it has its key: one socket may be opened.
    pub fn proved(&self, screen: UserId, now_mono_ms: u64) {
        let mut screens = self.screens();
        let proofs = &mut screens.entry(screen).or_default().proofs;
        if proofs.len() >= PROOFS_KEPT {
            proofs.pop_front();
        }
        proofs.push_back(now_mono_ms);
    }

    /// Uses one proof up, if there is one.
    pub fn take_proof(&self, screen: UserId, now_mono_ms: u64) -> bool {
        let mut screens = self.screens();
        let Some(live) = screens.get_mut(&screen) else {
            return false;
        };
        live.proofs
            .retain(|at| now_mono_ms < at + PROOF_GOOD_FOR_MS);
        live.proofs.pop_front().is_some()
    }

    /// A socket of it was opened.
    pub fn joins(&self, screen: UserId) -> watch::Receiver<Orders> {
        let mut screens = self.screens();
        let live = screens.entry(screen).or_default();
        live.sockets += 1;
        live.orders.subscribe()
    }

    pub fn leaves(&self, screen: UserId) {
        if let Some(live) = self.screens().get_mut(&screen) {
            live.sockets = live.sockets.saturating_sub(1);
            if live.sockets == 0 {
                live.report = None;
            }
        }
    }

    pub fn reported(&self, screen: UserId, report: ScreenReport) {
        if let Some(live) = self.screens().get_mut(&screen) {
            live.report = Some(report);
        }
    }

    pub fn doing(&self, screen: UserId) -> Doing {
        let screens = self.screens();
        screens
            .get(&screen)
            .map_or_else(Doing::default, |live| Doing {
                sockets: live.sockets,
                report: live.report,
            })
    }

    /// Tells every socket of it; how many there are.
    pub fn order(&self, screen: UserId, change: impl FnOnce(&mut Orders)) -> u32 {
        let mut screens = self.screens();
        let live = screens.entry(screen).or_default();
        live.orders.send_modify(change);
        live.sockets
    }

    /// It is no longer paired.
    pub fn forget(&self, screen: UserId) {
        self.screens().remove(&screen);
    }

    fn screens(&self) -> MutexGuard<'_, HashMap<UserId, Live>> {
        self.screens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
