//! The whole router without a network: every role at every way in, and what comes in that should not.

mod desk;
mod retention;
mod screens;
mod vehicle;
mod walls;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use access::{Access, By, Cost, Role, Session, Settings};
use app::api::ApiError;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use fleet::{Class, Fleet, RegistryEntry, Rules, VehicleIx};
use gb32960::Vin;
use leptos::config::LeptosOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::ground::{Ground, GroundArgs};
use crate::handles::Handles;
use crate::outside::{Outside, Peer};
use crate::places::{PLACES, Place, Verb};
use crate::screens::Screens;
use crate::source::Names;
use crate::state::{AppState, SiteNumber};
use crate::viewers::{Limits, Seats};
use crate::{clock, fleet_thread, routes};

const PASSWORD: &str = "a long enough password";
const VIN: &str = "LTEST00000W000001";
const INJECTIONS: [&str; 6] = [
    "'; DROP TABLE audit; --",
    "\" OR \"\"=\"",
    "1 OR 1=1",
    "%' UNION SELECT password_phc FROM users --",
    "\0'",
    "Robert'); DELETE FROM users; --",
];

/// [`VIN`] in the middle of the city, from the first source; its items are its time and its position.
fn report(stamp_unix_s: i64) -> fleet::Report {
    fleet::Report {
        vin: Vin::parse(VIN).unwrap(),
        source: fleet::SourceId(0),
        stamp_unix_s,
        reissued: false,
        edition: Some(gb32960::Edition::V2016),
        fix: Some(wire::WorldPoint::from_lon_lat(121.47, 31.23)),
        raw_position: None,
        activity: None,
        speed_dkmh: None,
        odometer_hm: None,
        soc_pct: None,
        alarm_level: None,
        items: bytes::Bytes::from_static(&[
            26, 11, 22, 16, 0, 0, 0x05, 0, 7, 0x3d, 0x7d, 0xb0, 1, 0xdc, 0x8a, 0x70,
        ]),
    }
}

struct Centre {
    router: Router,
    state: AppState,
    folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    cookie: Option<String>,
    location: Option<String>,
    body: String,
}

impl Answer {
    fn error(&self) -> Option<ApiError> {
        serde_json::from_str(&self.body).ok()
    }
}

impl Centre {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            password_cost: Cost {
                memory_kib: 8,
                passes: 1,
            },
            busy_ms: 50,
            ..Settings::default()
        };
        let database = folder.path().join("evwall.db");
        let access = Access::open_with(database, settings, clock::unix_s())
            .await
            .unwrap();
        let mut fleet = Fleet::new(Rules::default());
        for serial in 1..=12 {
            let entry = RegistryEntry {
                vin: Vin::parse(&format!("LTEST{serial:05}W000001")).unwrap(),
                make: "Probe".to_owned(),
                model: "One".to_owned(),
                class: Class::Private,
            };
            fleet.register(&entry).unwrap();
        }
        let entry = RegistryEntry {
            vin: Vin::parse(VIN).unwrap(),
            make: "Other".to_owned(),
            model: "Two".to_owned(),
            class: Class::Taxi,
        };
        fleet.register(&entry).unwrap();
        let state = AppState {
            leptos: LeptosOptions::builder().output_name("evwall").build(),
            access,
            fleet: fleet_thread::start(fleet, Names::default(), 1000).unwrap(),
            handles: Arc::new(Handles::default()),
            seats: Seats::new(Limits::default()),
            ground: Arc::new(Ground::open(&GroundArgs::default()).unwrap()),
            site: SiteNumber(7),
            sources: Names::default(),
            alarms: Arc::default(),
            walls: Arc::default(),
            screens: Arc::new(Screens::new()),
            gazetteer: Arc::new([]),
            stop: CancellationToken::new(),
        };
        let peer = Peer(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9));
        let router = routes::router(state.clone(), folder.path(), Outside::Loopback)
            .layer(MockConnectInfo(peer));
        Self {
            router,
            state,
            folder,
        }
    }

    /// An account of that role, signed in: its cookie.
    async fn signed_in(&self, role: Role) -> String {
        let by = By::Console("test");
        let (access, now) = (&self.state.access, clock::unix_s());
        access
            .create_user(by, role.name(), PASSWORD, role, now)
            .await
            .unwrap();
        let form = format!("name={}&password={PASSWORD}", role.name());
        let answer = self.post("/login", None, form.replace(' ', "+")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.cookie.unwrap()
    }

    async fn session(&self, cookie: &str) -> Session {
        let token = cookie.split_once('=').unwrap().1;
        let token = access::SessionToken::from_cookie(token).unwrap();
        let session = self.state.access.session(&token, clock::unix_s()).await;
        session.unwrap()
    }

    /// A handle of this session for the vehicle [`VIN`].
    async fn handle(&self, cookie: &str) -> String {
        let session = self.session(cookie).await;
        let handle = self
            .state
            .handles
            .issue(session.id, VehicleIx(12), clock::now().mono_ms);
        hex::encode(handle.0)
    }

    async fn post(&self, path: &str, cookie: Option<&str>, form: impl Into<Body>) -> Answer {
        let mut request =
            Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        self.send(request.body(form.into()).unwrap()).await
    }

    async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let mut request = Request::get(path);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn go(&self, place: &Place, cookie: Option<&str>) -> Answer {
        match place.method {
            Verb::Get => self.get(place.path, cookie).await,
            Verb::Post => self.post(place.path, cookie, "").await,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let header = |name| response.headers().get(name)?.to_str().ok();
        let cookie = header(SET_COOKIE).and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.map(str::to_owned);
        let location = header(LOCATION).map(str::to_owned);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            cookie,
            location,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn second_connection(&self) -> SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.folder.path().join("evwall.db"))
            .connect()
            .await
            .unwrap()
    }

    async fn rows(&self, kind: &str) -> i64 {
        let mut on = self.second_connection().await;
        let rows = sqlx::query_scalar("SELECT count(*) FROM audit WHERE kind = ?")
            .bind(kind)
            .fetch_one(&mut on)
            .await
            .unwrap();
        on.close().await.unwrap();
        rows
    }
}

fn open_form(handle: &str) -> String {
    format!("handle={handle}&purpose=alarm&case_number=")
}

#[tokio::test]
async fn every_role_passes_exactly_the_ways_that_the_table_opens_to_it() {
    let centre = Centre::new().await;
    for place in PLACES {
        let answer = centre.go(place, None).await;
        // A wall without a session shows a code.
        let expected = match place.path {
            "/wall" => StatusCode::OK,
            _ => StatusCode::UNAUTHORIZED,
        };
        assert_eq!(answer.status, expected, "{place:?}");
    }
    for role in Role::ALL {
        let cookie = centre.signed_in(role).await;
        for place in PLACES {
            let answer = centre.go(place, Some(&cookie)).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                !access::allows(role, place.action),
                "{role:?} {place:?}"
            );
        }
        let answer = centre.get("/nowhere", Some(&cookie)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}");
    }
}

#[tokio::test]
async fn a_card_opens_by_a_handle_of_the_same_session_and_leaves_its_row() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let handle = centre.handle(&cookie).await;
    let answer = centre
        .post("/api/open-card", Some(&cookie), open_form(&handle))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains(VIN), "{}", answer.body);
    assert_eq!(centre.rows("permit_opened").await, 1);
    let own = centre
        .post("/api/own-log", Some(&cookie), "before_seq=0")
        .await;
    assert!(
        own.body.contains("permit_opened") && own.body.contains("\"looks_today\":1"),
        "{}",
        own.body
    );
    assert!(!own.body.contains(VIN), "{}", own.body);
    // The same person in another session does not hold it.
    let form = format!("name=supervisor&password={PASSWORD}").replace(' ', "+");
    let other = centre.post("/login", None, form).await.cookie.unwrap();
    let answer = centre
        .post("/api/open-card", Some(&other), open_form(&handle))
        .await;
    assert_eq!(
        answer.error(),
        Some(ApiError::HandleExpired),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_bytes_of_a_card_are_for_whoever_has_it_open_and_for_nobody_else() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let handle = centre.handle(&cookie).await;
    let form = || format!("handle={handle}");
    let raw = async |cookie: &str| centre.post("/api/raw-card", Some(cookie), form()).await;
    // A handle that was never opened is no permit.
    assert_eq!(raw(&cookie).await.error(), Some(ApiError::HandleExpired));
    centre
        .post("/api/open-card", Some(&cookie), open_form(&handle))
        .await;
    let answer = raw(&cookie).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let bytes: Vec<app::card::RawItem> = serde_json::from_str(&answer.body).unwrap();
    assert!(bytes.iter().all(|item| item.hex.len().is_multiple_of(2)));
    assert_eq!(centre.rows("permit_opened").await, 1, "it is the same look");

    let login = format!("name=supervisor&password={PASSWORD}").replace(' ', "+");
    let other = centre.post("/login", None, login).await.cookie.unwrap();
    assert_eq!(raw(&other).await.error(), Some(ApiError::HandleExpired));
    centre.post("/api/close-card", Some(&cookie), form()).await;
    assert_eq!(raw(&cookie).await.error(), Some(ApiError::HandleExpired));
}

#[tokio::test]
async fn without_a_row_there_is_no_card_no_search_and_no_reading() {
    let centre = Centre::new().await;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let officer = centre.signed_in(Role::PrivacyOfficer).await;
    let handle = centre.handle(&supervisor).await;
    let mut other = centre.second_connection().await;
    // Locked by another process; then a log that takes no more rows.
    for fault in [
        "BEGIN IMMEDIATE",
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END",
    ] {
        sqlx::raw_sql(fault).execute(&mut other).await.unwrap();
        let card = centre
            .post("/api/open-card", Some(&supervisor), open_form(&handle))
            .await;
        let form = format!("vin={VIN}&make=&purpose=alarm&case_number=");
        let search = centre
            .post("/api/search-vin", Some(&supervisor), form)
            .await;
        let log = centre
            .post("/api/read-log", Some(&officer), "query[user]=")
            .await;
        for answer in [card, search, log] {
            assert_eq!(
                answer.error(),
                Some(ApiError::RecordUnavailable),
                "{fault}: {}",
                answer.body
            );
            assert!(!answer.body.contains("LTE"), "{fault}: {}", answer.body);
        }
        let export = centre
            .post("/log/export", Some(&officer), "format=csv")
            .await;
        assert_eq!(export.status, StatusCode::SERVICE_UNAVAILABLE, "{fault}");
        if fault.starts_with("BEGIN") {
            sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        }
    }
    sqlx::raw_sql("DROP TRIGGER full")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();
    assert_eq!(centre.rows("permit_opened").await, 0);
    let card = centre
        .post("/api/open-card", Some(&supervisor), open_form(&handle))
        .await;
    assert_eq!(card.status, StatusCode::OK, "{}", card.body);
}

#[tokio::test]
async fn a_vin_is_found_whole_or_by_its_tail_and_make_and_misses_are_rows() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let search = async |vin: &str, make: &str| {
        let form = format!("vin={vin}&make={make}&purpose=alarm&case_number=");
        centre.post("/api/search-vin", Some(&cookie), form).await
    };
    let whole = search("ltest00000w000001", "").await;
    assert_eq!(
        whole.body.matches("\"handle\"").count(),
        1,
        "{}",
        whole.body
    );
    assert!(
        whole.body.contains("LTE…000001") && !whole.body.contains(VIN),
        "{}",
        whole.body
    );
    let many = search("000001", "probe").await;
    assert_eq!(many.body.matches("\"handle\"").count(), 10, "{}", many.body);
    assert!(many.body.contains("\"more\":true"), "{}", many.body);
    assert_eq!(
        search("000001", "OTHER")
            .await
            .body
            .matches("\"handle\"")
            .count(),
        1
    );
    assert_eq!(
        search("000001", "nobody")
            .await
            .body
            .matches("\"handle\"")
            .count(),
        0
    );
    assert_eq!(centre.rows("search_asked").await, 4);
    assert_eq!(centre.rows("search_answered").await, 4);
    for (vin, make) in [
        ("000001", ""),
        ("LTEST0000", ""),
        ("%EF%BC%AC%EF%BC%B4%EF%BC%A5%EF%BC%B3%EF%BC%B4", ""),
        ("%E8%BD%A6%E6%9E%B6", "Probe"),
        ("", "Probe"),
    ] {
        let answer = search(vin, make).await;
        assert_eq!(
            answer.error(),
            Some(ApiError::BadVin),
            "{vin}: {}",
            answer.body
        );
    }
    let found: app::api::SearchHits = serde_json::from_str(&whole.body).unwrap();
    let card = centre
        .post(
            "/api/open-card",
            Some(&cookie),
            open_form(&found.hits[0].handle),
        )
        .await;
    assert!(card.body.contains(VIN), "{}", card.body);
}

#[tokio::test]
async fn sql_in_every_field_is_only_text() {
    let centre = Centre::new().await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, centre.signed_in(role).await));
    }
    let fields = [
        "handle",
        "purpose",
        "case_number",
        "vin",
        "make",
        "query[user]",
        "query[kind]",
        "query[vin]",
        "query[from_day]",
        "query[to_day]",
        "query[before_seq]",
        "seq",
        "before_seq",
        "old",
        "new",
        "code",
        "name",
        "role",
        "enabled",
        "id",
        "user",
        "kind",
        "from_day",
        "to_day",
        "format",
        "password",
        "comment",
        "reference",
    ];
    for injection in INJECTIONS {
        let encoded: String = injection
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let form = fields.map(|field| format!("{field}={encoded}")).join("&");
        for place in PLACES.iter().filter(|place| place.method == Verb::Post) {
            for (_, cookie) in cookies
                .iter()
                .filter(|(role, _)| access::allows(*role, place.action))
            {
                let answer = centre.post(place.path, Some(cookie), form.clone()).await;
                // A drawn TOTP secret is base32 and may spell "SQL": only words it cannot spell.
                for inside in ["sqlite", "SQLite", "SQL ", "syntax", "panicked", "phc"] {
                    assert!(!answer.body.contains(inside), "{place:?}: {}", answer.body);
                }
            }
        }
        let login = centre
            .post(
                "/login",
                None,
                format!("name={encoded}&password={encoded}&code={encoded}"),
            )
            .await;
        assert!(login.status.is_client_error(), "{}", login.status);
    }
    let verdict = centre.state.access.verify_audit(None).await.unwrap();
    assert!(verdict.is_good(), "{:?}", verdict.problems);
    let by = By::Console("test");
    let users = centre
        .state
        .access
        .list_users(by, clock::unix_s())
        .await
        .unwrap();
    assert_eq!(users.len(), Role::ALL.len());
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused_everywhere_and_a_wrong_one_is_named_nowhere() {
    let centre = Centre::new().await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, centre.signed_in(role).await));
    }
    let large = "x".repeat(10 << 20);
    let login = centre.post("/login", None, large.clone()).await;
    assert_eq!(login.status, StatusCode::PAYLOAD_TOO_LARGE);
    for place in PLACES.iter().filter(|place| place.method == Verb::Post) {
        for (_, cookie) in cookies
            .iter()
            .filter(|(role, _)| access::allows(*role, place.action))
        {
            let answer = centre.post(place.path, Some(cookie), large.clone()).await;
            assert!(!answer.status.is_success(), "{place:?} {}", answer.status);
            assert!(answer.body.len() < 1000, "{place:?}");
            // The same without saying how long it is.
            let parts = (0..1000).map(|_| Ok::<_, std::io::Error>("y".repeat(10_000)));
            let stream = Body::from_stream(futures_util::stream::iter(parts));
            let answer = centre.post(place.path, Some(cookie), stream).await;
            assert!(!answer.status.is_success(), "{place:?} {}", answer.status);
        }
    }
    let officer = &cookies[3].1;
    for wrong in [
        "seq=many",
        "seq=1e3",
        "seq=99999999999999999999",
        "seq=",
        "",
        "{\"seq\":1}",
        "seq=%FF%FE",
    ] {
        let answer = centre.post("/api/notice-seen", Some(officer), wrong).await;
        assert_eq!(
            answer.error(),
            Some(ApiError::BadRequest),
            "{wrong}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_forged_or_replayed_cookie_opens_nothing() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Admin).await;
    assert_eq!(
        centre.get("/users", Some(&cookie)).await.status,
        StatusCode::OK
    );
    let (name, token) = cookie.split_once('=').unwrap();
    let mut turned = token.to_owned();
    let last = if turned.pop() == Some('A') { 'B' } else { 'A' };
    turned.push(last);
    for forged in [
        format!("{name}={turned}"),
        format!("{name}={}", &token[1..]),
        format!("{name}={token}{token}"),
        format!("{name}="),
        format!("__Host-{name}={token}"),
        format!("{name}=' OR 1=1 --"),
        format!("{}={token}", name.to_uppercase()),
        "x".repeat(8000),
    ] {
        let answer = centre.get("/users", Some(&forged)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
    }
    // Two browsers: each session is its own.
    let screen = centre.signed_in(Role::Screen).await;
    assert_eq!(
        centre.get("/users", Some(&screen)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        centre.post("/logout", Some(&cookie), "").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        centre.get("/users", Some(&cookie)).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(centre.get("/", Some(&screen)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn two_tabs_share_one_cookie_and_who_signs_in_last_ends_the_other() {
    let centre = Centre::new().await;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let handle = centre.handle(&supervisor).await;
    let card = centre
        .post("/api/open-card", Some(&supervisor), open_form(&handle))
        .await;
    assert!(card.body.contains(VIN), "{}", card.body);
    centre.signed_in(Role::Viewer).await;
    let form = format!("name=viewer&password={PASSWORD}").replace(' ', "+");
    // The second tab sends the cookie of the first.
    let answer = centre.post("/login", Some(&supervisor), form).await;
    let viewer = answer.cookie.unwrap();
    assert_eq!(
        centre.get("/favicon.svg", Some(&supervisor)).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(centre.rows("permit_closed").await, 1);
    let again = centre
        .post("/api/open-card", Some(&viewer), open_form(&handle))
        .await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_look_ends_when_its_page_is_gone_or_when_it_is_opened_anew() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let session = centre.session(&cookie).await;
    let text = centre.handle(&cookie).await;
    let mut bytes = [0; 16];
    hex::decode_to_slice(&text, &mut bytes).unwrap();
    let handle = wire::Handle(bytes);
    let handles = &centre.state.handles;
    let open = async || {
        let form = open_form(&text);
        let card = centre.post("/api/open-card", Some(&cookie), form).await;
        assert!(card.body.contains(VIN), "{}", card.body);
    };
    open().await;
    assert_eq!(centre.rows("permit_closed").await, 0);
    open().await;
    assert_eq!(centre.rows("permit_opened").await, 2);
    assert_eq!(centre.rows("permit_closed").await, 1);

    // Two connections show it, one goes: it stays. The other goes too: after a while it is over.
    let now = clock::now().mono_ms;
    assert!(!handles.shown(handle, access::SessionId(-1), now));
    assert!(handles.shown(handle, session.id, now));
    assert!(handles.shown(handle, session.id, now));
    handles.hidden(handle, now);
    assert!(handles.abandoned(now + 600_000).is_empty());
    handles.hidden(handle, now + 1_000);
    assert!(handles.abandoned(now + 20_999).is_empty());
    assert_eq!(handles.abandoned(now + 21_000).len(), 1);
    assert!(handles.abandoned(now + 21_000).is_empty());
    assert!(handles.open_card(handle, session.id, now).is_none());
    assert!(!handles.shown(handle, session.id, now));
}

#[tokio::test]
async fn a_session_that_asks_without_end_is_told_to_wait() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Viewer).await;
    let mut told = false;
    for _ in 0..2000 {
        told =
            centre.get("/favicon.svg", Some(&cookie)).await.status == StatusCode::TOO_MANY_REQUESTS;
        if told {
            break;
        }
    }
    assert!(told);
}

#[tokio::test]
async fn the_officer_reads_filters_and_exports_and_each_reading_is_a_row() {
    let centre = Centre::new().await;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let handle = centre.handle(&supervisor).await;
    centre
        .post("/api/open-card", Some(&supervisor), open_form(&handle))
        .await;
    let officer = centre.signed_in(Role::PrivacyOfficer).await;
    let form = format!(
        "query[kind]=permit_opened&query[vin]={VIN}&query[user]=&query[from_day]=&query[to_day]=&query[before_seq]=0"
    );
    let page = centre.post("/api/read-log", Some(&officer), form).await;
    let page: app::log::LogPage = serde_json::from_str(&page.body).unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].user.as_deref(), Some("supervisor"));
    assert_eq!(page.rows[0].vin.as_deref(), Some(VIN));
    let export = centre
        .post(
            "/log/export",
            Some(&officer),
            "kind=permit_opened&format=json_lines",
        )
        .await;
    let row: serde_json::Value = serde_json::from_str(export.body.trim()).unwrap();
    assert_eq!(row["vin"], VIN);
    assert_eq!(centre.rows("audit_read").await, 1);
    assert_eq!(centre.rows("audit_exported").await, 1);
    let verdict = centre.state.access.verify_audit(None).await.unwrap();
    assert!(verdict.is_good());
}

#[tokio::test]
async fn an_admin_adds_somebody_who_can_sign_in_until_the_account_is_closed() {
    let centre = Centre::new().await;
    let admin = centre.signed_in(Role::Admin).await;
    let made = centre
        .post("/api/add-user", Some(&admin), "name=guard&role=viewer")
        .await;
    let password: String = serde_json::from_str(&made.body).unwrap();
    let login = centre
        .post("/login", None, format!("name=guard&password={password}"))
        .await;
    let guard = login.cookie.unwrap();
    assert_eq!(centre.get("/", Some(&guard)).await.status, StatusCode::OK);
    let twice = centre
        .post("/api/add-user", Some(&admin), "name=guard&role=viewer")
        .await;
    assert_eq!(twice.error(), Some(ApiError::NameTaken), "{}", twice.body);
    let last = centre
        .post("/api/set-role", Some(&admin), "name=admin&role=viewer")
        .await;
    assert_eq!(last.error(), Some(ApiError::LastAdmin), "{}", last.body);
    let closed = centre
        .post("/api/enable-user", Some(&admin), "name=guard&enabled=false")
        .await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    assert_eq!(
        centre.get("/", Some(&guard)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_login_asks_for_a_code_once_codes_are_on() {
    let centre = Centre::new().await;
    let viewer = centre.signed_in(Role::Viewer).await;
    let offer = centre.post("/api/offer-codes", Some(&viewer), "").await;
    assert!(offer.body.contains("otpauth://"), "{}", offer.body);
    let wrong = centre
        .post("/api/confirm-codes", Some(&viewer), "code=000000x")
        .await;
    assert_eq!(
        wrong.error(),
        Some(ApiError::WrongPassword),
        "{}",
        wrong.body
    );
    let mut other = centre.second_connection().await;
    sqlx::query("UPDATE users SET totp_on = 1")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();
    let form = format!("name=viewer&password={PASSWORD}").replace(' ', "+");
    let asked = centre.post("/login", None, form.clone()).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(
        asked.body.contains("id=\"code\"") && asked.body.contains("value=\"viewer\""),
        "{}",
        asked.body
    );
    assert!(!asked.body.contains(PASSWORD));
    let wrong = centre
        .post("/login", None, format!("{form}&code=abcdef"))
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.cookie.is_none() && wrong.body.contains("id=\"code\""));
}

#[tokio::test]
async fn who_had_to_sign_in_goes_where_the_address_led_and_never_elsewhere() {
    let centre = Centre::new().await;
    centre.signed_in(Role::Viewer).await;
    let wanted = |body: &str| {
        let field = body.split_once("name=\"to\" value=\"").unwrap().1;
        field.split('"').next().unwrap().replace("&amp;", "&")
    };
    let view = "/?at=31.2500,121.5000,13.00&lang=zh";
    assert_eq!(wanted(&centre.get(view, None).await.body), view);
    let encoded = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let form = |password: &str, to: &str| {
        let password = encoded(password);
        format!("name=viewer&password={password}&to={}", encoded(to))
    };
    let wrong = centre.post("/login", None, form("no", view)).await;
    assert_eq!(
        wanted(&wrong.body),
        view,
        "a slip of the hand loses nothing"
    );
    let right = centre.post("/login", None, form(PASSWORD, view)).await;
    assert_eq!(right.location.as_deref(), Some(view));
    let link = centre.get("/login?to=/wall", None).await;
    assert_eq!(wanted(&link.body), "/wall");

    for elsewhere in [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/login",
        "/?at=\"><script>",
    ] {
        let right = centre.post("/login", None, form(PASSWORD, elsewhere)).await;
        let location = right.location.unwrap();
        assert!(location.starts_with("/?") || location == "/", "{location}");
        let link = format!("/login?to={}", encoded(elsewhere));
        let page = centre.get(&link, None).await;
        assert!(!page.body.contains("<script") && !page.body.contains("elsewhere"));
    }
    let twice = centre.get("/login?to=/wall&to=/wall", None).await;
    assert_eq!(
        (twice.status, wanted(&twice.body)),
        (StatusCode::OK, "/".to_owned())
    );
}
