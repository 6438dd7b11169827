//! The entry of the page's WebAssembly: a panic says itself in the console, then the page takes the place of the one that
//! the server rendered. It is built anew, not taken over node by node: that code was a fifth of the module.
#![recursion_limit = "256"]

use leptos::prelude::document;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called under this name by the script that Leptos puts into the document.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let Some(body) = document().body() else {
        return;
    };
    body.set_inner_html("");
    leptos::mount::mount_to(body, app::App).forget();
}
