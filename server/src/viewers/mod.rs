//! Viewers: one task for each open map.
//!
//! - [`seats`]: how many there may be
//! - [`socket`]: the WebSocket under one of them, and messages made of shared bytes
//! - [`viewer`]: the loop that hears the page and sends it what it lacks
//! - [`sent`]: which cells this viewer wants and what of each it has
//! - [`cards`]: the cards that it has open

mod cards;
mod seats;
mod sent;
mod socket;
mod viewer;

pub use seats::{Limits, Seats};
pub use viewer::upgrade;
