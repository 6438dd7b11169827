//! `/log` — the privacy officer reads who looked at which vehicle, and why. Never a map, never a card.
//!
//! Everything is asked for by the browser and nothing while the page is rendered, so that one reading is one row.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{LogTable, OfficeFrame, Problem};
use crate::api::{self, ApiError};
use crate::log::{LogQuery, LogRow};
use crate::text::{self, Lang};

#[component]
pub fn LogPage() -> impl IntoView {
    let query = RwSignal::new(LogQuery::default());
    let rows = RwSignal::new(Vec::<LogRow>::new());
    let more = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    // 0: the newest rows; otherwise those before this one, beneath what is shown.
    let load = move |before_seq: i64| {
        let asked = LogQuery {
            before_seq,
            ..query.get_untracked()
        };
        spawn_local(async move {
            match api::read_log(asked).await {
                Ok(page) => {
                    problem.set(None);
                    more.set(page.more);
                    rows.update(|rows| {
                        if before_seq == 0 {
                            rows.clear();
                        }
                        rows.extend(page.rows);
                    });
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    Effect::new(move || load(0));
    let older = move |_| load(rows.with_untracked(|rows| rows.last().map_or(0, |row| row.seq)));
    view! {
        <OfficeFrame title=text::LOG>
            <p class="hint">{text::LOG_WHY.shown()}</p>
            <Notices />
            <Filter query load />
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
fn Filter(
    query: RwSignal<LogQuery>,
    load: impl Fn(i64) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let kinds = text::KINDS
        .iter()
        .map(|(code, words)| view! { <option value=*code>{words.shown()}</option> })
        .collect_view();
    // The same question as a plain form: a file is an answer that no script has to carry.
    let fields: [(&str, ReadField); 5] = [
        ("user", |query| query.user.clone()),
        ("kind", |query| query.kind.clone()),
        ("vin", |query| query.vin.clone()),
        ("from_day", |query| query.from_day.clone()),
        ("to_day", |query| query.to_day.clone()),
    ];
    let hidden = fields
        .into_iter()
        .map(|(name, read)| {
        view! { <input type="hidden" name=name value=move || query.with(read) prop:value=move || query.with(read) /> }
    })
    .collect_view();
    view! {
        <form
            class="filter"
            data-testid="filter"
            on:submit=move |event| {
                event.prevent_default();
                load(0);
            }
        >
            <label>
                {text::WHO.shown()}
                <input name="user" maxlength="64" on:input:target=move |event| query.update(|query| query.user = event.target().value()) />
            </label>
            <label>
                {text::WHAT.shown()}
                <select name="kind" on:change:target=move |event| query.update(|query| query.kind = event.target().value())>
                    <option value="">{move || text::ALL_KINDS.in_lang(lang.get())}</option>
                    {kinds}
                </select>
            </label>
            <label>
                {text::VIN.shown()}
                <input name="vin" maxlength="17" on:input:target=move |event| query.update(|query| query.vin = event.target().value()) />
            </label>
            <label>
                {text::FROM_DAY.shown()}
                <input name="from_day" type="date" on:input:target=move |event| query.update(|query| query.from_day = event.target().value()) />
            </label>
            <label>
                {text::TO_DAY.shown()}
                <input name="to_day" type="date" on:input:target=move |event| query.update(|query| query.to_day = event.target().value()) />
            </label>
            <button type="submit">{text::FILTER.shown()}</button>
        </form>
        <form class="filter" method="post" action="/log/export" data-testid="export">
            {hidden}
            <button type="submit" name="format" value="csv">{text::EXPORT_CSV.shown()}</button>
            <button type="submit" name="format" value="json_lines">{text::EXPORT_JSON.shown()}</button>
        </form>
        <form class="filter" method="post" action="/log/vehicle" target="_blank" data-testid="vehicle-report">
            <label>
                {text::VEHICLE_REPORT.shown()}
                <input name="vin" required maxlength="17" autocomplete="off" placeholder=text::VIN.shown() />
            </label>
            <input type="hidden" name="lang" value=move || lang.get().tag() />
            <button type="submit">{text::VEHICLE_REPORT_MAKE.shown()}</button>
        </form>
    }
    .into_any()
}

/// Somebody looked at unusually many vehicles.
#[component]
fn Notices() -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let notices = RwSignal::new(Vec::<LogRow>::new());
    let problem = RwSignal::new(None::<ApiError>);
    let load = move || {
        spawn_local(async move {
            match api::notices().await {
                Ok(open) => notices.set(open),
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    Effect::new(load);
    let seen = move |seq: i64| {
        spawn_local(async move {
            match api::notice_seen(seq).await {
                Ok(()) => load(),
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    view! {
        <section data-testid="notices">
            <h2>{text::NOTICES.shown()}</h2>
            <Problem problem />
            <Show when=move || notices.with(Vec::is_empty)>
                <p class="hint">{text::NO_NOTICES.shown()}</p>
            </Show>
            <ul>
                <For each=move || notices.get() key=|row| row.seq let:row>
                    <li>
                        <b>{row.user.clone()}</b>
                        " · "
                        {
                            let row = row.clone();
                            move || text::kind(&row.kind, lang.get())
                        }
                        " · "
                        {
                            let row = row.clone();
                            move || row.amount.map(|amount| text::amount(&row.kind, amount, lang.get()))
                        }
                        " · "
                        {move || text::desk::moment(row.at_unix_s, lang.get())}
                        " "
                        <button on:click=move |_| seen(row.seq)>{text::SEEN.shown()}</button>
                    </li>
                </For>
            </ul>
        </section>
    }
    .into_any()
}

/// One field of a question, as text.
type ReadField = fn(&LogQuery) -> String;
