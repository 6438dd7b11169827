//! Logging in and out, and how a session ends for everybody who holds it.

mod common;
use access::{AccessError, By, EndReason, LoginError, Role, SessionToken};
use common::{NOW, PASSWORD, Store};

#[tokio::test]
async fn the_right_password_gives_a_session_and_a_wrong_one_gives_nothing() {
    let store = Store::new().await;
    store.user("wang", Role::Viewer).await;
    let access = &store.access;
    let (token, session) = access
        .login("wang", PASSWORD, "192.0.2.7", NOW)
        .await
        .unwrap();
    assert_eq!(
        (session.name.as_str(), session.role),
        ("wang", Role::Viewer)
    );
    assert_eq!(access.session(&token, NOW + 1).await.unwrap(), session);
    for (name, password) in [("wang", "another password"), ("nobody", PASSWORD), ("", "")] {
        let answer = access.login(name, password, "192.0.2.7", NOW).await;
        assert_eq!(answer.unwrap_err(), LoginError::WrongCredentials);
    }
}

#[tokio::test]
async fn a_token_that_was_ended_or_forged_is_no_session() {
    let store = Store::new().await;
    let (token, _) = store.logged_in(Role::Viewer).await;
    store.access.logout(&token, NOW).await.unwrap();
    store.access.logout(&token, NOW).await.unwrap();
    let forged = SessionToken::from_cookie(&"0".repeat(64)).unwrap();
    for token in [token, forged] {
        let answer = store.access.session(&token, NOW).await;
        assert_eq!(answer.unwrap_err(), AccessError::SessionEnded);
    }
    for cookie in ["", "0", &"G".repeat(64), &"0".repeat(65), "' OR 1=1 --"] {
        assert!(SessionToken::from_cookie(cookie).is_none());
    }
}

#[tokio::test]
async fn whoever_watches_a_session_learns_why_it_ended() {
    let store = Store::new().await;
    let access = &store.access;
    let console = By::Console("test");
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let mut watch = access.watch(&session).await.unwrap();
    access.logout(&token, NOW).await.unwrap();
    assert_eq!(watch.ended().await, EndReason::LoggedOut);

    let (_, session) = store.login("supervisor").await;
    let mut watch = access.watch(&session).await.unwrap();
    access
        .set_role(console, "supervisor", Role::Viewer, NOW)
        .await
        .unwrap();
    assert_eq!(watch.ended().await, EndReason::RoleChanged);

    let (_, session) = store.login("supervisor").await;
    let mut watch = access.watch(&session).await.unwrap();
    access
        .set_password(console, "supervisor", PASSWORD, NOW)
        .await
        .unwrap();
    assert_eq!(watch.ended().await, EndReason::PasswordChanged);

    let (_, session) = store.login("supervisor").await;
    let mut watch = access.watch(&session).await.unwrap();
    access.revoke(console, session.id, NOW).await.unwrap();
    assert_eq!(watch.ended().await, EndReason::Revoked);

    let (_, session) = store.login("supervisor").await;
    let mut watch = access.watch(&session).await.unwrap();
    access.sweep(session.expires_unix_s).await.unwrap();
    assert_eq!(watch.ended().await, EndReason::Expired);
    assert!(access.watch(&session).await.is_err());
}
