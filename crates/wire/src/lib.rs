//! What server and browser say to each other.
//!
//! Downward go cells: a base (every dot of a cell, sorted), then one delta for each tick with a change, and
//! now and then a rebase (both sides renumber alike and compare a digest). Upward go viewports, acknowledgements
//! and clicks. Nothing here knows a vehicle: a dot is a cell and a slot, a position and a look.
//!
//! The crate is pure and the same on both sides: the server keeps a [`CellMirror`] of each cell it sends and lets
//! it write the bytes; the page keeps one and lets it read them. There is no second implementation to differ.
//!
//! | file | idea |
//! |---|---|
//! | `world` | the integer square, cells, positions in a cell, Morton order |
//! | `look` | what a dot looks like, in sixteen bits |
//! | `mirror` | one cell as both sides see it: base, delta, rebase |
//! | `cells` | all cells of a connection, for readers that draw nothing |
//! | `slots` | the slots of a cell, and what kind each is of |
//! | `pack` | how bases and deltas become bytes |
//! | `down`, `up` | frames of either direction |
//! | `message` | several frames in one WebSocket message |

mod cells;
mod down;
mod error;
mod look;
mod message;
mod mirror;
mod pack;
mod slots;
mod up;
mod world;

pub use cells::{Cells, OutOfStep};
pub use down::{
    AlarmNews, Bye, DistrictCounts, DistrictName, Down, Excluded, Handle, HandleAnswer, Hello,
    Refused, SourceStatus, Status, VERSION, VISITOR_SCOPE,
};
pub use error::{Diverged, WireError};
pub use look::{Activity, Freshness, Look, LookParts};
pub use message::{Frames, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, frames, push_frame};
pub use mirror::{CellChanges, CellMirror, Change, Enter, MAX_SLOTS, Renumbered};
pub use up::{Click, MAX_UP_BYTES, MAX_VIEW_CELLS, ScreenReport, Up, View, ViewTooWide};
pub use world::{
    CELL_BITS, CELL_SIDE, CellKey, CellPoint, FINEST_LEVEL, WorldPoint, cell_of, morton,
};

/// The number of a tick since the server started. The first tick is 1; 0 is before any.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Tick(pub u64);
