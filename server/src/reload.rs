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
pub async fn keep(args: Vec<OsString>, started: Settings, level: Level, stop: CancellationToken) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return warn!("SIGHUP cannot be heard: settings are read at the start only");
    };
    // What the log shows now.
    let mut log = started.cli.log.clone();
    loop {
        tokio::select! {
            _ = hangups.recv() => {}
            () = stop.cancelled() => return,
        }
        match Settings::read(&args) {
            Ok(newer) => {
                if newer.cli.log != log {
                    show(&newer.cli.log, &level);
                    log.clone_from(&newer.cli.log);
                }
                name_later(newer.changed_from(&started));
            }
            Err(Refused::Usage(why)) => error!("the settings stay as they were: {why}"),
            Err(Refused::File(why)) => error!("the settings stay as they were: {why:#}"),
        }
    }
}

fn show(log: &str, level: &Level) {
    match level.reload(EnvFilter::new(log)) {
        Ok(()) => info!(log, "the log shows this from now on"),
        Err(error) => error!(%error, "the log shows what it did"),
    }
}

/// All that differ from the start, each time: a setting waits until the next one.
fn name_later(mut settings: Vec<&str>) {
    settings.retain(|name| *name != "log");
    if settings.is_empty() {
        info!("the settings were read again");
    } else {
        warn!(
            settings = settings.join(", "),
            "these settings have changed and are taken at the next start only"
        );
    }
}
