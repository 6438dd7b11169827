//! What is kept, and the job that deletes it when it has reached its age.
//!
//! | file | idea |
//! |---|---|
//! | `table` | everything that is kept, and how long: the settings and the page of docs/security.md go by it |
//! | `job` | goes round, every minute and every hour |
//! | `steady` | whether the clock can be believed when it says that something is old |

mod job;
mod steady;
mod table;

use clap::Args;

pub use job::{Keeper, Stores};
pub use steady::Steady;
pub use table::in_markdown;

/// How long things are kept.
#[derive(Debug, Clone, Copy, Args)]
pub struct Retention {
    #[arg(
        long = "retention-audit-days", value_name = "DAYS", default_value_t = table::AUDIT.usual,
        value_parser = |text: &str| table::AUDIT.parse(text), help = table::AUDIT.help()
    )]
    pub audit_days: u16,
    #[arg(
        long = "retention-vehicle-days", value_name = "DAYS", default_value_t = table::VEHICLES.usual,
        value_parser = |text: &str| table::VEHICLES.parse(text), help = table::VEHICLES.help()
    )]
    pub vehicle_days: u16,
    #[arg(
        long = "retention-picture-hours", value_name = "HOURS", default_value_t = table::PICTURE.usual,
        value_parser = |text: &str| table::PICTURE.parse(text), help = table::PICTURE.help()
    )]
    pub picture_hours: u16,
    #[arg(
        long = "retention-damaged-hours", value_name = "HOURS", default_value_t = table::DAMAGED.usual,
        value_parser = |text: &str| table::DAMAGED.parse(text), help = table::DAMAGED.help()
    )]
    pub damaged_hours: u16,
}
