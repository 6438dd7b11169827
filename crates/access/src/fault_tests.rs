//! What happens when the store cannot be written: a clear refusal, no session, no permit, nothing lost of what was
//! promised before. These tests reach for the one writing connection, so they live inside the crate.

use crate::{
    Access, AccessError, Action, By, Cost, Fault, LoginError, Permit, PermitEnded, Purpose,
    PurposeKind, Refused, Role, Session, SessionToken, Settings, UserError, Vehicle, Wanted,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

const NOW: i64 = 1_795_300_000;
const PASSWORD: &str = "a long enough password";

async fn open(folder: &tempfile::TempDir, now: i64) -> Access {
    let settings = Settings {
        password_cost: Cost {
            memory_kib: 8,
            passes: 1,
        },
        busy_ms: 50,
        ..Settings::default()
    };
    Access::open_with(folder.path().join("evwall.db"), settings, now)
        .await
        .unwrap()
}

struct Desk {
    access: Access,
    token: SessionToken,
    session: Session,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = open(&folder, NOW).await;
        let by = By::Console("test");
        access
            .create_user(by, "zhao", PASSWORD, Role::Supervisor, NOW)
            .await
            .unwrap();
        let (token, session) = access
            .login("zhao", PASSWORD, "192.0.2.7", NOW)
            .await
            .unwrap();
        Self {
            access,
            token,
            session,
            folder,
        }
    }

    async fn permit(&self, now: i64) -> Result<Permit, Refused> {
        let vehicle = Vehicle {
            vin: "LTEST00000W000001".to_owned(),
            handle: [1; 16],
        };
        let purpose = Purpose::new(PurposeKind::Alarm, None).unwrap();
        self.access
            .permit(&self.session, Action::OpenCard, vehicle, &purpose, now)
            .await
    }

    async fn rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM audit")
            .fetch_one(self.access.read())
            .await
            .unwrap()
    }

    /// Runs on the writer, as a disk or a mount would do it to that connection.
    async fn on_the_writer(&self, sql: &str) {
        let mut on = self.access.writer().acquire().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut *on)
            .await
            .unwrap();
    }

    /// Everything that needs a record is refused with this fault and leaves nothing behind.
    async fn everything_is_refused_with(&self, fault: Fault) {
        let before = self.rows().await;
        let access = &self.access;
        assert_eq!(self.permit(NOW).await.unwrap_err(), Refused::Fault(fault));
        let purpose = Purpose::new(PurposeKind::Alarm, None).unwrap();
        let search = access.search(
            &self.session,
            Wanted::Vin("LTEST00000W000001"),
            &purpose,
            NOW,
        );
        assert_eq!(search.await.unwrap_err(), Refused::Fault(fault));
        for password in [PASSWORD, "a wrong password"] {
            let login = access.login("zhao", password, "192.0.2.7", NOW).await;
            assert_eq!(login.unwrap_err(), LoginError::Fault(fault));
        }
        let by = By::Console("test");
        let user = access
            .create_user(by, "qian", PASSWORD, Role::Admin, NOW)
            .await;
        assert_eq!(user.unwrap_err(), UserError::Fault(fault));
        let role = access.set_role(by, "zhao", Role::Viewer, NOW).await;
        assert_eq!(role.unwrap_err(), UserError::Fault(fault));
        assert_eq!(self.rows().await, before, "nothing was written");
        // The map goes on: nothing about it needs a record.
        access.touch(&self.session, NOW).await.unwrap();
        assert_eq!(
            access.session(&self.token, NOW).await.unwrap(),
            self.session
        );
    }

    async fn everything_works_again(&self) {
        self.permit(NOW + 1).await.unwrap();
        let verdict = self.access.verify_audit(None).await.unwrap();
        assert!(verdict.is_good(), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_looks_and_log_ins_and_the_map_goes_on() {
    let desk = Desk::new().await;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(desk.access.read())
        .await
        .unwrap();
    desk.on_the_writer(&format!("PRAGMA max_page_count = {pages}"))
        .await;
    // Rows that still fit into the last page are written; then it is full.
    let mut given = 0;
    let refused = loop {
        match desk.permit(NOW).await {
            Ok(_) => given += 1,
            Err(refused) => break refused,
        }
        assert!(given < 1_000);
    };
    assert_eq!(refused, Refused::Fault(Fault::DiskFull));
    let opened: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE kind = 'permit_opened'")
        .fetch_one(desk.access.read())
        .await
        .unwrap();
    assert_eq!(opened, given, "a row for each permit and no more");
    desk.everything_is_refused_with_disk_full().await;
    desk.on_the_writer("PRAGMA max_page_count = 1000000").await;
    desk.everything_works_again().await;
}

impl Desk {
    /// A shorter row may still find room, so only looks are asked.
    async fn everything_is_refused_with_disk_full(&self) {
        let before = self.rows().await;
        for _ in 0..3 {
            let refused = self.permit(NOW).await.unwrap_err();
            assert_eq!(refused, Refused::Fault(Fault::DiskFull));
        }
        assert_eq!(self.rows().await, before);
        self.access.touch(&self.session, NOW).await.unwrap();
        assert_eq!(
            self.access.session(&self.token, NOW).await.unwrap(),
            self.session
        );
    }
}

#[tokio::test]
async fn a_transaction_that_sqlite_ends_by_itself_does_not_end_all_writing() {
    let desk = Desk::new().await;
    let mut writing = desk.access.write().await.unwrap();
    // As SQLite does when the disk gets full in a commit: whoever holds the transaction does not know.
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut *writing)
        .await
        .unwrap();
    drop(writing);
    desk.everything_works_again().await;
}

#[tokio::test]
async fn a_read_only_database_refuses_looks_and_log_ins_and_the_map_goes_on() {
    let desk = Desk::new().await;
    desk.on_the_writer("PRAGMA query_only = ON").await;
    desk.everything_is_refused_with(Fault::ReadOnly).await;
    desk.on_the_writer("PRAGMA query_only = OFF").await;
    desk.everything_works_again().await;
}

#[tokio::test]
async fn a_database_locked_by_somebody_else_refuses_looks_and_log_ins_and_the_map_goes_on() {
    let desk = Desk::new().await;
    let mut other = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(desk.folder.path().join("evwall.db"))
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    desk.everything_is_refused_with(Fault::Locked).await;
    other.close().await.unwrap();
    desk.everything_works_again().await;
}

#[tokio::test]
async fn a_log_out_holds_even_when_it_cannot_be_written() {
    let desk = Desk::new().await;
    let permit = desk.permit(NOW).await.unwrap();
    let mut watch = desk.access.watch(&desk.session).await.unwrap();
    desk.on_the_writer("PRAGMA query_only = ON").await;
    let answer = desk.access.logout(&desk.token, NOW).await;
    assert_eq!(answer.unwrap_err(), AccessError::Fault(Fault::ReadOnly));
    watch.ended().await;
    assert_eq!(permit.check(NOW), Err(PermitEnded));
    let session = desk.access.session(&desk.token, NOW).await;
    assert_eq!(session.unwrap_err(), AccessError::SessionEnded);
    desk.on_the_writer("PRAGMA query_only = OFF").await;
    assert_eq!(desk.permit(NOW).await.unwrap_err(), Refused::SessionEnded);
    assert!(desk.access.watch(&desk.session).await.is_err());
    // Once the store is back the sweep writes what was owed.
    desk.access.sweep(NOW + 1).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions")
        .fetch_one(desk.access.read())
        .await
        .unwrap();
    assert_eq!(left, 0);
    let ended: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE kind = 'permit_closed'")
        .fetch_one(desk.access.read())
        .await
        .unwrap();
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_permit_that_cannot_be_closed_on_paper_is_over_and_its_row_comes_later() {
    let desk = Desk::new().await;
    let permit = desk.permit(NOW).await.unwrap();
    desk.on_the_writer("PRAGMA query_only = ON").await;
    let closed = desk
        .access
        .close_permit(permit.id(), crate::Closed::ByHand, NOW + 5)
        .await;
    assert_eq!(closed.unwrap_err(), Fault::ReadOnly);
    assert_eq!(permit.check(NOW + 5), Err(PermitEnded));
    desk.on_the_writer("PRAGMA query_only = OFF").await;
    let expiry = permit.expires_unix_s();
    desk.access.sweep(expiry).await.unwrap();
    let row: (String, i64) =
        sqlx::query_as("SELECT reason, amount FROM audit WHERE kind = 'permit_closed'")
            .fetch_one(desk.access.read())
            .await
            .unwrap();
    assert_eq!(row, ("expired".to_owned(), 900));
}

#[tokio::test]
async fn a_clock_that_was_set_back_refuses_until_an_operator_confirms_it() {
    let desk = Desk::new().await;
    let permit = desk.permit(NOW).await.unwrap();
    // A small step is no matter: time stands still in the log until the clock has caught up.
    desk.permit(NOW - 59).await.unwrap();
    let back = NOW - 3600;
    let fault = Fault::ClockSetBack { by_s: 3600 };
    let before = desk.rows().await;
    assert_eq!(desk.permit(back).await.unwrap_err(), Refused::Fault(fault));
    assert_eq!(permit.check(back), Err(PermitEnded));
    let session = desk.access.session(&desk.token, back).await;
    assert_eq!(session.unwrap_err(), AccessError::Fault(fault));
    let login = desk.access.login("zhao", PASSWORD, "192.0.2.7", back).await;
    assert_eq!(login.unwrap_err(), LoginError::Fault(fault));
    assert_eq!(desk.rows().await, before);

    // It opens all the same, so that it can be confirmed.
    desk.access.close().await;
    let access = open(&desk.folder, back).await;
    assert_eq!(access.accept_clock("test", back).await, Ok(3600));
    assert_eq!(access.accept_clock("test", back).await, Ok(0));
    let session = access.session(&desk.token, back).await;
    assert_eq!(session.unwrap_err(), AccessError::SessionEnded);
    access
        .login("zhao", PASSWORD, "192.0.2.7", back)
        .await
        .unwrap();
    let verdict = access.verify_audit(None).await.unwrap();
    assert!(verdict.is_good(), "{verdict:?}");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM open_permits")
        .fetch_one(access.read())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_does_not_open_and_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evwall.db");
    let rubbish = b"this is not a database, but somebody's only copy of something".repeat(20);
    std::fs::write(&path, &rubbish).unwrap();
    assert!(Access::open(&path, NOW).await.is_err());
    assert_eq!(std::fs::read(&path).unwrap(), rubbish);
}

#[tokio::test]
async fn a_second_server_on_the_same_store_does_not_start() {
    let desk = Desk::new().await;
    let path = desk.folder.path().join("evwall.db");
    let second = Access::open_with(&path, Settings::default(), NOW).await;
    assert!(matches!(second.err(), Some(crate::OpenError::InUse { .. })));
    // The command line may.
    Access::open(&path, NOW).await.unwrap().close().await;
    desk.access.close().await;
    Access::open_with(&path, Settings::default(), NOW)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_be_created_or_written_says_which_file_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    for path in [blocked.join("evwall.db"), folder.path().to_path_buf()] {
        let error = Access::open(&path, NOW).await.err().unwrap().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }

    let desk = Desk::new().await;
    let path = desk.folder.path().join("evwall.db");
    desk.access.close().await;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
    std::fs::set_permissions(&path, mode).unwrap();
    if std::fs::OpenOptions::new().write(true).open(&path).is_ok() {
        println!("running as root, whom a mode does not stop: this half was not tested");
        return;
    }
    let error = Access::open(&path, NOW).await.err().unwrap().to_string();
    assert!(error.contains("evwall.db"), "{error}");
}

#[tokio::test]
async fn counted_failures_are_bounded_and_the_oldest_go_first() {
    let desk = Desk::new().await;
    desk.on_the_writer(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500)
         INSERT INTO lockouts SELECT CAST(printf('%032d', i) AS BLOB), 1, {NOW} - 20000 + i, 0 FROM n"
    ))
    .await;
    let _ = desk
        .access
        .login("nobody", "a wrong password", "192.0.2.9", NOW)
        .await;
    let (rows, oldest): (i64, i64) =
        sqlx::query_as("SELECT count(*), min(last_unix_s) FROM lockouts")
            .fetch_one(desk.access.read())
            .await
            .unwrap();
    assert_eq!((rows, oldest), (10_000, NOW - 20_000 + 503));
    // A day later only the new ones are left.
    let day = NOW + 24 * 3600 + 1;
    let _ = desk
        .access
        .login("nobody", "a wrong password", "192.0.2.9", day)
        .await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM lockouts")
        .fetch_one(desk.access.read())
        .await
        .unwrap();
    assert_eq!(rows, 2);
}

/// The account may change while its password is being hashed: what was checked must still be what is there.
#[tokio::test]
async fn a_log_in_that_was_overtaken_by_a_change_of_the_account_is_refused() {
    let desk = Desk::new().await;
    let (access, by) = (&desk.access, By::Console("test"));
    // The writer is taken, so the log-in has read and hashed, and waits; meanwhile the account is disabled.
    let mut tx = access.write().await.unwrap();
    let passwords = &access.0.passwords;
    let held = passwords.hold().await;
    let late = tokio::spawn({
        let access = access.clone();
        async move {
            access
                .login("zhao", PASSWORD, "192.0.2.7", NOW)
                .await
                .map(|_| ())
        }
    });
    while passwords.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    drop(held);
    while passwords.waiting() != 0 {
        tokio::task::yield_now().await;
    }
    sqlx::query("UPDATE users SET disabled = 1 WHERE name = 'zhao'")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(late.await.unwrap(), Err(LoginError::WrongCredentials));
    access.enable(by, "zhao", NOW).await.unwrap();
    access
        .login("zhao", PASSWORD, "192.0.2.7", NOW)
        .await
        .unwrap();
}
