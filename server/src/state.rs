//! What every request may reach.

use std::sync::Arc;

use access::Access;
use app::api::NamedPlace;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::alarms::AlarmBoard;
use crate::fleet_thread::FleetHandle;
use crate::ground::Ground;
use crate::handles::Handles;
use crate::screens::Screens;
use crate::source::Names;
use crate::viewers::Seats;
use crate::walls::Walls;

/// See [`crate::site::fingerprint`].
#[derive(Debug, Clone, Copy)]
pub struct SiteNumber(pub u64);

#[derive(Clone, FromRef)]
pub struct AppState {
    pub leptos: LeptosOptions,
    pub access: Access,
    pub fleet: FleetHandle,
    pub handles: Arc<Handles>,
    pub seats: Arc<Seats>,
    pub ground: Arc<Ground>,
    /// Of the page's files.
    pub site: SiteNumber,
    pub sources: Names,
    pub alarms: Arc<AlarmBoard>,
    pub walls: Arc<Walls>,
    /// Places that the desk can go to.
    pub gazetteer: Arc<[NamedPlace]>,
    pub screens: Arc<Screens>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}
