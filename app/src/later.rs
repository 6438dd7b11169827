//! Parts of the page whose code comes in modules of their own when it is needed: what is done at a desk, once the map says
//! something, and the pages about people. So the dots come first, and a wall never loads either. `xtask/src/site.rs` splits the
//! page here; the server renders everything from one binary.

use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::pages::{DeskWork, Office, desk_work, office};

/// Makes a view of what it is given.
pub type Make<A> = fn(A) -> AnyView;
/// Fetches the code of a part; none when it cannot be had now.
pub type Fetch<A> = fn() -> Pin<Box<dyn Future<Output = Option<Make<A>>>>>;

/// What is done at a desk.
pub const DESK: Fetch<DeskWork> = || Box::pin(async { desk_code().await.ok() });
/// The pages about people.
pub const OFFICE: Fetch<Office> = || Box::pin(async { office_code().await.ok() });

// Each of these becomes a module, with everything that only it leads to.
#[wasm_split(desk, wasm_split_path = ::leptos::wasm_split, fallible)]
fn desk_code() -> Result<Make<DeskWork>, SplitLoaderError> {
    Ok(desk_work)
}

#[wasm_split(office, wasm_split_path = ::leptos::wasm_split, fallible)]
fn office_code() -> Result<Make<Office>, SplitLoaderError> {
    Ok(office)
}

const AGAIN_AFTER: Duration = Duration::from_secs(3);

/// Nothing until `due` is true and the code is there, then its view of `with`.
pub fn later<A: Clone + Send + Sync + 'static>(
    code: Fetch<A>,
    with: A,
    due: Signal<bool>,
) -> impl IntoView {
    let make = RwSignal::new(None::<Make<A>>);
    let asked = StoredValue::new(false);
    Effect::new(move || {
        if due.get() && !asked.get_value() {
            asked.set_value(true);
            fetch(code, make);
        }
    });
    (move || make.get().map(|make| make(with.clone()))).into_any()
}

/// Until it succeeds: a page without these parts looks whole and is not.
fn fetch<A: 'static>(code: Fetch<A>, into: RwSignal<Option<Make<A>>>) {
    spawn_local(async move {
        match code().await {
            // The page may have gone elsewhere meanwhile.
            Some(make) => drop(into.try_set(Some(make))),
            None => set_timeout(move || fetch(code, into), AGAIN_AFTER),
        }
    });
}
