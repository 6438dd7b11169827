//! Who may do what: one table, deny by default. `roles_for` is that table; everything that asks a permission, in the
//! server, in a server function or on the socket, asks `allows`. An action that has no line does not compile, and a
//! role that is not named in the line is denied. `tests/matrix.rs` holds the same table a second time as a literal
//! matrix, so that a changed line is a changed test.

use serde::{Deserialize, Serialize};

/// What a person (or a wall) is to the centre. A user has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A wall PC: shows the map, can ask nothing.
    Screen,
    /// Staff who watch the map.
    Viewer,
    /// May open a vehicle, with a purpose.
    Supervisor,
    /// Reads the log of looks; never opens a vehicle.
    PrivacyOfficer,
    /// Manages accounts and screens; never opens a vehicle, never reads the log.
    Admin,
}

/// What somebody wants to do. Every route, server function and upward socket message names exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The page, the socket, the counts. Which positions, `Role::scope` says.
    SeeMap,
    /// One's own rows of the log, and the count "looks today".
    SeeOwnAudit,
    ChangeOwnPassword,
    /// The state of the telemetry sources.
    SeeSources,
    /// A click on a dot: gets a handle or the look, no name.
    PickDot,
    /// The list of live alarms: level, kind, age, district; no names.
    SeeAlarms,
    /// Answering for one, which is a row.
    AcknowledgeAlarm,
    /// What a wall shows for a while, which is a row.
    SendToWall,
    OpenCard,
    FollowVehicle,
    ShowTrack,
    SearchVin,
    ListLasso,
    Download,
    ReadAudit,
    ExportAudit,
    SeeNotices,
    ManageUsers,
    ManageScreens,
}

/// The table.
const fn roles_for(action: Action) -> &'static [Role] {
    use Role::{Admin, PrivacyOfficer, Screen, Supervisor, Viewer};
    match action {
        // What hangs on the wall of the room may be seen by everybody who has an account.
        Action::SeeMap => &[Screen, Viewer, Supervisor, PrivacyOfficer, Admin],
        // A screen is not a person: it has no rows and no password of its own to change.
        Action::SeeOwnAudit | Action::ChangeOwnPassword => {
            &[Viewer, Supervisor, PrivacyOfficer, Admin]
        }
        Action::SeeSources => &[Viewer, Supervisor, Admin],
        Action::PickDot | Action::SeeAlarms => &[Viewer, Supervisor],
        Action::SendToWall => &[Supervisor, Admin],
        Action::AcknowledgeAlarm
        | Action::OpenCard
        | Action::FollowVehicle
        | Action::ShowTrack
        | Action::SearchVin
        | Action::ListLasso
        | Action::Download => &[Supervisor],
        Action::ReadAudit | Action::ExportAudit | Action::SeeNotices => &[PrivacyOfficer],
        Action::ManageUsers | Action::ManageScreens => &[Admin],
    }
}

/// Whether `role` may do `action`. The only answer to that question in the whole program.
#[must_use]
pub fn allows(role: Role, action: Action) -> bool {
    roles_for(action).contains(&role)
}

/// The scope of a screen that is shown to visitors: coarser still, and no more of a vehicle than whether it moves.
pub const VISITOR_SCOPE: u8 = 2;

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Screen,
        Self::Viewer,
        Self::Supervisor,
        Self::PrivacyOfficer,
        Self::Admin,
    ];

    /// The name in the database, on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Viewer => "viewer",
            Self::Supervisor => "supervisor",
            Self::PrivacyOfficer => "privacy_officer",
            Self::Admin => "admin",
        }
    }

    /// The role of that name; case matters.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The scope of the cells this role is sent: 0 exact positions down to street level, 1 blurred.
    #[must_use]
    pub const fn scope(self) -> u8 {
        match self {
            Self::Supervisor => 0,
            Self::Screen | Self::Viewer | Self::PrivacyOfficer | Self::Admin => 1,
        }
    }
}

impl Action {
    pub const ALL: [Self; 19] = [
        Self::SeeMap,
        Self::SeeOwnAudit,
        Self::ChangeOwnPassword,
        Self::SeeSources,
        Self::PickDot,
        Self::SeeAlarms,
        Self::AcknowledgeAlarm,
        Self::SendToWall,
        Self::OpenCard,
        Self::FollowVehicle,
        Self::ShowTrack,
        Self::SearchVin,
        Self::ListLasso,
        Self::Download,
        Self::ReadAudit,
        Self::ExportAudit,
        Self::SeeNotices,
        Self::ManageUsers,
        Self::ManageScreens,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SeeMap => "see_map",
            Self::SeeOwnAudit => "see_own_audit",
            Self::ChangeOwnPassword => "change_own_password",
            Self::SeeSources => "see_sources",
            Self::PickDot => "pick_dot",
            Self::SeeAlarms => "see_alarms",
            Self::AcknowledgeAlarm => "acknowledge_alarm",
            Self::SendToWall => "send_to_wall",
            Self::OpenCard => "open_card",
            Self::FollowVehicle => "follow_vehicle",
            Self::ShowTrack => "show_track",
            Self::SearchVin => "search_vin",
            Self::ListLasso => "list_lasso",
            Self::Download => "download",
            Self::ReadAudit => "read_audit",
            Self::ExportAudit => "export_audit",
            Self::SeeNotices => "see_notices",
            Self::ManageUsers => "manage_users",
            Self::ManageScreens => "manage_screens",
        }
    }

    /// Whether doing it shows single vehicles, and so needs a `Permit`: a role alone is not enough.
    #[must_use]
    pub const fn needs_permit(self) -> bool {
        match self {
            Self::OpenCard
            | Self::FollowVehicle
            | Self::ShowTrack
            | Self::SearchVin
            | Self::ListLasso
            | Self::Download => true,
            Self::SeeMap
            | Self::SeeOwnAudit
            | Self::ChangeOwnPassword
            | Self::SeeSources
            | Self::PickDot
            | Self::SeeAlarms
            | Self::AcknowledgeAlarm
            | Self::SendToWall
            | Self::ReadAudit
            | Self::ExportAudit
            | Self::SeeNotices
            | Self::ManageUsers
            | Self::ManageScreens => false,
        }
    }
}

/// For a column of the store: its CHECK holds only these names, so another one means damage.
impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(name: String) -> Result<Self, UnknownRole> {
        Self::parse(&name).ok_or(UnknownRole)
    }
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not the name of a role")]
pub struct UnknownRole;
