//! The parts of pages that programs write: between two marks, with a day. What lies outside belongs to whoever wrote it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::root;
use crate::step::output;

/// Puts a text between the marks `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a page of the repository.
pub fn write(page: &str, name: &str, text: &str) -> Result<()> {
    let file = root::root().join(page);
    let before = fs::read_to_string(&file)?;
    let after = with_text(&before, name, text)
        .with_context(|| format!("{page} has no marks for the table `{name}`"))?;
    fs::write(&file, after)?;
    eprintln!("  table `{name}` of {}", root::shown(Path::new(page)));
    Ok(())
}

pub fn with_text(page: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- {name}: begin -->\n");
    let end = format!("<!-- {name}: end -->\n");
    let from = page.find(&begin)? + begin.len();
    let to = from + page.get(from..)?.find(&end)?;
    Some(format!("{}{text}{}", &page[..from], &page[to..]))
}

/// Today in UTC, as 2026-11-22.
pub fn today() -> Result<String> {
    output(Command::new("date").args(["-u", "+%Y-%m-%d"]))
        .context("`date` does not say what day it is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_the_place_of_the_old_one() {
        let page = "before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n";
        let new = with_text(page, "a", "new\n").unwrap();
        assert_eq!(new, page.replace("old", "new"));
        assert_eq!(with_text(page, "b", ""), None);
    }
}
