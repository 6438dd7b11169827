//! How a base and a delta become bytes.
//!
//! | file | idea |
//! |---|---|
//! | `bits` | bits in bytes |
//! | `number` | numbers that are mostly small |
//! | `code` | symbols, the frequent ones in few bits |
//! | `base` | a whole cell in Morton order |
//! | `delta` | what one tick changed |

mod base;
mod bits;
mod code;
mod delta;
mod number;

pub(crate) use base::{put_base, take_base};
pub(crate) use delta::{put_delta, take_delta};
