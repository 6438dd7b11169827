//! `/users` — the admin's page: accounts, roles, passwords, sessions. Never the log, never a card.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{NameField, OfficeFrame, Problem};
use crate::api::{self, Account, AccountList, ApiError, OpenSession, Secret};
use crate::text::{self, Lang};

/// What every button of the page works on.
#[derive(Clone, Copy)]
struct Desk {
    accounts: RwSignal<Option<AccountList>>,
    /// How often the list came; a line is drawn anew each time, so that it shows what is and not what was wished.
    loaded: RwSignal<u32>,
    problem: RwSignal<Option<ApiError>>,
    /// Whose password was made, and the password; shown until the next action.
    made: RwSignal<Option<(String, Secret)>>,
}

impl Desk {
    fn load(self) {
        spawn_local(async move {
            match api::accounts().await {
                Ok(accounts) => {
                    self.loaded.update(|loaded| *loaded += 1);
                    self.accounts.set(Some(accounts));
                }
                Err(error) => self.problem.set(Some(error)),
            }
        });
    }

    /// Does one thing and loads the list anew; `made` is whose password it makes.
    fn run(
        self,
        made: String,
        action: impl Future<Output = Result<Option<Secret>, ApiError>> + 'static,
    ) {
        self.made.set(None);
        spawn_local(async move {
            match action.await {
                Ok(done) => {
                    self.problem.set(None);
                    self.made.set(done.map(|secret| (made, secret)));
                }
                Err(error) => self.problem.set(Some(error)),
            }
            self.load();
        });
    }

    fn change(self, action: impl Future<Output = Result<(), ApiError>> + 'static) {
        self.run(String::new(), async move { action.await.map(|()| None) });
    }
}

#[component]
pub fn UsersPage() -> impl IntoView {
    let desk = Desk {
        accounts: RwSignal::new(None),
        loaded: RwSignal::new(0),
        problem: RwSignal::new(None),
        made: RwSignal::new(None),
    };
    Effect::new(move || desk.load());
    let roles = move || {
        desk.accounts.with(|all| {
            all.as_ref()
                .map(|all| all.roles.clone())
                .unwrap_or_default()
        })
    };
    let accounts = move || {
        desk.accounts.with(|all| {
            all.as_ref()
                .map(|all| all.accounts.clone())
                .unwrap_or_default()
        })
    };
    let sessions = move || {
        desk.accounts.with(|all| {
            all.as_ref()
                .map(|all| all.sessions.clone())
                .unwrap_or_default()
        })
    };
    view! {
        <OfficeFrame title=text::USERS>
            <Problem problem=desk.problem />
            {move || {
                desk.made
                    .get()
                    .map(|(name, secret)| {
                        view! {
                            <p class="done" role="status">
                                <b>{name}</b> " " <code data-testid="new-password">{secret.0}</code> " — " {text::SHOWN_ONCE.shown()}
                            </p>
                        }
                    })
            }}
            <table data-testid="accounts">
                <thead>
                    <tr>
                        <th>{text::NAME.shown()}</th>
                        <th>{text::ROLE.shown()}</th>
                        <th>{text::STATE.shown()}</th>
                        <th>{text::CODES.shown()}</th>
                        <th>{text::SESSIONS.shown()}</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    <For each=accounts key=move |account| (desk.loaded.get_untracked(), account.name.clone()) let:account>
                        <AccountLine desk account roles=roles() />
                    </For>
                </tbody>
            </table>
            <AddForm desk roles=Signal::derive(roles) />
            <h2>{text::SESSIONS.shown()}</h2>
            <table data-testid="sessions">
                <thead>
                    <tr>
                        <th>{text::NAME.shown()}</th>
                        <th>{text::FROM_WHERE.shown()}</th>
                        <th>{text::SINCE_WHEN.shown()}</th>
                        <th>{text::LAST_USE.shown()}</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    <For each=sessions key=|session| (session.id, session.seen_unix_s) let:session>
                        <SessionLine desk session />
                    </For>
                </tbody>
            </table>
        </OfficeFrame>
    }
    .into_any()
}

#[component]
fn AccountLine(desk: Desk, account: Account, roles: Vec<String>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let Account {
        name,
        role,
        disabled,
        codes,
        sessions,
    } = account;
    let state = if disabled {
        text::DISABLED
    } else {
        text::ENABLED
    };
    let toggle = if disabled {
        text::ENABLE
    } else {
        text::DISABLE
    };
    let options = roles
        .into_iter()
        .map(|code| {
            let chosen = code == role;
            let words = {
                let code = code.clone();
                move || text::role_in(&code, lang.get())
            };
            view! { <option value=code selected=chosen>{words}</option> }
        })
        .collect_view();
    let named = StoredValue::new(name.clone());
    view! {
        <tr data-testid="account" data-name=name.clone() class:disabled=disabled>
            <td>{name.clone()}</td>
            <td>
                <select
                    aria-label=text::ROLE.shown()
                    on:change:target=move |event| {
                        desk.change(api::set_role(named.get_value(), event.target().value()));
                    }
                >
                    {options}
                </select>
            </td>
            <td>{state.shown()}</td>
            <td>{codes.then_some("✓")}</td>
            <td class="number">{sessions}</td>
            <td class="buttons">
                <button data-testid="toggle" on:click=move |_| desk.change(api::enable_user(named.get_value(), disabled))>
                    {toggle.shown()}
                </button>
                <button
                    data-testid="reset-password"
                    on:click=move |_| {
                        let action = api::reset_password(named.get_value());
                        desk.run(named.get_value(), async move { action.await.map(Some) });
                    }
                >
                    {text::RESET_PASSWORD.shown()}
                </button>
                {codes
                    .then(|| {
                        view! {
                            <button on:click=move |_| desk.change(api::codes_off(named.get_value()))>
                                {text::CODES_OFF.shown()}
                            </button>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn AddForm(desk: Desk, roles: Signal<Vec<String>>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let name = RwSignal::new(String::new());
    let role = RwSignal::new("viewer".to_owned());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let action = api::add_user(name.get_untracked(), role.get_untracked());
        desk.run(name.get_untracked(), async move { action.await.map(Some) });
        name.set(String::new());
    };
    let options = move || {
        roles
            .get()
            .into_iter()
            .map(|code| {
                let chosen = role.with_untracked(|role| *role == code);
                let words = {
                    let code = code.clone();
                    move || text::role_in(&code, lang.get())
                };
                view! { <option value=code selected=chosen>{words}</option> }
            })
            .collect_view()
    };
    view! {
        <form class="filter" data-testid="add-user" on:submit=add>
            <b>{text::ADD_USER.shown()}</b>
            <NameField words=text::NAME name />
            <label>
                {text::ROLE.shown()}
                <select name="role" on:change:target=move |event| role.set(event.target().value())>{options}</select>
            </label>
            <button type="submit">{text::ADD.shown()}</button>
        </form>
    }
    .into_any()
}

#[component]
fn SessionLine(desk: Desk, session: OpenSession) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let id = session.id;
    let moment = move |unix_s: i64| move || text::desk::moment(unix_s, lang.get());
    view! {
        <tr data-testid="session" data-name=session.name.clone()>
            <td>{session.name.clone()}</td>
            <td>{session.source}</td>
            <td class="number">{moment(session.started_unix_s)}</td>
            <td class="number">{moment(session.seen_unix_s)}</td>
            <td class="buttons">
                <button on:click=move |_| desk.change(api::end_session(id))>{text::END_SESSION.shown()}</button>
            </td>
        </tr>
    }
    .into_any()
}
