//! Zones under a server that runs: the file is read again when the process gets the signal, and open maps follow.

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;
use wire::Up;

use super::support::viewer::{Mirrors, Socket, WORLD, next, say, socket};
use super::support::{Evwall, Folder, Metrics, report, signal, vin};
use super::with_source_in;

/// Around the place of `report`.
const HIDDEN: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
    "properties":{"name":"Barracks","rule":"hide","exempt":["supervisor"]},
    "geometry":{"type":"Polygon","coordinates":[[[121.4,31.2],[121.5,31.2],[121.5,31.3],[121.4,31.3],[121.4,31.2]]]}}]}"#;
const NONE: &str = r#"{"type":"FeatureCollection","features":[]}"#;

/// Writes the file anew and sends the signal.
fn hang_up(server: &Evwall, zones: &str) {
    std::fs::write(server.folder.path("zones.json"), zones).unwrap();
    signal(&server.child, "-HUP");
}

/// An open map that acknowledges whatever comes.
struct Map {
    socket: Socket,
    mirrors: Mirrors,
}

impl Map {
    async fn open(server: &Evwall, role: &str) -> Self {
        let cookie = server.signed_in(role, role).await;
        let mut socket = socket(server, &cookie).await;
        say(&mut socket, Up::View(WORLD)).await;
        let mirrors = Mirrors::default();
        Self { socket, mirrors }
    }

    async fn until_dots(&mut self, dots: u32) {
        while self.mirrors.tick == 0 || self.mirrors.dots() != dots {
            self.tick().await;
        }
    }

    /// Whatever is on its way, and a tick more.
    async fn tick(&mut self) {
        let message = next(&mut self.socket).await;
        self.mirrors.take(&message);
        say(&mut self.socket, Up::Ack { tick: u64::MAX }).await;
    }
}

#[tokio::test]
async fn zones_come_and_go_at_a_hang_up_and_a_damaged_file_leaves_them_as_they_were() {
    let folder = Folder::new();
    let file = folder.path("zones.json");
    std::fs::write(&file, NONE).unwrap();
    let (server, mut source) = with_source_in(folder, &["--zones", &file]).await;
    let frame = report(&vin(1));
    source.send(Message::binary(frame)).await.unwrap();
    let mut viewer = Map::open(&server, "viewer").await;
    let mut supervisor = Map::open(&server, "supervisor").await;
    viewer.until_dots(1).await;
    supervisor.until_dots(1).await;

    hang_up(&server, HIDDEN);
    viewer.until_dots(0).await;
    let taken = |wanted: f64| move |metrics: &Metrics| metrics.of("evwall_zones") == wanted;
    server.until("the zone is in force", taken(1.0)).await;

    hang_up(&server, &HIDDEN.replace("hide", "hidden"));
    server
        .until("the file is refused", |metrics| {
            metrics.of(r#"evwall_zone_reads_total{outcome="refused"}"#) == 1.0
        })
        .await;
    server
        .until_logged("the zones that were in force stay so")
        .await;
    let tick = viewer.mirrors.tick;
    while viewer.mirrors.tick < tick + 3 {
        viewer.tick().await;
        assert_eq!(viewer.mirrors.dots(), 0);
    }
    for _ in 0..3 {
        supervisor.tick().await;
        assert_eq!(supervisor.mirrors.dots(), 1, "exempt");
    }

    hang_up(&server, NONE);
    viewer.until_dots(1).await;
    server.until("no zone is in force", taken(0.0)).await;
    let reads = server.metrics().await;
    assert_eq!(reads.of(r#"evwall_zone_reads_total{outcome="taken"}"#), 2.0);
}
