//! The way in over WebSocket, against a source that misbehaves: what is damaged is counted by kind, everything else
//! arrives, and neither a lost stream nor one that was never there keeps the server from serving.

mod support;

use futures_util::SinkExt;
use gb32960::{Command, Edition, Vin};
use support::{Evwall, Folder, evwall, refused, report, report_at, vin};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// A telemetry source in this test.
struct Source(TcpListener);

impl Source {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.0.local_addr().unwrap())
    }

    async fn accept(&self) -> WebSocketStream<TcpStream> {
        let (socket, _) = self.0.accept().await.unwrap();
        tokio_tungstenite::accept_async(socket).await.unwrap()
    }
}

async fn send(stream: &mut WebSocketStream<TcpStream>, bytes: impl Into<Vec<u8>>) {
    stream.send(Message::binary(bytes.into())).await.unwrap();
}

/// Of a fixed second: a damaged frame is the same at every run, or its bytes might happen to begin another.
fn old_report(vin: &Vin) -> Vec<u8> {
    report_at(vin, 1_780_000_000, 121_473_700, 31_230_400)
}

fn unknown_command(vin: &Vin) -> Vec<u8> {
    let mut out = Vec::new();
    gb32960::encode::frame(
        &mut out,
        Edition::V2016,
        Command::Other(0xC5),
        0xFE,
        vin,
        &[1, 2, 3],
    )
    .unwrap();
    out
}

#[tokio::test]
async fn every_damage_is_counted_by_kind_and_costs_the_frames_around_it_nothing() {
    let source = Source::new().await;
    let server = Evwall::start(&["--telemetry", &source.url()]).await;
    let mut stream = source.accept().await;

    send(&mut stream, report(&vin(1))).await;
    let mut damaged = old_report(&vin(99));
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x10;
    send(&mut stream, damaged).await;
    let whole = report(&vin(2));
    let (head, tail) = whole.split_at(31);
    send(&mut stream, head).await;
    send(&mut stream, tail).await;
    stream.send(Message::text("good morning")).await.unwrap();
    send(&mut stream, report(&vin(3))).await;
    send(&mut stream, unknown_command(&vin(99))).await;
    send(&mut stream, b"only noise".as_slice()).await;
    // Noise before, between and behind good frames in one message.
    let mixed = [
        b"noise".to_vec(),
        report(&vin(4)),
        b"##".to_vec(),
        report(&vin(5)),
        b"$".to_vec(),
    ]
    .concat();
    send(&mut stream, mixed).await;
    send(&mut stream, report(&vin(6))).await;

    let metrics = server
        .until("six reports of six vehicles", |metrics| {
            metrics.of("evwall_reports_total") >= 6.0
                && metrics.of("evwall_vehicles_registered") >= 6.0
        })
        .await;
    assert_eq!(metrics.of("evwall_reports_total"), 6.0);
    assert_eq!(metrics.of("evwall_vehicles_registered"), 6.0);
    assert_eq!(metrics.damaged("bad_checksum"), 1.0, "{}", metrics.0);
    assert_eq!(metrics.damaged("text"), 1.0, "{}", metrics.0);
    assert_eq!(metrics.damaged("unknown_command"), 1.0, "{}", metrics.0);
    // The cut report, and the lone `$` that could have begun one.
    assert_eq!(metrics.damaged("cut"), 2.0, "{}", metrics.0);
    // The noise alone, the noise before a frame, and the `$` when the next byte showed that it began nothing.
    assert_eq!(metrics.damaged("not_a_start"), 3.0, "{}", metrics.0);
    // Each half of the `##` before a frame.
    assert_eq!(metrics.damaged("bad_header"), 2.0, "{}", metrics.0);
    let log = server.logged.lock().unwrap().clone();
    assert!(log.contains("kind=\"bad_checksum\""), "{log}");
    for serial in [1, 99] {
        assert!(!log.contains(vin(serial).as_str().unwrap()), "{log}");
    }
}

#[tokio::test]
async fn a_stream_that_goes_away_is_taken_up_again_and_the_map_is_served_meanwhile() {
    let source = Source::new().await;
    let server = Evwall::start(&["--telemetry", &source.url()]).await;
    let name = source.0.local_addr().unwrap();
    let connected = format!("evwall_source_connected{{source=\"{name}\"}}");

    let mut stream = source.accept().await;
    send(&mut stream, report(&vin(1))).await;
    // Half a frame, and the other half never comes.
    send(&mut stream, &report(&vin(2))[..20]).await;
    server
        .until("the first report", |metrics| {
            metrics.of("evwall_reports_total") == 1.0
        })
        .await;
    drop(stream);
    server
        .until("word of the lost stream", |metrics| {
            metrics.of(&connected) == 0.0
        })
        .await;
    assert_eq!(server.get("/healthz").await.text(), "ok");
    assert_eq!(server.get("/readyz").await.status, 200);
    assert!(server.get("/").await.is_login_page());

    let mut stream = source.accept().await;
    send(&mut stream, report(&vin(3))).await;
    let metrics = server
        .until("the report after the pause", |metrics| {
            metrics.of("evwall_reports_total") == 2.0
                && metrics.of("evwall_vehicles_registered") == 2.0
        })
        .await;
    assert_eq!(metrics.of(&connected), 1.0);
}

#[tokio::test]
async fn whole_frames_behind_a_damaged_length_are_not_lost_with_the_connection() {
    let source = Source::new().await;
    let server = Evwall::start(&["--telemetry", &source.url()]).await;
    let mut stream = source.accept().await;
    let mut damaged = old_report(&vin(99));
    damaged[22] = 0x70;
    send(&mut stream, damaged).await;
    send(&mut stream, report(&vin(1))).await;
    send(&mut stream, report(&vin(2))).await;
    stream.close(None).await.unwrap();
    drop(stream);
    let metrics = server
        .until("what stood behind the damaged frame", |metrics| {
            metrics.of("evwall_reports_total") == 2.0
        })
        .await;
    assert_eq!(metrics.damaged("cut_short"), 1.0, "{}", metrics.0);
}

#[tokio::test]
async fn a_stream_that_cannot_be_reached_does_not_keep_the_server_from_starting() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = nobody.local_addr().unwrap();
    drop(nobody);
    let server = Evwall::start(&["--telemetry", &format!("ws://{addr}/")]).await;
    assert!(server.get("/").await.is_login_page());
    assert_eq!(server.get("/readyz").await.status, 200);
    server
        .until_logged("telemetry stream cannot be reached; trying again")
        .await;

    let source = Source(TcpListener::bind(addr).await.unwrap());
    let mut stream = source.accept().await;
    send(&mut stream, report(&vin(1))).await;
    server
        .until("the first report", |metrics| {
            metrics.of("evwall_reports_total") == 1.0
        })
        .await;
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_one_line_and_a_failure() {
    let folder = Folder::new();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let held = holder.local_addr().unwrap().to_string();
    let free = ["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"];

    let said = refused(folder.serve().args(["--listen", &held]));
    assert!(
        said.contains("--listen") && said.contains("in use"),
        "{said}"
    );
    let said = refused(
        folder
            .serve()
            .args(["--listen", "127.0.0.1:0", "--ops-listen", &held]),
    );
    assert!(
        said.contains("--ops-listen") && said.contains("in use"),
        "{said}"
    );
    let said = refused(folder.serve().args(["--listen", "0.0.0.0:0"]));
    assert!(said.contains("reverse proxy"), "{said}");
    let said = refused(folder.serve().args(free).args(["--telemetry", "nonsense"]));
    assert!(said.contains("ws://"), "{said}");

    let said = refused(
        folder
            .serve()
            .args(free)
            .args(["--registry", &folder.path("missing.csv")]),
    );
    assert!(said.contains("missing.csv"), "{said}");
    let registry = folder.path("registry.csv");
    std::fs::write(
        &registry,
        "vin,make,model,class\nLGXCE4CB0P0000019,BYD,Han,taxi\nLGXCE4CB0P0000019X,BYD,Han,taxi\n",
    )
    .unwrap();
    let said = refused(folder.serve().args(free).args(["--registry", &registry]));
    assert!(said.contains("line 3"), "{said}");

    let elsewhere = folder.path("nothing-here");
    let said = refused(evwall().args(["serve", "--site", &elsewhere]).args(free));
    assert!(said.contains("nothing-here"), "{said}");
}
