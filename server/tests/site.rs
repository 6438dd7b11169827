//! The files of the site, as they are sent.

mod support;

use support::{Evwall, Folder, SCRIPT, ask};

#[tokio::test]
async fn what_was_packed_with_the_site_is_sent_as_it_is() {
    let folder = Folder::new();
    // Not brotli at all, so that nothing else can have made it.
    std::fs::write(folder.path("site/pkg/inside.js.br"), "packed").unwrap();
    let evwall = Evwall::start_in(folder, &[]).await;
    let cookie = evwall.signed_in("li", "viewer").await;
    let get = async |accepted: &str| {
        let headers = [("cookie", cookie.as_str()), ("accept-encoding", accepted)];
        ask(evwall.map, "GET", "/pkg/inside.js", &headers, b"").await
    };
    let packed = get("gzip, br").await;
    assert_eq!((packed.status, packed.text().as_str()), (200, "packed"));
    assert_eq!(packed.header("content-encoding"), Some("br"));
    assert_eq!(packed.header("content-type"), Some("text/javascript"));
    let plain = get("identity").await;
    assert_eq!((plain.status, plain.text().as_str()), (200, SCRIPT));
    assert_eq!(plain.header("content-encoding"), None);
}
