//! The state of all vehicles, and what of it somebody looks at.
//!
//! Reports come in, in batches; once a tick what they changed becomes one delta for each cell that has a viewer.
//! There is one writer, [`Fleet`], and it is pure: time comes in as an argument, and the only randomness is seeded.
//! It knows vehicles and cells, never sockets, users or sessions: who may look is decided elsewhere, and so is
//! what a viewer is sent of a [`CellStream`].
//!
//! | file | idea |
//! |---|---|
//! | `report` | what comes in, and what became of it |
//! | `rules` | every threshold |
//! | `vehicles` | the newest state of each vehicle: which report wins |
//! | `vehicles::kept` | what is kept of a vehicle over a restart |
//! | `vins` | from a VIN to its vehicle |
//! | `items` | the newest bytes of each information type, for the card |
//! | `freshness` | who becomes late or silent when, without looking at everybody |
//! | `sources` | platforms that come and go |
//! | `quality` | how well each source reports, over the last minute |
//! | `blur` | where a private vehicle is shown to those who may not know exactly |
//! | `grid` | coarse buckets, so that a new cell costs what is in it |
//! | `cell`, `level` | cells, their frames and their slot tables |
//! | `squares` | in which of some outlines a point lies |
//! | `districts` | which district that is |
//! | `zones` | what a scope may see of a vehicle |
//! | `alarms` | alarms that are on, and who has answered for them |
//! | `counts` | the numbers of the status line |
//! | `told` | what of them is told where there are zones; figures that are too small |
//! | `news` | serious alarms that began lately |
//! | `fleet` | all of it together: apply, tick, watch, resolve |

mod alarms;
mod blur;
mod cell;
mod counts;
mod districts;
mod fleet;
mod freshness;
mod grid;
mod hash;
mod items;
mod level;
mod news;
mod quality;
mod report;
mod rules;
mod sources;
mod squares;
mod told;
mod vehicles;
mod vins;
mod zones;

pub use alarms::{Acknowledged, Alarm, UNFORGETTABLE};
pub use cell::CellStream;
#[cfg(feature = "planted-faults")]
pub use cell::Fault;
pub use counts::{Counts, Encoded, SourceSummary, Tally, TickSummary};
pub use districts::{District, MAX_DISTRICTS};
pub use fleet::{EXACT, Fleet, SCOPES, SENT_SCOPES, VISITOR};
pub use items::{Item, MAX_ITEM_BYTES, MAX_ITEMS};
pub use quality::Quality;
pub use report::{Applied, Class, Now, RawPosition, RegistryEntry, Report, SourceId, VehicleIx};
pub use rules::{Patience, Rules, Scope};
pub use vehicles::kept::{BadRecord, Before, RECORD_VERSION};
pub use vehicles::{Snapshot, Timed};
pub use zones::{BadZones, MAX_DELAY_S, MAX_ZONE_CORNERS, MAX_ZONES, Zone, ZoneRule, Zones};
