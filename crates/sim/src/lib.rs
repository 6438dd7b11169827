//! A fleet to develop against, and a player of recordings.
//!
//! Traffic comes in two kinds: `playback` moves recorded vehicles, `city` a simulated fleet. Both are pure:
//! time comes in, reports come out, and one seed gives the same reports. `driver` asks them ten times a second
//! what is due, `frames` makes GB/T 32960 frames of it in the `dialect` of each maker, and `hub` hands them to the
//! two ways out: `stream` carries them to subscribers over WebSocket, a `session` logs in to a centre over TCP.
//! `truth` keeps what was sent last, for tests; `trouble` breaks things on purpose and counts it.
//!
//! Deliberately absent: owners, plates, real VINs, and anything a server would need to trust.

pub mod catalogue;
pub mod chance;
pub mod city;
mod detail;
pub mod dialect;
pub mod driver;
pub mod frames;
pub mod ground;
pub mod hub;
pub mod identity;
mod pending;
pub mod platforms;
pub mod playback;
pub mod record;
pub mod recording;
pub mod report;
pub mod roads;
pub mod session;
pub mod stream;
pub mod trouble;
pub mod truth;
