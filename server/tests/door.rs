//! The door, from outside: without a session nothing but the login page, whatever is asked and however; another site's
//! page can neither post nor open the socket; every answer carries its headers; and a viewer is never told a VIN.

mod support;

use futures_util::{SinkExt, StreamExt};
use support::viewer::{WORLD, next, say, socket};
use support::{Answer, Evwall, FORM, SCRIPT, ask, ask_raw, report, vin};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use wire::{Click, Down, Handle, Refused, Up};

const PATHS: &[&str] = &[
    "/",
    "/ws",
    "/favicon.svg",
    "/ATTRIBUTION.md",
    "/index.html",
    "/pkg",
    "/pkg/",
    "/pkg/inside.js",
    "/pkg/inside.js?v=1",
    "//pkg/inside.js",
    "/./pkg/inside.js",
    "/%70kg/inside.js",
    "/pkg%2Finside.js",
    "/pkg/..%2fpkg/inside.js",
    "/login/../pkg/inside.js",
    "/login/%2e%2e/pkg/inside.js",
    "/healthz/../pkg/inside.js",
    "/login;/pkg/inside.js",
    "/login?next=/pkg/inside.js",
    "/login#/pkg/inside.js",
    "/LOGIN",
    "/Login/",
    "/login/",
    "/healthz/",
    "/healthz%00",
    "/healthz.js",
    "/vendor/maplibre-gl.mjs",
    "/ground/style.json",
    "/fonts/",
    "/api/who-am-i",
    "/api/open-card",
    "/api/close-card",
    "/api/..%2f",
    "/metrics",
    "/evwall.db",
    "/..%2fdata%2fevwall.db",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/logout",
    "/%00",
    "/%ff%fe",
    "/\u{8f66}",
    "*",
    "http://127.0.0.1/pkg/inside.js",
    "http://evwall.example/pkg/inside.js",
];

const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get",
];

/// Nothing inside came out: the page to sign in, or no more than a word.
fn says_nothing(answer: &Answer, what: &str) {
    let text = answer.text();
    assert!(!text.contains(SCRIPT), "{what}: {text}");
    assert!(answer.header("set-cookie").is_none(), "{what}");
    assert_ne!(answer.status, 101, "{what}");
    if answer.is_login_page() {
        assert!(!text.contains("<script"), "{what}: {text}");
        return;
    }
    assert!(text.len() < 100, "{what}: {text}");
    assert!(
        matches!(answer.status, 0 | 400..=499) || text.is_empty(),
        "{what}: {} {text}",
        answer.status
    );
}

#[tokio::test]
async fn without_a_session_nothing_but_the_login_page_is_given() {
    let server = Evwall::start(&[]).await;
    for path in PATHS {
        for method in METHODS {
            let answer = ask(server.map, method, path, &[], b"").await;
            says_nothing(&answer, &format!("{method} {path}"));
        }
    }
    let long = format!("/pkg/{}", "a/".repeat(3000));
    for encoding in ["gzip", "br", "gzip, br, zstd", "identity;q=0"] {
        for path in [&long, "/", "/pkg/inside.js"] {
            let headers = [("Accept-Encoding", encoding), ("Range", "bytes=0-10")];
            let answer = ask(server.map, "GET", path, &headers, b"").await;
            assert_eq!(answer.status, 401, "{path}");
            assert!(answer.is_login_page(), "{path} {encoding}");
        }
    }
    assert_eq!(server.get("/healthz").await.text(), "ok");
    assert_eq!(server.get("/readyz").await.text(), "ready");
}

#[tokio::test]
async fn a_forged_cookie_is_no_session() {
    let server = Evwall::start(&[]).await;
    let real = server.signed_in("watch", "viewer").await;
    let inside = ask(
        server.map,
        "GET",
        "/pkg/inside.js",
        &[("Cookie", &real)],
        b"",
    )
    .await;
    assert_eq!(inside.text(), SCRIPT);
    let (name, token) = real.split_once('=').unwrap();
    let swapped: String = token
        .chars()
        .map(|letter| {
            if letter.is_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            }
        })
        .collect();
    let forged = [
        format!("{name}="),
        name.to_owned(),
        format!("{name}={}", "a".repeat(64)),
        format!("{name}={}", "0".repeat(1000)),
        format!("{name}={swapped}"),
        format!("{name}={}", &token[1..]),
        format!("{name}={token}0"),
        format!("{name}=\"{token}\""),
        format!("{name}=' OR 1=1 --"),
        format!("{name}=\u{7f16}"),
        format!("{}={token}", name.to_uppercase()),
        format!("other={token}"),
        // The first of two counts, and it is no good.
        format!("{name}=forged; {name}={token}"),
    ];
    for cookie in &forged {
        for path in ["/", "/pkg/inside.js", "/ws", "/api/who-am-i"] {
            let answer = ask(server.map, "GET", path, &[("Cookie", cookie)], b"").await;
            assert_eq!(answer.status, 401, "{path} {cookie}");
            assert!(answer.is_login_page(), "{path} {cookie}");
        }
    }
    let answer = ask(server.map, "POST", "/logout", &[("Cookie", &real)], b"").await;
    assert_eq!(answer.status, 303);
    let answer = ask(server.map, "GET", "/", &[("Cookie", &real)], b"").await;
    assert_eq!(answer.status, 401, "a session that was ended is none");
}

fn upgrade_headers<'a>(
    origin: Option<&'a str>,
    cookie: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    headers.extend(origin.map(|origin| ("Origin", origin)));
    headers.extend(cookie.map(|cookie| ("Cookie", cookie)));
    headers
}

/// `Connection: Upgrade` cannot stand beside the `close` that [`ask`] sends.
async fn open_socket(server: &Evwall, headers: &[(&str, &str)]) -> Answer {
    let mut request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\n",
        server.map
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    // A refusal keeps the connection open: the next request on it ends it.
    request.push_str("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ask_raw(server.map, request.as_bytes()).await
}

#[tokio::test]
async fn the_page_of_another_site_can_neither_post_nor_open_the_socket() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let ours = format!("http://{}", server.map);
    let others = [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        &format!("{ours}.evil.example"),
        &format!("http://evil.example@{}", server.map),
        &format!("http://evil.example/?{ours}"),
        "",
    ];
    for origin in others {
        let answer = open_socket(&server, &upgrade_headers(Some(origin), Some(&cookie))).await;
        assert_eq!(answer.status, 403, "{origin}");
        for path in ["/login", "/logout", "/api/who-am-i", "/api/open-card"] {
            let headers = [("Origin", origin), ("Cookie", &cookie), FORM[0]];
            let answer = ask(server.map, "POST", path, &headers, b"name=a&password=b").await;
            assert_eq!(answer.status, 403, "{path} {origin}");
            assert!(answer.body.is_empty());
        }
    }
    let headers = [("Origin", ours.as_str()), ("Cookie", &cookie), FORM[0]];
    let answer = ask(server.map, "POST", "/api/who-am-i", &headers, b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("watch"));
    let without = open_socket(&server, &upgrade_headers(Some(&ours), None)).await;
    assert_eq!(without.status, 401);
    let answer = open_socket(&server, &upgrade_headers(Some(&ours), Some(&cookie))).await;
    assert_eq!(answer.status, 101);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_browsers_obey() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let with = [("Cookie", cookie.as_str())];
    let big = vec![b'a'; 20_000];
    let answers = [
        (
            "login",
            ask(server.map, "GET", "/login", &[], b"").await,
            200,
        ),
        ("refused", ask(server.map, "GET", "/", &[], b"").await, 401),
        (
            "health",
            ask(server.map, "GET", "/healthz", &[], b"").await,
            200,
        ),
        ("page", ask(server.map, "GET", "/", &with, b"").await, 200),
        (
            "script",
            ask(server.map, "GET", "/pkg/inside.js", &with, b"").await,
            200,
        ),
        (
            "no script",
            ask(server.map, "GET", "/pkg/none.js", &with, b"").await,
            404,
        ),
        (
            "nothing",
            ask(server.map, "GET", "/nothing", &with, b"").await,
            404,
        ),
        (
            "not allowed",
            ask(server.map, "POST", "/api/open-card", &with, b"").await,
            403,
        ),
        (
            "method",
            ask(server.map, "DELETE", "/login", &with, b"").await,
            405,
        ),
        (
            "too large",
            ask(server.map, "POST", "/login", FORM, &big).await,
            413,
        ),
        (
            "cross-site",
            ask(server.map, "POST", "/login", &[("Origin", "null")], b"").await,
            403,
        ),
        (
            "wrong password",
            ask(
                server.map,
                "POST",
                "/login",
                FORM,
                b"name=nobody&password=x",
            )
            .await,
            401,
        ),
    ];
    for (what, answer, status) in answers {
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
            "{what}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{what}: {policy}"
        );
        assert!(
            !policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"),
            "{what}: {policy}"
        );
        let caching = answer.header("cache-control").unwrap_or_default();
        let wanted = if what.contains("script") {
            "private, no-cache"
        } else {
            "no-store"
        };
        assert_eq!(caching, wanted, "{what}");
        assert!(
            answer.header("access-control-allow-origin").is_none(),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let form = format!("name=watch&password={}", "x".repeat(17 * 1024));
    let answer = ask(server.map, "POST", "/login", FORM, form.as_bytes()).await;
    assert_eq!(answer.status, 413);
    // Without a length in front, in chunks.
    let mut chunked = Vec::new();
    for piece in form.as_bytes().chunks(1000) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let headers = [
        FORM[0],
        ("Transfer-Encoding", "chunked"),
        ("Cookie", &cookie),
    ];
    let answer = ask(server.map, "POST", "/login", &headers, &chunked).await;
    assert_eq!(answer.status, 413);
    let answer = ask(server.map, "POST", "/api/who-am-i", &headers, &chunked).await;
    assert_ne!(answer.status, 200, "{}", answer.text());
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_viewer_never_receives_a_vin_by_any_path() {
    never_a_vin("viewer").await;
}

#[tokio::test]
async fn a_screen_never_receives_a_vin_by_any_path() {
    never_a_vin("screen").await;
}

/// The paths of the server's own table, so that a new one is asked for as well.
fn table(method: &str) -> impl Iterator<Item = &'static str> {
    let places = include_str!("../src/places.rs");
    let table = places.split("pub const PLACES").nth(1).unwrap();
    let table = table.split("];").next().unwrap();
    let line = format!("{method}(\"");
    let found: Vec<_> = table
        .lines()
        .filter_map(|text| text.trim().strip_prefix(&line)?.split('"').next())
        .collect();
    assert!(found.len() > 8, "{found:?}");
    found.into_iter()
}

/// Loads a fleet, lets one session ask for everything that there is, and searches every byte that came of it.
async fn never_a_vin(role: &str) {
    let source = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", source.local_addr().unwrap());
    let server = Evwall::start(&["--telemetry", &url]).await;
    let (stream, _) = source.accept().await.unwrap();
    let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap();
    let vins: Vec<_> = (1..=20).map(vin).collect();
    for vin in &vins {
        stream.send(Message::binary(report(vin))).await.unwrap();
        // Damage that holds a VIN: it goes into the quarantine, blanked.
        let mut damaged = report(vin);
        *damaged.last_mut().unwrap() ^= 1;
        stream.send(Message::binary(damaged)).await.unwrap();
        let text = format!(r#"{{"vin":"{}","t":"never"}}"#, vin.as_str().unwrap());
        stream.send(Message::text(text)).await.unwrap();
    }
    server
        .until("twenty vehicles", |metrics| {
            metrics.of("evwall_vehicles_live") == 20.0
        })
        .await;

    let cookie = server.signed_in("watch", role).await;
    let mut heard = Vec::new();
    let mut socket = socket(&server, &cookie).await;
    say(&mut socket, Up::View(WORLD)).await;

    // The cell that holds the dots, as this page was sent it.
    let (key, generation, tick) = loop {
        let bytes = next(&mut socket).await;
        let mut found = None;
        let mut newest = None;
        for frame in wire::frames(&bytes) {
            match frame.unwrap() {
                Down::Base {
                    key,
                    generation,
                    tick,
                    body,
                } => {
                    let mirror = wire::CellMirror::from_base(generation, tick, body).unwrap();
                    if mirror.dots().count() > 0 {
                        found = Some((key, generation, tick));
                    }
                }
                Down::Status(status) => newest = status.tick.into(),
                _ => {}
            }
        }
        heard.push(bytes);
        if let Some(tick) = newest {
            say(&mut socket, Up::Ack { tick }).await;
        }
        if let Some(found) = found {
            break found;
        }
    };
    assert_eq!(key.scope, 1, "{role} is given the blurred scope");
    for slot in 0..3 {
        let click = Click {
            ask: slot,
            key,
            generation,
            slot,
            tick,
        };
        say(&mut socket, Up::Click(click)).await;
    }
    // The exact scope is not for asking either.
    let mut exact = key;
    exact.scope = 0;
    let click = Click {
        ask: 3,
        key: exact,
        generation,
        slot: 0,
        tick,
    };
    say(&mut socket, Up::Click(click)).await;
    let mut refused = 0;
    while refused < 4 {
        let bytes = next(&mut socket).await;
        for frame in wire::frames(&bytes) {
            match frame.unwrap() {
                Down::Handle(answer) => {
                    assert_eq!(answer.result, Err(Refused::NotAllowed));
                    refused += 1;
                }
                Down::Card { .. } => panic!("{role} was sent a card"),
                Down::Status(status) => say(&mut socket, Up::Ack { tick: status.tick }).await,
                _ => {}
            }
        }
        heard.push(bytes);
    }

    // Something may come late: hear whatever still comes in a few ticks.
    for _ in 0..5 {
        say(&mut socket, Up::Ack { tick: u64::MAX }).await;
        heard.push(next(&mut socket).await);
    }
    // Watching a card is nothing a viewer's page ever asks: whoever does is no page, and is cut off.
    let handle = Handle([7; 16]);
    say(&mut socket, Up::Watch { handle }).await;
    loop {
        let message = timeout(support::PATIENCE, socket.next()).await;
        match message.expect("an end in time") {
            Some(Ok(Message::Binary(bytes))) => heard.push(bytes.to_vec()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            Some(Ok(_)) => {}
        }
    }

    // What a viewer may ask over HTTP, and what not.
    let with = [
        ("Cookie", cookie.as_str()),
        FORM[0],
        ("Accept-Encoding", "identity"),
    ];
    let whole = |answer: Answer| {
        let headers = answer.headers.iter();
        let headers = headers.map(|(name, value)| format!("{name}: {value}\n"));
        [headers.collect::<String>().into_bytes(), answer.body].concat()
    };
    for path in PATHS.iter().copied().chain(table("get")) {
        heard.push(whole(ask(server.map, "GET", path, &with, b"").await));
    }
    let form = format!(
        "handle=07070707070707070707070707070707&purpose=alarm&case_number=1&vin={}&make=LGX&query[vin]=&before_seq=0",
        vins[0].as_str().unwrap()
    );
    for path in table("post") {
        let answer = ask(server.map, "POST", path, &with, form.as_bytes()).await;
        let may_not = [
            "/api/open-card",
            "/api/close-card",
            "/api/search-vin",
            "/api/read-log",
            "/api/accounts",
        ];
        if may_not.contains(&path) {
            assert_eq!(answer.status, 403, "{path}");
        }
        heard.push(whole(answer));
    }
    let answer = ask(server.map, "POST", "/api/who-am-i", &with, b"").await;
    assert!(
        answer.text().contains("\"may_open_cards\":false"),
        "{}",
        answer.text()
    );
    heard.push(server.metrics().await.0.into_bytes());
    let quarantine = ask(server.ops, "GET", "/quarantine", &[], b"").await;
    assert!(
        quarantine.text().contains("bad_checksum"),
        "{}",
        quarantine.text()
    );
    heard.push(quarantine.body);
    heard.push(server.logged.lock().unwrap().clone().into_bytes());
    // What lies on the disk: nobody has opened a vehicle, so not even the log has a VIN in it.
    let files = std::fs::read_dir(server.folder.path("data")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("evwall.db")));
    heard.extend(files.iter().map(|file| std::fs::read(file).unwrap()));

    for bytes in &heard {
        for vin in &vins {
            // Not even the half that tells vehicles of one model apart.
            assert!(
                !holds(bytes, &vin.0[9..]),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
