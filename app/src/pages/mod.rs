//! The pages: a desk for people who open vehicles, a wall for people who look, the log for the privacy officer, the
//! accounts for the admin, the sources for staff, and for everybody their own.

mod account;
mod desk;
mod frame;
mod log;
mod office;
mod screens;
mod sources;
mod users;
mod wall;

pub use desk::{DeskPage, DeskWork, desk_work};
pub use office::{Office, OfficePage, office};
pub use wall::WallPage;
