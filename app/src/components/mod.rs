//! The parts that pages are made of. They take signals and callbacks and know nothing of each other.

pub mod address;
mod alarm_list;
mod announcer;
mod area;
mod card_popup;
mod desk_tools;
mod dot_list;
mod drawing;
mod go_to;
mod legend;
mod live_map;
mod map_hand;
mod measure;
mod sound;
mod status_line;
mod vin_search;
mod wall_board;
mod why_not;

pub use alarm_list::{AlarmDesk, AlarmWatch};
pub use announcer::Announcer;
pub use area::DrawingHand;
pub use card_popup::CardPopup;
pub use desk_tools::{DeskTools, LangButton, Panel, Shape};
pub use drawing::Drawing;
pub use legend::Legend;
pub use live_map::{ColourBy, InView, Light, LiveMap, MapState, Picked, PickedDot, Picture};
pub use map_hand::MapHand;
pub use status_line::StatusLine;
pub use vin_search::VinSearch;
pub use wall_board::WallBoard;
