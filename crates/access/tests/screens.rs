//! Screens: a credential of their own, that no password replaces and that ends in one act.

mod common;

use access::{AccessError, AuditFilter, By, EndReason, LoginError, Role, ScreenKey, UserError};
use common::{NOW, PASSWORD, Store};

const KEY: ScreenKey = [4; 65];
const OTHER: ScreenKey = [5; 65];

async fn kinds(store: &Store) -> Vec<(String, Option<String>)> {
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let filter = AuditFilter::default();
    let rows = store
        .access
        .read_audit(&officer, &filter, NOW)
        .await
        .unwrap();
    rows.into_iter()
        .rev()
        .filter(|row| row.kind.starts_with("screen_"))
        .map(|row| (row.kind, row.about_user))
        .collect()
}

#[tokio::test]
async fn a_screen_is_paired_switched_and_revoked_and_each_is_a_row() {
    let store = Store::new().await;
    let (access, (_, admin)) = (&store.access, store.logged_in(Role::Admin).await);
    let by = By::Session(&admin);
    access.pair_screen(by, "wall-1", &KEY, NOW).await.unwrap();
    let (token, session) = access
        .start_screen_session(&KEY, "192.0.2.9", NOW)
        .await
        .unwrap();
    assert_eq!((session.role, session.scope()), (Role::Screen, 1));
    let mut watch = access.watch(&session).await.unwrap();

    access.set_visitor(by, "wall-1", true, NOW).await.unwrap();
    access.set_visitor(by, "wall-1", true, NOW).await.unwrap();
    let now = access.session(&token, NOW).await.unwrap();
    assert!(now.is_paired && now.is_visitor);
    assert_eq!(now.scope(), access::VISITOR_SCOPE);
    access.set_visitor(by, "wall-1", false, NOW).await.unwrap();
    assert_eq!(access.session(&token, NOW).await.unwrap().scope(), 1);

    access.revoke_screen(by, "wall-1", NOW).await.unwrap();
    assert_eq!(watch.ended().await, EndReason::Revoked);
    assert_eq!(
        access.session(&token, NOW).await,
        Err(AccessError::SessionEnded)
    );
    let again = access.start_screen_session(&KEY, "192.0.2.9", NOW).await;
    assert_eq!(again.unwrap_err(), LoginError::WrongCredentials);
    assert_eq!(
        access.set_visitor(by, "wall-1", true, NOW).await,
        Err(UserError::NoSuchUser)
    );
    assert!(access.list_screens(by, NOW).await.unwrap().is_empty());

    let about = |kind: &str| (kind.to_owned(), Some("wall-1".to_owned()));
    assert_eq!(
        kinds(&store).await,
        [
            about("screen_paired"),
            about("screen_visitor_on"),
            about("screen_visitor_off"),
            about("screen_revoked")
        ]
    );
}

#[tokio::test]
async fn a_screen_outlives_the_server_and_its_sessions_but_has_one_at_a_time() {
    let mut store = Store::new().await;
    let by = By::Console("test");
    store
        .access
        .pair_screen(by, "wall-1", &KEY, NOW)
        .await
        .unwrap();
    let (first, _) = store
        .access
        .start_screen_session(&KEY, "192.0.2.9", NOW)
        .await
        .unwrap();
    store.access.close().await;
    store.access = access::Access::open_with(store.path(), common::settings(), NOW)
        .await
        .unwrap();
    let access = &store.access;
    assert!(access.session(&first, NOW + 60).await.is_ok());
    let (second, _) = access
        .start_screen_session(&KEY, "192.0.2.9", NOW + 60)
        .await
        .unwrap();
    assert_eq!(
        access.session(&first, NOW + 60).await,
        Err(AccessError::SessionEnded),
        "a copied cookie is worth nothing any more"
    );
    // Its cookie dies soon after the wall, its key does not.
    let idle = NOW + 60 + 600;
    assert_eq!(
        access.session(&second, idle).await,
        Err(AccessError::SessionEnded)
    );
    let months = NOW + 200 * 24 * 3600;
    assert!(
        access
            .start_screen_session(&KEY, "192.0.2.9", months)
            .await
            .is_ok()
    );
    let screens = access.list_screens(by, months).await.unwrap();
    assert_eq!(screens[0].seen_unix_s, months);
}

#[tokio::test]
async fn when_a_screen_was_there_last_is_known_after_its_session() {
    let store = Store::new().await;
    let (access, by) = (&store.access, By::Console("test"));
    access.pair_screen(by, "wall-1", &KEY, NOW).await.unwrap();
    let (_, session) = access
        .start_screen_session(&KEY, "192.0.2.9", NOW)
        .await
        .unwrap();
    access.touch(&session, NOW + 300).await.unwrap();
    access.sweep(NOW + 300).await.unwrap();
    access.sweep(NOW + 300 + 600).await.unwrap();
    let screens = access.list_screens(by, NOW + 10_000).await.unwrap();
    assert_eq!(screens[0].seen_unix_s, NOW + 300);
}

#[tokio::test]
async fn a_paired_screen_is_no_account_that_a_password_or_another_role_can_be_given() {
    let store = Store::new().await;
    let (access, by) = (&store.access, By::Console("test"));
    access.pair_screen(by, "wall-1", &KEY, NOW).await.unwrap();
    for password in ["!", "", PASSWORD] {
        let login = access.login("wall-1", password, "192.0.2.9", NOW).await;
        assert_eq!(login.unwrap_err(), LoginError::WrongCredentials);
    }
    let refused = Err(UserError::NoSuchUser);
    assert_eq!(
        access.set_password(by, "wall-1", PASSWORD, NOW).await,
        refused
    );
    assert_eq!(
        access.set_role(by, "wall-1", Role::Admin, NOW).await,
        refused
    );
    access.revoke_screen(by, "wall-1", NOW).await.unwrap();
    assert_eq!(access.enable(by, "wall-1", NOW).await, refused);
    let users = access.list_users(by, NOW).await.unwrap();
    assert!(users.iter().all(|user| user.name != "wall-1"));
}

#[tokio::test]
async fn names_and_keys_are_paired_once_and_a_revoked_name_again() {
    let store = Store::new().await;
    let (access, by) = (&store.access, By::Console("test"));
    store.user("boss", Role::Admin).await;
    access.pair_screen(by, "wall-1", &KEY, NOW).await.unwrap();
    for (name, key, why) in [
        ("wall-1", OTHER, UserError::NameTaken),
        ("wall-2", KEY, UserError::NameTaken),
        ("boss", OTHER, UserError::NameTaken),
        ("two words", OTHER, UserError::BadName),
    ] {
        assert_eq!(access.pair_screen(by, name, &key, NOW).await, Err(why));
    }
    let first = access.revoke_screen(by, "wall-1", NOW).await.unwrap();
    let again = access.pair_screen(by, "wall-1", &OTHER, NOW).await.unwrap();
    assert_eq!(first, again);
    assert!(access.screen_of(&KEY).await.unwrap().is_none());
    assert!(
        access
            .start_screen_session(&OTHER, "192.0.2.9", NOW)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn only_who_may_manage_screens_does_and_sessions_of_one_are_rationed() {
    let store = Store::new().await;
    let access = &store.access;
    for role in [Role::Viewer, Role::Supervisor, Role::PrivacyOfficer] {
        let (_, session) = store.logged_in(role).await;
        let by = By::Session(&session);
        let paired = access.pair_screen(by, "wall-1", &KEY, NOW).await;
        assert!(matches!(paired, Err(UserError::NotAllowed { .. })));
        let listed = access.list_screens(by, NOW).await;
        assert!(matches!(listed, Err(UserError::NotAllowed { .. })));
    }
    let by = By::Console("test");
    access.pair_screen(by, "wall-1", &KEY, NOW).await.unwrap();
    let mut started = 0;
    let refused = loop {
        match access.start_screen_session(&KEY, "192.0.2.9", NOW).await {
            Ok(_) => started += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(started, 60);
    assert!(matches!(refused, LoginError::Locked { .. }));
}
