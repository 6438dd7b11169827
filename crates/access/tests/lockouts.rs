//! Guessing a password is slow, for a name and for an address, and tells nothing.

mod common;
use access::{By, LoginError, Role};
use common::{NOW, PASSWORD, Store};

async fn fail(store: &Store, name: &str, source: &str, now: i64) -> LoginError {
    store
        .access
        .login(name, "a wrong password", source, now)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    for _ in 0..5 {
        assert_eq!(
            fail(&store, "li", "192.0.2.1", NOW).await,
            LoginError::WrongCredentials
        );
    }
    let locked = LoginError::Locked { retry_after_s: 30 };
    assert_eq!(fail(&store, "LI", "192.0.2.2", NOW).await, locked);
    let answer = store
        .access
        .login("li", PASSWORD, "192.0.2.3", NOW + 29)
        .await;
    assert_eq!(answer.unwrap_err(), LoginError::Locked { retry_after_s: 1 });
    // A sixth failure after the wait doubles it; a success forgets the name.
    assert_eq!(
        fail(&store, "li", "192.0.2.1", NOW + 30).await,
        LoginError::WrongCredentials
    );
    let locked = LoginError::Locked { retry_after_s: 60 };
    assert_eq!(fail(&store, "li", "192.0.2.1", NOW + 30).await, locked);
    store
        .access
        .login("li", PASSWORD, "192.0.2.1", NOW + 90)
        .await
        .unwrap();
    assert_eq!(
        fail(&store, "li", "192.0.2.1", NOW + 90).await,
        LoginError::WrongCredentials
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_locks_like_one_that_does() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    for _ in 0..7 {
        let real = fail(&store, "li", "192.0.2.1", NOW).await;
        assert_eq!(fail(&store, "nobody", "192.0.2.2", NOW).await, real);
    }
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_locked_and_others_are_not() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    for n in 0..20 {
        let answer = fail(&store, &format!("name{n}"), "192.0.2.1", NOW).await;
        assert_eq!(answer, LoginError::WrongCredentials);
    }
    let answer = store.access.login("li", PASSWORD, "192.0.2.1", NOW).await;
    assert_eq!(
        answer.unwrap_err(),
        LoginError::Locked { retry_after_s: 30 }
    );
    store
        .access
        .login("li", PASSWORD, "192.0.2.2", NOW)
        .await
        .unwrap();
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_like_guesses_one_by_one() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    let guesses = (0..30).map(|n| {
        let access = store.access.clone();
        tokio::spawn(async move {
            let source = format!("192.0.2.{n}");
            access
                .login("li", "a wrong password", &source, NOW)
                .await
                .unwrap_err()
        })
    });
    let mut wrong = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            LoginError::WrongCredentials => wrong += 1,
            LoginError::Locked { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(wrong, 5);
}

#[tokio::test]
async fn a_flood_of_guesses_does_not_fill_the_log() {
    let store = Store::new().await;
    for n in 0..400 {
        // A new name and a new address each time, so that nothing locks.
        fail(
            &store,
            &format!("n{n}"),
            &format!("192.0.{}.{}", n / 250, n % 250),
            NOW,
        )
        .await;
    }
    let verdict = store.access.verify_audit(None).await.unwrap();
    assert_eq!(verdict.rows, 300);
    fail(&store, "again", "198.51.100.1", NOW + 3600).await;
    let (_, officer) = store.logged_in_at(Role::PrivacyOfficer, NOW + 3600).await;
    let rows = store
        .access
        .read_audit(&officer, &Default::default(), NOW + 3600)
        .await
        .unwrap();
    let failed = rows.iter().find(|row| row.kind == "login_failed").unwrap();
    assert_eq!(failed.amount, Some(100), "the ones without a row");
}

#[tokio::test]
async fn a_disabled_account_looks_like_a_wrong_password() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    store
        .access
        .disable(By::Console("test"), "li", NOW)
        .await
        .unwrap();
    let answer = store.access.login("li", PASSWORD, "192.0.2.1", NOW).await;
    assert_eq!(answer.unwrap_err(), LoginError::WrongCredentials);
    store
        .access
        .enable(By::Console("test"), "li", NOW)
        .await
        .unwrap();
    store
        .access
        .login("li", PASSWORD, "192.0.2.1", NOW)
        .await
        .unwrap();
}

/// The answer to whatever somebody types is an answer, and nothing else happens.
#[tokio::test]
async fn sql_and_rubbish_in_every_field_are_wrong_credentials() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    let megabytes = "x".repeat(10 << 20);
    for bad in [
        "' OR '1'='1",
        "li'--",
        "li\0",
        "\u{202e}il",
        "ｌｉ",
        "%",
        "_i",
        "li' UNION SELECT * FROM users --",
        "",
        &megabytes,
    ] {
        for (name, password) in [(bad, PASSWORD), ("li", bad)] {
            let answer = store.access.login(name, password, bad, NOW).await;
            assert!(
                matches!(
                    answer,
                    Err(LoginError::WrongCredentials | LoginError::Locked { .. })
                ),
                "{answer:?}"
            );
        }
    }
    assert!(store.access.verify_audit(None).await.unwrap().is_good());
    let size = std::fs::metadata(store.path()).unwrap().len();
    assert!(size < 1 << 20, "{size}");
    store
        .access
        .login("li", PASSWORD, "192.0.2.1", NOW + 1_000)
        .await
        .unwrap();
}

/// A log-in is a row that stays; somebody with a password must not be able to fill the disk with them.
#[tokio::test]
async fn an_account_logs_in_sixty_times_an_hour_at_most() {
    let store = Store::new().await;
    store.user("li", Role::Viewer).await;
    for n in 0..60 {
        store.login_at("li", NOW + n).await;
    }
    let answer = store
        .access
        .login("li", PASSWORD, "192.0.2.1", NOW + 60)
        .await;
    assert_eq!(
        answer.unwrap_err(),
        LoginError::Locked {
            retry_after_s: 3540
        }
    );
    store.login_at("li", NOW + 3600).await;
}
