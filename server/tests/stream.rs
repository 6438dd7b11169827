//! The way in over WebSocket, against a source that misbehaves: what is damaged is counted by kind, everything else
//! arrives, and neither a lost stream nor one that was never there keeps the server from serving.

#[path = "../examples/chaos/limits.rs"]
mod limits;
mod support;

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use gb32960::{Command, Edition, Vin};
use support::{Evwall, FORM, Folder, ask, evwall, refused, report, report_at, vin};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

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
    // Everything that evwall itself has to say.
    let everything = "info,evwall=trace,intake=trace,fleet=trace,access=trace";
    let args = ["--telemetry", &source.url(), "--log", everything];
    let server = Evwall::start(&args).await;
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
    for serial in [1, 2, 4, 99] {
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
async fn a_stream_that_is_gone_without_a_word_is_opened_anew_and_one_that_never_answers_is_not() {
    let (source, mute) = (Source::new().await, Source::new().await);
    let server = Evwall::start(&["--telemetry", &source.url(), "--telemetry", &mute.url()]).await;
    let mut stream = source.accept().await;
    let _mute = mute.accept().await;
    // It answers once and from then on reads nothing: its system goes on saying that all has arrived.
    let asked = stream.next().await.unwrap().unwrap();
    assert!(matches!(asked, Message::Ping(_)), "{asked:?}");
    send(&mut stream, report(&vin(1))).await;
    let mut again = source.accept().await;
    send(&mut again, report(&vin(2))).await;
    let metrics = server
        .until("the report of the second connection", |metrics| {
            metrics.of("evwall_reports_total") == 2.0
        })
        .await;
    let of = |source: &Source, metric: &str| {
        let name = source.0.local_addr().unwrap();
        metrics.of(&format!("{metric}{{source=\"{name}\"}}"))
    };
    assert_eq!(of(&source, "evwall_source_reconnects_total"), 1.0);
    assert_eq!(of(&mute, "evwall_source_reconnects_total"), 0.0);
    assert_eq!(of(&mute, "evwall_source_connected"), 1.0);
}

#[tokio::test]
async fn whole_frames_behind_a_damaged_length_are_not_lost_with_the_connection() {
    let source = Source::new().await;
    let server = Evwall::start(&["--telemetry", &source.url()]).await;
    let mut stream = source.accept().await;
    let mut damaged = old_report(&vin(99));
    damaged[22] = 0x3f;
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

/// A stream behind TLS that asks who comes: takes one connection, and gives it with what stood in its `Authorization`.
async fn accept_tls(listener: &TcpListener, open_to: &str) -> Option<WebSocketStream<TlsStream>> {
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
    let chain = CertificateDer::pem_file_iter(format!("{tls}/stream-cert.pem"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(format!("{tls}/stream-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    let socket = TlsAcceptor::from(Arc::new(config))
        .accept(socket)
        .await
        .ok()?;
    #[expect(
        clippy::result_large_err,
        reason = "the shape that tungstenite's callback asks for"
    )]
    let ask_who = |request: &Request, response: Response| {
        let said = request.headers().get("authorization");
        if said.is_some_and(|said| said.as_bytes() == open_to.as_bytes()) {
            return Ok(response);
        }
        let refusal = tokio_tungstenite::tungstenite::http::Response::builder()
            .status(401)
            .body(None)
            .unwrap();
        Err(refusal)
    };
    tokio_tungstenite::accept_hdr_async(socket, ask_who)
        .await
        .ok()
}

type TlsStream = tokio_rustls::server::TlsStream<TcpStream>;

#[tokio::test]
async fn a_stream_behind_tls_is_opened_with_its_token_and_its_datum_is_taken_into_account() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/stream-ca.pem");
    // The same fix, by a stream that says nothing of its datum and by one that shifts it as the law wants.
    let folder = Folder::new();
    let file = folder.path("platforms.toml");
    let entries = format!(
        r#"
        [[stream]]
        name = "bus"
        url = "wss://localhost:{port}/feed"
        ca = "{ca}"
        bearer = "t0k3n-of-the-bus"
        datum = "gcj02"
        "#
    );
    std::fs::write(&file, &entries).unwrap();
    let server = Evwall::start_in(folder, &["--platforms", &file]).await;
    // Somebody else's stream: it is not opened, and the log says where to look.
    assert!(accept_tls(&listener, "Bearer another").await.is_none());
    server.until_logged("it refused us with 401").await;
    let mut stream = accept_tls(&listener, "Bearer t0k3n-of-the-bus")
        .await
        .expect("the token of the file");
    stream.send(Message::binary(report(&vin(1)))).await.unwrap();
    server
        .until("a report through TLS", |metrics| {
            metrics.of("evwall_source_connected{source=\"bus\"}") == 1.0
                && metrics.of("evwall_vehicles_live") == 1.0
        })
        .await;
    let logged = server.logged.lock().unwrap().clone();
    assert!(!logged.contains("t0k3n"), "{logged}");

    // The card of a supervisor shows where it was shown: half a kilometre from what was sent.
    let cookie = server.signed_in("watch", "supervisor").await;
    let headers = [("Cookie", cookie.as_str()), FORM[0]];
    let form = format!(
        "vin={}&make=&purpose=alarm&case_number=",
        vin(1).as_str().unwrap()
    );
    let found = ask(
        server.map,
        "POST",
        "/api/search-vin",
        &headers,
        form.as_bytes(),
    )
    .await;
    let found: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
    let handle = found["hits"][0]["handle"].as_str().unwrap();
    let form = format!("handle={handle}&purpose=alarm&case_number=");
    let card = ask(
        server.map,
        "POST",
        "/api/open-card",
        &headers,
        form.as_bytes(),
    )
    .await;
    let card: serde_json::Value = serde_json::from_slice(&card.body).unwrap();
    let (lon, lat) = (
        card["card"]["position"][0].as_f64().unwrap(),
        card["card"]["position"][1].as_f64().unwrap(),
    );
    let (true_lon, true_lat) = gb32960::datum::wgs84_from(gb32960::Datum::Gcj02, 121.4737, 31.2304);
    let metres = f64::hypot((lon - true_lon) * 95_300.0, (lat - true_lat) * 110_900.0);
    assert!(metres < 1.0, "{metres} m from {lon} {lat}");
    assert!(
        (lon - 121.4737).abs() * 95_300.0 > 300.0,
        "it was shifted: {lon}"
    );
}

#[tokio::test]
async fn a_stream_behind_tls_is_opened_with_a_name_and_password_and_a_stranger_s_certificate_is_not_taken()
 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
    for (ca, taken) in [("cert.pem", false), ("stream-ca.pem", true)] {
        let folder = Folder::new();
        let file = folder.path("platforms.toml");
        let entries = format!(
            "[[stream]]\nname = \"bus\"\nurl = \"wss://localhost:{port}/\"\nca = \"{tls}/{ca}\"\n\
             user = \"wall\"\npassword = \"s3cret: of it\"\n"
        );
        std::fs::write(&file, entries).unwrap();
        let server = Evwall::start_in(folder, &["--platforms", &file]).await;
        // "wall:s3cret: of it" in base 64.
        let opened = accept_tls(&listener, "Basic d2FsbDpzM2NyZXQ6IG9mIGl0").await;
        assert_eq!(opened.is_some(), taken, "{ca}");
        if !taken {
            server.until_logged("cannot be reached").await;
        }
        let logged = server.logged.lock().unwrap().clone();
        assert!(!logged.contains("s3cret"), "{logged}");
    }
    // No public authority signs for it either.
    let folder = Folder::new();
    let url = format!("wss://localhost:{port}/");
    let server = Evwall::start_in(folder, &["--telemetry", &url]).await;
    assert!(accept_tls(&listener, "").await.is_none());
    server.until_logged("cannot be reached").await;
}

#[test]
fn the_year_2038_and_the_tick_beyond_32_bits_are_ordinary() {
    limits::outlive().unwrap();
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
    let secret = ["--telemetry", "wss://wall:s3cret@bus.example/"];
    let said = refused(folder.serve().args(free).args(secret));
    assert!(
        said.contains("[[stream]]") && !said.contains("s3cret"),
        "{said}"
    );
    let platforms = folder.path("platforms.toml");
    let missing = "[[stream]]\nname = \"bus\"\nurl = \"wss://b/\"\nca = \"/nowhere/ca.pem\"\n";
    std::fs::write(&platforms, missing).unwrap();
    let said = refused(folder.serve().args(free).args(["--platforms", &platforms]));
    assert!(said.contains("/nowhere/ca.pem"), "{said}");
    let listen = ["--listen-32960", "127.0.0.1:0", "--platforms", &platforms];
    let said = refused(folder.serve().args(free).args(listen));
    assert!(said.contains("[[platform]]"), "{said}");

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
    let data = ["--data-dir", &folder.path("data")];
    let said = refused(
        evwall()
            .args(["serve", "--site", &elsewhere])
            .args(data)
            .args(free),
    );
    assert!(said.contains("nothing-here"), "{said}");
}
