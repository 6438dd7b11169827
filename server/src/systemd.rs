//! What systemd is told, where it started the server (`Type=notify` of the unit): once that the server is ready, then again and
//! again that ticks run. When that word stays away for the unit's `WatchdogSec`, systemd ends the process and starts it anew:
//! a map that stands still is worth less than a second without one.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::{NotifyState, notify};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::fleet_thread::Published;

/// Several times within the unit's `WatchdogSec`.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Follows the ticks until the stop, or until there are none any more. Says nothing where systemd does not listen.
pub async fn keep(mut ticks: watch::Receiver<Arc<Published>>, stop: CancellationToken) {
    let mut words = &[NotifyState::Ready, NotifyState::Watchdog][..];
    while let Some(Ok(())) = stop.run_until_cancelled(ticks.changed()).await {
        if let Err(error) = notify(words) {
            return warn!(%error, "systemd cannot be told that the server runs");
        }
        words = &[NotifyState::Watchdog];
        if stop
            .run_until_cancelled(tokio::time::sleep(TELL_EVERY))
            .await
            .is_none()
        {
            break;
        }
    }
    if stop.is_cancelled() {
        let _ = notify(&[NotifyState::Stopping]);
    }
}
