//! Viewers: one task for each open map.
//!
//! - [`socket`]: the upgrade, and the loop that hears the page and sends it what it lacks
//! - [`sent`]: which cells this viewer wants and what of each it has

mod sent;
mod socket;

pub use socket::upgrade;
