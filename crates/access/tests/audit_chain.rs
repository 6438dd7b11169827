//! Nobody changes the log without being seen. Somebody with the database file in their hands edits, removes,
//! exchanges and cuts rows here; the verifier must find each.

mod common;
use access::{Access, Head, HeadAt, Problem, Role, Verdict, read_heads};
use common::{NOW, Store, open_cards, settings};
use rand::{Rng, SeedableRng};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

const TRIGGERS: [&str; 4] = [
    "audit_has_no_gaps",
    "audit_is_cut_when_old",
    "audit_is_not_deleted",
    "audit_is_not_edited",
];

/// A connection that knows no rules.
async fn attacker(store: &Store) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(store.path())
        .connect()
        .await
        .unwrap()
}

async fn run(on: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(on)
        .await
        .map(|_| ())
}

/// Does `sql` without the triggers, and puts them back.
async fn tamper(store: &Store, sql: &str) {
    let mut on = attacker(store).await;
    let mut back = Vec::new();
    for name in TRIGGERS {
        let made: String = sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE name = ?")
            .bind(name)
            .fetch_one(&mut on)
            .await
            .unwrap();
        run(&mut on, &format!("DROP TRIGGER {name}")).await.unwrap();
        back.push(made);
    }
    run(&mut on, sql).await.unwrap();
    for made in back {
        run(&mut on, &made).await.unwrap();
    }
}

async fn with_rows() -> (Store, Vec<Head>) {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    open_cards(&store, &session, 10).await;
    let heads = store.folder.path().join("heads");
    store
        .access
        .export_head(&heads, HeadAt::Start, NOW)
        .await
        .unwrap()
        .unwrap();
    let heads = read_heads(&heads).unwrap();
    (store, heads)
}

async fn verdict(store: &Store, heads: Option<&[Head]>) -> Verdict {
    store.access.verify_audit(heads).await.unwrap()
}

#[tokio::test]
async fn an_untouched_log_is_whole() {
    let (store, heads) = with_rows().await;
    let found = verdict(&store, Some(&heads)).await;
    assert!(found.is_good(), "{found:?}");
    assert_eq!((found.rows, found.heads_checked), (22, 1));
    assert_eq!(found.newest, Some((heads[0].seq, heads[0].hash)));
}

#[tokio::test]
async fn the_database_itself_refuses_edits_removals_and_replacements() {
    let (store, _) = with_rows().await;
    let mut on = attacker(&store).await;
    for sql in [
        "UPDATE audit SET vin = NULL WHERE seq = 5",
        "UPDATE audit SET seq = 99 WHERE seq = 5",
        "DELETE FROM audit WHERE seq = 5",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 5",
        "REPLACE INTO audit (seq, at_unix_s, kind, previous, hash) VALUES (5, 0, 'x', zeroblob(32), zeroblob(32))",
        "INSERT INTO audit (seq, at_unix_s, kind, previous, hash) VALUES (99, 0, 'x', zeroblob(32), zeroblob(32))",
        "INSERT INTO audit (seq, at_unix_s, kind, previous, hash) VALUES (0, 0, 'x', zeroblob(32), zeroblob(32))",
    ] {
        let refused = run(&mut on, sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert!(verdict(&store, None).await.is_good());
}

#[tokio::test]
async fn every_column_of_a_row_is_covered_by_its_hash() {
    let (store, _) = with_rows().await;
    let mut on = attacker(&store).await;
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('audit')")
        .fetch_all(&mut on)
        .await
        .unwrap();
    assert_eq!(columns.len(), 20);
    for column in columns.iter().filter(|column| *column != "seq") {
        let kind: String =
            sqlx::query_scalar("SELECT type FROM pragma_table_info('audit') WHERE name = ?")
                .bind(column)
                .fetch_one(&mut on)
                .await
                .unwrap();
        let other = match (column.as_str(), kind.as_str()) {
            ("handle", _) => "zeroblob(16)",
            (_, "BLOB") => "zeroblob(32)",
            // Late enough not to be a row out of time as well.
            (_, "INTEGER") => "4711",
            _ => "'x'",
        };
        tamper(
            &store,
            &format!(
                "CREATE TABLE kept AS SELECT * FROM audit WHERE seq = 22;
             UPDATE audit SET {column} = {other} WHERE seq = 22"
            ),
        )
        .await;
        let found = verdict(&store, None).await;
        assert!(
            found.problems.contains(&Problem::Edited { seq: 22 }),
            "{column}: {found:?}"
        );
        // NULL is not the empty text, nor a number nought.
        tamper(
            &store,
            &format!(
                "UPDATE audit SET {column} = (SELECT {column} FROM kept) WHERE seq = 22;
             DROP TABLE kept"
            ),
        )
        .await;
        assert!(verdict(&store, None).await.is_good(), "{column}");
    }
}

#[tokio::test]
async fn a_removed_row_leaves_a_gap() {
    let (store, _) = with_rows().await;
    tamper(&store, "DELETE FROM audit WHERE seq IN (7, 8)").await;
    let found = verdict(&store, None).await;
    assert_eq!(found.problems, [Problem::Missing { from: 7, to: 8 }]);
    tamper(&store, "DELETE FROM audit WHERE seq < 5").await;
    let found = verdict(&store, None).await;
    assert_eq!(found.problems[0], Problem::Missing { from: 1, to: 4 });
}

#[tokio::test]
async fn a_gap_that_was_closed_by_renumbering_is_seen() {
    let (store, _) = with_rows().await;
    tamper(
        &store,
        "DELETE FROM audit WHERE seq = 7; UPDATE audit SET seq = -seq WHERE seq > 7;
         UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
    )
    .await;
    let found = verdict(&store, None).await;
    assert!(found.problems.contains(&Problem::BrokenLink { seq: 7 }));
    assert!(found.problems.contains(&Problem::Edited { seq: 21 }));
}

#[tokio::test]
async fn exchanged_rows_are_seen() {
    let (store, _) = with_rows().await;
    tamper(
        &store,
        "UPDATE audit SET seq = -1 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 9;
         UPDATE audit SET seq = 9 WHERE seq = -1",
    )
    .await;
    let found = verdict(&store, None).await;
    for problem in [
        Problem::Edited { seq: 7 },
        Problem::BrokenLink { seq: 7 },
        Problem::Edited { seq: 9 },
    ] {
        assert!(found.problems.contains(&problem), "{problem:?}");
    }
}

#[tokio::test]
async fn a_cut_tail_is_seen_by_its_head_and_only_by_its_head() {
    let (store, heads) = with_rows().await;
    let last = heads[0].seq;
    tamper(
        &store,
        &format!("DELETE FROM audit WHERE seq > {}", last - 3),
    )
    .await;
    assert!(verdict(&store, None).await.is_good());
    let found = verdict(&store, Some(&heads)).await;
    assert_eq!(found.problems, [Problem::TailCut { seq: last }]);
    // The next start sees it too.
    let path = store.folder.path().join("heads");
    let exported = store
        .access
        .export_head(&path, HeadAt::Start, NOW)
        .await
        .unwrap()
        .unwrap();
    assert!(!exported.last_one_holds);
}

#[tokio::test]
async fn a_tail_that_was_cut_and_grown_again_is_seen_by_its_head() {
    let (store, heads) = with_rows().await;
    tamper(
        &store,
        "DELETE FROM audit WHERE seq > 15; DELETE FROM open_permits",
    )
    .await;
    let (_, session) = store.login("supervisor").await;
    open_cards(&store, &session, 5).await;
    assert!(verdict(&store, None).await.is_good());
    let found = verdict(&store, Some(&heads)).await;
    assert_eq!(found.problems, [Problem::HeadDiffers { seq: heads[0].seq }]);
}

#[tokio::test]
async fn missing_triggers_and_an_empty_heads_file_are_said() {
    let (store, _) = with_rows().await;
    run(
        &mut attacker(&store).await,
        "DROP TRIGGER audit_is_not_edited",
    )
    .await
    .unwrap();
    let found = verdict(&store, Some(&[])).await;
    let missing = Problem::TriggerMissing {
        name: "audit_is_not_edited",
    };
    assert_eq!(found.problems, [Problem::NoHeads, missing]);
}

/// Whatever is done to whichever row by somebody who does not recompute hashes: the verdict is bad.
#[tokio::test]
async fn random_tampering_is_always_found() {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_122);
    println!("SEED={seed}");
    let mut dice = rand::rngs::StdRng::seed_from_u64(seed);
    let (store, heads) = with_rows().await;
    let whole = store.folder.path().join("whole.db");
    run(
        &mut attacker(&store).await,
        &format!("VACUUM INTO '{}'", whole.display()),
    )
    .await
    .unwrap();
    store.access.close().await;
    for round in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(&whole, folder.path().join("evwall.db")).unwrap();
        let access = Access::open_with(folder.path().join("evwall.db"), settings(), NOW)
            .await
            .unwrap();
        let store = Store { access, folder };
        let (a, b) = (dice.random_range(1..=22), dice.random_range(1..=21));
        let b = if b >= a { b + 1 } else { b };
        let sql = match round % 6 {
            0 => format!("DELETE FROM audit WHERE seq = {a}"),
            1 => format!("UPDATE audit SET user_name = 'somebody else' WHERE seq = {a}"),
            2 => format!("UPDATE audit SET at_unix_s = at_unix_s - {b} WHERE seq = {a}"),
            3 => format!("DELETE FROM audit WHERE seq >= {a}"),
            4 => format!("UPDATE audit SET seq = 1000 WHERE seq = {a}; UPDATE audit SET seq = {a} WHERE seq = {b};
                 UPDATE audit SET seq = {b} WHERE seq = 1000"),
            _ => format!("DELETE FROM audit WHERE seq BETWEEN min({a}, {b}) AND max({a}, {b})"),
        };
        tamper(&store, &sql).await;
        let found = verdict(&store, Some(&heads)).await;
        assert!(!found.is_good(), "round {round}, seed {seed}: {sql}");
    }
}

#[tokio::test]
async fn heads_are_exported_at_the_start_and_the_file_is_for_its_owner() {
    let (store, _) = with_rows().await;
    let path = store.folder.path().join("kept");
    let keep = store.access.keep_heads(&path, || NOW);
    let written = async {
        while read_heads(&path).unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = keep => unreachable!("it keeps until it is dropped"),
        () = written => {}
    }
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let head = store
        .access
        .export_head(&path, HeadAt::Stop, NOW)
        .await
        .unwrap()
        .unwrap();
    assert!(head.last_one_holds);
    let text = std::fs::read_to_string(&path).unwrap();
    let words: Vec<_> = text
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(words, ["start", "stop"]);
}

/// Evidence is looked at, not opened: the same bytes afterwards, and none where there were none.
#[tokio::test]
async fn a_copy_is_verified_without_being_changed() {
    let (store, heads) = with_rows().await;
    let copy = store.folder.path().join("copy.db");
    run(
        &mut attacker(&store).await,
        &format!("VACUUM INTO '{}'", copy.display()),
    )
    .await
    .unwrap();
    let before = std::fs::read(&copy).unwrap();
    let found = access::verify_file(&copy, Some(&heads)).await.unwrap();
    assert!(found.is_good() && found.rows == 22, "{found:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    let missing = store.folder.path().join("missing.db");
    assert!(access::verify_file(&missing, None).await.is_err());
    assert!(!missing.exists());
    let other = store.folder.path().join("other.db");
    std::fs::write(&other, "").unwrap();
    assert!(access::verify_file(&other, None).await.is_err());
}
