//! What the pages about people have in common: a header with the ways to the other pages, and rows of the log.
//!
//! The links load whole pages: the door asks for each whether this role may, and the map and its socket end.

use leptos::prelude::*;

use crate::api::{self, ApiError, Me};
use crate::components::LangButton;
use crate::log::LogRow;
use crate::text::{self, Lang, LangSwitch, Text};

/// Links to the pages that this person may open.
#[component]
pub fn Places(#[prop(into)] me: Signal<Me>) -> impl IntoView {
    let me = me.get_untracked();
    let switch = expect_context::<LangSwitch>();
    let places = [
        ("/", text::MAP, true),
        ("/log", text::LOG, me.may_read_log),
        ("/users", text::USERS, me.may_manage_users),
        ("/sources", text::sources::SOURCES, me.may_see_sources),
        ("/screens", text::screens::SCREENS, me.may_manage_screens),
        ("/account", text::OWN_ACCOUNT, me.has_own_page),
    ];
    view! {
        <span class="places" role="navigation" aria-label=text::PAGES.shown()>
            {places
                .into_iter()
                .filter(|(_, _, may)| *may)
                .map(|(path, words, _)| {
                    view! { <a href=move || format!("{path}{}", switch.query()) rel="external">{words.shown()}</a> }
                })
                .collect_view()}
        </span>
    }
    .into_any()
}

/// Header and body of a page about people.
#[component]
pub fn OfficeFrame(title: Text, children: Children) -> impl IntoView {
    let me = Resource::new(|| (), |()| api::who_am_i());
    view! {
        <main class="office">
            <header>
                <h1>"evwall · " {title.shown()}</h1>
                <nav class="session">
                    <Suspense>
                        {move || {
                            me.get()
                                .and_then(Result::ok)
                                .map(|me| {
                                    view! {
                                        <Places me=me.clone() />
                                        <span data-testid="me">{me.name}</span>
                                    }
                                })
                        }}
                    </Suspense>
                    <LangButton />
                    <form method="post" action="/logout">
                        <button type="submit">{text::SIGN_OUT.shown()}</button>
                    </form>
                </nav>
            </header>
            <noscript>
                <p class="trouble">{text::NEEDS_SCRIPT.shown()}</p>
            </noscript>
            {children()}
        </main>
    }
    .into_any()
}

/// The field for the name of an account to be made, a person's or a screen's.
#[component]
pub fn NameField(words: Text, name: RwSignal<String>) -> impl IntoView {
    view! {
        <label>
            {words.shown()}
            <input
                name="name"
                required
                maxlength="64"
                autocomplete="off"
                prop:value=name
                on:input:target=move |event| name.set(event.target().value())
            />
        </label>
    }
    .into_any()
}

/// Why something was refused, where it was.
#[component]
pub fn Problem(problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    view! {
        {move || {
            problem
                .get()
                .map(|error| {
                    view! {
                        <p class="refused" role="alert" data-testid="refused">
                            {move || text::refusal(error).in_lang(lang.get())}
                        </p>
                    }
                })
        }}
    }
    .into_any()
}

/// Rows of the log as a table, newest first.
#[component]
pub fn LogTable(rows: RwSignal<Vec<LogRow>>) -> impl IntoView {
    let head = [
        text::ROW,
        text::WHEN,
        text::WHO,
        text::WHAT,
        text::VIN,
        text::WHY,
        text::ABOUT,
        text::DETAIL,
        text::FROM_WHERE,
    ];
    view! {
        <table data-testid="rows">
            <thead>
                <tr>{head.into_iter().map(|words| view! { <th>{words.shown()}</th> }).collect_view()}</tr>
            </thead>
            <tbody>
                <For each=move || rows.get() key=|row| row.seq let:row>
                    <LogLine row />
                </For>
            </tbody>
        </table>
        <Show when=move || rows.with(Vec::is_empty)>
            <p class="hint">{text::NO_ROWS.shown()}</p>
        </Show>
    }
    .into_any()
}

#[component]
fn LogLine(row: LogRow) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let LogRow {
        seq,
        at_unix_s,
        kind,
        user,
        role,
        source,
        purpose,
        case_number,
        vin,
        make,
        about_user,
        reason,
        amount,
        ..
    } = row;
    let who = move || {
        let role = role.as_deref().map(|role| text::role_in(role, lang.get()));
        match (&user, role) {
            (Some(user), Some(role)) => format!("{user} ({role})"),
            (Some(user), None) => user.clone(),
            (None, _) => String::new(),
        }
    };
    let what = {
        let kind = kind.clone();
        move || text::kind(&kind, lang.get())
    };
    let why = move || {
        let purpose = purpose.as_deref().map(|code| {
            text::purpose(code).map_or_else(
                || code.to_owned(),
                |words| words.in_lang(lang.get()).to_owned(),
            )
        });
        join([purpose, case_number.clone()])
    };
    let detail = move || {
        join([
            reason.as_deref().map(|code| text::reason(code, lang.get())),
            amount.map(|amount| text::amount(&kind, amount, lang.get())),
        ])
    };
    view! {
        <tr data-testid="row">
            <td class="number">{seq}</td>
            <td class="number">{move || text::desk::moment(at_unix_s, lang.get())}</td>
            <td>{who}</td>
            <td>{what}</td>
            <td>{join([vin, make])}</td>
            <td>{why}</td>
            <td>{about_user}</td>
            <td>{detail}</td>
            <td>{source}</td>
        </tr>
    }
    .into_any()
}

fn join(parts: [Option<String>; 2]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
