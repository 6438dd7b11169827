//! Who reads the log, and what that leaves.

mod common;
use access::{Action, AuditFilter, Refused, Role};
use common::{NOW, Store, VIN, open_cards};

#[tokio::test]
async fn only_the_privacy_officer_reads_the_log_and_the_reading_is_a_row() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    store.open_card(&session, NOW).await.unwrap();
    let filter = AuditFilter {
        vin: Some(VIN.to_owned()),
        ..AuditFilter::default()
    };
    for role in [Role::Screen, Role::Viewer, Role::Admin] {
        let (_, session) = store.logged_in(role).await;
        let answer = store.access.read_audit(&session, &filter, NOW).await;
        assert_eq!(
            answer.unwrap_err(),
            Refused::NotAllowed {
                role,
                action: Action::ReadAudit
            }
        );
    }
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let rows = store
        .access
        .read_audit(&officer, &filter, NOW)
        .await
        .unwrap();
    assert_eq!(rows[0].kind, "audit_read");
    assert_eq!(rows[0].user_name.as_deref(), Some("privacy_officer"));
    assert_eq!(rows[1].kind, "permit_opened");
    assert_eq!(rows[1].user_name.as_deref(), Some("supervisor"));
    assert_eq!(rows[1].vin.as_deref(), Some(VIN));
    assert_eq!(rows[1].source.as_deref(), Some("192.0.2.7"));
    assert_eq!(rows.len(), 2);
    assert!(format!("{rows:?}").contains("permit_opened"));
    assert!(!format!("{rows:?}").contains(VIN));
}

#[tokio::test]
async fn filters_narrow_pages_follow_and_sql_in_them_is_text() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    open_cards(&store, &session, 20).await;
    let read = async |filter: AuditFilter| {
        let rows = store
            .access
            .read_audit(&officer, &filter, NOW + 10)
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| (row.seq, row.kind))
            .collect::<Vec<_>>()
    };
    let kind = |kind: &str| AuditFilter {
        kind: Some(kind.to_owned()),
        ..AuditFilter::default()
    };
    let opened = read(kind("permit_opened")).await;
    assert_eq!(opened.len(), 20);
    let first = read(AuditFilter {
        limit: Some(7),
        ..kind("permit_opened")
    })
    .await;
    let before_seq = Some(first[6].0);
    let rest = read(AuditFilter {
        before_seq,
        ..kind("permit_opened")
    })
    .await;
    assert_eq!([first, rest].concat(), opened);
    let user = |name: &str| AuditFilter {
        user_name: Some(name.to_owned()),
        ..AuditFilter::default()
    };
    assert!(read(user("supervisor")).await.len() > 40);
    assert_eq!(
        read(AuditFilter {
            to_unix_s: Some(NOW),
            ..AuditFilter::default()
        })
        .await
        .len(),
        0
    );
    for bad in ["x' OR '1'='1", "%", "'; DROP TABLE audit; --"] {
        assert!(read(kind(bad)).await.is_empty());
        // But for the row of this very reading, which names what was asked.
        assert!(
            read(user(bad))
                .await
                .iter()
                .all(|(_, kind)| kind == "audit_read")
        );
    }
    assert!(store.access.verify_audit(None).await.unwrap().is_good());
}

#[tokio::test]
async fn an_export_is_a_row_and_nothing_in_it_is_a_formula() {
    let store = Store::new().await;
    store.user("-cmd", Role::Viewer).await;
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let csv = store
        .access
        .export_audit(&officer, &AuditFilter::default(), NOW)
        .await
        .unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1 + 4);
    assert!(lines[1].contains("audit_exported"));
    assert!(lines[4].contains("\"'-cmd\""), "{}", lines[4]);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
}

#[tokio::test]
async fn everybody_sees_their_own_rows_without_vins_and_how_often_they_looked_today() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let (_, viewer) = store.logged_in(Role::Viewer).await;
    let access = &store.access;
    open_cards(&store, &session, 3).await;
    assert_eq!(access.looks_today(&session, NOW).await, Ok(3));
    assert_eq!(access.looks_today(&viewer, NOW).await, Ok(0));
    let midnight = (NOW + 8 * 3600).div_euclid(86_400) * 86_400 + 86_400 - 8 * 3600;
    let mine = access.own_audit(&session, None, 100, NOW).await.unwrap();
    assert_eq!(mine.len(), 7);
    assert!(
        mine.iter()
            .all(|row| row.user_name.as_deref() == Some("supervisor"))
    );
    let json = serde_json::to_string(&mine).unwrap();
    assert!(!json.contains("LTEST0"), "{json}");
    assert!(json.contains("LTE…"));
    assert_eq!(
        access
            .own_audit(&viewer, None, 100, NOW)
            .await
            .unwrap()
            .len(),
        1
    );
    let (_, session) = store.login_at("supervisor", midnight).await;
    assert_eq!(access.looks_today(&session, midnight).await, Ok(0));
    let (_, screen) = store.logged_in_at(Role::Screen, midnight).await;
    assert!(
        access
            .own_audit(&screen, None, 100, midnight)
            .await
            .is_err()
    );
}
