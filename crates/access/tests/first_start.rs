//! The first admin, and the supervisor of a demo.

mod common;
use access::{Access, LoginError, Role, Settings, UserError};
use common::{NOW, Store, settings};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn the_first_start_makes_one_admin_and_nobody_else_can_read_its_password() {
    let store = Store::new().await;
    let path = store.access.first_start(NOW).await.unwrap().unwrap();
    // The database, what SQLite keeps beside it, the lock, the password.
    let files: Vec<_> = std::fs::read_dir(store.folder.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(files.len() >= 5 && files.contains(&path), "{files:?}");
    for path in &files {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
    let password = std::fs::read_to_string(path).unwrap();
    let (_, session) = store
        .access
        .login("admin", password.trim(), "::1", NOW)
        .await
        .unwrap();
    assert_eq!(session.role, Role::Admin);
    assert_eq!(store.access.first_start(NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_demo_supervisor_lives_in_demo_mode_only() {
    let demo = Settings {
        demo: true,
        ..settings()
    };
    let store = Store::with(demo).await;
    let password = store.access.create_demo("demo", NOW).await.unwrap();
    let (_, session) = store
        .access
        .login("demo", &password, "::1", NOW)
        .await
        .unwrap();
    assert_eq!(session.role, Role::Supervisor);
    let again = store.access.create_demo("demo", NOW).await.unwrap();
    assert_ne!(password, again);
    store.access.close().await;

    let access = Access::open_with(store.path(), settings(), NOW)
        .await
        .unwrap();
    let answer = access.login("demo", &again, "::1", NOW).await;
    assert_eq!(answer.unwrap_err(), LoginError::WrongCredentials);
    let answer = access.create_demo("demo", NOW).await;
    assert_eq!(answer.unwrap_err(), UserError::NotADemo);
}
