//! The parts that pages are made of. They take signals and callbacks and know nothing of each other.

mod card_popup;
mod legend;
mod live_map;
mod status_line;
mod vin_search;
mod wall_board;

pub use card_popup::CardPopup;
pub use legend::Legend;
pub use live_map::{ColourBy, InView, LiveMap, MapState, Picked, PickedDot, Picture};
pub use status_line::StatusLine;
pub use vin_search::VinSearch;
pub use wall_board::WallBoard;
