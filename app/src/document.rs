//! The frame of the pages that stand before the door, and of the report that is printed: one HTML document that loads
//! nothing, since nothing else is served without a session. The site itself has another: `shell`.

use leptos::prelude::*;

use crate::text::{Lang, Text};

/// The document around `body`, with its one style block. `nonce` must stand in the policy of the answer; `state` is what a
/// script of the page starts from.
pub(crate) fn document<V: IntoView>(
    lang: Lang,
    nonce: &str,
    title: Text,
    style: &'static str,
    state: Option<&'static str>,
    body: impl FnOnce() -> V,
) -> String {
    let nonce = nonce.to_owned();
    let html = Owner::new().with(|| {
        view! {
            <html lang=lang.tag() data-state=state>
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="dark" />
                    <title>{title.in_lang(lang)} " · evwall"</title>
                    <style nonce=nonce>{style}</style>
                </head>
                <body>{body()}</body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>{html}")
}
