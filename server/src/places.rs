//! What each way into the server needs: one table of paths, and one of the messages a page sends up its socket.
//!
//! Denied is the default: what is not in a table is not found, whoever asks. The tests hold the tables against the
//! pages of the router, the registered server functions and the roles, so that a new way in without a line fails them.

use access::Action;
use axum::http::Method;
use wire::Up;

/// One way in. A path that ends in `/` stands for everything beneath it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub method: Verb,
    pub path: &'static str,
    pub action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Also answers HEAD.
    Get,
    Post,
}

const fn get(path: &'static str, action: Action) -> Place {
    Place {
        method: Verb::Get,
        path,
        action,
    }
}

const fn post(path: &'static str, action: Action) -> Place {
    Place {
        method: Verb::Post,
        path,
        action,
    }
}

/// Every path that needs a session. `/login`, `/logout`, `/screen/…`, `/healthz` and `/readyz` are the
/// door's own, and `/wall` without a session.
pub const PLACES: &[Place] = &[
    get("/", Action::SeeMap),
    get("/wall", Action::SeeMap),
    get("/ws", Action::SeeMap),
    get("/favicon.svg", Action::SeeMap),
    get("/ATTRIBUTION.md", Action::SeeMap),
    get("/pkg/", Action::SeeMap),
    get("/vendor/", Action::SeeMap),
    get("/ground/", Action::SeeMap),
    get("/fonts/", Action::SeeMap),
    post("/api/who-am-i", Action::SeeMap),
    post("/api/open-card", Action::OpenCard),
    post("/api/raw-card", Action::OpenCard),
    post("/api/close-card", Action::OpenCard),
    post("/api/search-vin", Action::SearchVin),
    post("/api/explain-vin", Action::SearchVin),
    post("/api/gazetteer", Action::SeeMap),
    post("/api/alarms", Action::SeeAlarms),
    post("/api/pick-alarm", Action::OpenCard),
    post("/api/wall-order", Action::SeeMap),
    post("/api/walls", Action::SendToWall),
    post("/api/send-to-wall", Action::SendToWall),
    post("/api/acknowledge-alarm", Action::AcknowledgeAlarm),
    get("/log", Action::ReadAudit),
    post("/log/export", Action::ExportAudit),
    post("/log/vehicle", Action::ExportAudit),
    post("/api/read-log", Action::ReadAudit),
    post("/api/notices", Action::SeeNotices),
    post("/api/notice-seen", Action::SeeNotices),
    get("/sources", Action::SeeSources),
    get("/sources.csv", Action::SeeSources),
    post("/api/sources", Action::SeeSources),
    get("/account", Action::SeeOwnAudit),
    post("/api/own-log", Action::SeeOwnAudit),
    post("/api/change-password", Action::ChangeOwnPassword),
    post("/api/offer-codes", Action::ChangeOwnPassword),
    post("/api/confirm-codes", Action::ChangeOwnPassword),
    get("/users", Action::ManageUsers),
    post("/api/accounts", Action::ManageUsers),
    post("/api/add-user", Action::ManageUsers),
    post("/api/enable-user", Action::ManageUsers),
    post("/api/set-role", Action::ManageUsers),
    post("/api/reset-password", Action::ManageUsers),
    post("/api/codes-off", Action::ManageUsers),
    post("/api/end-session", Action::ManageUsers),
    get("/screens", Action::ManageScreens),
    post("/api/screens", Action::ManageScreens),
    post("/api/pair-screen", Action::ManageScreens),
    post("/api/greet-screen", Action::ManageScreens),
    post("/api/set-visitor", Action::ManageScreens),
    post("/api/revoke-screen", Action::ManageScreens),
];

impl Place {
    fn is_at(&self, method: &Method, path: &str) -> bool {
        let method_fits = match self.method {
            Verb::Get => matches!(*method, Method::GET | Method::HEAD),
            Verb::Post => *method == Method::POST,
        };
        let is_folder = self.path.len() > 1 && self.path.ends_with('/');
        method_fits && (path == self.path || (is_folder && path.starts_with(self.path)))
    }
}

/// The path of a route that is added by hand: itself, a folder of the table, or `{*rest}` of one.
///
/// # Panics
/// When no line of [`PLACES`] stands for it. Such a route would be open to nobody; every start and every test of the
/// router says so.
#[must_use]
pub fn listed(method: Verb, route: &'static str) -> &'static str {
    let stem = route.split('{').next().unwrap_or_default();
    let stands_for_it = |place: &&Place| {
        place.method == method
            && (place.path == route
                || place.path.strip_suffix('/') == Some(route)
                || (stem != route && place.path.starts_with(stem)))
    };
    let place = PLACES.iter().find(stands_for_it);
    assert!(
        place.is_some(),
        "{method:?} {route} is in no table of places"
    );
    route
}

/// What a path needs. `None`: nobody may see it, whoever asks.
#[must_use]
pub fn action_of(method: &Method, path: &str) -> Option<Action> {
    let place = PLACES.iter().find(|place| place.is_at(method, path))?;
    Some(place.action)
}

/// What a message of a page needs; a new kind of message does not compile without its line.
#[must_use]
pub const fn action_of_up(up: &Up) -> Action {
    match up {
        Up::View(_) | Up::Ack { .. } | Up::Resend { .. } | Up::Report(_) => Action::SeeMap,
        Up::Click(_) => Action::PickDot,
        Up::Watch { .. } | Up::Unwatch { .. } => Action::OpenCard,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use access::Role;
    use leptos::server_fn::axum::server_fn_paths;
    use leptos_axum::generate_route_list;

    use super::*;

    /// The roles that may, in the order of [`Role::ALL`]: screen, viewer, supervisor, privacy officer, admin.
    /// Written out a second time, so that a changed permission is a changed line here.
    const MATRIX: &[(&str, &str)] = &[
        ("GET /", "SVUPA"),
        ("GET /wall", "SVUPA"),
        ("GET /ws", "SVUPA"),
        ("GET /favicon.svg", "SVUPA"),
        ("GET /ATTRIBUTION.md", "SVUPA"),
        ("GET /pkg/", "SVUPA"),
        ("GET /vendor/", "SVUPA"),
        ("GET /ground/", "SVUPA"),
        ("GET /fonts/", "SVUPA"),
        ("POST /api/who-am-i", "SVUPA"),
        ("POST /api/open-card", "--U--"),
        ("POST /api/raw-card", "--U--"),
        ("POST /api/close-card", "--U--"),
        ("POST /api/search-vin", "--U--"),
        ("POST /api/explain-vin", "--U--"),
        ("POST /api/gazetteer", "SVUPA"),
        ("POST /api/alarms", "-VU--"),
        ("POST /api/pick-alarm", "--U--"),
        ("POST /api/wall-order", "SVUPA"),
        ("POST /api/walls", "--U-A"),
        ("POST /api/send-to-wall", "--U-A"),
        ("POST /api/acknowledge-alarm", "--U--"),
        ("GET /log", "---P-"),
        ("POST /log/export", "---P-"),
        ("POST /log/vehicle", "---P-"),
        ("POST /api/read-log", "---P-"),
        ("POST /api/notices", "---P-"),
        ("POST /api/notice-seen", "---P-"),
        ("GET /sources", "-VU-A"),
        ("GET /sources.csv", "-VU-A"),
        ("POST /api/sources", "-VU-A"),
        ("GET /account", "-VUPA"),
        ("POST /api/own-log", "-VUPA"),
        ("POST /api/change-password", "-VUPA"),
        ("POST /api/offer-codes", "-VUPA"),
        ("POST /api/confirm-codes", "-VUPA"),
        ("GET /users", "----A"),
        ("POST /api/accounts", "----A"),
        ("POST /api/add-user", "----A"),
        ("POST /api/enable-user", "----A"),
        ("POST /api/set-role", "----A"),
        ("POST /api/reset-password", "----A"),
        ("POST /api/codes-off", "----A"),
        ("POST /api/end-session", "----A"),
        ("GET /screens", "----A"),
        ("POST /api/screens", "----A"),
        ("POST /api/pair-screen", "----A"),
        ("POST /api/greet-screen", "----A"),
        ("POST /api/set-visitor", "----A"),
        ("POST /api/revoke-screen", "----A"),
    ];

    fn roles(action: Action) -> String {
        Role::ALL
            .into_iter()
            .zip("SVUPA".chars())
            .map(|(role, letter)| match access::allows(role, action) {
                true => letter,
                false => '-',
            })
            .collect()
    }

    fn spelled(place: &Place) -> String {
        let method = match place.method {
            Verb::Get => "GET",
            Verb::Post => "POST",
        };
        format!("{method} {}", place.path)
    }

    #[test]
    fn every_way_in_is_open_to_exactly_the_roles_of_the_matrix() {
        let table: Vec<_> = PLACES
            .iter()
            .map(|place| (spelled(place), roles(place.action)))
            .collect();
        let matrix: Vec<_> = MATRIX
            .iter()
            .map(|(way, roles)| ((*way).to_owned(), (*roles).to_owned()))
            .collect();
        assert_eq!(table, matrix);
    }

    #[test]
    fn every_server_function_is_in_the_table_and_the_table_names_no_other() {
        let registered: BTreeSet<_> = server_fn_paths()
            .map(|(path, method)| format!("{method} {path}"))
            .collect();
        let named: BTreeSet<_> = PLACES
            .iter()
            .filter(|place| place.path.starts_with("/api/"))
            .map(spelled)
            .collect();
        assert_eq!(registered, named);
    }

    #[test]
    fn every_page_of_the_router_is_in_the_table() {
        let pages: BTreeSet<_> = generate_route_list(app::App)
            .iter()
            .map(|route| match route.path() {
                "" => "/".to_owned(),
                path => path.to_owned(),
            })
            .collect();
        assert!(pages.contains("/log"), "{pages:?}");
        for page in &pages {
            assert!(action_of(&Method::GET, page).is_some(), "{page}");
        }
        let others = ["/ws", "/favicon.svg", "/ATTRIBUTION.md", "/sources.csv"];
        let named: BTreeSet<_> = PLACES
            .iter()
            .filter(|place| place.method == Verb::Get)
            .filter(|place| place.path == "/" || !place.path.ends_with('/'))
            .filter(|place| !others.contains(&place.path))
            .map(|place| place.path.to_owned())
            .collect();
        assert_eq!(pages, named);
    }

    #[test]
    fn every_message_of_a_page_is_open_to_the_roles_that_may() {
        let handle = wire::Handle([0; 16]);
        let key = wire::CellKey {
            scope: 0,
            level: 0,
            x: 0,
            y: 0,
        };
        let view = wire::View {
            seq: 0,
            level: 0,
            x0: 0,
            y0: 0,
            x1: 0,
            y1: 0,
        };
        let click = wire::Click {
            ask: 0,
            key,
            generation: 0,
            slot: 0,
            tick: 0,
        };
        for (up, may) in [
            (Up::View(view), "SVUPA"),
            (Up::Ack { tick: 0 }, "SVUPA"),
            (Up::Resend { key }, "SVUPA"),
            (Up::Report(wire::ScreenReport::default()), "SVUPA"),
            (Up::Click(click), "-VU--"),
            (Up::Watch { handle }, "--U--"),
            (Up::Unwatch { handle }, "--U--"),
        ] {
            assert_eq!(roles(action_of_up(&up)), may, "{up:?}");
        }
    }

    #[test]
    fn a_route_without_a_line_in_the_table_cannot_be_added() {
        for (method, route) in [
            (Verb::Get, "/ws"),
            (Verb::Get, "/pkg"),
            (Verb::Post, "/api/{*function}"),
        ] {
            assert_eq!(listed(method, route), route);
        }
        for (method, route) in [
            (Verb::Get, "/debug"),
            (Verb::Post, "/ws"),
            (Verb::Get, "/api/{*function}"),
            (Verb::Get, "/p"),
            (Verb::Post, "/debug/{*anything}"),
        ] {
            assert!(std::panic::catch_unwind(|| listed(method, route)).is_err());
        }
    }

    #[test]
    fn a_path_that_is_not_in_the_table_is_for_nobody() {
        for (method, path) in [
            (Method::POST, "/"),
            (Method::GET, "/metrics"),
            (Method::POST, "/api/anything"),
            (Method::GET, "/api/open-card"),
            (Method::GET, "/log/export"),
            (Method::GET, "/log/vehicle"),
            (Method::GET, "/log/"),
            (Method::PUT, "/users"),
            (Method::GET, "//"),
            (Method::GET, "/pkg"),
        ] {
            assert_eq!(action_of(&method, path), None, "{method} {path}");
        }
        assert_eq!(action_of(&Method::HEAD, "/"), Some(Action::SeeMap));
        assert_eq!(action_of(&Method::GET, "/pkg/x"), Some(Action::SeeMap));
    }
}
