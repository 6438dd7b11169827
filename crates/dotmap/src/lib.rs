//! The map in the browser: takes the server's frames, keeps a mirror of every cell in view, glides, draws, picks.
//!
//! The half that needs no browser is tested natively; the other exists only for wasm32.
//!
//! | file | idea |
//! |---|---|
//! | `dot` | one record a dot, and the clock it glides by |
//! | `camera`, `level` | where the picture stands; which level of cells it asks for |
//! | `cell`, `carry`, `field` | one cell; taking glides over from another; all cells and the change of level |
//! | `shot` | where the camera of a wall stands, and its tile of a picture of several screens |
//! | `sprite`, `style` | shapes; the table from look to colour, order and filter |
//! | `raster` | dots into pixels on the CPU, afterglow and density too |
//! | `budget` | what goes first when the picture costs too much |
//! | `area` | what lies in a part of the picture that was drawn round |
//! | `pick` | what is under the pointer, what is in sight |
//! | `link`, `report` | the state of the connection; what the page is told |
//! | `page` | the browser's half: engine, socket, ground, back ends |

pub mod area;
pub mod budget;
pub mod camera;
pub mod carry;
pub mod cell;
pub mod dot;
pub mod field;
pub mod level;
pub mod link;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod pick;
pub mod raster;
pub mod report;
pub mod shot;
pub mod sprite;
pub mod style;

pub use link::Connection;
#[cfg(target_arch = "wasm32")]
pub use page::{Engine, Options};
pub use pick::Pick;
pub use raster::light::Light;
pub use report::{EngineReport, Picked, Place};
pub use shot::{Shot, Subject, Tile};
pub use style::{ColourBy, Filter};
