//! One-time codes: checked, good once, counted when wrong.

mod common;
use access::{By, LoginError, Role, Session, UserError};
use common::{NOW, PASSWORD, Store};
use totp_rs::{Builder, Secret};

struct Phone(totp_rs::Totp);

impl Phone {
    async fn enrol(store: &Store, session: &Session) -> Self {
        let offer = store.access.totp_offer(session, NOW).await.unwrap();
        assert!(
            offer
                .uri
                .starts_with("otpauth://totp/evwall:supervisor?secret=")
        );
        assert!(offer.uri.contains(&offer.secret_base32));
        let secret = Secret::try_from_base32(&offer.secret_base32).unwrap();
        let phone = Self(
            Builder::new()
                .with_secret(secret.as_ref().to_vec())
                .build()
                .unwrap(),
        );
        store
            .access
            .totp_confirm(session, &phone.code(NOW), NOW)
            .await
            .unwrap();
        phone
    }

    fn code(&self, now: i64) -> String {
        self.0.generate(u64::try_from(now).unwrap()).to_string()
    }
}

#[tokio::test]
async fn with_codes_on_a_password_alone_is_not_enough() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let phone = Phone::enrol(&store, &session).await;
    let ask = async |password: &str, code: Option<&str>, now: i64| {
        store
            .access
            .login_with_code("supervisor", password, code, "192.0.2.1", now)
            .await
            .map(|_| ())
    };
    assert_eq!(ask(PASSWORD, None, NOW).await, Err(LoginError::CodeNeeded));
    // A wrong password asks for no code: that would tell that it was right.
    assert_eq!(
        ask("a wrong password", None, NOW).await,
        Err(LoginError::WrongCredentials)
    );
    for code in ["", "000000 ", "+00000", "abcdef", "1234567"] {
        assert!(ask(PASSWORD, Some(code), NOW).await.is_err(), "{code}");
    }
    // Those were failures, and the name waits now.
    let later = NOW + 600;
    assert_eq!(ask(PASSWORD, Some(&phone.code(later)), later).await, Ok(()));
}

#[tokio::test]
async fn a_code_is_good_once_and_for_about_a_minute() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let phone = Phone::enrol(&store, &session).await;
    let ask = async |code: &str, now: i64| {
        store
            .access
            .login_with_code("supervisor", PASSWORD, Some(code), "192.0.2.1", now)
            .await
            .map(|_| ())
    };
    // The code that switched it on is used up.
    assert_eq!(
        ask(&phone.code(NOW), NOW).await,
        Err(LoginError::WrongCredentials)
    );
    let next = NOW + 60;
    assert_eq!(ask(&phone.code(next), next).await, Ok(()));
    assert_eq!(
        ask(&phone.code(next), next + 1).await,
        Err(LoginError::WrongCredentials)
    );
    let old = phone.code(next + 300);
    assert_eq!(
        ask(&old, next + 300 + 90).await,
        Err(LoginError::WrongCredentials)
    );
}

#[tokio::test]
async fn codes_go_on_by_a_code_and_off_by_an_admin() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let access = &store.access;
    let answer = access.totp_confirm(&session, "123456", NOW).await;
    assert_eq!(answer, Err(UserError::WrongCredentials));
    Phone::enrol(&store, &session).await;
    assert_eq!(
        access.totp_offer(&session, NOW).await.unwrap_err(),
        UserError::TotpIsOn
    );
    let by = By::Session(&session);
    let answer = access.totp_off(by, "supervisor", NOW).await;
    assert!(matches!(answer, Err(UserError::NotAllowed { .. })));
    let (_, admin) = store.logged_in(Role::Admin).await;
    access
        .totp_off(By::Session(&admin), "supervisor", NOW)
        .await
        .unwrap();
    store.login("supervisor").await;
}
