//! The full decode: every field of every data unit, for the card of one vehicle and for people who ask what a platform
//! sends. Items of fixed layout are structs whose fields hold the raw integers; lists borrow the bytes of the frame.

mod alarms;
mod layout;
mod vehicle;

pub use alarms::{Alarms, CountedBytes, FAULT_KEYS, Faults};
pub use layout::Record;
pub use vehicle::{
    Engine2016, Engine2025, Extremes2016, Position2016, Position2025, Vehicle2016, Vehicle2025,
};
