//! Why a vehicle is not on the map: the answer to a question that is written down like a search, with what to do about it.

use leptos::prelude::*;

use crate::api::Explained;
use crate::text::{Lang, desk};

/// The answer. `open` is called with a handle when its card is wanted.
#[component]
pub fn WhyNot(
    explained: Explained,
    open: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let Explained {
        whereabouts,
        heard_unix_s,
        hit,
    } = explained;
    view! {
        <div class="why-not" role="status" data-testid="why-not">
            <p>{desk::whereabouts(whereabouts).shown()}</p>
            {heard_unix_s
                .map(|heard| {
                    view! { <p class="hint">{desk::HEARD.shown()} ": " {move || desk::moment(heard, lang.get())}</p> }
                })}
            {hit
                .map(|hit| {
                    view! {
                        <p class="buttons">
                            <button on:click=move |_| open(hit.handle.clone())>{desk::OPEN_CARD.shown()}</button>
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}
