//! What stands on a wall besides the map. Nothing here can be touched; everything repeats what the server said last.
//!
//! | file | idea |
//! |---|---|
//! | `scene` | what the address asks for, and which scene it is by the server's clock |
//! | `board` | clock, figures, platforms that are away |
//! | `bars` | the districts, a bar each |
//! | `foot` | how fresh the dots are, and whether the wall hears the server |
//! | `news` | serious alarms that began lately |

mod bars;
mod board;
mod foot;
mod news;
pub mod scene;

pub use bars::{DistrictBars, in_lang};
pub use board::WallBoard;
pub use foot::WallFoot;
pub use news::AlarmStrip;
