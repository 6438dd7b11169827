//! The owner's question as a page for printing: black on white, without script, with the digest of the file that goes with
//! it. The file is part of the page, so that what is printed and what is kept were made once.

use leptos::prelude::*;

use crate::document::document;
use crate::text::{self, Lang, Text, report};

/// What stands on the page, in the language of the page.
pub struct Shown {
    pub facts: Vec<(Text, String)>,
    pub is_cut: bool,
    /// Row, when, what, who, purpose, detail.
    pub lines: Vec<[String; 6]>,
    /// The file as an address of its own, `data:…`.
    pub file: String,
}

/// The whole page. `nonce` must stand in the policy of the answer, for the one style block.
#[must_use]
pub fn page(lang: Lang, nonce: &str, shown: Shown) -> String {
    let say = |text: Text| text.in_lang(lang);
    let head = [
        text::ROW,
        text::WHEN,
        text::WHAT,
        text::WHO,
        text::WHY,
        text::DETAIL,
    ];
    let nobody = shown.lines.is_empty();
    let facts = shown.facts.into_iter();
    let facts = facts.map(|(name, value)| view! { <dt>{say(name)}</dt><dd>{value}</dd> });
    let lines = shown.lines.into_iter().map(|line| {
        let cells = line.into_iter().map(|cell| view! { <td>{cell}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let style = include_str!("../../style/report.css");
    document(lang, nonce, report::TITLE, style, None, || {
        view! {
            <h1>{say(report::TITLE)}</h1>
            <p>{say(report::WHAT)}</p>
            <dl>{facts.collect_view()}</dl>
            <p>{say(report::CHECK)}</p>
            <p class="file">
                <a href=shown.file download="evwall-vehicle-report.csv">{say(report::FILE)}</a>
            </p>
            {shown.is_cut.then(|| view! { <p><b>{say(report::IS_CUT)}</b></p> })}
            <table>
                <thead>
                    <tr>{head.map(|words| view! { <th>{say(words)}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
            {nobody.then(|| view! { <p>{say(report::NOBODY)}</p> })}
        }
    })
}
