//! `/metrics` and `/quarantine` (the last damaged pieces of each source, blanked) for operators, on a loopback listener
//! of their own, so that no mistake in the map's routes can expose them.

use std::future::Future;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{counter, gauge};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::metrics::{ACCESS_FAULTS, MEMORY};
use crate::queues::Queues;
use crate::source::Quarantines;

/// Serves until `until` is done.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    handle: PrometheusHandle,
    quarantines: Quarantines,
    queues: Queues,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let render = move || {
        let (handle, queues) = (handle.clone(), queues.clone());
        async move {
            queues.tell();
            handle.run_upkeep();
            counter!(ACCESS_FAULTS).absolute(access::faults_total());
            if let Some(bytes) = memory_bytes() {
                gauge!(MEMORY).set(bytes);
            }
            (
                [(CONTENT_TYPE, "text/plain; version=0.0.4")],
                handle.render(),
            )
        }
    };
    let quarantine = move || async move {
        let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        (plain, quarantines.text())
    };
    let router = Router::new()
        .route("/metrics", get(render))
        .route("/quarantine", get(quarantine));
    axum::serve(listener, router)
        .with_graceful_shutdown(until)
        .await
}

/// As the system counts it; nothing where it does not say.
fn memory_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kb: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kb * 1024.0)
}
