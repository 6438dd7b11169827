//! The whole Role × Action table a second time, as a picture. Changing what a role may do means changing it here.

use access::{Action, Role, allows};

/// Columns: screen, viewer, supervisor, privacy officer, admin.
const MATRIX: [(&str, [u8; 5]); 19] = [
    ("see_map", [1, 1, 1, 1, 1]),
    ("see_own_audit", [0, 1, 1, 1, 1]),
    ("change_own_password", [0, 1, 1, 1, 1]),
    ("see_sources", [0, 1, 1, 0, 1]),
    ("pick_dot", [0, 1, 1, 0, 0]),
    ("see_alarms", [0, 1, 1, 0, 0]),
    ("acknowledge_alarm", [0, 0, 1, 0, 0]),
    ("send_to_wall", [0, 0, 1, 0, 1]),
    ("open_card", [0, 0, 1, 0, 0]),
    ("follow_vehicle", [0, 0, 1, 0, 0]),
    ("show_track", [0, 0, 1, 0, 0]),
    ("search_vin", [0, 0, 1, 0, 0]),
    ("list_lasso", [0, 0, 1, 0, 0]),
    ("download", [0, 0, 1, 0, 0]),
    ("read_audit", [0, 0, 0, 1, 0]),
    ("export_audit", [0, 0, 0, 1, 0]),
    ("see_notices", [0, 0, 0, 1, 0]),
    ("manage_users", [0, 0, 0, 0, 1]),
    ("manage_screens", [0, 0, 0, 0, 1]),
];

#[test]
fn the_table_is_exactly_this() {
    assert_eq!(MATRIX.len(), Action::ALL.len(), "an action is missing here");
    for (action, (name, row)) in Action::ALL.into_iter().zip(MATRIX) {
        assert_eq!(action.name(), name);
        let allowed = Role::ALL.map(|role| u8::from(allows(role, action)));
        assert_eq!(allowed, row, "{name}");
    }
}

/// `ALL` is written by hand; here the compiler counts.
#[test]
fn no_role_and_no_action_is_left_out() {
    for (at, role) in Role::ALL.into_iter().enumerate() {
        let place = match role {
            Role::Screen => 0,
            Role::Viewer => 1,
            Role::Supervisor => 2,
            Role::PrivacyOfficer => 3,
            Role::Admin => 4,
        };
        assert_eq!(place, at);
    }
    for (at, action) in Action::ALL.into_iter().enumerate() {
        let place = match action {
            Action::SeeMap => 0,
            Action::SeeOwnAudit => 1,
            Action::ChangeOwnPassword => 2,
            Action::SeeSources => 3,
            Action::PickDot => 4,
            Action::SeeAlarms => 5,
            Action::AcknowledgeAlarm => 6,
            Action::SendToWall => 7,
            Action::OpenCard => 8,
            Action::FollowVehicle => 9,
            Action::ShowTrack => 10,
            Action::SearchVin => 11,
            Action::ListLasso => 12,
            Action::Download => 13,
            Action::ReadAudit => 14,
            Action::ExportAudit => 15,
            Action::SeeNotices => 16,
            Action::ManageUsers => 17,
            Action::ManageScreens => 18,
        };
        assert_eq!(place, at);
    }
}

#[test]
fn whatever_shows_a_vehicle_needs_a_permit_and_is_for_supervisors_alone() {
    for action in Action::ALL
        .into_iter()
        .filter(|action| action.needs_permit())
    {
        let who: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|&role| allows(role, action))
            .collect();
        assert_eq!(who, [Role::Supervisor], "{action:?}");
    }
}

#[test]
fn only_a_supervisor_sees_exact_positions() {
    for role in Role::ALL {
        assert_eq!(role.scope() == 0, role == Role::Supervisor);
    }
}

#[test]
fn names_are_read_back_and_nothing_else_is_a_role() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.name()), Some(role));
    }
    for name in ["", "Admin", "admin ", "root", "admin' OR '1'='1"] {
        assert_eq!(Role::parse(name), None);
    }
}
