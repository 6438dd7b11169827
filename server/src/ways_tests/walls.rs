//! Sending a view to a wall.

use super::*;

#[tokio::test]
async fn a_wall_that_is_there_is_sent_a_view_after_its_row_and_nothing_else_arrives() {
    let centre = Centre::new().await;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let screen = centre.signed_in(Role::Screen).await;
    let send_for = async |to: &str, query: &str, minutes: u32| {
        let form = format!("name={to}&query={query}&minutes={minutes}");
        centre
            .post("/api/send-to-wall", Some(&supervisor), form)
            .await
    };
    let send = async |to: &str, query: &str| send_for(to, query, 10).await;
    let view = "%3Fat%3D31.2%2C121.5%2C12%26by%3Dalarm%26vin%3DLTEST00000W000001%26lang%3Dzh";
    assert_eq!(
        send("screen", view).await.error(),
        Some(ApiError::NoSuchUser),
        "not there yet"
    );
    assert_eq!(centre.rows("wall_sent").await, 0);

    let ask = async || centre.post("/api/wall-order", Some(&screen), "").await.body;
    assert_eq!(ask().await, "null");
    let there = centre.post("/api/walls", Some(&supervisor), "").await;
    assert_eq!(there.body, r#"[{"name":"screen","shows_sent":false}]"#);
    assert_eq!(
        send("screen", "%3Fby%3Dalarm").await.error(),
        Some(ApiError::BadRequest),
        "nowhere"
    );
    assert_eq!(
        send_for("screen", view, 61).await.error(),
        Some(ApiError::BadRequest),
        "for too long"
    );
    assert_eq!(send("screen", view).await.status, StatusCode::OK);
    assert_eq!(centre.rows("wall_sent").await, 1);
    let order: app::api::WallOrder = serde_json::from_str(&ask().await).unwrap();
    assert_eq!(order.query, "?at=31.2000,121.5000,12.00&by=alarm");
    assert_eq!(
        send("screen", view).await.error(),
        Some(ApiError::TryLater),
        "a row a second at most"
    );
    for _ in 0..2 {
        assert_eq!(send_for("screen", "", 0).await.status, StatusCode::OK);
        assert_eq!(ask().await, "null", "taken back at once");
    }
    assert_eq!(centre.rows("wall_sent").await, 2, "and only once");
}
