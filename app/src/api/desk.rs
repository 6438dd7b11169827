//! What the desk asks besides cards: places to go to, why a vehicle is not on the map.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, SearchHit};

/// Somewhere the map can go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedPlace {
    pub en: String,
    pub zh: String,
    /// `district`, `town`, `landmark`, … as in the ground map.
    pub kind: String,
    /// West, south, east, north in degrees; for a point the same twice.
    pub sides: [f64; 4],
    /// No nearer than this.
    pub zoom: f64,
}

/// Why a vehicle is on the map or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// It has a dot and reports.
    Live,
    /// It has a dot where it was last heard of.
    Late,
    Silent,
    /// Its platform is away.
    CutOff,
    /// It is in the registry and was never heard.
    NeverHeard,
    /// Heard, never with a valid position.
    NoFix,
    /// Heard only with times ahead of the server's clock.
    ClockAhead,
    /// Heard only in re-issued reports.
    OnlyReissued,
    /// In a zone in which this role is shown nothing.
    InZone,
    /// In no registry and never heard.
    Unknown,
}

/// The answer for one VIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    pub whereabouts: Whereabouts,
    /// When its newest report came in.
    pub heard_unix_s: Option<i64>,
    /// To open its card, which is a record of its own; none for an unknown one.
    pub hit: Option<SearchHit>,
}

/// Needs `Action::SeeMap`: the names that the ground map shows.
#[server(prefix = "/api", endpoint = "gazetteer")]
pub async fn gazetteer() -> Result<Vec<NamedPlace>, ApiError> {
    crate::centre::ask()?.gazetteer().await
}

/// Needs `Action::SearchVin`; writes a row before it looks and one before it answers, like a search, and counts as one:
/// an unknown VIN is a miss. Only for a whole VIN.
#[server(prefix = "/api", endpoint = "explain-vin")]
pub async fn explain_vin(
    vin: String,
    purpose: String,
    case_number: String,
) -> Result<Explained, ApiError> {
    let case_number = Some(case_number.trim().to_owned()).filter(|case| !case.is_empty());
    crate::centre::ask()?
        .explain_vin(vin, purpose, case_number)
        .await
}

/// One alarm of the list. It names no vehicle: the number is of the alarm, and means nothing once it is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub id: u64,
    /// 1–4; of one that is over, the worst it was.
    pub level: u8,
    /// What the vehicle calls it.
    pub kinds: Vec<AlarmKind>,
    /// How many fault codes of the maker came with it.
    pub faults: u32,
    pub began_unix_ms: i64,
    /// The vehicle no longer reports it; it stays because nobody has acknowledged it.
    pub over: bool,
    /// English and Chinese; none outside all districts.
    pub district: Option<(String, String)>,
    /// Longitude and latitude, for roles that see exact positions on the map as well.
    pub place: Option<(f64, f64)>,
    /// Who has acknowledged it at this level, and with which comment.
    pub acknowledged: Option<(String, String)>,
}

/// What a vehicle calls an alarm, in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmKind {
    pub en: String,
    pub zh: String,
}

/// The alarms that are on now, worst first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Alarms {
    pub list: Vec<Alarm>,
    /// Further ones, none worse than the last of the list.
    pub more: u32,
    /// Of level 4 and not acknowledged, listed or not.
    pub unanswered: u32,
    /// The server's clock.
    pub now_unix_ms: i64,
}

/// Needs `Action::SeeAlarms`. Places only for a role that sees them exactly on the map.
#[server(prefix = "/api", endpoint = "alarms")]
pub async fn list_alarms() -> Result<Alarms, ApiError> {
    crate::centre::ask()?.alarms().await
}

/// Needs `Action::OpenCard`: a handle for the vehicle of an alarm, as a click on its dot gives one.
#[server(prefix = "/api", endpoint = "pick-alarm")]
pub async fn pick_alarm(id: u64) -> Result<String, ApiError> {
    crate::centre::ask()?.pick_alarm(id).await
}

/// Needs `Action::AcknowledgeAlarm`; a row of the log, written before the list says so. `comment` is one of
/// [`alarms::COMMENTS`](crate::text::alarms::COMMENTS), `reference` a case number or empty.
#[server(prefix = "/api", endpoint = "acknowledge-alarm")]
pub async fn acknowledge_alarm(
    id: u64,
    comment: String,
    reference: String,
) -> Result<(), ApiError> {
    let reference = Some(reference.trim().to_owned()).filter(|reference| !reference.is_empty());
    crate::centre::ask()?
        .acknowledge_alarm(id, comment, reference)
        .await
}

/// What a wall is to show for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallOrder {
    /// Of this order: a wall that has done it does nothing.
    pub number: u64,
    /// As [`ViewState`](crate::view_state::ViewState) writes it.
    pub query: String,
}

/// Needs `Action::SeeMap`. A wall asks this every few seconds; that it asks says that it is there.
#[server(prefix = "/api", endpoint = "wall-order")]
pub async fn ask_wall_order() -> Result<Option<WallOrder>, ApiError> {
    crate::centre::ask()?.wall_order().await
}

/// A wall that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallThere {
    /// Of its account.
    pub name: String,
    /// It shows what a desk has sent.
    pub shows_sent: bool,
}

/// Needs `Action::SendToWall`: the walls that are there, by name.
#[server(prefix = "/api", endpoint = "walls")]
pub async fn walls() -> Result<Vec<WallThere>, ApiError> {
    crate::centre::ask()?.walls().await
}

/// Needs `Action::SendToWall`; a row of the log before the wall is told. `minutes` are 1 to 60, or 0 to end what it shows.
#[server(prefix = "/api", endpoint = "send-to-wall")]
pub async fn send_to_wall(name: String, query: String, minutes: u32) -> Result<(), ApiError> {
    crate::centre::ask()?
        .send_to_wall(name, query, minutes)
        .await
}
