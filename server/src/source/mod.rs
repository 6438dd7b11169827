//! Ways in: each source turns bytes of a real socket into batches of reports for the fleet.
//!
//! - [`intake`]: bytes → frames → reports, and what was damaged, by kind
//! - [`json`]: reports of fleets outside the standard
//! - [`quarantine`]: the last damaged pieces of each source, blanked
//! - [`websocket`]: subscribes to a telemetry stream and keeps doing so
//! - [`platform`]: platforms that log in over TCP: one task a connection
//! - [`platforms`]: who they are, from a file
//! - [`session`]: the rules of one connection, without a socket
//! - [`standing`]: what is known of a platform beyond one connection

mod intake;
mod json;
mod platform;
mod platforms;
mod quarantine;
mod session;
mod standing;
mod websocket;

pub use intake::Intake;
pub use platform::Gateway;
pub use platforms::Platforms;
pub use quarantine::{Quarantine, Quarantines};
pub use websocket::subscribe;
