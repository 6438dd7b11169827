//! The job that deletes, over everything at once, under a clock that the test turns.

use access::{Action, Forgotten, Purpose, PurposeKind, Vehicle};
use fleet::{Now, SourceId};

use super::*;
use crate::config::Cli;
use crate::retention::{Keeper, Retention, Steady, Stores};
use crate::source::{Names, Quarantines};

const HOURS_OF_A_DAY: u64 = 24;

/// The limits that nobody has changed.
fn limits() -> Retention {
    use clap::Parser;
    match Cli::parse_from(["evwall", "serve"]).command {
        crate::config::Command::Serve(serve) => serve.retention,
        _ => unreachable!(),
    }
}

fn after(start: Now, hours: u64) -> Now {
    Now {
        unix_ms: start.unix_ms + hours as i64 * 3_600_000,
        mono_ms: start.mono_ms + hours * 3_600_000,
    }
}

/// Centre, job, and how much of each thing there is.
struct Kept {
    centre: Centre,
    keeper: Keeper,
    quarantines: Quarantines,
    start: Now,
}

impl Kept {
    async fn new() -> Self {
        let centre = Centre::new().await;
        let state = &centre.state;
        let quarantines = Quarantines::new(Names::new(vec!["source".to_owned()]));
        let stores = Stores {
            access: state.access.clone(),
            fleet: state.fleet.clone(),
            quarantines: quarantines.clone(),
            handles: Arc::clone(&state.handles),
            walls: Arc::clone(&state.walls),
            screens: Arc::clone(&state.screens),
        };
        let start = clock::now();
        let steady = Steady::new(Some(start.unix_ms / 1_000), start);
        let keeper = Keeper::new(stores, limits(), steady);
        let mut kept = Self {
            centre,
            keeper,
            quarantines,
            start,
        };
        kept.fill().await;
        kept
    }

    async fn fill(&mut self) {
        let state = &self.centre.state;
        let cookie = self.centre.signed_in(Role::Supervisor).await;
        let session = self.centre.session(&cookie).await;
        let now_unix_s = clock::unix_s();
        let wrong = state.access.login("nobody", "x", "192.0.2.9", now_unix_s);
        wrong.await.unwrap_err();
        let vehicle = Vehicle {
            vin: VIN.to_owned(),
            handle: [7; 16],
        };
        let purpose = Purpose::new(PurposeKind::Alarm, None).unwrap();
        let permit = state
            .access
            .permit(&session, Action::OpenCard, vehicle, &purpose, now_unix_s);
        permit.await.unwrap();
        let reports = vec![report(self.start.unix_ms / 1_000)];
        let start = self.start;
        state
            .fleet
            .read(move |fleet| fleet.apply_all(&reports, start, |_| {}))
            .await
            .unwrap();
        self.quarantines
            .of(SourceId(0))
            .keep("bad_checksum", &[1, 0xFF]);
        // Nothing is of a time that has not come.
        self.start = clock::now();
    }

    /// The job's round at that hour: pieces, failed log-ins, positions, VINs in the log that are left.
    async fn at(&mut self, hours: u64) -> [i64; 4] {
        let now = after(self.start, hours);
        // What the server does four times a second.
        let swept = self.centre.state.access.sweep(now.unix_ms / 1_000);
        swept.await.unwrap();
        self.keeper.round(now).await;
        let positions = self.centre.state.fleet.read(|fleet| {
            let mut records = Vec::new();
            fleet.keep(0..fleet.vehicles().len() as u32, &mut records);
            i64::from(!records.is_empty())
        });
        let mut on = self.centre.second_connection().await;
        let count = async |on: &mut SqliteConnection, sql: &'static str| -> i64 {
            sqlx::query_scalar(sql).fetch_one(on).await.unwrap()
        };
        let lockouts = count(&mut on, "SELECT count(*) FROM lockouts").await;
        let vins = count(&mut on, "SELECT count(*) FROM audit WHERE vin IS NOT NULL").await;
        on.close().await.unwrap();
        let pieces = self.quarantines.text().lines().count() as i64;
        [pieces, lockouts, positions.await.unwrap(), vins]
    }
}

#[tokio::test]
async fn nothing_is_kept_longer_than_the_table_says() {
    let mut kept = Kept::new().await;
    let limits = limits();
    let day = u64::from(limits.damaged_hours);
    assert_eq!(kept.at(0).await, [1, 2, 1, 1]);
    assert_eq!(kept.at(day - 1).await, [1, 2, 1, 1]);
    // What was kept a moment after the start is a day old a moment after the day.
    assert_eq!(kept.at(day + 1).await, [0, 0, 1, 1]);
    let vehicles = u64::from(limits.vehicle_days) * HOURS_OF_A_DAY;
    for hours in [vehicles - 3, vehicles] {
        let left = kept.at(hours).await;
        assert_eq!(left, [0, 0, i64::from(hours < vehicles), 1]);
    }
    let audit = u64::from(limits.audit_days) * HOURS_OF_A_DAY;
    for hours in [audit - 24, audit - 3, audit] {
        assert_eq!(kept.at(hours).await[3], i64::from(hours < audit), "{hours}");
    }
    // What went is told, without a VIN, and the log is whole.
    let mut on = kept.centre.second_connection().await;
    let told: Vec<(String, i64)> = sqlx::query_as(
        "SELECT coalesce(reason, kind), amount FROM audit WHERE kind IN ('forgotten', 'audit_cut') ORDER BY seq",
    )
    .fetch_all(&mut on)
    .await
    .unwrap();
    on.close().await.unwrap();
    let forgotten = [
        Forgotten::DamagedPieces,
        Forgotten::Lockouts,
        Forgotten::Vehicles,
    ];
    let amounts = [1, 2, 1];
    for (told, (what, amount)) in told.iter().zip(forgotten.into_iter().zip(amounts)) {
        assert_eq!((told.0.as_str(), told.1), (what.name(), amount));
    }
    assert_eq!(told.last().unwrap().0, "audit_cut");
    let access = &kept.centre.state.access;
    let found = access.verify_audit(None).await.unwrap();
    assert!(found.is_good() && found.cut.is_some(), "{found:?}");
}

/// A clock that says in three years at once that everything is old, as a wrong one would.
#[tokio::test]
async fn a_clock_that_leaps_deletes_no_row_of_the_log_for_a_day() {
    let mut kept = Kept::new().await;
    assert_eq!(kept.at(1).await[3], 1);
    let leap = u64::from(limits().audit_days + 10) * HOURS_OF_A_DAY;
    let leapt = Now {
        mono_ms: kept.start.mono_ms,
        ..after(kept.start, leap)
    };
    kept.start = leapt;
    assert_eq!(kept.at(2).await[3], 1);
    assert_eq!(kept.at(25).await[3], 1);
    assert_eq!(kept.at(26).await[3], 0);
}
