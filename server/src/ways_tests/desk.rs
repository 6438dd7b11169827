//! What the desk asks: why a vehicle is not on the map, the alarms, and answering for one.

use app::api::{Alarms, Explained, Whereabouts};
use fleet::Report;
use gb32960::Reading;

use super::*;

impl Centre {
    /// [`VIN`] reports this alarm level from the middle of the city, and the tick that shows it has passed.
    async fn report_alarm(&self, level: u8) {
        let report = Report {
            alarm_level: Some(Reading::Value(level)),
            ..report(clock::unix_s())
        };
        self.state.fleet.apply(vec![report]).await;
        // The report was taken before this question; so the first tick from now on shows it.
        self.state.fleet.read(|_| ()).await;
        let mut published = self.state.fleet.published();
        published.borrow_and_update();
        published.changed().await.unwrap();
    }

    async fn alarms(&self, cookie: &str) -> (Alarms, String) {
        let answer = self.post("/api/alarms", Some(cookie), "").await;
        assert!(!answer.body.contains("LTE"), "{}", answer.body);
        (serde_json::from_str(&answer.body).unwrap(), answer.body)
    }

    async fn acknowledge(&self, cookie: &str, id: u64, comment: &str) -> Answer {
        let form = format!("id={id}&comment={comment}&reference=INC-7");
        self.post("/api/acknowledge-alarm", Some(cookie), form)
            .await
    }
}

#[tokio::test]
async fn why_a_vehicle_is_not_on_the_map_costs_two_rows_whether_it_is_known_or_not() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let ask = async |vin: &str| {
        let form = format!("vin={vin}&purpose=data_quality&case_number=");
        centre.post("/api/explain-vin", Some(&cookie), form).await
    };
    // Before any tick nothing has a dot, and this one has never reported.
    let known: Explained = serde_json::from_str(&ask(VIN).await.body).unwrap();
    assert_eq!(known.whereabouts, Whereabouts::NeverHeard);
    assert_eq!(known.heard_unix_s, None);
    assert_eq!(known.hit.unwrap().vin_hint, "LTE…000001");
    let unknown: Explained = serde_json::from_str(&ask("LTEST00000W999999").await.body).unwrap();
    assert_eq!(unknown.whereabouts, Whereabouts::Unknown);
    assert_eq!(unknown.hit, None);
    assert_eq!(centre.rows("search_asked").await, 2);
    assert_eq!(centre.rows("search_answered").await, 2);

    centre.report_alarm(0).await;
    let live: Explained = serde_json::from_str(&ask(VIN).await.body).unwrap();
    assert_eq!(live.whereabouts, Whereabouts::Live);
    assert!(live.heard_unix_s.is_some());

    assert_eq!(
        ask("000001").await.error(),
        Some(ApiError::BadVin),
        "no part of one"
    );
    // Whoever lists VINs this way is stopped like whoever searches for them.
    let mut refused = None;
    for serial in 0..40 {
        refused = ask(&format!("LTEST00000W8{serial:05}")).await.error();
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused, Some(ApiError::BudgetSpent));
}

#[tokio::test]
async fn the_list_of_alarms_names_no_vehicle_and_a_blurred_role_gets_no_place() {
    let centre = Centre::new().await;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let viewer = centre.signed_in(Role::Viewer).await;
    centre.report_alarm(3).await;
    let (exact, _) = centre.alarms(&supervisor).await;
    assert_eq!(exact.list.len(), 1);
    let (lon, lat) = exact.list[0].place.unwrap();
    assert!((lon - 121.47).abs() < 1e-4 && (lat - 31.23).abs() < 1e-4);
    let (blurred, body) = centre.alarms(&viewer).await;
    assert_eq!((blurred.list[0].level, blurred.list[0].place), (3, None));
    assert!(!body.contains("121.4"), "{body}");

    let id = exact.list[0].id;
    let picked = centre
        .post("/api/pick-alarm", Some(&supervisor), format!("id={id}"))
        .await;
    let handle: String = serde_json::from_str(&picked.body).unwrap();
    assert_eq!(centre.rows("permit_opened").await, 0, "a handle is no look");
    let card = centre
        .post("/api/open-card", Some(&supervisor), open_form(&handle))
        .await;
    assert!(card.body.contains(VIN), "{}", card.body);
    assert_eq!(centre.rows("permit_opened").await, 1);
    let none = centre
        .post("/api/pick-alarm", Some(&supervisor), "id=99")
        .await;
    assert_eq!(none.error(), Some(ApiError::NoSuchAlarm));
}

#[tokio::test]
async fn an_alarm_is_answered_for_once_and_not_without_its_row() {
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    centre.report_alarm(4).await;
    let id = centre.alarms(&cookie).await.0.list[0].id;
    let mut other = centre.second_connection().await;
    sqlx::raw_sql(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .execute(&mut other)
    .await
    .unwrap();
    let refused = centre.acknowledge(&cookie, id, "watching").await;
    assert_eq!(refused.error(), Some(ApiError::RecordUnavailable));
    assert_eq!(
        centre.alarms(&cookie).await.0.unanswered,
        1,
        "nothing was answered"
    );
    sqlx::raw_sql("DROP TRIGGER full")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();

    let sentence = centre.acknowledge(&cookie, id, "Mr+Zhang+was+told").await;
    assert_eq!(sentence.error(), Some(ApiError::BadRequest));
    let done = centre.acknowledge(&cookie, id, "watching").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let (alarms, _) = centre.alarms(&cookie).await;
    assert_eq!(alarms.unanswered, 0);
    let by = ("supervisor".to_owned(), "watching".to_owned());
    assert_eq!(alarms.list[0].acknowledged, Some(by));
    let again = centre.acknowledge(&cookie, id, "watching").await;
    assert_eq!(again.error(), Some(ApiError::NoSuchAlarm));
    assert_eq!(centre.rows("alarm_acknowledged").await, 1);
}

/// A square around the place of [`Centre::report_alarm`], of these roles exempt.
fn zones(rule: fleet::ZoneRule, exempt: [bool; fleet::SCOPES]) -> fleet::Zones {
    let outline = geo::Rect::new(
        geo::coord! { x: 121.46, y: 31.22 },
        geo::coord! { x: 121.48, y: 31.24 },
    );
    let zone = fleet::Zone {
        name: "Zone".to_owned(),
        outline: outline.to_polygon().into(),
        rule,
        exempt,
    };
    fleet::Zones::new(&[zone]).unwrap()
}

#[tokio::test]
async fn a_zone_holds_on_every_answer_and_for_everybody_who_is_not_exempt() {
    use fleet::ZoneRule::{Coarsen, Hide};
    let nobody = [false; fleet::SCOPES];
    let mut supervisors = nobody;
    supervisors[0] = true;
    let centre = Centre::new().await;
    let cookie = centre.signed_in(Role::Supervisor).await;
    let explained = async || {
        let form = format!("vin={VIN}&purpose=data_quality&case_number=");
        let answer = centre.post("/api/explain-vin", Some(&cookie), form).await;
        serde_json::from_str::<Explained>(&answer.body).unwrap()
    };
    for (rule, exempt, place_is_told) in [
        (Hide, supervisors, true),
        (Hide, nobody, false),
        (Coarsen { level: 3 }, nobody, false),
    ] {
        let zones = zones(rule, exempt);
        let set = centre.state.fleet.read(move |fleet| fleet.set_zones(zones));
        set.await.unwrap();
        centre.report_alarm(3).await;
        let near = |place: Option<(f64, f64)>| {
            place.is_some_and(|(lon, lat)| (lon - 121.47).abs() + (lat - 31.23).abs() < 1e-4)
        };
        let (alarms, _) = centre.alarms(&cookie).await;
        assert_eq!(near(alarms.list[0].place), place_is_told, "{rule:?}");
        assert_eq!(
            alarms.list[0].place.is_some(),
            rule != Hide || place_is_told
        );
        let why = explained().await;
        let is_hidden = rule == Hide && !place_is_told;
        assert_eq!(why.whereabouts == Whereabouts::InZone, is_hidden);
        assert_eq!(why.heard_unix_s.is_none(), is_hidden);

        // A search finds it all the same: that it exists is no place. What is opened then tells none.
        let form = format!("vin={VIN}&make=&purpose=data_quality&case_number=");
        let found = centre.post("/api/search-vin", Some(&cookie), form).await;
        assert!(!found.body.contains("121."), "{}", found.body);
        let handle = why.hit.unwrap().handle;
        let opened = centre
            .post("/api/open-card", Some(&cookie), open_form(&handle))
            .await;
        let card: app::card::OpenedCard = serde_json::from_str(&opened.body).unwrap();
        assert_eq!(near(card.card.position), place_is_told, "{rule:?}");
        assert_eq!(card.card.position.is_some(), !is_hidden);
        assert_eq!(card.card.in_zone, !place_is_told);
        let raw = centre
            .post("/api/raw-card", Some(&cookie), format!("handle={handle}"))
            .await;
        assert_eq!(raw.status, StatusCode::OK);
        let position = r#""kind":5"#;
        assert_eq!(raw.body.contains(position), place_is_told, "{}", raw.body);
    }
}
