//! Looking at unusually many vehicles is told, then refused; so is guessing at VINs.

mod common;
use access::{Action, Budgets, PermitId, Refused, Role, Settings, Wanted};
use common::{NOW, Store, VIN, alarm, settings, vehicle};

async fn store() -> Store {
    Store::with(Settings {
        budgets: Budgets {
            notice_looks_per_hour: 3,
            refuse_looks_per_hour: 5,
            notice_looks_per_day: 100,
            refuse_looks_per_day: 100,
            notice_misses_per_hour: 2,
            refuse_misses_per_hour: 4,
        },
        ..settings()
    })
    .await
}

#[tokio::test]
async fn looks_above_the_first_line_are_told_once_and_above_the_second_refused() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let notices = async || store.access.notices(&officer, NOW + 100).await.unwrap();
    for n in 0..3 {
        store.open_card(&session, NOW + n).await.unwrap();
    }
    assert!(notices().await.is_empty());
    for n in 3..5 {
        store.open_card(&session, NOW + n).await.unwrap();
    }
    let told = notices().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].user_name.as_deref(), Some("supervisor"));
    assert_eq!(told[0].reason.as_deref(), Some("looks_per_hour"));
    store
        .access
        .notice_seen(&officer, told[0].seq, NOW + 100)
        .await
        .unwrap();
    store
        .access
        .notice_seen(&officer, told[0].seq, NOW + 100)
        .await
        .unwrap();
    let answer = store.access.notices(&session, NOW + 100).await.unwrap_err();
    assert!(matches!(answer, Refused::NotAllowed { .. }));
    assert!(notices().await.is_empty());
    // The first look leaves the hour at NOW + 3600.
    let refused = store.open_card(&session, NOW + 100).await.unwrap_err();
    assert_eq!(
        refused,
        Refused::OverBudget {
            retry_after_s: 3500
        }
    );
    store.access.touch(&session, NOW + 100).await.unwrap();
    assert!(store.open_card(&session, NOW + 3599).await.is_err());
    store.open_card(&session, NOW + 3600).await.unwrap();
}

#[tokio::test]
async fn a_set_counts_as_many_looks_as_it_has_vehicles() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let set = |n: u32| {
        (0..n)
            .map(|i| vehicle(&format!("LTEST00000W{i:06}")))
            .collect()
    };
    let ask = async |n| {
        let purpose = alarm();
        store
            .access
            .permit_set(&session, Action::ListLasso, set(n), &purpose, NOW)
            .await
            .map(|p| p.vehicles().len())
    };
    assert_eq!(
        ask(6).await,
        Err(Refused::OverBudget {
            retry_after_s: 3600
        })
    );
    assert_eq!(ask(4).await, Ok(4));
    assert!(matches!(ask(2).await, Err(Refused::OverBudget { .. })));
    assert_eq!(ask(1).await, Ok(1));
}

#[tokio::test]
async fn refusals_are_written_down_but_not_without_end() {
    let store = store().await;
    let (_, viewer) = store.logged_in(Role::Viewer).await;
    for _ in 0..50 {
        assert!(store.open_card(&viewer, NOW).await.is_err());
    }
    let verdict = store.access.verify_audit(None).await.unwrap();
    // The account, the log-in, and twenty refusals.
    assert_eq!(verdict.rows, 22);
}

#[tokio::test]
async fn a_search_is_written_before_and_after_and_shows_ten_at_most() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let access = &store.access;
    let wanted = Wanted::Tail {
        last6: "000001",
        make: "某某汽车",
    };
    let search = access
        .search(&session, wanted, &alarm(), NOW)
        .await
        .unwrap();
    let hits = access
        .search_answered(search, (0..12).collect(), NOW)
        .await
        .unwrap();
    assert_eq!((hits.hits.len(), hits.more), (10, true));
    let rows = access.own_audit(&session, None, 10, NOW).await.unwrap();
    let said: Vec<_> = rows[..2]
        .iter()
        .map(|row| (row.kind.as_str(), row.amount))
        .collect();
    assert_eq!(
        said,
        [("search_answered", Some(12)), ("search_asked", None)]
    );
    assert_eq!(rows[0].permit_id, Some(rows[1].seq));
    assert_eq!(rows[1].make.as_deref(), Some("某某汽车"));
}

#[tokio::test]
async fn half_a_vin_a_look_alike_or_a_tail_without_a_make_is_not_searched() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let bad = [
        Wanted::Vin("LTEST"),
        Wanted::Vin(""),
        Wanted::Vin("LTEST00000W00000%"),
        Wanted::Vin("ltest00000w000001"),
        Wanted::Vin("ＬＴＥＳＴ"),
        Wanted::Vin("LTEST00000W00000\u{661}"),
        Wanted::Vin("' OR 1=1 --     "),
        Wanted::Tail {
            last6: "00001",
            make: "x",
        },
        Wanted::Tail {
            last6: "000001",
            make: "",
        },
        Wanted::Tail {
            last6: "______",
            make: "x",
        },
    ];
    for wanted in bad {
        let answer = store.access.search(&session, wanted, &alarm(), NOW).await;
        assert_eq!(answer.unwrap_err(), Refused::BadVin);
    }
    for role in [
        Role::Screen,
        Role::Viewer,
        Role::PrivacyOfficer,
        Role::Admin,
    ] {
        let (_, session) = store.logged_in(role).await;
        let answer = store
            .access
            .search(&session, Wanted::Vin(VIN), &alarm(), NOW)
            .await;
        assert_eq!(
            answer.unwrap_err(),
            Refused::NotAllowed {
                role,
                action: Action::SearchVin
            }
        );
    }
}

#[tokio::test]
async fn misses_are_counted_told_and_then_searching_stops() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    for n in 0..4 {
        let search = store
            .access
            .search(&session, Wanted::Vin(VIN), &alarm(), NOW)
            .await
            .unwrap();
        store
            .access
            .search_answered(search, Vec::<()>::new(), NOW)
            .await
            .unwrap();
        let notices = store.access.notices(&officer, NOW).await.unwrap();
        let told = notices
            .iter()
            .any(|row| row.reason.as_deref() == Some("misses_per_hour"));
        assert_eq!(told, n >= 2, "after {} misses", n + 1);
    }
    let answer = store
        .access
        .search(&session, Wanted::Vin(VIN), &alarm(), NOW)
        .await;
    assert!(matches!(answer, Err(Refused::OverBudget { .. })));
}

/// However many ask at once, a budget of five gives five.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asking_from_many_tasks_at_once_gets_no_more_than_the_budget() {
    let store = store().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (access, session) = (store.access.clone(), session.clone());
            tokio::spawn(async move {
                let purpose = alarm();
                let permit = access.permit(&session, Action::OpenCard, vehicle(VIN), &purpose, NOW);
                permit.await.map(|permit| permit.id())
            })
        })
        .collect();
    let mut given: Vec<PermitId> = Vec::new();
    for task in tasks {
        given.extend(task.await.unwrap().ok());
    }
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 5);
    assert!(store.access.verify_audit(None).await.unwrap().is_good());
}
