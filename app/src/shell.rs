//! The HTML document around every page, and the router inside it.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::StaticSegment;
use leptos_router::components::{Route, Router, Routes};

use crate::pages::{DeskPage, Office, OfficePage, WallPage};
use crate::text::{self, Lang, LangSwitch};
#[cfg(any(feature = "ssr", feature = "csr"))]
use crate::view_state::lang_of;

/// What the server says to the document about itself.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Of the page's files; the document carries it, and a page that hears of another one later reloads itself.
    pub site: u64,
    /// Other servers that the ground may be fetched from, each after a space.
    pub other_origins: String,
}

/// For the document of a wall. In its text, because it has to hold from the first moment on.
const HELD: &str = include_str!("../../style/held.css");

/// The document of one answer. Its policy lets nothing run or load but what this server serves.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    send_policy();
    let lang = preferred_lang();
    let site = use_context::<Served>().unwrap_or_default().site.to_string();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href="/vendor/maplibre-gl.css" />
                <link rel="stylesheet" href="/fonts/fonts.css" />
                <link rel="stylesheet" href="/pkg/evwall.css" />
                <link rel="stylesheet" href="/pkg/desk.css" />
                <link rel="stylesheet" href="/pkg/wall.css" />
                {is_wall().then(|| view! { <style nonce=leptos::nonce::use_nonce()>{HELD}</style> })}
                <HydrationScripts options />
                <meta name="evwall-site" content=site />
                // The figures for whoever has no script come anew by themselves.
                <noscript>
                    <meta http-equiv="refresh" content="15" />
                </noscript>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The application, the same on both sides.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let lang = RwSignal::new(preferred_lang());
    provide_context(lang);
    provide_context(LangSwitch::new(lang, chosen_lang()));
    // Says, to tests and to whoever looks, that the page answers now: an effect runs only in the browser.
    Effect::new(|| {
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-live", "");
        }
    });
    // Whoever reads the page aloud has to know.
    Effect::new(move || {
        let lang = lang.get();
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("lang", lang.tag());
        }
    });
    view! {
        <Title text=title() />
        <Router>
            <Routes fallback=|| view! { <p class="notice">{text::NO_SUCH_PAGE.shown()}</p> }>
                <Route path=StaticSegment("") view=DeskPage />
                <Route path=StaticSegment("wall") view=WallPage />
                <Route path=StaticSegment("log") view=|| view! { <OfficePage page=Office::Log /> } />
                <Route path=StaticSegment("account") view=|| view! { <OfficePage page=Office::Account /> } />
                <Route path=StaticSegment("users") view=|| view! { <OfficePage page=Office::Users /> } />
                <Route path=StaticSegment("sources") view=|| view! { <OfficePage page=Office::Sources /> } />
                <Route path=StaticSegment("screens") view=|| view! { <OfficePage page=Office::Screens /> } />
            </Routes>
        </Router>
    }
}

#[cfg(feature = "ssr")]
fn send_policy() {
    use axum::http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
    let Some(nonce) = leptos::nonce::use_nonce() else {
        return;
    };
    let Some(options) = use_context::<leptos_axum::ResponseOptions>() else {
        return;
    };
    let others = use_context::<Served>()
        .map(|served| served.other_origins)
        .unwrap_or_default();
    // MapLibre sizes its elements through style attributes that it writes as script objects, which a policy does
    // not see; 'unsafe-inline' is therefore not needed for styles.
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:{others}; font-src 'self'; connect-src 'self'{others}; worker-src 'self' blob:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        options.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}

/// Whether this document is a wall's; in the browser, which builds no document, never.
fn is_wall() -> bool {
    #[cfg(feature = "ssr")]
    {
        use_context::<axum::http::request::Parts>().is_some_and(|parts| parts.uri.path() == "/wall")
    }
    #[cfg(not(feature = "ssr"))]
    false
}

/// The language that the address asks for.
fn chosen_lang() -> Option<Lang> {
    #[cfg(feature = "ssr")]
    {
        let parts = use_context::<axum::http::request::Parts>()?;
        lang_of(parts.uri.query()?)
    }
    #[cfg(all(feature = "csr", not(feature = "ssr")))]
    {
        lang_of(&window().location().search().ok()?)
    }
    #[cfg(not(any(feature = "ssr", feature = "csr")))]
    None
}

/// On the server what the address asks for, or the first language of the browser; in the browser what the server chose.
fn preferred_lang() -> Lang {
    #[cfg(feature = "ssr")]
    if let Some(lang) = chosen_lang() {
        return lang;
    }
    #[cfg(feature = "ssr")]
    {
        use_context::<axum::http::request::Parts>()
            .and_then(|parts| {
                let header = parts.headers.get(axum::http::header::ACCEPT_LANGUAGE)?;
                Some(Lang::from_accept(header.to_str().ok()?))
            })
            .unwrap_or_default()
    }
    #[cfg(all(feature = "csr", not(feature = "ssr")))]
    {
        document()
            .document_element()
            .and_then(|html| html.get_attribute("lang"))
            .map(|tag| Lang::from_accept(&tag))
            .unwrap_or_default()
    }
    #[cfg(not(any(feature = "ssr", feature = "csr")))]
    Lang::default()
}

/// The title follows the language in the browser only: the server reads it after the page's signals are gone.
fn title() -> TextProp {
    #[cfg(feature = "ssr")]
    {
        let lang = expect_context::<RwSignal<Lang>>();
        text::TITLE.in_lang(lang.get_untracked()).into()
    }
    #[cfg(not(feature = "ssr"))]
    text::TITLE.shown().into()
}
