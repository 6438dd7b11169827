//! What a wall without a session shows: a code in letters that can be read across the room. One document with its script
//! and style inside, since nothing else is served without a session.

use leptos::prelude::*;

use crate::document::document;
use crate::text::{self, Lang, Text, screens};

/// The key of the wall, then what this page does with it.
const SCRIPT: &str = concat!(
    include_str!("../js/screen.mjs"),
    "\n",
    include_str!("../js/pairing.mjs")
);

/// The whole page. `nonce` must stand in the policy of the answer, for the one style block and the one script.
#[must_use]
pub fn page(lang: Lang, nonce: &str) -> String {
    let say = |text: Text| text.in_lang(lang);
    let script_nonce = nonce.to_owned();
    let style = include_str!("../../style/pairing.css");
    document(
        lang,
        nonce,
        screens::PAIR_THIS,
        style,
        Some("proving"),
        || {
            view! {
                <header>
                    <b>"evwall"</b>
                    <span>{say(text::TITLE)}</span>
                </header>
                <main>
                    <h1>{say(screens::PAIR_THIS)}</h1>
                    <p class="code" data-for="waiting" aria-live="polite" data-testid="pairing-code">
                        <span id="code"></span>
                    </p>
                    <div class="left" data-for="waiting">
                        <div id="left"></div>
                    </div>
                    <p class="how" data-for="waiting">{say(screens::PAIR_HOW)}</p>
                    <p class="ends" data-for="waiting">{say(screens::CODE_ENDS)}</p>
                    <p class="how" data-for="proving">{say(screens::PROVING)}</p>
                    <p class="how problem" data-for="busy">{say(screens::PAIR_BUSY)}</p>
                    <p class="how problem" data-for="away">{say(screens::PAIR_AWAY)}</p>
                    <p class="how problem" data-for="cannot">{say(screens::PAIR_CANNOT)}</p>
                    <noscript>
                        <p class="problem">{say(text::NEEDS_SCRIPT)}</p>
                    </noscript>
                </main>
                <footer>
                    <a href="/login">{say(screens::SIGN_IN_INSTEAD)}</a>
                </footer>
                <script type="module" nonce=script_nonce inner_html=SCRIPT></script>
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_both_languages_and_loads_nothing() {
        for (lang, word) in [(Lang::En, "Pair this screen"), (Lang::Zh, "配对此大屏")] {
            let html = page(lang, "abc");
            assert!(html.contains(word), "{html}");
            assert_eq!(html.matches("nonce=\"abc\"").count(), 2, "{html}");
            assert_eq!(html.matches("<script").count(), 1, "{html}");
            assert!(!html.contains("src="), "{html}");
            // The script stands there as it was written.
            assert!(html.contains("=> {"), "{html}");
        }
    }
}
