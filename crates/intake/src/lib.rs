//! What others send, read without a socket, a clock, or trust: frames and JSON become reports, and the rules of a
//! platform's session say what is due for each frame. Pure, so that anything at all can be tried on it.
//!
//! | module | idea |
//! |---|---|
//! | `report` | one frame of command 02 or 03 as the fleet takes it |
//! | `json` | reports of fleets outside the standard |
//! | `platforms` | who may send: the platforms file |
//! | `streams` | the streams of that file, which the server subscribes to |
//! | `session` | the rules of one platform session (2016 clause 5) |

pub mod json;
mod platforms;
mod report;
mod session;
mod streams;

pub use platforms::{DatumName, Limits, Login, Platform, Platforms};
pub use report::{Kind, report_of};
pub use session::{Answer, Close, LOGIN_TRIES, Session, Step, Tries, Verdict, flag_of};
pub use streams::{Credentials, Secret, Stream, check_url, is_on_this_machine};
