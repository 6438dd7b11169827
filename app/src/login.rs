//! The login page: one self-contained HTML document without script, since nothing else is served without a session.

use leptos::prelude::*;

use crate::document::document;
use crate::text::{self, Lang, Refusal, Text};

/// What is left of a try that did not succeed yet: never the password.
#[derive(Default)]
pub struct Again {
    pub name: String,
    /// A field for a one-time code is shown.
    pub code: bool,
    /// Where to go once it has: a path of this server.
    pub to: String,
}

/// The whole page. `nonce` must stand in the policy of the answer, for the one style block.
#[must_use]
pub fn page(lang: Lang, nonce: &str, problem: Option<Text>, again: Again) -> String {
    let say = |text: Text| text.in_lang(lang);
    boxed(lang, nonce, text::SIGN_IN, || {
        view! {
            <p class="what">{say(text::TITLE)}</p>
            <p class="why">{say(text::SIGN_IN_WHY)}</p>
            {problem.map(|problem| view! { <p class="problem" role="alert">{say(problem)}</p> })}
            <form method="post" action="/login">
                <input type="hidden" name="to" value=again.to />
                <label for="name">{say(text::NAME)}</label>
                <input id="name" name="name" autocomplete="username" required autofocus maxlength="64" value=again.name />
                <label for="password">{say(text::PASSWORD)}</label>
                <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256" />
                {again
                    .code
                    .then(|| {
                        view! {
                            <label for="code">{say(text::CODE)}</label>
                            <input id="code" name="code" autocomplete="one-time-code" inputmode="numeric" maxlength="6" />
                        }
                    })}
                <button type="submit">{say(text::SIGN_IN)}</button>
            </form>
        }
    })
}

/// Says that somebody may not go here, or that there is nothing, what to do about it, and leads back to the map.
#[must_use]
pub fn refused_page(lang: Lang, nonce: &str, why: &Refusal) -> String {
    let say = |text: Text| text.in_lang(lang);
    boxed(lang, nonce, why.what, || {
        view! {
            <p class="problem" role="alert">{say(why.what)}</p>
            <p class="why">{say(why.what_to_do)}</p>
            <p><a href="/">{say(text::BACK_TO_MAP)}</a></p>
        }
    })
}

/// The document with `body` in its one box.
fn boxed<V: IntoView>(lang: Lang, nonce: &str, title: Text, body: impl FnOnce() -> V) -> String {
    let style = include_str!("../../style/login.css");
    document(lang, nonce, title, style, None, || {
        view! {
            <main>
                <h1>"evwall"</h1>
                {body()}
            </main>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_both_languages_and_loads_nothing() {
        for (lang, word) in [(Lang::En, "Sign in"), (Lang::Zh, "登录")] {
            let html = page(lang, "abc", Some(text::SIGN_IN_WRONG), Again::default());
            assert!(!html.contains("id=\"code\""), "{html}");
            assert!(html.contains(word), "{html}");
            assert!(html.contains("nonce=\"abc\""), "{html}");
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("src="), "{html}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_so_and_what_to_do_and_leads_back() {
        for why in [text::NOT_YOURS, text::NOT_HERE] {
            for lang in [Lang::En, Lang::Zh] {
                let html = refused_page(lang, "abc", &why);
                assert!(html.contains(why.what.in_lang(lang)), "{html}");
                assert!(html.contains(why.what_to_do.in_lang(lang)), "{html}");
                assert!(html.contains("<a href=\"/\">"), "{html}");
                assert!(!html.contains("<script"), "{html}");
            }
        }
    }

    #[test]
    fn a_name_that_is_shown_again_is_text_and_a_code_gets_its_field() {
        let again = Again {
            name: "\"><script>x</script>".to_owned(),
            code: true,
            to: "/wall".to_owned(),
        };
        let html = page(Lang::En, "abc", Some(text::SIGN_IN_CODE), again);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("id=\"code\""), "{html}");
    }
}
