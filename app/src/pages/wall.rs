//! `/wall` — the same picture without anything to touch: no controls, no cursor, nothing that names a vehicle.

use leptos::html::Div;
use leptos::prelude::*;

use crate::components::{Legend, LiveMap, MapState, StatusLine, WallBoard};
use crate::text;

#[component]
pub fn WallPage() -> impl IntoView {
    let state = MapState::new();
    let anchor = NodeRef::<Div>::new();
    view! {
        <main class="wall">
            <LiveMap state anchor />
            <header class="title">
                <h1>"evwall"</h1>
                <span>{text::TITLE.shown()}</span>
            </header>
            <WallBoard state />
            <Legend state fixed=true />
            <StatusLine state />
        </main>
    }
    .into_any()
}
