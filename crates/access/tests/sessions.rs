//! Logging in and out, and how a session ends for everybody who holds it.

mod common;
use access::{
    Access, AccessError, By, EndReason, LoginError, Role, SESSIONS_PER_USER, SessionToken,
};
use common::{NOW, PASSWORD, Store, settings};

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

#[tokio::test]
async fn idle_ends_a_session_and_use_keeps_it_until_the_absolute_end() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let access = &store.access;
    let mut now = NOW;
    while now + 3000 < session.expires_unix_s {
        now += 3000;
        access.session(&token, now).await.unwrap();
    }
    assert_eq!(session.expires_unix_s, NOW + 12 * 3600);
    let answer = access.session(&token, session.expires_unix_s).await;
    assert_eq!(answer.unwrap_err(), AccessError::SessionEnded);

    let now = session.expires_unix_s;
    let (token, session) = store.login_at("supervisor", now).await;
    access.touch(&session, now + 600).await.unwrap();
    access.session(&token, now + 600 + 3599).await.unwrap();
    let mut watch = access.watch(&session).await.unwrap();
    access.sweep(now + 600 + 3599 + 3600).await.unwrap();
    assert_eq!(watch.ended().await, EndReason::Idle);
}

#[tokio::test]
async fn an_account_has_ten_sessions_and_the_oldest_makes_room() {
    let store = Store::new().await;
    let (first, session) = store.logged_in(Role::Viewer).await;
    let mut watch = store.access.watch(&session).await.unwrap();
    let mut last = first.clone();
    for _ in 0..SESSIONS_PER_USER {
        last = store.login("viewer").await.0;
    }
    assert_eq!(watch.ended().await, EndReason::TooMany);
    assert!(store.access.session(&first, NOW).await.is_err());
    assert!(store.access.session(&last, NOW).await.is_ok());
}

/// `evwall user disable` is another process than the server: what it does to the file must close the server's sockets.
#[tokio::test]
async fn a_session_that_another_process_ends_is_over_within_a_second() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let permit = store.open_card(&session, NOW).await.unwrap();
    let mut watch = store.access.watch(&session).await.unwrap();
    let server = store.access.clone();
    let keeper = tokio::spawn(async move { server.keep(|| NOW).await });
    let console = Access::open(store.path(), NOW).await.unwrap();
    let before = std::time::Instant::now();
    console
        .disable(By::Console("test"), "supervisor", NOW)
        .await
        .unwrap();
    assert_eq!(watch.ended().await, EndReason::UserDisabled);
    assert!(
        before.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
    assert!(permit.check(NOW).is_err());
    keeper.abort();
}

/// A listener that fell behind asks the store instead of believing that nothing happened.
#[tokio::test]
async fn a_watch_that_missed_messages_still_sees_the_end() {
    let store = Store::new().await;
    let (_, watched) = store.logged_in(Role::Supervisor).await;
    store.user("admin", Role::Admin).await;
    let mut watch = store.access.watch(&watched).await.unwrap();
    store
        .access
        .revoke(By::Console("test"), watched.id, NOW)
        .await
        .unwrap();
    for n in 1..280 {
        let (token, _) = store.login_at("admin", NOW + 61 * n).await;
        store.access.logout(&token, NOW + 61 * n).await.unwrap();
    }
    assert_eq!(watch.ended().await, EndReason::Revoked);
}

/// Uses are written together and late; what is not written yet counts all the same, and a restart knows what was.
#[tokio::test]
async fn a_use_counts_before_it_is_written_and_after_a_restart() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let access = &store.access;
    access.sweep(NOW).await.unwrap();
    access.touch(&session, NOW + 3599).await.unwrap();
    access.sweep(NOW + 3600).await.unwrap();
    access.sweep(NOW + 3640).await.unwrap();
    access.session(&token, NOW + 3700).await.unwrap();
    access.close().await;
    let access = Access::open_with(store.path(), settings(), NOW + 3700)
        .await
        .unwrap();
    access.session(&token, NOW + 3599 + 3599).await.unwrap();
}
