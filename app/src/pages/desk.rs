//! `/` — the map with everything a person at a desk does to it.

use leptos::html::Div;
use leptos::prelude::*;

use crate::api::{self, Me};
use crate::components::{
    AlarmDesk, AlarmWatch, Announcer, CardPopup, DeskTools, Drawing, DrawingHand, LangButton,
    Legend, Link, LiveMap, MapState, NoScript, StatusLine, VinSearch, address,
};
use crate::later::{self, later};
use crate::pages::frame::Places;
use crate::text::{self, Lang, LangSwitch};

#[component]
pub fn DeskPage() -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let state = MapState::new();
    address::keep(state, expect_context::<LangSwitch>());
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
    // Dots before tools: by then the first are on their way, or none will come.
    let map_speaks = Signal::derive(move || {
        state.server_unix_ms.get() != 0
            || state
                .picture
                .with(|picture| picture.link != Link::Connecting)
    });
    view! {
        <main class="desk">
            <NoScript />
            <LiveMap state anchor />
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
            {later(later::DESK, DeskWork { state, me, anchor }, map_speaks)}
            <Legend state />
            <StatusLine state />
            <Announcer state />
        </main>
    }
    .into_any()
}

/// What the desk's work is done on.
#[derive(Clone, Copy)]
pub struct DeskWork {
    pub state: MapState,
    pub me: Signal<Option<Me>>,
    pub anchor: NodeRef<Div>,
}

/// Everything that a person at a desk does to the map; in the browser called by nobody but the part that holds it.
#[must_use]
pub fn desk_work(of: DeskWork) -> AnyView {
    let DeskWork { state, me, anchor } = of;
    provide_context(AlarmDesk::new());
    view! {
        <Drawing state />
        <DrawingHand state />
        {move || {
            me.get()
                .filter(|me| me.may_open_cards)
                .map(|me| view! { <VinSearch me found=state.found /> })
        }}
        <DeskTools state me />
        <AlarmWatch state me />
        <CardPopup state me anchor />
    }
    .into_any()
}
