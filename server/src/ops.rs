//! `/metrics` and `/quarantine` (the last damaged pieces of each source, blanked) for operators, on a loopback listener
//! of their own, so that no mistake in the map's routes can expose them.

use std::future::Future;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{counter, gauge};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::memory;
use crate::metrics::{ACCESS_FAULTS, MEMORY, MEMORY_USED};
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
            counter!(ACCESS_FAULTS).absolute(access::faults_total());
            for (name, bytes) in [
                (MEMORY, memory::resident_bytes()),
                (MEMORY_USED, memory::used_bytes()),
            ] {
                if let Some(bytes) = bytes {
                    gauge!(name).set(bytes);
                }
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
