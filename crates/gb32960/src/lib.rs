//! GB/T 32960.3, the telemetry standard of China's electric vehicles, both editions, as a pure library.
//!
//! Bytes come in, from any platform, cut anywhere. [`split`] finds the frames and says how far to move on. [`live`]
//! walks a report once, without allocating, and takes what a dot on the map needs. [`full`] keeps every field of every
//! data unit apart as value, abnormal, invalid or out of range, with its raw integer, so that writing what was read
//! gives the same bytes. [`encode`] builds frames: replies, logins, reports.
//!
//! The edition is chosen frame by frame from the start bytes: `##` is 2016, `$$` is 2025. Deliberately absent: sockets,
//! clocks, sessions, decryption, and any judgement about which report is newer.
//!
//! In the order of the data: [`split`], [`Frame`], [`items`], [`Live`], [`full`], [`encode`]; beside them [`vin`] and
//! [`datum`]; with the feature `json`, frames as JSON objects for people. Clauses and tables are cited as `2016 7.2.3.1` or `2025 table 10`.
//!
//! ```
//! use gb32960::{Split, live, split};
//!
//! /// Takes what is whole from the front of a buffer; what is left waits for more bytes.
//! fn drain(buffer: &mut Vec<u8>) {
//!     loop {
//!         let taken = match split(buffer) {
//!             Split::Frame { frame, len } => {
//!                 if let Ok(report) = live(&frame) {
//!                     println!("{:?} km/h/10 at {:?}", report.speed_dkmh, report.position);
//!                 }
//!                 len
//!             }
//!             Split::Junk { len, .. } => len,
//!             Split::Wait { .. } => return,
//!         };
//!         buffer.drain(..taken);
//!     }
//! }
//! # let mut buffer = b"not a frame".to_vec();
//! # drain(&mut buffer);
//! # assert!(buffer.is_empty());
//! ```

mod blank;
pub mod codes;
pub mod datum;
pub mod encode;
mod frame;
pub mod full;
#[cfg(feature = "json")]
pub mod json;
mod live;
pub mod quantity;
mod reading;
mod split;
mod time;
pub mod vin;
mod walk;

pub use blank::blanked;
pub use datum::Datum;
pub use frame::{
    Command, Edition, Encryption, Frame, HEADER_LEN, MAX_DATA_LEN, MIN_FRAME_LEN,
    REPLY_FLAG_COMMAND,
};
pub use live::{Live, LiveError, Position, live, live_by, live_of_data};
pub use reading::{Code, Coded, Form, Number, Quantity, Reading, Spec, Wire};
pub use split::{Junk, Split, bcc, split, split_at_end, split_within};
pub use time::Time;
pub use vin::{Vin, VinError};
pub use walk::{Customs, Items, Stop, items, items_by};
