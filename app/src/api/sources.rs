//! The telemetry sources, for those who answer for them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

/// One source over the last minute. It names no vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    pub name: String,
    pub state: SourceState,
    /// Since its newest report; none if it never sent one.
    pub silent_s: Option<u32>,
    pub reports_per_s: f64,
    /// Shares are 0 to 1, and none where nothing was there to be counted.
    pub late: Option<f64>,
    pub invalid: Option<f64>,
    pub duplicates: Option<f64>,
    /// Our clock less its vehicles' clocks, the median; the way is in it.
    pub skew_s: Option<i64>,
    /// Metres driven by the odometer for each metre between positions; none where too little was driven.
    pub odometer_by_gps: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    Away,
    /// Connected, and nothing comes.
    Silent,
    Online,
}

impl SourceState {
    /// As in the exported table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Silent => "silent",
            Self::Online => "online",
        }
    }
}

/// Needs `Action::SeeSources`.
#[server(prefix = "/api", endpoint = "sources")]
pub async fn list_sources() -> Result<Vec<SourceLine>, ApiError> {
    crate::centre::ask()?.sources().await
}
