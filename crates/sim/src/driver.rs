//! The clock's hand: ten times a second it asks the traffic what is due, frames it and hands it on.
//!
//! It runs on a thread of its own. When a step takes too long the next comes at once, and traffic catches
//! up with the time that has passed; nothing is queued.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::dialect::Dialects;
use crate::frames;
use crate::hub::Hub;
use crate::report::{Report, Traffic};
use crate::trouble::{Outbox, Trouble};
use crate::truth::Truth;

pub const STEP_MS: i64 = 100;

/// Unix milliseconds now.
#[must_use]
pub fn now_unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Begin when the first subscriber connects.
    pub wait: bool,
    pub dialects: Dialects,
}

/// Runs until the traffic is finished or `stop` is set, then ends every subscription.
pub fn drive(
    mut traffic: impl Traffic,
    hub: &Hub,
    truth: Option<&Truth>,
    options: &Options,
    mut trouble: Trouble,
    stop: &Arc<AtomicBool>,
) {
    let mut reports = Vec::new();
    let mut last_ms = i64::MIN;
    while !stop.load(Ordering::Relaxed) && !traffic.finished() {
        if !options.wait || hub.counts().subscribers_ever.load(Ordering::Relaxed) > 0 {
            // A clock that was set back must not make stamps fall.
            let now_ms = now_unix_ms().max(last_ms);
            last_ms = now_ms;
            step(
                &mut traffic,
                now_ms,
                &mut reports,
                hub,
                truth,
                &options.dialects,
                &mut trouble,
            );
        }
        let next_ms = (now_unix_ms().div_euclid(STEP_MS) + 1) * STEP_MS;
        let rest_ms = (next_ms - now_unix_ms()).max(0);
        std::thread::sleep(Duration::from_millis(rest_ms as u64));
    }
    hub.end();
}

/// One step: what is due becomes one chunk.
pub fn step(
    traffic: &mut impl Traffic,
    now_unix_ms: i64,
    reports: &mut Vec<Report>,
    hub: &Hub,
    truth: Option<&Truth>,
    dialects: &Dialects,
    trouble: &mut Trouble,
) {
    reports.clear();
    traffic.advance(now_unix_ms, &mut |report| reports.push(*report));
    let mut out = Outbox {
        bytes: Vec::with_capacity(reports.len() * frames::USUAL_BYTES),
        messages: Vec::with_capacity(reports.len()),
    };
    if let Some(truth) = truth {
        truth.note(reports);
    }
    for report in reports.iter_mut() {
        let identity = &traffic.identities()[report.vehicle as usize];
        let start = out.bytes.len();
        trouble.restamp(report);
        let platform = identity.platform();
        frames::append(&mut out.bytes, identity, report, dialects.of(platform));
        trouble.pass(&mut out, start, platform, now_unix_ms);
    }
    let lost = trouble.end_step(&mut out, now_unix_ms);
    hub.publish(out.into_chunk());
    if lost {
        hub.cut();
    }
}
