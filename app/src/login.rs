//! The login page: one self-contained HTML document without script, since nothing else is served without a session.

use leptos::prelude::*;

use crate::text::{self, Lang, Text};

/// The whole page. `nonce` must stand in the policy of the answer, for the one style block.
#[must_use]
pub fn page(lang: Lang, nonce: &str, problem: Option<Text>) -> String {
    let say = |text: Text| text.in_lang(lang);
    let nonce = nonce.to_owned();
    let owner = Owner::new();
    let html = owner.with(|| {
        view! {
            <html lang=lang.tag()>
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="dark" />
                    <title>{say(text::SIGN_IN)} " · evwall"</title>
                    <style nonce=nonce>{include_str!("../../style/login.css")}</style>
                </head>
                <body>
                    <main>
                        <h1>"evwall"</h1>
                        <p class="what">{say(text::TITLE)}</p>
                        <p class="why">{say(text::SIGN_IN_WHY)}</p>
                        {problem.map(|problem| view! { <p class="problem" role="alert">{say(problem)}</p> })}
                        <form method="post" action="/login">
                            <label for="name">{say(text::NAME)}</label>
                            <input id="name" name="name" autocomplete="username" required autofocus maxlength="64" />
                            <label for="password">{say(text::PASSWORD)}</label>
                            <input
                                id="password"
                                name="password"
                                type="password"
                                autocomplete="current-password"
                                required
                                maxlength="256"
                            />
                            <button type="submit">{say(text::SIGN_IN)}</button>
                        </form>
                    </main>
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>{html}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_both_languages_and_loads_nothing() {
        for (lang, word) in [(Lang::En, "Sign in"), (Lang::Zh, "登录")] {
            let html = page(lang, "abc", Some(text::SIGN_IN_WRONG));
            assert!(html.contains(word), "{html}");
            assert!(html.contains("nonce=\"abc\""), "{html}");
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("src="), "{html}");
        }
    }
}
