//! Ways in: each source turns bytes of a real socket into batches of reports for the fleet. What the bytes mean, and the
//! rules of a session, are the crate `intake`'s.
//!
//! - [`intake`]: bytes → frames → reports, and what was damaged, by kind
//! - [`quarantine`]: the last damaged pieces of each source, blanked
//! - [`websocket`]: subscribes to a telemetry stream and keeps doing so
//! - [`platform`]: platforms that log in over TCP: one task a connection
//! - [`file`]: reads the file that says who they are
//! - [`standing`]: what is known of a platform beyond one connection

mod file;
mod intake;
mod platform;
mod quarantine;
mod standing;
mod websocket;

pub use file::read_platforms;
pub use intake::Intake;
pub use platform::Gateway;
pub use quarantine::{Quarantine, Quarantines};
pub use websocket::{connector, subscribe};
