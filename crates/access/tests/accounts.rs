//! Managing accounts: by admins alone, each change a row, each change that takes something away ends sessions.

mod common;
use access::{AccessError, Action, By, Refused, Role, UserError};
use common::{NOW, PASSWORD, Store};

#[tokio::test]
async fn nobody_but_an_admin_manages_accounts() {
    let store = Store::new().await;
    let access = &store.access;
    store.user("target", Role::Viewer).await;
    for role in Role::ALL {
        let (_, session) = store.logged_in(role).await;
        let by = By::Session(&session);
        let answers = [
            access
                .create_user(
                    by,
                    &format!("by-{}", role.name()),
                    PASSWORD,
                    Role::Admin,
                    NOW,
                )
                .await
                .map(|_| ()),
            access.set_role(by, "target", Role::Supervisor, NOW).await,
            access.set_password(by, "target", PASSWORD, NOW).await,
            access.disable(by, "target", NOW).await,
            access.enable(by, "target", NOW).await,
            access.revoke(by, session.id, NOW + 1).await,
        ];
        let action = Action::ManageUsers;
        for answer in answers {
            match role {
                Role::Admin => assert_eq!(answer, Ok(())),
                _ => assert_eq!(answer, Err(UserError::NotAllowed { role, action })),
            }
        }
    }
}

#[tokio::test]
async fn an_admin_who_was_demoted_is_no_admin_even_with_an_old_session_in_hand() {
    let store = Store::new().await;
    let (_, admin) = store.logged_in(Role::Admin).await;
    store.user("second", Role::Admin).await;
    let access = &store.access;
    access
        .set_role(By::Console("test"), "admin", Role::Viewer, NOW)
        .await
        .unwrap();
    let answer = access.disable(By::Session(&admin), "second", NOW).await;
    assert_eq!(answer, Err(UserError::SessionEnded));
    assert!(access.list_users(By::Session(&admin), NOW).await.is_err());
}

#[tokio::test]
async fn the_last_admin_stays() {
    let store = Store::new().await;
    store.user("one", Role::Admin).await;
    let (access, by) = (&store.access, By::Console("test"));
    assert_eq!(
        access.disable(by, "one", NOW).await,
        Err(UserError::LastAdmin)
    );
    assert_eq!(
        access.set_role(by, "one", Role::Viewer, NOW).await,
        Err(UserError::LastAdmin)
    );
    store.user("two", Role::Admin).await;
    access.disable(by, "one", NOW).await.unwrap();
    assert_eq!(
        access.disable(by, "two", NOW).await,
        Err(UserError::LastAdmin)
    );
    let users = access.list_users(by, NOW).await.unwrap();
    let state: Vec<_> = users
        .iter()
        .map(|user| (user.name.as_str(), user.disabled))
        .collect();
    assert_eq!(state, [("one", true), ("two", false)]);
}

#[tokio::test]
async fn weak_passwords_and_unknown_names_are_refused() {
    let store = Store::new().await;
    let (access, by) = (&store.access, By::Console("test"));
    for password in [
        "",
        "short",
        "elevenchars",
        "zzzzzzzzzzzzzzzz",
        "zhang-zhang-zhang",
        "with\u{7}a bell in it",
        &"x".repeat(300),
    ] {
        let answer = access
            .create_user(by, "zhang", password, Role::Viewer, NOW)
            .await;
        assert!(
            matches!(answer, Err(UserError::BadPassword { .. })),
            "{password:?}"
        );
    }
    assert_eq!(
        access.disable(by, "zhang", NOW).await,
        Err(UserError::NoSuchUser)
    );
    assert_eq!(
        access.set_password(by, "' OR 1=1 --", PASSWORD, NOW).await,
        Err(UserError::NoSuchUser)
    );
}

#[tokio::test]
async fn ones_own_password_needs_the_old_one_and_ends_the_other_sessions() {
    let store = Store::new().await;
    let (old_token, _) = store.logged_in(Role::Supervisor).await;
    let (token, session) = store.login("supervisor").await;
    let access = &store.access;
    let new = "another long password";
    let answer = access
        .change_own_password(&session, "a wrong password", new, NOW)
        .await;
    assert_eq!(answer, Err(UserError::WrongCredentials));
    access
        .change_own_password(&session, PASSWORD, new, NOW)
        .await
        .unwrap();
    assert!(access.session(&token, NOW).await.is_ok());
    assert_eq!(
        access.session(&old_token, NOW).await.unwrap_err(),
        AccessError::SessionEnded
    );
    assert!(
        access
            .login("supervisor", PASSWORD, "192.0.2.1", NOW)
            .await
            .is_err()
    );
    access
        .login("supervisor", new, "192.0.2.1", NOW)
        .await
        .unwrap();
    // Guessing the old one at an unlocked desk is guessing.
    for _ in 0..4 {
        let _ = access
            .change_own_password(&session, "a wrong password", new, NOW)
            .await;
    }
    let _ = access
        .change_own_password(&session, "a wrong password", new, NOW)
        .await;
    let answer = access
        .change_own_password(&session, new, PASSWORD, NOW)
        .await;
    assert!(
        matches!(answer, Err(UserError::Locked { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_file_with_the_first_password_goes_when_the_password_does() {
    let store = Store::new().await;
    let path = store.access.first_start(NOW).await.unwrap().unwrap();
    assert!(path.exists());
    store
        .access
        .set_password(By::Console("test"), "admin", PASSWORD, NOW)
        .await
        .unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn two_tabs_with_different_roles_are_two_people() {
    let store = Store::new().await;
    let (_, supervisor) = store.logged_in(Role::Supervisor).await;
    let (_, viewer) = store.logged_in(Role::Viewer).await;
    store.open_card(&supervisor, NOW).await.unwrap();
    let answer = store.open_card(&viewer, NOW).await.unwrap_err();
    assert!(matches!(
        answer,
        Refused::NotAllowed {
            role: Role::Viewer,
            ..
        }
    ));
    store.open_card(&supervisor, NOW).await.unwrap();
}

#[tokio::test]
async fn an_admin_sees_who_is_logged_in_and_ends_a_session_under_their_own_name() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let (_, admin) = store.logged_in(Role::Admin).await;
    let access = &store.access;
    let by = By::Session(&admin);
    access.touch(&session, NOW + 7).await.unwrap();
    let listed = access.list_sessions(by, NOW + 7).await.unwrap();
    let names: Vec<_> = listed.iter().map(|session| session.name.as_str()).collect();
    assert_eq!(names, ["admin", "supervisor"]);
    assert_eq!((listed[1].id, listed[1].seen_unix_s), (session.id, NOW + 7));
    assert!(
        access
            .list_sessions(By::Session(&session), NOW)
            .await
            .is_err()
    );

    access.revoke(by, session.id, NOW + 8).await.unwrap();
    access.revoke(by, session.id, NOW + 8).await.unwrap();
    assert!(access.session(&token, NOW + 8).await.is_err());
    let rows = access.own_audit(&admin, None, 10, NOW + 8).await.unwrap();
    assert_eq!(rows[0].kind, "session_revoked");
    assert_eq!(rows[0].about_user.as_deref(), Some("supervisor"));
    assert_eq!((rows[0].amount, rows.len()), (Some(session.id.0), 2));
}
