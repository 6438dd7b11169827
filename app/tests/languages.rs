//! Every sentence of the pages stands in both languages, and in the right one on each side. `Text` cannot be made with one
//! half; what it cannot see is a half that was left in the other language, and words that were written past it.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source of the crate.
fn sources() -> Vec<(PathBuf, String)> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let source = fs::read_to_string(&path).unwrap();
                // Tests speak to programmers.
                let code = source.split("#[cfg(test)]").next().unwrap_or_default();
                found.push((path, code.to_owned()));
            }
        }
    }
    found
}

/// The string literal at the beginning of `code`, and what comes after it.
fn literal(code: &str) -> Option<(String, &str)> {
    let mut rest = code.trim_start().strip_prefix('"')?.char_indices();
    let body = &code.trim_start()[1..];
    let mut escaped = false;
    let end = rest.find(|(_, letter)| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    })?;
    // Indices count from the opening quotation mark, which was stripped.
    Some((body[..end.0].to_owned(), &body[end.0 + 1..]))
}

/// The two halves of every `text("…", "…")`.
fn texts(code: &str) -> Vec<(String, String)> {
    code.match_indices("text(")
        .filter_map(|(at, found)| {
            let (en, rest) = literal(&code[at + found.len()..])?;
            let (zh, _) = literal(rest.trim_start().strip_prefix(',')?)?;
            Some((en, zh))
        })
        .collect()
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

#[test]
fn every_sentence_has_an_english_and_a_chinese_half() {
    let mut count = 0;
    for (path, code) in sources() {
        for (en, zh) in texts(&code) {
            count += 1;
            let where_it_is = path.display();
            assert!(
                !en.trim().is_empty() && !zh.trim().is_empty(),
                "{where_it_is}: {en:?} {zh:?}"
            );
            assert!(
                zh.chars().any(is_chinese),
                "{where_it_is}: {zh:?} is no Chinese"
            );
            // The one that names the other language in its own letters.
            let names_languages = en.contains("中文") && zh.contains("English");
            assert!(
                names_languages || !en.chars().any(is_chinese),
                "{where_it_is}: {en:?} is no English"
            );
        }
    }
    assert!(count > 200, "only {count} sentences were found");
}

/// What a view may say in letters that are the same in every language.
const SAME_EVERYWHERE: [&str; 4] = ["evwall", "evwall · ", "English", "中文"];

#[test]
fn no_page_says_anything_past_the_table_of_texts() {
    for (path, code) in sources() {
        let is_page = path.components().any(|part| {
            ["components", "pages"]
                .iter()
                .any(|of| part.as_os_str() == *of)
        });
        if !is_page {
            continue;
        }
        for line in code.lines().map(str::trim) {
            // A text node of a view stands after a tag or alone on its line.
            let node = line
                .rsplit_once('>')
                .map_or(line, |(_, after)| after)
                .trim();
            let Some((words, rest)) = literal(node) else {
                continue;
            };
            let stands_alone = rest.is_empty() || rest.trim_start().starts_with(['<', '{']);
            let is_words = words
                .chars()
                .filter(|letter| letter.is_alphabetic())
                .count()
                > 1;
            if stands_alone && is_words && !words.contains(['{', '/', '_', '=']) {
                assert!(
                    SAME_EVERYWHERE.contains(&words.as_str()),
                    "{}: {words:?}",
                    path.display()
                );
            }
        }
    }
}
