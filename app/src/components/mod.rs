//! The parts that pages are made of. They take signals and callbacks and know nothing of each other.

pub mod address;
mod alarm_list;
mod announcer;
mod area;
mod card_plot;
mod card_popup;
mod card_sheet;
mod desk_tools;
mod dot_list;
mod drawing;
mod go_to;
mod legend;
mod live_map;
mod map_hand;
mod measure;
mod no_script;
mod sound;
mod status_line;
mod to_wall;
mod track;
mod trouble;
mod vin_search;
pub mod wall;
mod why_not;

pub use alarm_list::{AlarmDesk, AlarmWatch};
pub use announcer::Announcer;
pub use area::DrawingHand;
pub use card_popup::CardPopup;
pub use desk_tools::{DeskTools, LangButton, Panel, Shape};
pub use drawing::Drawing;
pub use legend::Legend;
pub use live_map::{
    Aim, ColourBy, InView, Light, Link, LiveMap, MapState, Picked, PickedDot, Picture,
};
pub use map_hand::MapHand;
pub use no_script::{Figures, NoScript};
pub use status_line::StatusLine;
pub use to_wall::{box_of, ordered};
pub use trouble::Trouble;
pub use vin_search::VinSearch;
pub use wall::{AlarmStrip, DistrictBars, WallBoard, WallFoot};
