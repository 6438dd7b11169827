//! The operators' ground: served in ranges to whoever has a session, and nothing from elsewhere unless it was named.

mod support;

use support::{Evwall, Folder, ask, refused};

/// A PMTiles file of version 3, nothing packed, with these tiles as one piece.
fn tiles(bytes: &[u8]) -> Vec<u8> {
    let metadata = br#"{"vector_layers":[{"id":"water"}]}"#;
    let mut file = b"PMTiles\x03".to_vec();
    file.resize(127, 0);
    let mut put = |at: usize, value: usize| {
        file[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
    };
    put(24, 127);
    put(32, metadata.len());
    put(56, 127 + metadata.len());
    put(64, bytes.len());
    (file[97], file[98], file[99]) = (1, 1, 1);
    file.extend_from_slice(metadata);
    file.extend_from_slice(bytes);
    file
}

#[tokio::test]
async fn tiles_are_given_in_ranges_to_whoever_has_a_session() {
    let folder = Folder::new();
    let path = folder.path("town.pmtiles");
    // Longer than one would compress whole, and of bytes that compress well.
    let file = tiles(&[7; 100_000]);
    std::fs::write(&path, &file).unwrap();
    let server = Evwall::start_in(folder, &["--pmtiles", &path]).await;
    let range = ("Range", "bytes=0-16383");
    let target = "/ground/own.pmtiles";
    let stranger = ask(server.map, "GET", target, &[range], b"").await;
    assert_eq!(stranger.status, 401);
    assert!(stranger.is_login_page());

    let cookie = server.signed_in("wall", "screen").await;
    let headers = [
        ("Cookie", cookie.as_str()),
        range,
        ("Accept-Encoding", "gzip, br"),
    ];
    let part = ask(server.map, "GET", target, &headers, b"").await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-encoding"), None);
    let of = format!("bytes 0-16383/{}", file.len());
    assert_eq!(part.header("content-range"), Some(of.as_str()));
    assert_eq!(part.body, &file[..16384]);
    let beyond = [("Cookie", cookie.as_str()), ("Range", "bytes=99999999-")];
    assert_eq!(
        ask(server.map, "GET", target, &beyond, b"").await.status,
        416
    );

    let style = ask(server.map, "GET", "/ground/style.json", &headers[..1], b"").await;
    assert_eq!(style.header("content-type"), Some("application/json"));
    assert!(
        style.text().contains("pmtiles:///ground/own.pmtiles"),
        "{}",
        style.text()
    );
    assert!(
        style.text().contains("\"source-layer\":\"water\""),
        "{}",
        style.text()
    );
}

#[tokio::test]
async fn a_style_elsewhere_is_gone_to_and_only_its_server_may_be_asked() {
    let address = "https://tiles.example:8443/night.json";
    let server = Evwall::start(&["--style", address]).await;
    let cookie = server.signed_in("wall", "screen").await;
    let headers = [("Cookie", cookie.as_str())];
    let style = ask(server.map, "GET", "/ground/style.json", &headers, b"").await;
    assert_eq!(
        (style.status, style.header("location")),
        (307, Some(address))
    );
    let policy =
        |answer: &support::Answer| answer.header("content-security-policy").unwrap().to_owned();
    let page = ask(server.map, "GET", "/wall", &headers, b"").await;
    assert!(
        policy(&page).contains("connect-src 'self' https://tiles.example:8443;"),
        "{}",
        policy(&page)
    );
    // Tiles are fetched by a worker, which has the policy of its script.
    let script = ask(server.map, "GET", "/pkg/inside.js", &headers, b"").await;
    assert!(
        policy(&script).contains("connect-src 'self' https://tiles.example:8443;"),
        "{}",
        policy(&script)
    );
    // And the page to sign in to may ask nobody.
    assert!(!policy(&server.get("/login").await).contains("tiles.example"));
}

#[tokio::test]
async fn without_a_word_of_the_operators_pages_ask_this_server_alone() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("wall", "screen").await;
    let page = ask(server.map, "GET", "/wall", &[("Cookie", &cookie)], b"").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("connect-src 'self'; "), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
}

#[test]
fn a_ground_that_cannot_be_drawn_keeps_the_server_from_starting_and_says_why() {
    let folder = Folder::new();
    let file = folder.path("ground");
    std::fs::write(&file, "something else").unwrap();
    for (args, words) in [
        (&["--pmtiles", file.as_str()][..], "--pmtiles"),
        (&["--style", file.as_str()], "no JSON"),
        (&["--ground-datum", "gcj02"], "--style"),
    ] {
        let why = refused(folder.serve().args(args));
        assert!(why.contains(words), "{why}");
    }
}
