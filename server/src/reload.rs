//! SIGHUP: the settings are read again. What can be taken while the server runs is taken, with a word in the log; what cannot
//! is named; and a file that cannot be read changes nothing. Registry and certificate have their own ears for the signal.

use std::ffi::OsString;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::{Registry, reload};

use crate::settings::{Refused, Settings};

/// Changes what the log shows.
pub type Level = reload::Handle<EnvFilter, Registry>;

/// Until the stop.
pub async fn keep(
    args: Vec<OsString>,
    mut settings: Settings,
    level: Level,
    stop: CancellationToken,
) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return warn!("SIGHUP cannot be heard: settings are read at the start only");
    };
    loop {
        tokio::select! {
            _ = hangups.recv() => {}
            () = stop.cancelled() => return,
        }
        match Settings::read(&args) {
            Ok(newer) => {
                take(&newer, &settings, &level);
                settings = newer;
            }
            Err(Refused::Usage(why)) => error!("the settings stay as they were: {why}"),
            Err(Refused::File(why)) => error!("the settings stay as they were: {why:#}"),
        }
    }
}

fn take(newer: &Settings, older: &Settings, level: &Level) {
    let mut later = Vec::new();
    for name in newer.changed_from(older) {
        if name != "log" {
            later.push(name);
            continue;
        }
        match level.reload(EnvFilter::new(&newer.cli.log)) {
            Ok(()) => info!(log = %newer.cli.log, "the log shows this from now on"),
            Err(error) => error!(%error, "the log shows what it did"),
        }
    }
    if later.is_empty() {
        info!("the settings were read again");
    } else {
        warn!(
            settings = later.join(", "),
            "these settings have changed and are taken at the next start only"
        );
    }
}
