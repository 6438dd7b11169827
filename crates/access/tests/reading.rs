//! Who reads the log, and what that leaves.

mod common;
use access::{Action, AlarmComment, AlarmSeen, AuditFilter, By, Closed, Refused, Role, UserError};
use access::{Wanted, find_report, report_digest};
use common::{NOW, Store, VIN, alarm, open_cards, vehicle};

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

#[tokio::test]
async fn the_report_on_a_vehicle_has_every_row_about_it_and_none_about_another() {
    let store = Store::new().await;
    let access = &store.access;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    const OTHER: &str = "LTEST99999W777777";
    // A set whose first vehicle is another one: the row that closes it names the other one's row.
    let set = vec![vehicle(OTHER), vehicle(VIN)];
    let permit = access
        .permit_set(&session, Action::OpenCard, set, &alarm(), NOW)
        .await
        .unwrap();
    access
        .close_permit(permit.id(), Closed::ByHand, NOW + 9)
        .await
        .unwrap();
    let tail = Wanted::Tail {
        last6: &VIN[11..],
        make: "Probe",
    };
    let foreign = Wanted::Tail {
        last6: &OTHER[11..],
        make: "Probe",
    };
    for (wanted, hits) in [
        (Wanted::Vin(VIN), 1),
        (Wanted::Vin(OTHER), 1),
        (tail, 3),
        (foreign, 2),
    ] {
        let search = access
            .search(&session, wanted, &alarm(), NOW)
            .await
            .unwrap();
        access
            .search_answered(search, vec![(); hits], NOW)
            .await
            .unwrap();
    }
    let seen = AlarmSeen::new(VIN, 3, AlarmComment::Resolved, Some("REF-1")).unwrap();
    access.acknowledge_alarm(&session, seen, NOW).await.unwrap();
    let filter = AuditFilter {
        vin: Some(VIN.to_owned()),
        ..AuditFilter::default()
    };
    access.read_audit(&officer, &filter, NOW).await.unwrap();
    access.export_audit(&officer, &filter, NOW).await.unwrap();

    let by = By::Session(&officer);
    let report = access.report_vehicle(by, VIN, NOW + 20).await.unwrap();
    let rows: Vec<_> = report
        .lines
        .iter()
        .map(|line| (line.kind.as_str(), line.who(), line.amount))
        .collect();
    let (looker, reader) = ("supervisor", "privacy_officer");
    assert_eq!(
        rows,
        [
            ("permit_opened", looker, None),
            ("permit_closed", looker, Some(9)),
            ("search_asked", looker, None),
            ("search_answered", looker, Some(1)),
            ("search_asked", looker, None),
            ("search_answered", looker, Some(3)),
            ("alarm_acknowledged", looker, Some(3)),
            ("audit_read", reader, None),
            ("audit_exported", reader, None),
        ]
    );
    let by_tail = report.lines.iter().map(|line| line.is_by_tail(VIN));
    assert_eq!(by_tail.filter(|is| *is).count(), 1);
    assert!(!report.file.contains("777777"), "{}", report.file);
    assert!(
        report.file.contains("2026-11-22 06:26:40"),
        "{}",
        report.file
    );

    assert_eq!(report.begins, (1, "2026-11-22 06:26:40".to_owned()));
    // Its own row carries its digest, the row before is the one it stands on, and the next report tells of this one.
    let digest = report_digest(report.file.as_bytes()).unwrap();
    assert_eq!(digest, report.sha256);
    let log = store.folder.path().join("evwall.db");
    let found = find_report(&log, &digest).await.unwrap().unwrap();
    assert_eq!((found.seq, found.at_unix_s), (report.row, NOW + 20));
    assert_eq!(found.user_name.as_deref(), Some(reader));
    let all = AuditFilter::default();
    let before = access.read_audit(&officer, &all, NOW + 20).await.unwrap();
    let stands_on = before.iter().find(|row| row.seq == report.head_row);
    assert_eq!(stands_on.unwrap().hash, report.head_hash);
    let console = By::Console("console");
    let next = access.report_vehicle(console, VIN, NOW + 30).await.unwrap();
    assert_eq!(next.lines.len(), 10);
    assert_eq!(next.lines[9].kind, "vehicle_reported");
    assert_eq!(next.made_by, "console:console");
    assert!(access.verify_audit(None).await.unwrap().is_good());
}

#[tokio::test]
async fn a_report_on_a_vehicle_is_for_the_privacy_officer_and_not_without_its_row() {
    let store = Store::new().await;
    for role in [Role::Screen, Role::Viewer, Role::Supervisor, Role::Admin] {
        let (_, session) = store.logged_in(role).await;
        let refused = store
            .access
            .report_vehicle(By::Session(&session), VIN, NOW)
            .await
            .err();
        let action = Action::ExportAudit;
        assert_eq!(refused, Some(UserError::NotAllowed { role, action }));
    }
    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let by = By::Session(&officer);
    for no_vin in ["", "LTEST 0000W000001", "LTEST00000W0000001", "车架号"] {
        let refused = store.access.report_vehicle(by, no_vin, NOW).await.err();
        assert_eq!(refused, Some(UserError::BadVin), "{no_vin}");
    }
    let late = store.access.report_vehicle(by, VIN, NOW - 3600).await.err();
    assert!(
        matches!(late, Some(UserError::Fault(_) | UserError::SessionEnded)),
        "{late:?}"
    );
    let filter = AuditFilter {
        kind: Some("vehicle_reported".to_owned()),
        ..AuditFilter::default()
    };
    let rows = store.access.read_audit(&officer, &filter, NOW).await;
    assert!(rows.unwrap().is_empty());
    // One that found nothing is a report too.
    let report = store.access.report_vehicle(by, VIN, NOW).await.unwrap();
    assert!(report.lines.is_empty() && !report.is_cut);
    assert!(report_digest(report.file.as_bytes()).is_some());
}

#[test]
fn what_is_no_report_has_no_digest() {
    for no_report in [
        "",
        "sha256,",
        "sha256,00\r\n",
        "format,other\r\nsha256,00\r\n",
    ] {
        assert_eq!(report_digest(no_report.as_bytes()), None, "{no_report}");
    }
    assert_eq!(report_digest(b"\xff\xfe"), None);
}
