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
use crate::source::{Names, Quarantines};

/// Serves until `until` is done.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    handle: PrometheusHandle,
    quarantines: Quarantines,
    queues: Queues,
    names: Names,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let render = move || {
        let (handle, queues, names) = (handle.clone(), queues.clone(), names.clone());
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
                without_sources(&handle.render(), &names.gone()),
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

/// A series stays until the process ends; that of a source that is gone from the platforms file would raise alarms for ever.
fn without_sources(text: &str, gone: &[String]) -> String {
    let labels: Vec<String> = gone.iter().map(|name| source_label(name)).collect();
    let is_theirs = |line: &str| labels.iter().any(|label| line.contains(label.as_str()));
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !is_theirs(line)).collect()
}

/// As it stands in the text format of Prometheus.
fn source_label(name: &str) -> String {
    let value = name.replace('\\', r"\\").replace('"', "\\\"");
    format!("source=\"{}\"", value.replace('\n', r"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_of_sources_that_are_gone() {
        let text = "# TYPE evwall_x gauge\nevwall_x{source=\"a\"} 1\nevwall_x{source=\"a \\\"b\\\"\",kind=\"k\"} 2\n";
        assert_eq!(without_sources(text, &[]), text);
        let left = without_sources(text, &["a \"b\"".to_owned()]);
        assert_eq!(left, "# TYPE evwall_x gauge\nevwall_x{source=\"a\"} 1\n");
        let left = without_sources(text, &["a".to_owned()]);
        assert!(
            !left.contains("{source=\"a\"}") && left.contains("kind"),
            "{left}"
        );
    }
}
