//! The pages: a desk for people who open vehicles, a wall for people who look, the log for the privacy officer, the
//! accounts for the admin, the sources for staff, and for everybody their own.

mod account;
mod desk;
mod frame;
mod log;
mod screens;
mod sources;
mod users;
mod wall;

pub use account::AccountPage;
pub use desk::DeskPage;
pub use log::LogPage;
pub use screens::ScreensPage;
pub use sources::SourcesPage;
pub use users::UsersPage;
pub use wall::WallPage;
