//! How a base and a delta become bytes.
//!
//! | file | idea |
//! |---|---|
//! | `coder` | bits that cost what they surprise |
//! | `number` | numbers that are mostly small |
//! | `look` | looks |
//! | `base` | a whole cell in Morton order |
//! | `delta` | what one tick changed |

mod base;
mod coder;
mod delta;
mod look;
mod number;

pub(crate) use base::{put_base, take_base};
pub(crate) use delta::{Changes, Expected, Read, put_delta, take_delta};
