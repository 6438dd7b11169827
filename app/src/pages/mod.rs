//! The pages: a desk for people who open vehicles, a wall for people who look.

mod desk;
mod wall;

pub use desk::DeskPage;
pub use wall::WallPage;
