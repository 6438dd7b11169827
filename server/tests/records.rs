//! The record, through the real binary: the server is killed while cards are opened, its log is cut behind its back, its
//! clock has run ahead, its certificate is renewed; and a page learns within a second that its session is over.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use support::{Answer, Evwall, FORM, Folder, ask, evwall, poll, signal, vin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// A folder with a registry of forty vehicles.
fn folder_with_registry() -> Folder {
    let folder = Folder::new();
    let mut csv = "vin,make,model,class\n".to_owned();
    for serial in 1..=40 {
        csv.push_str(&format!("{},Probe,One,private\n", text(serial)));
    }
    std::fs::write(folder.path("registry.csv"), csv).unwrap();
    folder
}

fn text(serial: u32) -> String {
    vin(serial).as_str().unwrap().to_owned()
}

async fn start(folder: Folder) -> Evwall {
    let registry = folder.path("registry.csv");
    Evwall::start_in(folder, &["--registry", &registry]).await
}

async fn post(server: &Evwall, cookie: &str, path: &str, form: &str) -> Answer {
    let headers = [("Cookie", cookie), FORM[0]];
    ask(server.map, "POST", path, &headers, form.as_bytes()).await
}

/// A handle for a vehicle, found by its VIN.
async fn handle_of(server: &Evwall, cookie: &str, vin: &str) -> String {
    let form = format!("vin={vin}&make=&purpose=alarm&case_number=");
    let found = post(server, cookie, "/api/search-vin", &form).await;
    let found: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
    found["hits"][0]["handle"].as_str().unwrap().to_owned()
}

fn open_form(handle: &str) -> String {
    format!("handle={handle}&purpose=alarm&case_number=")
}

fn verify(folder: &Folder) -> (bool, String) {
    let output = evwall()
        .args([
            "audit",
            "verify",
            "--heads",
            &folder.path("data/audit-heads"),
        ])
        .args(["--data-dir", &folder.path("data")])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

async fn database(folder: &Folder) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(folder.path("data/evwall.db"))
        .connect()
        .await
        .unwrap()
}

async fn strings(on: &mut SqliteConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(on).await.unwrap()
}

/// Ends the server with a signal and gives its folder.
fn ended(mut server: Evwall, name: &str) -> Folder {
    signal(&server.child, name);
    server.child.wait().unwrap();
    server.into_folder()
}

#[tokio::test]
async fn whatever_was_answered_before_a_kill_has_its_row_and_the_next_start_closes_it() {
    const AT_ONCE: usize = 12;
    let server = start(folder_with_registry()).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    let mut handles = Vec::new();
    for serial in 1..=40 {
        handles.push((
            text(serial),
            handle_of(&server, &cookie, &text(serial)).await,
        ));
    }
    let map = server.map;
    // A few at a time: nothing is asked between the last answer and the kill, so no machine is quick enough to answer all.
    let mut opening = stream::iter(handles)
        .map(|(vin, handle)| {
            let cookie = cookie.clone();
            tokio::spawn(async move {
                let headers = [("Cookie", cookie.as_str()), FORM[0]];
                let form = open_form(&handle);
                let answer = ask(map, "POST", "/api/open-card", &headers, form.as_bytes()).await;
                answer.text().contains(&vin).then_some(vin)
            })
        })
        .buffer_unordered(AT_ONCE);
    let mut answered = Vec::new();
    // In the middle of it: some have their answer, some their row, some neither.
    while let Some(opened) = opening.next().await {
        answered.extend(opened.ok().flatten());
        if answered.len() == 8 {
            signal(&server.child, "-KILL");
        }
    }
    assert!((8..8 + AT_ONCE).contains(&answered.len()), "{answered:?}");
    let server = start(ended(server, "-KILL")).await;
    let mut on = database(&server.folder).await;
    let opened = strings(
        &mut on,
        "SELECT vin FROM audit WHERE kind = 'permit_opened'",
    )
    .await;
    for vin in &answered {
        assert!(opened.contains(vin), "{vin} was shown without a row");
    }
    let closed = strings(
        &mut on,
        "SELECT reason FROM audit WHERE kind = 'permit_closed'",
    )
    .await;
    assert_eq!(closed.len(), opened.len());
    assert!(closed.iter().all(|why| why == "server_ended"), "{closed:?}");
    on.close().await.unwrap();
    let (good, said) = verify(&server.folder);
    assert!(good, "{said}");
    // The session has outlived the server, as it should.
    let answer = ask(
        server.map,
        "GET",
        "/pkg/inside.js",
        &[("Cookie", &cookie)],
        b"",
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_tail_that_is_cut_behind_the_server_is_found_by_the_heads_it_exported() {
    let server = start(folder_with_registry()).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    let handle = handle_of(&server, &cookie, &text(1)).await;
    let card = post(&server, &cookie, "/api/open-card", &open_form(&handle)).await;
    assert!(card.text().contains(&text(1)), "{}", card.text());
    let folder = ended(server, "-TERM");
    let heads = std::fs::read_to_string(folder.path("data/audit-heads")).unwrap();
    let reasons: Vec<_> = heads
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(reasons, ["start", "stop"]);
    let (good, said) = verify(&folder);
    assert!(good && said.contains("2 exported heads"), "{said}");

    let mut on = database(&folder).await;
    let cut = "DROP TRIGGER audit_is_not_deleted;
        DELETE FROM audit WHERE seq > (SELECT max(seq) FROM audit WHERE kind = 'search_answered');";
    sqlx::raw_sql(cut).execute(&mut on).await.unwrap();
    on.close().await.unwrap();
    let (good, said) = verify(&folder);
    assert!(!good && said.contains("ends before row"), "{said}");
    let server = start(folder).await;
    server
        .until_logged("the audit log was cut or rewritten since the last exported head")
        .await;
}

#[tokio::test]
async fn a_log_that_is_ahead_of_the_clock_lets_nobody_in_until_an_operator_confirms_the_clock() {
    let server = start(folder_with_registry()).await;
    server.signed_in("watch", "supervisor").await;
    let folder = ended(server, "-TERM");
    // As if the clock had been an hour ahead when the newest row was written.
    let mut on = database(&folder).await;
    let ahead = "DROP TRIGGER audit_is_not_edited;
        UPDATE audit SET at_unix_s = at_unix_s + 3600 WHERE seq = (SELECT max(seq) FROM audit);";
    sqlx::raw_sql(ahead).execute(&mut on).await.unwrap();
    on.close().await.unwrap();
    let server = start(folder).await;
    let form = b"name=watch&password=not-even-looked-at";
    let answer = ask(server.map, "POST", "/login", FORM, form).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(server.metrics().await.of("evwall_access_faults_total") >= 0.0);
    let accepted = evwall()
        .args(["audit", "accept-clock", "--data-dir"])
        .arg(server.folder.path("data"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&accepted.stdout).into_owned();
    assert!(
        accepted.status.success() && said.contains("ahead of the clock"),
        "{accepted:?}"
    );
    let answer = ask(server.map, "POST", "/login", FORM, form).await;
    assert_eq!(answer.status, 401, "now the password is looked at");
    let again = evwall()
        .args(["audit", "accept-clock", "--data-dir"])
        .arg(server.folder.path("data"))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to accept"));
}

#[tokio::test]
async fn a_socket_is_closed_within_a_second_of_the_end_of_its_session() {
    let server = start(folder_with_registry()).await;
    // By the person, and by an operator at the command line: another process.
    for (name, by_hand) in [("one", true), ("two", false)] {
        let cookie = server.signed_in(name, "viewer").await;
        let mut request = format!("ws://{}/ws", server.map)
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        socket.next().await.unwrap().unwrap();
        if by_hand {
            let answer = post(&server, &cookie, "/logout", "").await;
            assert_eq!(answer.status, 303);
        } else {
            let disabled = evwall()
                .args(["user", "disable", name, "--data-dir"])
                .arg(server.folder.path("data"))
                .output()
                .unwrap();
            assert!(disabled.status.success(), "{disabled:?}");
        }
        let since = Instant::now();
        let code = loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break None,
            }
        };
        assert_eq!(
            code,
            Some(4001),
            "the page is told that its session is over"
        );
        // The promise is one second; the rest is for a machine that has other things to do.
        assert!(since.elapsed() < Duration::from_secs(5), "{name}");
        let _ = socket.close(None).await;
    }
}

/// Takes any certificate and shows which it was: the one of the tests is signed by nobody.
#[derive(Debug)]
struct AnyCertificate(Arc<tokio_rustls::rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        tokio_rustls::rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        tokio_rustls::rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Asks for `/login` over TLS: the answer, and the certificate it came under.
async fn over_tls(server: &Evwall) -> (String, Vec<u8>) {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let socket = TcpStream::connect(server.map).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut socket = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .unwrap();
    let certificate = socket.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let request = b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // Some end without a closing alert; what came before counts.
    let _ = socket.read_to_end(&mut answer).await;
    (String::from_utf8_lossy(&answer).into_owned(), certificate)
}

#[tokio::test]
async fn tls_is_spoken_and_a_renewed_certificate_is_taken_at_sighup() {
    let folder = Folder::new();
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
    let (cert, key) = (folder.path("cert.pem"), folder.path("key.pem"));
    let place = |from: &str, to: &str| {
        std::fs::copy(format!("{tls}/{from}"), to).unwrap();
    };
    place("cert.pem", &cert);
    place("key.pem", &key);
    let server = Evwall::start_in(folder, &["--tls-cert", &cert, "--tls-key", &key]).await;
    let (answer, first) = over_tls(&server).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = answer.to_lowercase();
    assert!(answer.contains("strict-transport-security"), "{answer}");

    // Half of a renewal: the old one stays.
    place("other-key.pem", &key);
    signal(&server.child, "-HUP");
    server
        .until_logged("the old certificate stays in use")
        .await;
    assert_eq!(over_tls(&server).await.1, first);
    place("other-cert.pem", &cert);
    signal(&server.child, "-HUP");
    server.until_logged("the certificate was read again").await;
    let (answer, second) = over_tls(&server).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_ne!(first, second);

    // Who speaks without TLS gets nothing, and a handshake that is never finished keeps nobody waiting.
    let mut stuck = TcpStream::connect(server.map).await.unwrap();
    stuck.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let _idle = TcpStream::connect(server.map).await.unwrap();
    let mut heard = Vec::new();
    let _ = stuck.read_to_end(&mut heard).await;
    assert!(!heard.starts_with(b"HTTP"), "{heard:?}");
    assert!(over_tls(&server).await.0.starts_with("HTTP/1.1 200"));
    poll("the log has no key in it", || {
        let clean = !server.logged.lock().unwrap().contains("PRIVATE KEY");
        async move { clean }
    })
    .await;
}
