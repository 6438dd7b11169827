//! A wall without a session: what it is told, what it has to show, and what it cannot get.

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use access::{Role, ScreenKey};
use app::api::{ApiError, ScreenList};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST};
use axum::http::{Request, StatusCode};

use futures_util::StreamExt;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{Answer, Centre};
use crate::screens::tests::Wall;

const HOST_HERE: &str = "wall.example:3000";
const ORIGIN_HERE: &str = "http://wall.example:3000";

impl Centre {
    async fn ask(&self, question: &str, cookie: Option<&str>, body: String) -> Answer {
        let mut request = Request::post(format!("/screen/{question}"))
            .header(CONTENT_TYPE, "application/json")
            .header(HOST, HOST_HERE);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn told(&self, question: &str, body: String) -> serde_json::Value {
        let answer = self.ask(question, None, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn code_of(&self, key: &ScreenKey) -> String {
        let said = self.told("pair", asking(key)).await;
        assert_eq!(said["state"], "waiting", "{said}");
        said["code"].as_str().unwrap().to_owned()
    }

    async fn challenge(&self) -> String {
        let said = self.told("challenge", "{}".to_owned()).await;
        said["challenge"].as_str().unwrap().to_owned()
    }

    /// The wall answers a new challenge.
    async fn prove(&self, wall: &Wall, cookie: Option<&str>) -> Answer {
        let challenge = self.challenge().await;
        let signature = wall.sign(ORIGIN_HERE, &challenge);
        let body = answering(&wall.key(), &challenge, &signature);
        self.ask("answer", cookie, body).await
    }

    async fn pair(&self, admin: &str, wall: &Wall, name: &str) {
        let code = self.code_of(&wall.key()).await;
        let form = format!("code={code}&name={name}");
        let paired = self.post("/api/pair-screen", Some(admin), form).await;
        assert_eq!(paired.status, StatusCode::OK, "{}", paired.body);
    }

    async fn listed(&self, admin: &str) -> ScreenList {
        let answer = self.post("/api/screens", Some(admin), "").await;
        serde_json::from_str(&answer.body).unwrap()
    }
}

fn asking(key: &ScreenKey) -> String {
    format!(r#"{{"key":"{}"}}"#, hex::encode(key))
}

fn answering(key: &ScreenKey, challenge: &str, signature: &[u8]) -> String {
    format!(
        r#"{{"key":"{}","challenge":"{challenge}","signature":"{}"}}"#,
        hex::encode(key),
        hex::encode(signature)
    )
}

#[tokio::test]
async fn a_wall_is_paired_by_its_code_and_lives_by_its_key_until_it_is_revoked() {
    let centre = Centre::new().await;
    let page = centre.get("/wall", None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("pairing-code"), "{}", page.body);
    let (wall, admin) = (Wall::new(), centre.signed_in(Role::Admin).await);
    let code = centre.code_of(&wall.key()).await;
    assert_eq!(centre.code_of(&wall.key()).await, code, "asked again");

    let typed = format!(
        "code=+{}+&name=wall-1",
        code.to_lowercase().replace('-', "")
    );
    let paired = centre
        .post("/api/pair-screen", Some(&admin), typed.clone())
        .await;
    assert_eq!(paired.status, StatusCode::OK, "{}", paired.body);
    let again = centre.post("/api/pair-screen", Some(&admin), typed).await;
    assert_eq!(again.error(), Some(ApiError::NoSuchCode), "single use");
    assert_eq!(
        centre.told("pair", asking(&wall.key())).await["state"],
        "paired"
    );
    assert_eq!(centre.rows("screen_paired").await, 1);

    let challenge = centre.challenge().await;
    let signature = wall.sign(ORIGIN_HERE, &challenge);
    let body = answering(&wall.key(), &challenge, &signature);
    let proved = centre.ask("answer", None, body.clone()).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.body);
    let cookie = proved.cookie.clone().unwrap();
    let session = centre.session(&cookie).await;
    assert_eq!(
        (session.role, session.name.as_str()),
        (Role::Screen, "wall-1")
    );
    let replayed = centre.ask("answer", None, body).await;
    assert_eq!(replayed.status, StatusCode::FORBIDDEN, "replayed");
    assert!(replayed.cookie.is_none());

    // Each proof opens one map; the cookie alone opens none.
    let live = &centre.state.screens.live;
    let now = crate::clock::now().mono_ms;
    assert!(live.take_proof(session.user, now));
    assert!(!live.take_proof(session.user, now));
    assert_eq!(
        centre.get("/ws", Some(&cookie)).await.status,
        StatusCode::FORBIDDEN
    );
    // Proving again within the session keeps it, so that a flickering line fills no log.
    let kept = centre.prove(&wall, Some(&cookie)).await;
    assert!(kept.body.contains("proved") && kept.cookie.is_none());
    assert!(live.take_proof(session.user, now));

    assert_eq!(centre.listed(&admin).await.screens[0].name, "wall-1");
    let gone = centre
        .post("/api/revoke-screen", Some(&admin), "name=wall-1")
        .await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);
    assert_eq!(
        centre.get("/api/who-am-i", Some(&cookie)).await.status,
        StatusCode::UNAUTHORIZED
    );
    let unknown = centre.prove(&wall, None).await;
    assert!(unknown.body.contains("unknown"), "{}", unknown.body);
    assert!(centre.listed(&admin).await.screens.is_empty());
    assert_eq!(centre.rows("screen_revoked").await, 1);
}

#[tokio::test]
async fn a_wrong_key_a_foreign_host_or_no_sense_gets_no_session() {
    let centre = Centre::new().await;
    let (wall, admin) = (Wall::new(), centre.signed_in(Role::Admin).await);
    centre.pair(&admin, &wall, "wall-1").await;
    let (key, other) = (wall.key(), Wall::new());
    let challenge = centre.challenge().await;
    for signature in [
        other.sign(ORIGIN_HERE, &challenge),
        wall.sign("http://evil.example", &challenge),
        wall.sign("https://wall.example:3000", &challenge),
        Vec::new(),
    ] {
        let answer = centre
            .ask("answer", None, answering(&key, &challenge, &signature))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert!(answer.cookie.is_none());
    }
    // Somebody's own key, rightly used.
    let body = answering(
        &other.key(),
        &challenge,
        &other.sign(ORIGIN_HERE, &challenge),
    );
    assert_eq!(centre.told("answer", body).await["state"], "unknown");
    for question in ["pair", "answer"] {
        for body in ["", "{}", r#"{"key":"00"}"#, "[1]"] {
            let answer = centre.ask(question, None, body.to_owned()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{question} {body}");
        }
    }
}

#[tokio::test]
async fn codes_cannot_be_guessed_for_long_and_a_person_at_a_wall_keeps_their_session() {
    let centre = Centre::new().await;
    let (wall, admin) = (Wall::new(), centre.signed_in(Role::Admin).await);
    centre.pair(&admin, &wall, "wall-1").await;
    for guess in 0..11 {
        let form = "code=BBBB-BBBB&name=wall-2";
        let answer = centre.post("/api/pair-screen", Some(&admin), form).await;
        let refused = if guess < 10 {
            ApiError::NoSuchCode
        } else {
            ApiError::TryLater
        };
        assert_eq!(answer.error(), Some(refused), "{guess}");
    }
    let viewer = centre.signed_in(Role::Viewer).await;
    let answer = centre.prove(&wall, Some(&viewer)).await;
    assert!(answer.body.contains("signed_in") && answer.cookie.is_none());
    assert_eq!(centre.session(&viewer).await.role, Role::Viewer);
}

#[tokio::test]
async fn every_socket_of_a_revoked_screen_is_closed_within_a_second_of_the_click() {
    let centre = Centre::new().await;
    let admin = centre.signed_in(Role::Admin).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, centre.router.clone()).into_future());
    let mut took = Vec::new();
    for name in ["wall-1", "wall-2", "wall-3"] {
        let wall = Wall::new();
        centre.pair(&admin, &wall, name).await;
        let cookie = centre.prove(&wall, None).await.cookie.unwrap();
        let mut windows = Vec::new();
        for _ in 0..2 {
            let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
            request
                .headers_mut()
                .insert(COOKIE, cookie.parse().unwrap());
            let (mut window, _) = tokio_tungstenite::connect_async(request).await.unwrap();
            assert!(window.next().await.unwrap().unwrap().is_binary());
            windows.push(window);
            centre.prove(&wall, Some(&cookie)).await;
        }
        let clicked = Instant::now();
        let form = format!("name={name}");
        let gone = centre.post("/api/revoke-screen", Some(&admin), form).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);
        for window in &mut windows {
            let code = loop {
                match window.next().await {
                    Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break None,
                }
            };
            assert_eq!(code, Some(4001_u16), "the page is told why");
        }
        took.push(clicked.elapsed());
    }
    // The one in the middle, for a machine that has other things to do may stop for a second once.
    took.sort();
    assert!(took[1] < Duration::from_secs(1), "{took:?}");
}
