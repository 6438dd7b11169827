//! Every metric of the server, in one place, with its unit in its name.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

use crate::queues;

pub const DAMAGED: &str = "evwall_damaged_total";
pub const SOURCE_DAMAGED: &str = "evwall_source_damaged_total";
pub const REPORTS: &str = "evwall_reports_total";
pub const SOURCE_REPORTS: &str = "evwall_source_reports_total";
pub const SOURCE_AGE: &str = "evwall_source_report_age_seconds";
pub const REPORTS_NOT_SHOWN: &str = "evwall_reports_not_shown_total";
pub const SOURCE_CONNECTED: &str = "evwall_source_connected";
pub const RECONNECTS: &str = "evwall_source_reconnects_total";
pub const PLATFORM_SESSIONS: &str = "evwall_platform_connections";
pub const PLATFORM_LOGINS: &str = "evwall_platform_logins_total";
pub const PLATFORM_CLOSED: &str = "evwall_platform_closed_total";
pub const PLATFORM_READS: &str = "evwall_platform_reads_total";
pub const PLATFORM_WAITS: &str = "evwall_platform_waits_total";
pub const REGISTERED: &str = "evwall_vehicles_registered";
pub const LIVE: &str = "evwall_vehicles_live";
pub const BLURRED: &str = "evwall_vehicles_blurred";
pub const ZONES: &str = "evwall_zones";
pub const ZONE_READS: &str = "evwall_zone_reads_total";
pub const ACCESS_FAULTS: &str = "evwall_access_faults_total";
pub const VIEWERS: &str = "evwall_viewers";
pub const CELLS: &str = "evwall_cells_watched";
pub const CELL_CHANGES: &str = "evwall_cell_changes_total";
pub const TICK_SECONDS: &str = "evwall_tick_seconds";
pub const QUEUE_LENGTH: &str = "evwall_queue_length";
pub const QUEUE_BOUND: &str = "evwall_queue_bound";
pub const BYTES_OUT: &str = "evwall_viewer_bytes_total";
pub const CLASS_BYTES: &str = "evwall_viewer_class_bytes_total";
pub const CLASS_MESSAGES: &str = "evwall_viewer_messages_total";
pub const SKIPPED_TICKS: &str = "evwall_viewer_skipped_ticks_total";
pub const BAD_UPWARD: &str = "evwall_viewer_bad_messages_total";
pub const LOGINS: &str = "evwall_logins_total";
pub const CARDS: &str = "evwall_cards_total";
pub const SEARCHES: &str = "evwall_vin_searches_total";
pub const REGISTRY_READS: &str = "evwall_registry_reads_total";
pub const REGISTRY_READ_SECONDS: &str = "evwall_registry_read_seconds";
pub const PICTURE_WRITES: &str = "evwall_picture_writes_total";
pub const PICTURE_WRITE_SECONDS: &str = "evwall_picture_write_seconds";
pub const PICTURE_HELD_SECONDS: &str = "evwall_picture_held_seconds";
pub const PICTURE_BYTES: &str = "evwall_picture_bytes";
pub const MEMORY: &str = "evwall_memory_bytes";
pub const MEMORY_USED: &str = "evwall_memory_used_bytes";
pub const SCREENS_REFUSED: &str = "evwall_screens_refused_total";
pub const RETENTION_DELETED: &str = "evwall_retention_deleted_total";
pub const RETENTION_RUNS: &str = "evwall_retention_runs_total";
pub const TOO_FAST: &str = "evwall_requests_too_fast_total";

/// What was recorded waits for so long at most until it is put into the buckets, whoever asks for it and whether anybody does.
const KEEP_SMALL_EVERY: Duration = Duration::from_secs(5);

/// Puts what was recorded into its buckets again and again: a histogram keeps every single value until then.
pub async fn keep_small(handle: PrometheusHandle, stop: CancellationToken) {
    let mut times = tokio::time::interval(KEEP_SMALL_EVERY);
    while stop.run_until_cancelled(times.tick()).await.is_some() {
        handle.run_upkeep();
    }
}

/// Installs the recorder; call once, and let [`keep_small`] run.
///
/// # Errors
/// When a recorder is installed already.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(TICK_SECONDS.to_owned()),
            &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0],
        )?
        .install_recorder()?;
    describe_counter!(
        DAMAGED,
        "Pieces of a stream that could not be taken, by kind"
    );
    describe_counter!(
        SOURCE_DAMAGED,
        "The same for each source, platforms' refused frames among them"
    );
    describe_counter!(REPORTS, "Reports decoded");
    describe_counter!(SOURCE_REPORTS, "The same for each source");
    describe_gauge!(
        SOURCE_AGE,
        "Age of the newest report of each source; none until the first"
    );
    describe_counter!(
        REPORTS_NOT_SHOWN,
        "Reports that did not change the picture, by reason"
    );
    describe_gauge!(SOURCE_CONNECTED, "1 while the stream is connected");
    describe_counter!(
        RECONNECTS,
        "Times a stream was lost or could not be reached"
    );
    describe_gauge!(PLATFORM_SESSIONS, "Connections of platforms over TCP");
    describe_counter!(PLATFORM_LOGINS, "Logins of platforms, by outcome");
    describe_counter!(
        PLATFORM_CLOSED,
        "Connections of platforms that ended, by reason"
    );
    describe_counter!(PLATFORM_READS, "Platforms files read at SIGHUP, by outcome");
    describe_counter!(
        PLATFORM_WAITS,
        "Times a platform was made to wait because it sent too fast"
    );
    describe_gauge!(REGISTERED, "Vehicles known to the registry or ever seen");
    describe_gauge!(LIVE, "Vehicles whose newest report is fresh");
    describe_gauge!(
        BLURRED,
        "Private vehicles that screens and viewers are shown displaced"
    );
    describe_gauge!(ZONES, "Precision zones in force");
    describe_counter!(ZONE_READS, "Zones files read at SIGHUP, by outcome");
    describe_counter!(
        ACCESS_FAULTS,
        "Times the store of accounts and audit refused; while it does, nobody signs in and no card opens"
    );
    describe_gauge!(VIEWERS, "Open map connections");
    describe_gauge!(CELLS, "Cells that somebody looks at");
    describe_counter!(
        CELL_CHANGES,
        "Dots in them that moved, came, went or changed their look"
    );
    describe_histogram!(TICK_SECONDS, "Time one tick took");
    describe_gauge!(QUEUE_LENGTH, "How much waits in each queue");
    describe_gauge!(
        QUEUE_BOUND,
        "How much may; none where it is so much for each viewer, or bounded by time"
    );
    describe_counter!(BYTES_OUT, "Bytes sent to viewers");
    describe_counter!(CLASS_BYTES, "The same for each role");
    describe_counter!(CLASS_MESSAGES, "Messages sent to viewers, for each role");
    describe_gauge!(MEMORY, "Memory of the server that is not swapped out");
    describe_gauge!(
        MEMORY_USED,
        "Memory that the server asked for and has not given back"
    );
    describe_counter!(
        SKIPPED_TICKS,
        "Ticks not sent to a viewer that had not acknowledged two"
    );
    describe_counter!(
        BAD_UPWARD,
        "Messages of viewers that could not be taken, by kind"
    );
    describe_counter!(LOGINS, "Tries to sign in, by outcome");
    describe_counter!(
        SCREENS_REFUSED,
        "Questions and connections of screens that were refused, by reason"
    );
    describe_counter!(CARDS, "Requests to open a vehicle, by outcome");
    describe_counter!(SEARCHES, "VIN searches, by outcome");
    describe_counter!(
        REGISTRY_READS,
        "Newer registries seen while running, by outcome"
    );
    describe_histogram!(
        REGISTRY_READ_SECONDS,
        "Time to read and take in a newer registry"
    );
    describe_counter!(
        PICTURE_WRITES,
        "Times the picture was written for the next start, by outcome"
    );
    describe_gauge!(
        PICTURE_WRITE_SECONDS,
        "How long the last of them took, its waiting for the fleet included"
    );
    describe_histogram!(
        PICTURE_HELD_SECONDS,
        "How long the fleet was held at a time while it was copied"
    );
    describe_gauge!(PICTURE_BYTES, "Length of the picture that was written last");
    describe_counter!(
        RETENTION_DELETED,
        "Things deleted because they had reached their age, by kind"
    );
    describe_counter!(
        RETENTION_RUNS,
        "Hourly rounds of the job that deletes, by outcome"
    );
    describe_counter!(
        TOO_FAST,
        "Requests refused because their session sent too many"
    );
    // A counter that was never touched is not exported; these must be there from the first scrape.
    counter!(REPORTS).increment(0);
    counter!(CELL_CHANGES).increment(0);
    counter!(ACCESS_FAULTS).increment(0);
    gauge!(VIEWERS).set(0.0);
    for queue in [queues::VIEWER_TICKS, queues::VIEWER_PIECES] {
        gauge!(QUEUE_LENGTH, "queue" => queue).set(0.0);
    }
    let junk = gb32960::Junk::ALL.map(|junk| junk.name());
    for kind in junk.into_iter().chain(["cut", "text", "unknown_command"]) {
        counter!(DAMAGED, "kind" => kind).increment(0);
    }
    histogram!(TICK_SECONDS).record(0.0);
    Ok(handle)
}
