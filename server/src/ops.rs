//! `/metrics` for operators, on a loopback listener of its own, so that no mistake in the map's routes can expose it.

use std::future::Future;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

/// Serves until `until` is done.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    handle: PrometheusHandle,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let render = move || {
        let handle = handle.clone();
        async move {
            handle.run_upkeep();
            (
                [(CONTENT_TYPE, "text/plain; version=0.0.4")],
                handle.render(),
            )
        }
    };
    let router = Router::new().route("/metrics", get(render));
    axum::serve(listener, router)
        .with_graceful_shutdown(until)
        .await
}
