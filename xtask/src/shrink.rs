//! What is done to a built page so that it packs small: its modules, its scripts, and the names by which they know each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::{check, quiet_step};
use crate::{root, tools};

/// Of a binding's name, behind its last `_`: the same in the module and in its bindings, and needed by nobody else.
const HASH_DIGITS: usize = 16;

/// Shrinks all modules and scripts of a folder, in place. `module` is the one that `bindings` belongs to.
pub fn shrink(folder: &Path, module: &Path, bindings: &Path) -> Result<()> {
    let files: Vec<_> = root::files_below(folder)?
        .into_iter()
        .map(|file| folder.join(file))
        .collect();
    let with_end = |ends: &'static [&str]| {
        files.iter().filter(move |file| {
            let end = file.extension().and_then(|end| end.to_str());
            end.is_some_and(|end| ends.contains(&end))
        })
    };
    quiet_step("shrinking the page (wasm-opt -Oz)", || {
        with_end(&["wasm"]).try_for_each(|module| {
            // Plain -Oz: with --all-features the result uses what browsers refuse.
            in_place(module, "binaryen/bin/wasm-opt", &["-Oz", "--converge"])
        })
    })?;
    name_plainly(module, bindings)?;
    quiet_step("shrinking the scripts of the page (terser)", || {
        with_end(&["js", "mjs"]).try_for_each(|script| {
            let options = ["--module", "--ecma", "2020", "--compress", "--mangle"];
            in_place(script, "terser/bin/terser", &options)
        })
    })
}

/// Runs one of our npm packages on a file and puts the outcome in its place.
fn in_place(file: &Path, program: &str, options: &[&str]) -> Result<()> {
    let small = file.with_extension("small");
    check(
        Command::new("node")
            .arg(tools::npm_file(program))
            .arg(file)
            .args(options)
            .arg("-o")
            .arg(&small),
    )?;
    fs::rename(&small, file)?;
    Ok(())
}

/// Numbers where the names of the bindings have hashes, which nothing packs: eight bytes for each, on both sides.
fn name_plainly(module: &Path, bindings: &Path) -> Result<()> {
    let read = |file: &Path| {
        fs::read(file).with_context(|| format!("{} cannot be read", root::shown(file)))
    };
    let (mut wasm, mut js) = (read(module)?, read(bindings)?);
    let hashes = hashes(&js);
    number(&mut wasm, &hashes);
    number(&mut js, &hashes);
    fs::write(module, wasm)?;
    fs::write(bindings, js)?;
    Ok(())
}

/// All words that end like the name of a binding: `_` and sixteen digits.
fn hashes(js: &[u8]) -> BTreeSet<Vec<u8>> {
    js.windows(HASH_DIGITS + 2)
        .filter(|at| is_hash(&at[..=HASH_DIGITS]) && !at[HASH_DIGITS + 1].is_ascii_alphanumeric())
        .map(|at| at[..=HASH_DIGITS].to_vec())
        .collect()
}

fn is_hash(word: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    word[0] == b'_' && word[1..].iter().all(is_digit)
}

/// Each of these words becomes its number; no length changes.
fn number(bytes: &mut [u8], hashes: &BTreeSet<Vec<u8>>) {
    let hashes: Vec<_> = hashes.iter().collect();
    for start in 0..bytes.len().saturating_sub(HASH_DIGITS) {
        let word = &mut bytes[start..=start + HASH_DIGITS];
        if let Some(number) = is_hash(word)
            .then(|| {
                hashes
                    .binary_search_by(|hash| hash.as_slice().cmp(word))
                    .ok()
            })
            .flatten()
        {
            word.copy_from_slice(format!("_{number:0HASH_DIGITS$}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_numbered_alike_on_both_sides_and_nothing_else_is() {
        let mut js =
            b"__wbg_b_8ac8d5ee48d1d5e2: f, __wbg_a_0123456789abcdef() {} _0123456789abcdeg"
                .to_vec();
        let mut wasm = b"\x00\x18__wbg_a_0123456789abcdef\x00\x18__wbg_b_8ac8d5ee48d1d5e2\x00 _ffffffffffffffff\x00".to_vec();
        let found = hashes(&js);
        assert_eq!(found.len(), 2);
        number(&mut js, &found);
        number(&mut wasm, &found);
        assert_eq!(
            js,
            b"__wbg_b_0000000000000001: f, __wbg_a_0000000000000000() {} _0123456789abcdeg"
        );
        assert_eq!(
            wasm,
            b"\x00\x18__wbg_a_0000000000000000\x00\x18__wbg_b_0000000000000001\x00 _ffffffffffffffff\x00"
        );
    }
}
