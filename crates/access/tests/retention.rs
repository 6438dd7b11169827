//! Nothing is kept longer than its limit, in the tables and in the bytes of the files; and a log whose beginning is gone
//! can still be verified, while one that somebody cut by hand cannot.

mod common;
use access::{
    AUDIT_DAYS_MIN, Access, AuditFilter, Budgets, Forgotten, Head, HeadAt, Problem, Role, Session,
    Settings, Verdict, read_heads,
};
use common::{NOW, Store, alarm, settings, vehicle};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use std::collections::BTreeSet;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const LIMIT: i64 = AUDIT_DAYS_MIN as i64 * DAY;

async fn beside(store: &Store) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(store.path());
    options.connect().await.unwrap()
}

async fn run(store: &Store, sql: &str) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    let done = sqlx::raw_sql(sql).execute(&mut beside(store).await).await;
    done.map(|_| ())
}

async fn rows(store: &Store) -> Vec<(i64, i64, String, Option<String>)> {
    sqlx::query_as("SELECT seq, at_unix_s, kind, vin FROM audit ORDER BY seq")
        .fetch_all(&mut beside(store).await)
        .await
        .unwrap()
}

fn vin(serial: u32) -> String {
    format!("LTEST{:05}W{:06}", serial * 7_919 % 89_989, serial)
}

/// Opens and closes the card of a vehicle: two rows.
async fn look(store: &Store, session: &Session, serial: u32, now: i64) {
    let access = &store.access;
    let wanted = vehicle(&vin(serial));
    let permit = access
        .permit(session, access::Action::OpenCard, wanted, &alarm(), now)
        .await
        .unwrap();
    access
        .close_permit(permit.id(), access::Closed::ByHand, now)
        .await
        .unwrap();
}

/// So many looks, `apart_s` from one another, each session for as many as it lives; the time of the last.
async fn looks(store: &Store, serials: std::ops::Range<u32>, from: i64, apart_s: i64) -> i64 {
    let mut now = from;
    let (_, mut session) = store.login_at("supervisor", now).await;
    for serial in serials {
        if now >= session.expires_unix_s || apart_s >= HOUR {
            store.access.sweep(now).await.unwrap();
            (_, session) = store.login_at("supervisor", now).await;
        }
        store.access.touch(&session, now).await.unwrap();
        look(store, &session, serial, now).await;
        now += apart_s;
    }
    store.access.sweep(now + 13 * HOUR).await.unwrap();
    now
}

fn files(store: &Store) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(store.folder.path()).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn count_in_files(store: &Store, what: &[u8]) -> usize {
    let count = |bytes: &Vec<u8>| bytes.windows(what.len()).filter(|w| *w == what).count();
    files(store).iter().map(count).sum()
}

/// The vehicles whose VIN stands anywhere in the bytes of the files, also a part of it.
fn vins_in_files(store: &Store) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for bytes in files(store) {
        for at in (0..bytes.len()).filter(|at| bytes[*at] == b'W') {
            let serial = bytes
                .get(at + 1..at + 7)
                .and_then(|d| std::str::from_utf8(d).ok());
            found.extend(serial.and_then(|digits| digits.parse::<u32>().ok()));
        }
    }
    found
}

async fn with_supervisor() -> Store {
    let budgets = Budgets {
        refuse_looks_per_day: u32::MAX,
        ..Budgets::default()
    };
    let store = Store::with(Settings {
        budgets,
        ..settings()
    })
    .await;
    store.user("supervisor", Role::Supervisor).await;
    store
}

async fn forget(store: &Store, now: i64) -> access::Gone {
    store
        .access
        .forget_old(Some(AUDIT_DAYS_MIN), now)
        .await
        .unwrap()
}

async fn head(store: &Store, now: i64) {
    let path = store.folder.path().join("heads");
    let exported = store.access.export_head(&path, HeadAt::Hour, now).await;
    assert!(exported.unwrap().unwrap().last_one_holds);
}

fn heads(store: &Store) -> Vec<Head> {
    read_heads(&store.folder.path().join("heads")).unwrap()
}

async fn verdict(store: &Store) -> Verdict {
    let heads = heads(store);
    store.access.verify_audit(Some(&heads)).await.unwrap()
}

#[tokio::test]
async fn a_vin_is_gone_from_every_byte_of_the_files_when_its_rows_are() {
    let store = with_supervisor().await;
    // In an order that splits the pages of the index on the VIN in many places.
    let looked = looks(&store, 1..1_000, NOW, 100).await;
    let young = looks(&store, 5_000..5_200, looked + 10 * DAY, 100).await;
    assert_eq!(
        vins_in_files(&store),
        (1..1_000).chain(5_000..5_200).collect()
    );
    let mut now = looked;
    // Hour by hour over the limit, as the server does it.
    while now < looked + LIMIT {
        now += if now < NOW + LIMIT - 2 * DAY {
            DAY
        } else {
            HOUR
        };
        forget(&store, now).await;
    }
    assert!(young < now);
    assert_eq!(vins_in_files(&store), (5_000..5_200).collect());
    assert!(verdict_without_heads(&store).await.is_good());
}

async fn verdict_without_heads(store: &Store) -> Verdict {
    store.access.verify_audit(None).await.unwrap()
}

#[tokio::test]
async fn the_log_says_from_when_on_it_is_whole_and_what_was_removed() {
    let store = with_supervisor().await;
    assert_eq!(verdict_without_heads(&store).await.cut, None);
    looks(&store, 0..5, NOW, 60).await;
    let second = looks(&store, 5..10, NOW + 90 * DAY, 60).await;
    head(&store, second).await;
    assert_eq!(forget(&store, NOW + LIMIT - 3 * HOUR).await.audit.rows, 0);
    let gone = forget(&store, NOW + LIMIT).await;
    // One row of the account, the log-in, ten of looks, the end of the session.
    assert_eq!(gone.audit.rows, 13);
    let (first, since, ..) = rows(&store).await.swap_remove(0);
    assert_eq!((first, since), (14, NOW + 90 * DAY));
    let found = verdict(&store).await;
    assert!(found.is_good(), "{found:?}");
    assert_eq!(found.cut, Some((13, NOW + LIMIT)));
    let told = rows(&store).await;
    let (_, at, kind, vin) = told.last().unwrap();
    assert_eq!((*at, kind.as_str(), vin), (NOW + LIMIT, "audit_cut", &None));
    // Nothing more to do, and nothing written.
    assert_eq!(
        forget(&store, NOW + LIMIT + HOUR).await,
        access::Gone::default()
    );
    assert_eq!(rows(&store).await.len(), told.len());
}

/// Weeks of looks at random, the job every hour or two, sometimes a head, sometimes a restart: after each call nothing in the
/// log has reached its limit, nothing that is younger by more than a day is missing, and the log is whole.
#[tokio::test]
async fn nothing_is_kept_longer_and_nothing_goes_early_whenever_the_job_runs() {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_122);
    println!("SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let mut store = with_supervisor().await;
    let (mut now, mut written) = (NOW, rows(&store).await);
    let mut cuts = 0;
    for round in 0..160_u32 {
        match dice.random_range(0..10) {
            0..4 => {
                now = looks(
                    &store,
                    round * 3..round * 3 + dice.random_range(1..3),
                    now,
                    60,
                )
                .await;
                now += 13 * HOUR;
            }
            4..6 => now += dice.random_range(1..40) * DAY / 2,
            6..9 => now += dice.random_range(1..7_000),
            _ => {
                store.access.stop(now).await;
                store.access = Access::open_with(store.path(), settings(), now)
                    .await
                    .unwrap();
            }
        }
        let before = rows(&store).await;
        let known = written.last().map_or(0, |row| row.0);
        written.extend(before.into_iter().filter(|row| row.0 > known));
        let gone = forget(&store, now).await;
        let after = rows(&store).await;
        let known = written.last().unwrap().0;
        written.extend(after.iter().filter(|row| row.0 > known).cloned());
        let context = format!("round {round}, seed {seed}");
        assert!(
            after.iter().all(|row| row.1 > now - LIMIT + 2 * HOUR),
            "{context}"
        );
        // What is left is the end of what was written, and what is missing was old.
        let (missing, left) = written.split_at(written.len() - after.len());
        assert_eq!(left, after, "{context}");
        if gone.audit.rows > 0 {
            cuts += 1;
            assert!(
                missing.iter().all(|row| row.1 <= now - LIMIT + DAY),
                "{context}"
            );
        }
        if dice.random_bool(0.3) {
            head(&store, now).await;
        }
        let heads = heads(&store);
        let found = store
            .access
            .verify_audit(Some(&heads).filter(|h| !h.is_empty()).map(Vec::as_slice));
        let found = found.await.unwrap();
        assert!(found.is_good(), "{context}: {found:?}");
    }
    assert!(cuts > 5, "{cuts} cuts");
}

#[tokio::test]
async fn the_database_refuses_a_cut_of_young_rows_and_a_removal_without_one() {
    let store = with_supervisor().await;
    looks(&store, 0..5, NOW, 60).await;
    let cut = |at: i64, last: i64, of: i64| {
        format!(
            "INSERT INTO audit (seq, at_unix_s, kind, amount, handle, previous, hash)
             SELECT (SELECT max(seq) + 1 FROM audit), {at}, 'audit_cut', {last}, substr(hash, 1, 16), hash, hash
             FROM audit WHERE seq = {of}"
        )
    };
    for sql in [
        "DELETE FROM audit WHERE seq = 1".to_owned(),
        "DELETE FROM audit".to_owned(),
        cut(NOW + 181 * DAY, 3, 3),
        // Of another row's hash, and of a row that is not there.
        cut(NOW + 200 * DAY, 3, 4),
        cut(NOW + 200 * DAY, 99, 3),
    ] {
        let refused = run(&store, &sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    forget(&store, NOW + LIMIT).await;
    let refused = run(&store, "DELETE FROM audit").await.unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
}

/// The same rows as `looks`, ten days of them, a head each day, and a right cut of the first half.
async fn cut_in_the_middle() -> (Store, i64) {
    let store = with_supervisor().await;
    for day in 0..10 {
        let at = NOW + day * DAY;
        looks(&store, 0..2, at, 60).await;
        head(&store, at + 14 * HOUR).await;
    }
    let now = NOW + 4 * DAY + LIMIT;
    assert!(forget(&store, now).await.audit.rows > 0);
    head(&store, now).await;
    let found = verdict(&store).await;
    assert!(found.is_good(), "{found:?}");
    (store, now)
}

async fn without_rules(store: &Store, sql: &str) {
    let mut all = String::new();
    let mut back = String::new();
    let triggers: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut beside(store).await)
            .await
            .unwrap();
    for (name, made) in triggers {
        all += &format!("DROP TRIGGER {name};");
        back += &format!("{made};");
    }
    run(store, &format!("{all} {sql}; {back}")).await.unwrap();
}

#[tokio::test]
async fn a_log_that_was_cut_by_hand_is_not_whole() {
    let (store, _) = cut_in_the_middle().await;
    let first = rows(&store).await[0].0;
    let cut_row = rows(&store).await.last().unwrap().0;
    for (sql, problem) in [
        // More than was said.
        (
            format!("DELETE FROM audit WHERE seq < {}", first + 4),
            Problem::Missing {
                from: first,
                to: first + 3,
            },
        ),
        // The row that says it is gone.
        (
            format!("DELETE FROM audit WHERE seq = {cut_row}"),
            Problem::Missing {
                from: 1,
                to: first - 1,
            },
        ),
        // It says more than it did.
        (
            format!("UPDATE audit SET amount = amount + 2 WHERE seq = {cut_row}"),
            Problem::Edited { seq: cut_row },
        ),
        (
            format!("UPDATE audit SET handle = zeroblob(16) WHERE seq = {cut_row}"),
            Problem::FalseCut { seq: cut_row },
        ),
        // The first row that stays names another one before it.
        (
            format!("UPDATE audit SET previous = zeroblob(32) WHERE seq = {first}"),
            Problem::FalseCut { seq: cut_row },
        ),
    ] {
        let whole = store.folder.path().join("whole");
        let _ = std::fs::remove_file(&whole);
        run(&store, &format!("VACUUM INTO '{}'", whole.display()))
            .await
            .unwrap();
        without_rules(&store, &sql).await;
        let found = verdict(&store).await;
        assert!(found.problems.contains(&problem), "{sql}: {found:?}");
        // As it was.
        without_rules(
            &store,
            &format!("ATTACH '{}' AS whole; DELETE FROM audit; INSERT INTO audit SELECT * FROM whole.audit", whole.display()),
        )
        .await;
        assert!(verdict(&store).await.is_good(), "{sql}");
    }
}

#[tokio::test]
async fn counts_of_failed_log_ins_go_after_a_day_and_what_went_is_a_row() {
    let store = Store::new().await;
    for name in ["one", "two"] {
        let refused = store.access.login(name, "wrong", "192.0.2.7", NOW).await;
        refused.unwrap_err();
    }
    assert_eq!(forget(&store, NOW + DAY - 1).await.lockouts, 0);
    // Two names and an address.
    assert_eq!(forget(&store, NOW + DAY).await.lockouts, 3);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM lockouts")
        .fetch_one(&mut beside(&store).await)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let access = &store.access;
    access
        .forgot(Forgotten::Vehicles, 4, NOW + DAY)
        .await
        .unwrap();
    access
        .forgot(Forgotten::DamagedPieces, 0, NOW + DAY)
        .await
        .unwrap();
    let told: Vec<(String, i64)> =
        sqlx::query_as("SELECT reason, amount FROM audit WHERE kind = 'forgotten'")
            .fetch_all(&mut beside(&store).await)
            .await
            .unwrap();
    let expected = [("lockouts".to_owned(), 3), ("vehicles".to_owned(), 4)];
    assert_eq!(told, expected);
}

/// Every table is filled, everybody goes home, and a year later the job runs: of what people did nothing is left, but
/// what says that it was deleted.
#[tokio::test]
async fn of_a_year_ago_there_are_accounts_and_nothing_else() {
    let store = with_supervisor().await;
    store.user("privacy_officer", Role::PrivacyOfficer).await;
    looks(&store, 0..40, NOW, 60).await;
    let (_, officer) = store.login_at("privacy_officer", NOW + 14 * HOUR).await;
    let refused = store
        .access
        .login("nobody", "wrong", "192.0.2.8", NOW + 14 * HOUR)
        .await;
    refused.unwrap_err();
    assert!(count_in_files(&store, b"192.0.2.8") > 0);
    let open = store
        .access
        .notices(&officer, NOW + 14 * HOUR)
        .await
        .unwrap();
    assert!(!open.is_empty());
    let now = NOW + 365 * DAY;
    store.access.sweep(now).await.unwrap();
    // The sessions that the sweep found over have rows of now, and ends of now.
    forget(&store, now).await;
    store.access.sweep(now + DAY + 1).await.unwrap();
    forget(&store, now + DAY + 1).await;
    for (table, left) in [
        ("sessions", 0),
        ("session_ends", 0),
        ("open_permits", 0),
        ("lockouts", 0),
        ("notices", 0),
        ("users", 2),
    ] {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let found: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut beside(&store).await)
            .await
            .unwrap();
        assert_eq!(found, left, "{table}");
    }
    assert!(
        rows(&store)
            .await
            .iter()
            .all(|row| row.1 >= now && row.3.is_none())
    );
    assert_eq!(count_in_files(&store, b"192.0.2.8"), 0);
    assert_eq!(count_in_files(&store, b"LTEST"), 0);
    let filter = AuditFilter::default();
    let (_, officer) = store.login_at("privacy_officer", now + DAY + 2).await;
    let read = store
        .access
        .read_audit(&officer, &filter, now + DAY + 2)
        .await;
    assert!(read.unwrap().iter().all(|row| row.vin.is_none()));
}
