//! The full decode: every field of every data unit, for the card of one vehicle and for people who ask what a platform
//! sends. Items of fixed layout are structs whose fields hold the raw integers; lists borrow the bytes of the frame; what
//! is not understood is kept. Writing what was decoded gives the same bytes.
//!
//! [`decode`] takes a frame; [`Item::read`] takes one item as [`crate::items`] gives it, which is how a card is made from the
//! latest bytes of each type; [`Item::entries`] lists an item for a page.

mod alarms;
mod catalogue;
mod drive;
mod entries;
mod layout;
mod parameters;
mod parts;
mod report;
mod session;
mod storage;
mod unit;
mod vehicle;

pub use alarms::{Alarms, CountedBytes, FAULT_KEYS, Faults};
pub use catalogue::catalogue;
pub use drive::{
    FuelCell2016, FuelCell2025, FuelCellHead2016, FuelCellTail2016, Motor2016, Motor2025,
    Motors2016, Motors2025, Stack, StackHead, Stacks,
};
pub use entries::{Entry, Group, Values};
pub use layout::Record;
pub use parameters::{Control, Parameter, ParameterQuery, Parameters};
pub use parts::{Block, Head, Part, Parts, Series};
pub use report::{Item, Report, Signature};
pub use session::{
    Activation, ActivationReply, KeyExchange, LoginStorage, Logout, PACK_CODE_LEN, PlatformLogin,
    VehicleLogin,
};
pub use storage::{
    Capacitor, CapacitorExtremes, CapacitorHead, CellsHead2016, CellsHead2025, NumberedCell,
    PackCells, ProbesHead2016, ProbesHead2025, SubsystemCells, Temperatures2016, Temperatures2025,
    Voltages2016, Voltages2025,
};
pub use unit::{Decoded, Unit, decode, decode_as_plain};
pub use vehicle::{
    Engine2016, Engine2025, Extremes2016, Position2016, Position2025, Vehicle2016, Vehicle2025,
};
