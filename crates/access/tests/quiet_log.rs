//! What the server logs while people log in, look, search and fail holds no VIN, no password, no token and no typed
//! name, at the most talkative level and from the database library too.

mod common;
use access::{Action, Role, Wanted};
use common::{NOW, PASSWORD, Store, VIN, alarm, vehicle};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_log_line_holds_a_vin_a_password_a_token_or_a_typed_name() {
    let kept = Kept::default();
    let writer = kept.clone();
    // For all threads: the database works on its own.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let token = runtime.block_on(async {
        let store = Store::new().await;
        let access = &store.access;
        let (token, session) = store.logged_in(Role::Supervisor).await;
        for n in 0..40 {
            let vehicle = vehicle(&format!("LTEST00000W{n:06}"));
            let permit = access
                .permit(&session, Action::OpenCard, vehicle, &alarm(), NOW)
                .await
                .unwrap();
            println!("{permit:?} {session:?}");
            tracing::info!(?permit, ?session, "as somebody will write one day");
        }
        let search = access
            .search(&session, Wanted::Vin(VIN), &alarm(), NOW)
            .await
            .unwrap();
        tracing::info!(?search, "the same");
        access
            .search_answered(search, Vec::<()>::new(), NOW)
            .await
            .unwrap();
        let _ = access
            .login("typed passphrase", "wrong passphrase", "192.0.2.7", NOW)
            .await;
        tracing::info!(?token, "the same");
        // A fault, which is logged.
        access.close().await;
        let _ = access
            .permit(&session, Action::OpenCard, vehicle(VIN), &alarm(), NOW)
            .await;
        let _ = access
            .login("typed passphrase", "wrong passphrase", "192.0.2.7", NOW)
            .await;
        token
    });
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("INSERT INTO audit"),
        "the test listens to the database library"
    );
    assert!(log.contains("the accounts and audit store refused"));
    for secret in ["LTEST0", PASSWORD, token.as_str(), "passphrase"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
