//! Ways in: each source turns bytes of a real socket into batches of reports for the fleet. What the bytes mean, and the
//! rules of a session, are the crate `intake`'s.
//!
//! - [`intake`]: bytes → frames → reports, and what was damaged, by kind
//! - [`quarantine`]: the last damaged pieces of each source, blanked
//! - [`websocket`]: subscribes to a telemetry stream and keeps doing so
//! - [`platform`]: platforms that log in over TCP: one task a connection
//! - [`file`]: reads the file that says who they are
//! - [`roll`]: who they are now; the file is read again at SIGHUP
//! - [`standing`]: what is known of a platform beyond one connection
//! - [`names`]: what all sources are called, by number

mod file;
mod intake;
mod names;
mod platform;
mod quarantine;
mod roll;
mod standing;
mod websocket;

pub use file::read_platforms;
pub use intake::Intake;
pub use names::Names;
pub use platform::Gateway;
pub use quarantine::{Quarantine, Quarantines};
pub use roll::Rolls;
pub use websocket::{connector, subscribe};
