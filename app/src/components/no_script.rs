//! For whoever has no script: the figures of the moment, written by the server, and a word why there is no map.

use leptos::prelude::*;
use wire::Status;

use crate::text::{self, Lang};

/// What the server knows in the moment in which it writes a page. It puts them into the context of a request.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub status: Option<Status>,
}

/// Browsers that run scripts take what stands in here for text, so it is written as text.
#[component]
pub fn NoScript() -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>().get_untracked();
    let html = use_context::<Figures>().map(|figures| figures.html(lang));
    view! { <noscript inner_html=html.unwrap_or_default()></noscript> }.into_any()
}

impl Figures {
    fn html(&self, lang: Lang) -> String {
        let say = |text: text::Text| text.in_lang(lang);
        let mut html = format!(
            "<div class=\"no-script\"><p class=\"refused\">{}</p>",
            say(text::NEEDS_SCRIPT)
        );
        let Some(status) = &self.status else {
            html += &format!("<p>{}</p></div>", say(text::NO_FIGURES_YET));
            return html;
        };
        let figures = [
            (text::REGISTERED, status.registered),
            (text::LIVE, status.live),
            (text::LATE, status.late),
            (text::SILENT, status.silent),
            (text::DRIVING, status.activity[1]),
            (text::CHARGING, status.activity[3]),
            (text::wall::ALARMS, status.alarms[1..].iter().sum()),
            (text::REPORTS_PER_S, status.reports_per_s),
        ];
        html += &format!("<p>{}</p><table>", say(text::FIGURES_ALL_THE_SAME));
        for (words, number) in figures {
            html += &format!(
                "<tr><th>{}</th><td>{}</td></tr>",
                say(words),
                text::count(number.into())
            );
        }
        let newest = status.newest_report_age_ms.map_or_else(
            || say(text::NO_REPORT_YET).to_owned(),
            |age_ms| text::age(age_ms.into(), lang),
        );
        html += &format!(
            "<tr><th>{}</th><td>{newest}</td></tr><tr><th>{}</th><td>{}</td></tr></table>",
            say(text::NEWEST_REPORT),
            say(text::AS_OF),
            crate::log::clock_time(status.tick_unix_ms / 1000)
        );
        html += "</div>";
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_in_both_languages_and_a_server_without_any_says_so() {
        let figures = Figures {
            status: Some(Status {
                registered: 222_000,
                alarms: [5, 1, 2, 3, 4],
                ..Status::default()
            }),
        };
        for (lang, words) in [(Lang::En, "registered"), (Lang::Zh, "已注册")] {
            let html = figures.html(lang);
            assert!(
                html.contains(&format!("<th>{words}</th><td>222,000</td>")),
                "{html}"
            );
            assert!(
                html.contains("<td>10</td>"),
                "the alarms are added up: {html}"
            );
        }
        let html = Figures::default().html(Lang::En);
        assert!(html.contains(text::NO_FIGURES_YET.en) && !html.contains("<table"));
    }
}
