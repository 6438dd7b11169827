//! `/screens` — the admin's page of walls: pairing them, how they do, what they are told.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{NameField, OfficeFrame, Problem};
use crate::api::{self, ApiError, ScreenDoing, ScreenList, ScreenRow};
use crate::text::screens as words;
use crate::text::{self, Lang, Text};

/// Walls say how they do every ten seconds.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What every button of the page works on.
#[derive(Clone, Copy)]
struct Desk {
    list: RwSignal<Option<ScreenList>>,
    problem: RwSignal<Option<ApiError>>,
}

impl Desk {
    fn load(self) {
        spawn_local(async move {
            match api::screens().await {
                Ok(list) => drop(self.list.try_set(Some(list))),
                Err(error) => drop(self.problem.try_set(Some(error))),
            }
        });
    }

    /// Does one thing and loads the list anew.
    fn run(self, action: impl Future<Output = Result<(), ApiError>> + 'static) {
        spawn_local(async move {
            let done = action.await;
            let _ = self.problem.try_set(done.err());
            self.load();
        });
    }
}

#[component]
pub fn ScreensPage() -> impl IntoView {
    let desk = Desk {
        list: RwSignal::new(None),
        problem: RwSignal::new(None),
    };
    Effect::new(move || {
        desk.load();
        if let Ok(looking) = set_interval_with_handle(move || desk.load(), LOOK_EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
    let names = Memo::new(move |_| {
        desk.list.with(|list| {
            let screens = list.iter().flat_map(|list| &list.screens);
            screens
                .map(|screen| screen.name.clone())
                .collect::<Vec<_>>()
        })
    });
    let is_empty = move || {
        desk.list
            .with(|list| list.as_ref().is_some_and(|list| list.screens.is_empty()))
    };
    let head = [
        text::NAME,
        words::LAST_SEEN,
        words::FRAMES,
        words::DOTS,
        words::DRAWN_BY,
        words::GPU_LOSSES,
        words::MEMORY,
        words::VERSION,
    ];
    view! {
        <OfficeFrame title=words::SCREENS>
            <p class="hint">{words::VISITORS_WHY.shown()} " " {words::ALL_CHANGES_ARE_ROWS.shown()}</p>
            <PairForm desk />
            <Problem problem=desk.problem />
            <table class="screens" data-testid="screens">
                <thead>
                    <tr>
                        {head.into_iter().map(|words| view! { <th>{words.shown()}</th> }).collect_view()}
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || names.get() key=|name| name.clone() let:name>
                        <ScreenLine desk name />
                    </For>
                </tbody>
            </table>
            <Show when=is_empty>
                <p class="hint" data-testid="no-screens">{words::NO_SCREENS.shown()}</p>
            </Show>
        </OfficeFrame>
    }
    .into_any()
}

#[component]
fn PairForm(desk: Desk) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let pair = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let action = api::pair_screen(code.get_untracked(), name.get_untracked());
        desk.run(async move {
            action.await?;
            code.set(String::new());
            name.set(String::new());
            Ok(())
        });
    };
    view! {
        <form class="filter" data-testid="pair-screen" on:submit=pair>
            <b>{words::PAIR_A_SCREEN.shown()}</b>
            <label>
                {words::PAIRING_CODE.shown()}
                <input
                    class="pairing-code"
                    name="code"
                    required
                    maxlength="12"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=code
                    on:input:target=move |event| code.set(event.target().value())
                />
            </label>
            <NameField words=words::SCREEN_NAME name />
            <button type="submit">{words::PAIR.shown()}</button>
        </form>
    }
    .into_any()
}

/// One screen. The line stays while its figures change, so that a button can be pressed.
#[component]
fn ScreenLine(desk: Desk, name: String) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let named = StoredValue::new(name.clone());
    let row = Memo::new(move |_| {
        desk.list.with(|list| {
            let screens = list.iter().flat_map(|list| &list.screens);
            let mut found = screens.filter(|screen| named.with_value(|name| *name == screen.name));
            found.next().cloned()
        })
    });
    let of = move |read: fn(&ScreenRow) -> bool| row.with(|row| row.as_ref().is_some_and(read));
    let is_visitor = move || of(|row| row.visitor);
    let is_away = move || of(|row| row.windows == 0);
    let seen = move || {
        row.with(|row| match row {
            Some(row) if row.windows > 0 => words::HERE_NOW.in_lang(lang.get()).to_owned(),
            Some(row) => text::desk::moment(row.seen_unix_s, lang.get()),
            None => String::new(),
        })
    };
    // A figure of a wall that says nothing is not known.
    let figure = move |write: fn(&ScreenDoing) -> String| {
        move || {
            row.with(|row| {
                let doing = row.as_ref().and_then(|row| row.doing.as_ref());
                doing.map_or_else(|| "–".to_owned(), write)
            })
        }
    };
    let drawn_by = move || {
        row.with(|row| {
            let doing = row.as_ref()?.doing.as_ref()?;
            Some(if doing.webgl2 {
                words::BY_GPU
            } else {
                words::BY_CPU
            })
        })
        .map_or("–", |by: Text| by.in_lang(lang.get()))
    };
    let is_old = move || of(|row| row.doing.as_ref().is_some_and(|doing| !doing.is_current));
    view! {
        <tr data-testid="screen" data-name=name.clone() class:away=is_away class:visitors=is_visitor>
            <td class="name">{name.clone()}</td>
            <td class="number" data-testid="seen">{seen}</td>
            <td class="number" data-testid="frames">{figure(|doing| doing.frames_per_s.to_string())}</td>
            <td class="number" data-testid="dots">{figure(|doing| doing.drawn.to_string())}</td>
            <td data-testid="drawn-by">{drawn_by}</td>
            <td class="number" data-testid="losses">{figure(|doing| doing.gpu_losses.to_string())}</td>
            <td class="number" data-testid="memory">{figure(|doing| format!("{} MiB", doing.memory_mib))}</td>
            <td class="number" data-testid="version">
                {figure(|doing| doing.version.clone())}
                <Show when=is_old>
                    <span class="old">" " {words::OLD_VERSION.shown()}</span>
                </Show>
            </td>
            <td class="buttons">
                <button data-testid="greet" disabled=is_away on:click=move |_| desk.run(api::greet_screen(named.get_value()))>
                    {words::SAY_HELLO.shown()}
                </button>
                <button
                    data-testid="visitor"
                    class:on=is_visitor
                    aria-pressed=move || is_visitor().to_string()
                    on:click=move |_| {
                        let visitor = !is_visitor();
                        desk.run(api::set_visitor(named.get_value(), visitor));
                    }
                >
                    {move || {
                        if is_visitor() { words::VISITORS_ON } else { words::VISITORS_OFF }.in_lang(lang.get())
                    }}
                </button>
                <button
                    data-testid="revoke"
                    class="danger"
                    on:click=move |_| desk.run(api::revoke_screen(named.get_value()))
                >
                    {words::REVOKE.shown()}
                </button>
            </td>
        </tr>
    }
    .into_any()
}
