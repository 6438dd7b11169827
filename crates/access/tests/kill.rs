//! Kill −9 at any moment. A child process opens cards as fast as it can and says each permit aloud, as a server would
//! answer; it is killed in the middle. Every permit that was said must stand in the log, the log must be whole, and the
//! next start must write the closing rows.

mod common;
use access::{Access, Action, By, Role};
use common::{NOW, PASSWORD, Store, alarm, settings, vehicle};
use sqlx::ConnectOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const CHILD: &str = "EVWALL_TEST_KILL_CHILD";

/// The child, when the variable is set; otherwise it has nothing to do.
#[tokio::test]
async fn the_child_that_is_killed() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let access = Access::open_with(Path::new(&path), settings(), NOW)
        .await
        .unwrap();
    let (_, session) = access
        .login("sun", PASSWORD, "192.0.2.7", NOW)
        .await
        .unwrap();
    for n in 0_u32.. {
        let vin = format!("LTEST00000W{n:06}");
        let purpose = alarm();
        let permit = access.permit(&session, Action::OpenCard, vehicle(&vin), &purpose, NOW);
        let permit = permit.await.unwrap();
        // Straight to the pipe: nothing may be buffered in the process that dies.
        let mut out = std::io::stderr().lock();
        writeln!(out, "permit {} {vin}", permit.id().0).unwrap();
    }
}

#[tokio::test]
async fn every_look_that_was_answered_is_in_the_log_after_a_kill() {
    for answers in [1, 2, 17, 60] {
        let mut unbounded = settings();
        unbounded.budgets.refuse_looks_per_hour = u32::MAX;
        let store = Store::with(unbounded).await;
        let by = By::Console("test");
        store
            .access
            .create_user(by, "sun", PASSWORD, Role::Supervisor, NOW)
            .await
            .unwrap();
        store.access.close().await;

        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["the_child_that_is_killed", "--exact", "--nocapture"])
            .env(CHILD, store.path())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        while said.len() < answers {
            said.extend(permit_of(
                &lines.next().expect("the child goes on").unwrap(),
            ));
        }
        // SIGKILL; then what it had said meanwhile.
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|line| permit_of(&line)),
        );

        let access = Access::open_with(store.path(), settings(), NOW + 10)
            .await
            .unwrap();
        let verdict = access.verify_audit(None).await.unwrap();
        assert!(verdict.is_good(), "{verdict:?}");
        let mut on = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(store.path())
            .connect()
            .await
            .unwrap();
        for (id, vin) in &said {
            let row: (String, String) = sqlx::query_as("SELECT kind, vin FROM audit WHERE seq = ?")
                .bind(id)
                .fetch_one(&mut on)
                .await
                .unwrap();
            assert_eq!(row, ("permit_opened".to_owned(), vin.clone()));
        }
        let (opened, closed, left): (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM audit WHERE kind = 'permit_opened'),
                 (SELECT count(*) FROM audit WHERE kind = 'permit_closed' AND reason = 'server_ended'
                     AND amount IS NULL),
                 (SELECT count(*) FROM open_permits)",
        )
        .fetch_one(&mut on)
        .await
        .unwrap();
        assert!(opened as usize >= said.len());
        assert_eq!((closed, left), (opened, 0));
        println!("{} answers, {opened} rows", said.len());
    }
}

fn permit_of(line: &str) -> Option<(i64, String)> {
    let mut words = line.strip_prefix("permit ")?.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.to_owned()))
}
