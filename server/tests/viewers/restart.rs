//! A restart: pages are told, the process ends in time, and the next one shows the last known picture, late, until vehicles
//! report; a picture that cannot be shown is set aside with a word, and the server starts without it.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use wire::{Bye, Freshness, Up};

use super::support::viewer::{Mirrors, WORLD, end, say, socket};
use super::support::{Evwall, Folder, refused, report, signal, vin};

const VEHICLES: u32 = 300;

/// A telemetry source that stays where it is while servers come and go.
struct Source(TcpListener);

impl Source {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    async fn start(&self, folder: Folder, args: &[&str]) -> Evwall {
        let url = format!("ws://{}/", self.0.local_addr().unwrap());
        Evwall::start_in(folder, &[&["--telemetry", &url], args].concat()).await
    }

    async fn accept(&self) -> WebSocketStream<TcpStream> {
        let (socket, _) = self.0.accept().await.unwrap();
        tokio_tungstenite::accept_async(socket).await.unwrap()
    }
}

async fn report_all(stream: &mut WebSocketStream<TcpStream>, serials: std::ops::Range<u32>) {
    for serial in serials {
        let frame = report(&vin(serial));
        stream.send(Message::binary(frame)).await.unwrap();
    }
}

/// How many dots a page sees, by their freshness, once they are as many as wanted.
async fn seen(server: &Evwall, cookie: &str, wanted: &[(Freshness, usize)]) {
    let mut viewer = socket(server, cookie).await;
    say(&mut viewer, Up::View(WORLD)).await;
    let mut mirrors = Mirrors::default();
    let counted = |mirrors: &Mirrors| {
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for (_, look) in mirrors
            .cells
            .iter()
            .flat_map(|(_, cell)| cell.dots().flatten())
        {
            *counts.entry(look.freshness() as u8).or_default() += 1;
        }
        counts
    };
    let wanted: BTreeMap<u8, usize> = wanted
        .iter()
        .map(|(freshness, count)| (*freshness as u8, *count))
        .collect();
    loop {
        let message = super::next(&mut viewer).await;
        mirrors.take(&message);
        say(&mut viewer, Up::Ack { tick: u64::MAX }).await;
        if counted(&mirrors) == wanted {
            return;
        }
    }
}

/// Ends the server as systemd does, and gives its folder.
fn stopped(mut server: Evwall) -> Folder {
    let asked = Instant::now();
    signal(&server.child, "-TERM");
    assert!(server.child.wait().unwrap().success());
    assert!(asked.elapsed().as_secs() < 10, "it took too long to end");
    server.into_folder()
}

#[tokio::test]
async fn the_next_start_shows_the_last_known_picture_late_and_goes_live() {
    let source = Source::new().await;
    let server = source.start(Folder::new(), &[]).await;
    let mut stream = source.accept().await;
    report_all(&mut stream, 0..VEHICLES).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    let all = VEHICLES as usize;
    seen(&server, &cookie, &[(Freshness::Live, all)]).await;

    let mut page = socket(&server, &cookie).await;
    say(&mut page, Up::View(WORLD)).await;
    // It never reads, and must not keep the others from being told.
    let _deaf = socket(&server, &cookie).await;
    let folder = tokio::join!(
        async { assert_eq!(end(&mut page).await, (Some(Bye::Stopping), Some(1012))) },
        tokio::task::spawn_blocking(move || stopped(server)),
    );
    let folder = folder.1.unwrap();
    let kept = std::fs::read(folder.path("data/picture")).unwrap();
    assert!(
        !kept.windows(17).any(|bytes| bytes == vin(7).0),
        "no VIN in the clear"
    );
    use std::os::unix::fs::PermissionsExt;
    for file in ["data/picture", "data/state-key"] {
        let mode = std::fs::metadata(folder.path(file)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
    }

    let server = source.start(folder, &[]).await;
    seen(&server, &cookie, &[(Freshness::Late, all)]).await;
    let mut stream = source.accept().await;
    report_all(&mut stream, 0..100).await;
    seen(
        &server,
        &cookie,
        &[(Freshness::Live, 100), (Freshness::Late, all - 100)],
    )
    .await;
}

#[tokio::test]
async fn a_picture_that_cannot_be_shown_is_set_aside_and_the_server_starts() {
    let source = Source::new().await;
    let server = source.start(Folder::new(), &[]).await;
    report_all(&mut source.accept().await, 0..3).await;
    server
        .until("all three", |metrics| {
            metrics.of("evwall_vehicles_live") == 3.0
        })
        .await;
    let mut folder = stopped(server);
    let whole = std::fs::read(folder.path("data/picture")).unwrap();
    let torn = &whole[..whole.len() - 1];
    let key = "5".repeat(64);
    let cases: [(&[u8], Option<&str>, &str); 4] = [
        (torn, None, "its end is missing"),
        (
            b"evwallPI\x09\x00\x01\x00 and more of a later version, which this one does not know",
            None,
            "another version",
        ),
        (b"something else", None, "no picture of evwall"),
        (&whole, Some(&key), "another key"),
    ];
    for (bytes, key, why) in cases {
        std::fs::write(folder.path("data/picture"), bytes).unwrap();
        let key_file = folder.path("key");
        let mut args = Vec::new();
        if let Some(key) = key {
            std::fs::write(&key_file, key).unwrap();
            args = vec!["--state-key", &key_file];
        }
        let server = source.start(folder, &args).await;
        server.until_logged(why).await;
        assert_eq!(server.get("/readyz").await.status, 200);
        assert_eq!(server.metrics().await.of("evwall_vehicles_registered"), 0.0);
        let aside = std::fs::read(server.folder.path("data/picture.set-aside")).unwrap();
        assert_eq!(aside, bytes);
        // As a power cut would end it, or it would put its own empty picture there.
        folder = server.into_folder_at_once();
    }
    // The right key still opens what was set aside last.
    let aside = folder.path("data/picture.set-aside");
    std::fs::rename(aside, folder.path("data/picture")).unwrap();
    let server = source.start(folder, &[]).await;
    server
        .until("all three again", |metrics| {
            metrics.of("evwall_vehicles_registered") == 3.0
        })
        .await;
    let folder = server.into_folder_at_once();
    // With nothing to be kept, what was kept goes.
    let server = source
        .start(folder, &["--retention-picture-hours", "0"])
        .await;
    assert!(!std::path::Path::new(&server.folder.path("data/picture")).exists());
    drop(server);
    let folder = Folder::new();
    std::fs::write(folder.path("key"), "not a key").unwrap();
    let said = refused(folder.serve().args(["--state-key", &folder.path("key")]));
    assert!(
        said.contains("holds no key") && !said.contains("not a key"),
        "{said}"
    );
}
