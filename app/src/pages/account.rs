//! `/account` — what is recorded about oneself, one's password and one's one-time codes.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{LogTable, OfficeFrame, Problem};
use crate::api::{self, ApiError, CodeOffer};
use crate::log::LogRow;
use crate::text;

#[component]
pub fn AccountPage() -> impl IntoView {
    let rows = RwSignal::new(Vec::<LogRow>::new());
    let more = RwSignal::new(false);
    let looks_today = RwSignal::new(None::<u32>);
    let problem = RwSignal::new(None::<ApiError>);
    let load = move |before_seq: i64| {
        spawn_local(async move {
            match api::own_log(before_seq).await {
                Ok(own) => {
                    looks_today.set(Some(own.looks_today));
                    more.set(own.page.more);
                    rows.update(|rows| {
                        if before_seq == 0 {
                            rows.clear();
                        }
                        rows.extend(own.page.rows);
                    });
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    Effect::new(move || load(0));
    let older = move |_| load(rows.with_untracked(|rows| rows.last().map_or(0, |row| row.seq)));
    view! {
        <OfficeFrame title=text::OWN_ACCOUNT>
            <p>
                {text::LOOKS_TODAY.shown()} ": "
                <b data-testid="looks-today">{move || looks_today.get().map(|looks| looks.to_string())}</b>
            </p>
            <div class="beside">
                <PasswordForm />
                <CodesForm />
            </div>
            <h2>{text::OWN_ROWS.shown()}</h2>
            <Problem problem />
            <LogTable rows />
            <Show when=move || more.get()>
                <button data-testid="older" on:click=older>{text::OLDER.shown()}</button>
            </Show>
        </OfficeFrame>
    }
    .into_any()
}

#[component]
fn PasswordForm() -> impl IntoView {
    let (old, new, again) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    let done = RwSignal::new(false);
    let differ = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let change = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        done.set(false);
        problem.set(None);
        differ.set(new.get_untracked() != again.get_untracked());
        if differ.get_untracked() {
            return;
        }
        spawn_local(async move {
            match api::change_password(old.get_untracked(), new.get_untracked()).await {
                Ok(()) => {
                    for field in [old, new, again] {
                        field.set(String::new());
                    }
                    done.set(true);
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    let field = move |id: &'static str,
                      words: text::Text,
                      value: RwSignal<String>,
                      completes: &'static str| {
        view! {
            <label>
                {words.shown()}
                <input
                    id=id
                    type="password"
                    autocomplete=completes
                    required
                    maxlength="256"
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                />
            </label>
        }
    };
    view! {
        <form class="box" data-testid="password-form" on:submit=change>
            <h2>{text::CHANGE_PASSWORD.shown()}</h2>
            {field("old-password", text::OLD_PASSWORD, old, "current-password")}
            {field("new-password", text::NEW_PASSWORD, new, "new-password")}
            {field("again-password", text::NEW_PASSWORD_AGAIN, again, "new-password")}
            <button type="submit">{text::CHANGE_PASSWORD.shown()}</button>
            <Problem problem />
            <Show when=move || differ.get()>
                <p class="refused" role="alert">{text::PASSWORDS_DIFFER.shown()}</p>
            </Show>
            <Show when=move || done.get()>
                <p class="done" role="status" data-testid="password-changed">{text::PASSWORD_CHANGED.shown()}</p>
            </Show>
        </form>
    }
    .into_any()
}

#[component]
fn CodesForm() -> impl IntoView {
    let offer = RwSignal::new(None::<CodeOffer>);
    let code = RwSignal::new(String::new());
    let on = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let set_up = move |_| {
        spawn_local(async move {
            match api::offer_codes().await {
                Ok(made) => {
                    problem.set(None);
                    offer.set(Some(made));
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    let confirm = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match api::confirm_codes(code.get_untracked()).await {
                Ok(()) => {
                    problem.set(None);
                    offer.set(None);
                    on.set(true);
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    view! {
        <div class="box" data-testid="codes">
            <h2>{text::CODES.shown()}</h2>
            <p class="hint">{text::CODES_WHY.shown()}</p>
            <Show when=move || offer.with(Option::is_none) && !on.get()>
                <button data-testid="codes-set-up" on:click=set_up>{text::CODES_SET_UP.shown()}</button>
            </Show>
            {move || {
                offer
                    .get()
                    .map(|offer| {
                        view! {
                            <p>{text::CODES_SECRET.shown()}</p>
                            <svg
                                class="qr"
                                role="img"
                                aria-label=text::CODES_QR.shown()
                                viewBox=format!("-4 -4 {0} {0}", offer.qr_side + 8)
                                shape-rendering="crispEdges"
                                data-testid="codes-qr"
                            >
                                <path d=offer.qr_path.0></path>
                            </svg>
                            <p><code data-testid="codes-secret">{offer.secret.0}</code></p>
                            <p><code class="small">{offer.uri.0}</code></p>
                            <form on:submit=confirm>
                                <label>
                                    {text::CODE.shown()}
                                    <input
                                        id="confirm-code"
                                        autocomplete="one-time-code"
                                        inputmode="numeric"
                                        maxlength="6"
                                        required
                                        on:input:target=move |event| code.set(event.target().value())
                                    />
                                </label>
                                <button type="submit">{text::CODES_CONFIRM.shown()}</button>
                            </form>
                        }
                    })
            }}
            <Show when=move || on.get()>
                <p class="done" role="status" data-testid="codes-on">{text::CODES_ON.shown()}</p>
            </Show>
            <Problem problem />
        </div>
    }
    .into_any()
}
