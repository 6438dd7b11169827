//! The figures at the foot of the map, under the sentence that says when they cannot be trusted.

use leptos::prelude::*;

use super::Trouble;
use super::live_map::{Link, MapState, Picture};
use crate::text::{self, Lang, Text};

#[component]
pub fn StatusLine(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let status = move |read: fn(&wire::Status) -> u64| {
        state.picture.with(|picture| {
            picture
                .status
                .as_ref()
                .map_or_else(|| "–".to_owned(), |status| text::count(read(status)))
        })
    };
    let newest = move || {
        state.picture.with(|picture| {
            let age_ms = picture.status.as_ref()?.newest_report_age_ms?;
            Some(text::age(u64::from(age_ms), lang.get()))
        })
    };
    let newest =
        move || newest().unwrap_or_else(|| text::NO_REPORT_YET.in_lang(lang.get()).to_owned());
    let connection = move || {
        state
            .picture
            .with(|picture| connection_words(picture, lang.get()))
    };
    view! {
        <Trouble state />
        <footer class="status" data-testid="status">
            <Figure id="registered" words=text::REGISTERED value=move || status(|s| s.registered.into()) />
            <Figure id="live" words=text::LIVE value=move || status(|s| s.live.into()) />
            <Figure id="late" words=text::LATE value=move || status(|s| s.late.into()) />
            <Figure id="silent" words=text::SILENT value=move || status(|s| s.silent.into()) />
            <Figure
                id="drawn"
                words=text::DRAWN
                value=move || state.told(state.picture.with(|picture| picture.drawn), lang.get())
            />
            <Figure id="newest" words=text::NEWEST_REPORT value=newest />
            <Figure id="rate" words=text::REPORTS_PER_S value=move || status(|s| s.reports_per_s.into()) />
            <span class="connection" role="status" data-testid="connection">{connection}</span>
        </footer>
    }
    .into_any()
}

#[component]
fn Figure(
    id: &'static str,
    words: Text,
    value: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <span class="figure">
            <b data-testid=id>{value}</b>
            " "
            <span>{words.shown()}</span>
        </span>
    }
    .into_any()
}

pub fn connection_words(picture: &Picture, lang: Lang) -> &'static str {
    match picture.link {
        Link::Connecting => text::CONNECTING,
        Link::Live => text::CONNECTED,
        Link::Stale { .. } => text::SHORT_STALE,
        Link::Away { .. } => text::SHORT_AWAY,
        Link::SignedOut => text::SHORT_SIGNED_OUT,
        Link::OtherVersion => text::SHORT_OTHER_VERSION,
        Link::NoMap => text::SHORT_NO_MAP,
    }
    .in_lang(lang)
}
