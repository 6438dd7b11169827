//! What can be wrong with bytes from the other side.

use thiserror::Error;

/// Bytes that are no frame. What had been applied before the error was found is undefined: throw the mirror away
/// and ask for the base.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end too early.
    #[error("the bytes end within a frame")]
    Short,
    /// There are bytes behind the frame's end.
    #[error("bytes are left behind the end of the frame")]
    Trailing,
    /// A first byte that stands for no frame of this version.
    #[error("unknown kind of frame {kind}")]
    UnknownKind { kind: u8 },
    /// A level, column or row that does not exist.
    #[error("no such cell")]
    BadKey,
    /// More than a stated limit allows.
    #[error("{what} {count} is over its limit {limit}")]
    TooMany {
        what: &'static str,
        count: u64,
        limit: u64,
    },
    /// A control frame that does not decode.
    #[error("a frame's content does not decode")]
    Malformed,
    /// The delta is of another generation than the mirror.
    #[error("delta of generation {frame}, mirror of {mirror}")]
    OtherGeneration { frame: u32, mirror: u32 },
    /// The delta follows a tick that the mirror does not stand at.
    #[error("delta follows tick {follows}, mirror stands at {mirror}")]
    Gap { follows: u64, mirror: u64 },
    /// A delta names a slot that is not there, or steps out of the cell.
    #[error("a change to slot {slot} cannot be")]
    Impossible { slot: u32 },
}

/// After a rebase the two sides differ: ask for the base. To go on would open the wrong vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("digest {ours:08x} here, {theirs:08x} there")]
pub struct Diverged {
    pub ours: u32,
    pub theirs: u32,
}
