//! Ways in: each source turns bytes of a real socket into batches of reports for the fleet.
//!
//! - [`intake`]: bytes → frames → reports, and what was damaged, by kind
//! - [`json`]: reports of fleets outside the standard
//! - [`websocket`]: subscribes to a telemetry stream and keeps doing so

mod intake;
mod json;
mod websocket;

pub use intake::Intake;
pub use websocket::subscribe;
