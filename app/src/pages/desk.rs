//! `/` — the map with everything a person at a desk does to it.

use leptos::html::Div;
use leptos::prelude::*;

use crate::api;
use crate::components::{
    AlarmDesk, AlarmWatch, Announcer, CardPopup, DeskTools, Drawing, DrawingHand, LangButton,
    Legend, LiveMap, MapState, NoScript, StatusLine, VinSearch, address,
};
use crate::pages::frame::Places;
use crate::text::{self, Lang, LangSwitch};

#[component]
pub fn DeskPage() -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let state = MapState::new();
    address::keep(state, expect_context::<LangSwitch>());
    provide_context(AlarmDesk::new());
    let anchor = NodeRef::<Div>::new();
    let me = Resource::new(|| (), |()| api::who_am_i());
    let me = Signal::derive(move || me.get().and_then(Result::ok));
    let blurred = move || {
        let count = state
            .picture
            .with(|picture| picture.status.as_ref().map(|status| status.blurred));
        let words = text::BLURRED.in_lang(lang.get());
        count.map_or_else(
            || words.to_owned(),
            |count| format!("{words} ({})", text::count(count.into())),
        )
    };
    view! {
        <main class="desk">
            <NoScript />
            <LiveMap state anchor />
            <Drawing state />
            <DrawingHand state />
            <header class="title">
                <h1>"evwall"</h1>
                <span>{text::TITLE.shown()}</span>
            </header>
            <nav class="session">
                <Suspense>
                    {move || {
                        me.get()
                            .map(|me| {
                                view! {
                                    <Show when=move || me.blurred><small data-testid="blurred">{blurred}</small></Show>
                                    <Places me=me.clone() />
                                    <span data-testid="me">{me.name.clone()}</span>
                                }
                            })
                    }}
                </Suspense>
                <LangButton />
                <form method="post" action="/logout">
                    <button type="submit">{text::SIGN_OUT.shown()}</button>
                </form>
            </nav>
            <Suspense>
                {move || {
                    me.get()
                        .filter(|me| me.may_open_cards)
                        .map(|me| view! { <VinSearch me found=state.found /> })
                }}
            </Suspense>
            <DeskTools state me />
            <AlarmWatch state me />
            <Legend state />
            <CardPopup state me anchor />
            <StatusLine state />
            <Announcer state />
        </main>
    }
    .into_any()
}
