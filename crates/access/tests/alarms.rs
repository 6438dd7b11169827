//! Answering for an alarm is a row that names the vehicle, and only a supervisor's.

mod common;

use access::{Action, AlarmComment, AlarmSeen, AuditFilter, PurposeError, Refused, Role};
use common::{NOW, Store, VIN};

#[tokio::test]
async fn whoever_answers_for_an_alarm_stands_in_the_log_with_vehicle_level_and_comment() {
    let store = Store::new().await;
    let (_, supervisor) = store.logged_in(Role::Supervisor).await;
    let seen = AlarmSeen::new(VIN, 4, AlarmComment::RescueCalled, Some("INC-2026-7")).unwrap();
    store
        .access
        .acknowledge_alarm(&supervisor, seen, NOW + 5)
        .await
        .unwrap();

    let (_, officer) = store.logged_in(Role::PrivacyOfficer).await;
    let filter = AuditFilter {
        kind: Some("alarm_acknowledged".to_owned()),
        ..AuditFilter::default()
    };
    let rows = store
        .access
        .read_audit(&officer, &filter, NOW + 6)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(row.user_name.as_deref(), Some("supervisor"));
    assert_eq!(row.vin.as_deref(), Some(VIN));
    assert_eq!(row.reason.as_deref(), Some("rescue_called"));
    assert_eq!(row.case_number.as_deref(), Some("INC-2026-7"));
    assert_eq!((row.amount, row.at_unix_s), (Some(4), NOW + 5));

    let own = store
        .access
        .own_audit(&supervisor, None, 10, NOW + 7)
        .await
        .unwrap();
    let own = own
        .iter()
        .find(|row| row.kind == "alarm_acknowledged")
        .unwrap();
    assert_eq!(
        own.vin.as_deref(),
        Some("LTE…"),
        "one's own rows are no notebook of VINs"
    );
}

#[tokio::test]
async fn nobody_else_answers_for_an_alarm() {
    let store = Store::new().await;
    for role in Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Supervisor)
    {
        let (_, session) = store.logged_in(role).await;
        let seen = AlarmSeen::new(VIN, 1, AlarmComment::Watching, None).unwrap();
        let refused = store
            .access
            .acknowledge_alarm(&session, seen, NOW)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, Refused::NotAllowed { action, .. } if action == Action::AcknowledgeAlarm),
            "{role:?}: {refused:?}"
        );
    }
}

#[test]
fn a_reference_names_no_person_and_a_comment_is_one_of_the_list() {
    for bad in ["13812345678", "沪A12345", "he called twice", "x"] {
        assert!(
            AlarmSeen::new(VIN, 1, AlarmComment::Watching, Some(bad)).is_err(),
            "{bad}"
        );
    }
    assert_eq!(
        AlarmSeen::new(VIN, 1, AlarmComment::Watching, Some("沪A12345")).unwrap_err(),
        PurposeError::PersonalNumber
    );
    for comment in AlarmComment::ALL {
        assert_eq!(AlarmComment::parse(comment.name()), Some(comment));
    }
    assert_eq!(AlarmComment::parse("Mr Zhang was told"), None);
}
