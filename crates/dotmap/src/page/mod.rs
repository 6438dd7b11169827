//! The half that lives in a browser.

mod backend;
mod cpu;
mod engine;
mod glow;
mod ground;
mod listen;
mod socket;
mod state;
mod webgl;

pub use engine::{Engine, Options};
