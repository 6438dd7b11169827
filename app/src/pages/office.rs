//! Which of the pages about people is shown. In the browser their code comes with the first of them.

use leptos::prelude::*;

use super::account::AccountPage;
use super::log::LogPage;
use super::screens::ScreensPage;
use super::sources::SourcesPage;
use super::users::UsersPage;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Office {
    Log,
    Account,
    Users,
    Sources,
    Screens,
}

#[component]
pub fn OfficePage(page: Office) -> impl IntoView {
    #[cfg(feature = "ssr")]
    let view = office(page);
    #[cfg(not(feature = "ssr"))]
    let view = crate::later::later(crate::later::OFFICE, page, Signal::derive(|| true));
    view
}

/// The page itself; in the browser called by nobody but the part that holds it.
#[must_use]
pub fn office(page: Office) -> AnyView {
    match page {
        Office::Log => view! { <LogPage /> }.into_any(),
        Office::Account => view! { <AccountPage /> }.into_any(),
        Office::Users => view! { <UsersPage /> }.into_any(),
        Office::Sources => view! { <SourcesPage /> }.into_any(),
        Office::Screens => view! { <ScreensPage /> }.into_any(),
    }
}
