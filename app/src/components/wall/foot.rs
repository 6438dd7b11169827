//! The small figures at the foot of a wall: who is drawn how fresh, and whether the wall hears the server.

use leptos::prelude::*;
use wire::Status;

use crate::components::live_map::MapState;
use crate::components::status_line::connection_words;
use crate::text::{self, Lang, Text};

#[component]
pub fn WallFoot(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let figure = move |read: fn(&Status) -> u32| {
        state.picture.with(|picture| {
            let status = picture.status.as_ref();
            status.map_or_else(|| "–".to_owned(), |status| text::count(read(status).into()))
        })
    };
    let one = |id: &'static str, words: Text, value: Signal<String>| {
        view! {
            <span class="figure">
                <b data-testid=id>{value}</b>
                " "
                <span>{words.shown()}</span>
            </span>
        }
    };
    let drawn = move || state.told(state.picture.with(|picture| picture.drawn), lang.get());
    view! {
        <footer class="foot" data-testid="foot">
            {one("drawn", text::DRAWN, Signal::derive(drawn))}
            {one("late", text::LATE, Signal::derive(move || figure(|status| status.late)))}
            {one("silent", text::SILENT, Signal::derive(move || figure(|status| status.silent)))}
            {one("cut-off", text::CUT_OFF, Signal::derive(move || figure(|status| status.cut_off)))}
            <span class="connection" role="status" data-testid="connection">
                {move || state.picture.with(|picture| connection_words(picture, lang.get()))}
            </span>
        </footer>
    }
    .into_any()
}
