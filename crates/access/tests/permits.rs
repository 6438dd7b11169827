//! A look is a row first.

mod common;
use access::{Access, Action, NotPermitted, PermitEnded, Refused, Role};
use common::{NOW, Store, VIN, alarm, settings, vehicle};

#[tokio::test]
async fn a_supervisor_gets_a_permit_that_ends_after_a_quarter_of_an_hour() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let permit = store.open_card(&session, NOW).await.unwrap();
    assert!(permit.covers(VIN));
    assert_eq!(permit.check(NOW + 899), Ok(()));
    assert_eq!(permit.check(NOW + 900), Err(PermitEnded));
    store
        .access
        .close_permit(permit.id(), access::Closed::ByHand, NOW + 5)
        .await
        .unwrap();
    assert_eq!(permit.check(NOW + 5), Err(PermitEnded));
}

#[tokio::test]
async fn nobody_but_a_supervisor_gets_one() {
    let store = Store::new().await;
    for role in Role::ALL {
        let (_, session) = store.logged_in(role).await;
        let answer = store.open_card(&session, NOW).await;
        if role == Role::Supervisor {
            answer.unwrap();
        } else {
            let action = Action::OpenCard;
            assert_eq!(answer.unwrap_err(), Refused::NotAllowed { role, action });
        }
    }
}

#[tokio::test]
async fn a_permit_ends_with_its_session() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let permit = store.open_card(&session, NOW).await.unwrap();
    store.access.logout(&token, NOW + 3).await.unwrap();
    assert_eq!(permit.check(NOW + 3), Err(PermitEnded));
    let answer = store.open_card(&session, NOW + 4).await;
    assert_eq!(answer.unwrap_err(), Refused::SessionEnded);
}

#[tokio::test]
async fn a_set_has_at_most_twenty_vehicles_and_each_is_a_vin() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let many = |n: usize| {
        (0..n)
            .map(|i| vehicle(&format!("LTEST00000W{i:06}")))
            .collect()
    };
    let ask = |vehicles| {
        store
            .access
            .permit_set(&session, Action::ListLasso, vehicles, &PURPOSE, NOW)
    };
    static PURPOSE: std::sync::LazyLock<access::Purpose> = std::sync::LazyLock::new(alarm);
    assert_eq!(ask(many(20)).await.unwrap().vehicles().len(), 20);
    let refused = Refused::BadNumberOfVehicles { at_most: 20 };
    assert_eq!(ask(many(21)).await.unwrap_err(), refused);
    assert_eq!(ask(many(0)).await.unwrap_err(), refused);
    assert_eq!(
        ask(vec![vehicle("沪A12345")]).await.unwrap_err(),
        Refused::BadVin
    );
}

#[tokio::test]
async fn an_orderly_stop_writes_how_long_open_cards_were_open() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    let permit = store.open_card(&session, NOW).await.unwrap();
    store.access.touch(&session, NOW + 3000).await.unwrap();
    store.access.stop(NOW + 42).await;
    assert!(permit.check(NOW + 42).is_err());
    let access = Access::open_with(store.path(), settings(), NOW + 3000)
        .await
        .unwrap();
    let session = access.session(&token, NOW + 6000).await.unwrap();
    let rows = access
        .own_audit(&session, None, 1, NOW + 6000)
        .await
        .unwrap();
    assert_eq!(rows[0].reason.as_deref(), Some("server_stopped"));
    assert_eq!(
        (rows[0].kind.as_str(), rows[0].amount),
        ("permit_closed", Some(42))
    );
}

#[tokio::test]
async fn a_permit_is_for_its_action_and_its_vehicle() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    let permit = store.open_card(&session, NOW).await.unwrap();
    let ask = |action, vin, now| permit.check_for(action, vin, now);
    assert_eq!(ask(Action::OpenCard, VIN, NOW), Ok(()));
    assert_eq!(
        ask(Action::ShowTrack, VIN, NOW),
        Err(NotPermitted::OtherAction)
    );
    let other = ask(Action::OpenCard, "LTEST00000W000002", NOW);
    assert_eq!(other, Err(NotPermitted::OtherVehicle));
    assert_eq!(
        ask(Action::OpenCard, "", NOW),
        Err(NotPermitted::OtherVehicle)
    );
    assert_eq!(
        ask(Action::OpenCard, VIN, NOW + 900),
        Err(NotPermitted::Ended)
    );
}

#[tokio::test]
async fn what_shows_no_vehicle_or_is_a_search_has_no_permit_of_this_kind() {
    let store = Store::new().await;
    let (_, session) = store.logged_in(Role::Supervisor).await;
    for action in [Action::SeeMap, Action::SearchVin, Action::PickDot] {
        let purpose = alarm();
        let answer = store
            .access
            .permit(&session, action, vehicle(VIN), &purpose, NOW)
            .await;
        assert_eq!(answer.unwrap_err(), Refused::NoPermitFor { action });
    }
}
