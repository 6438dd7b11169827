//! What every request may reach.

use std::sync::Arc;

use access::Access;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::fleet_thread::FleetHandle;
use crate::handles::Handles;
use crate::viewers::Seats;

#[derive(Clone, FromRef)]
pub struct AppState {
    pub leptos: LeptosOptions,
    pub access: Access,
    pub fleet: FleetHandle,
    pub handles: Arc<Handles>,
    pub seats: Arc<Seats>,
    /// Names of the sources, by their number.
    pub sources: Arc<[String]>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}
