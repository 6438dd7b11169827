//! The platforms file: who logs in over TCP, with which password, as the centre reads it.
//!
//! Like the registry it is written for the centre at each start, so passwords are drawn anew and never stand in
//! the project. It is TOML, one `[[platform]]` a maker, and only this user can read it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use gb32960::Edition;
use rand::Rng;

use crate::catalogue::{MAKERS, MODELS, Makers};
use crate::dialect::Dialects;
use crate::identity::Identity;

/// As long as the login's fields are (GB/T 32960.3, table 31).
const USER_BYTES: usize = 12;
const PASSWORD_BYTES: usize = 20;
/// No letter that is taken for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What one maker's platform logs in with.
#[derive(Clone)]
pub struct Account {
    /// Index of the maker.
    pub maker: u8,
    pub edition: Edition,
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// An account for each of `makers`, with a random password.
#[must_use]
pub fn accounts(makers: Makers, dialects: &Dialects) -> Vec<Account> {
    let mut random = rand::rng();
    makers
        .iter()
        .map(|maker| {
            let slug = MAKERS[usize::from(maker)].slug;
            let letter = |_| char::from(LETTERS[random.random_range(0..LETTERS.len())]);
            Account {
                maker,
                edition: dialects.of(maker).edition,
                user: slug.chars().take(USER_BYTES).collect(),
                password: (0..PASSWORD_BYTES).map(letter).collect(),
            }
        })
        .collect()
}

/// Writes the file anew, readable by this user only.
pub fn write(
    path: &Path,
    accounts: &[Account],
    dialects: &Dialects,
    identities: &[Identity],
) -> anyhow::Result<()> {
    let why = || format!("cannot write {}", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Anew, because an old file would keep its mode.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(why)?,
        _ => {}
    }
    let mut file = options.open(path).with_context(why)?;
    file.write_all(text(accounts, dialects, identities).as_bytes())
        .with_context(why)
}

fn text(accounts: &[Account], dialects: &Dialects, identities: &[Identity]) -> String {
    let mut text =
        "# Written by evwall-sim at each start: passwords are random and good for this run.\n"
            .to_owned();
    if accounts.is_empty() {
        // Nobody is not the same as nothing said.
        text += "platform = []\n";
    }
    for account in accounts {
        let maker = &MAKERS[usize::from(account.maker)];
        let mut wmis: Vec<&str> = MODELS
            .iter()
            .filter(|model| model.maker == account.maker)
            .map(|model| model.wmi)
            .collect();
        wmis.sort_unstable();
        wmis.dedup();
        let datum = if dialects.of(account.maker).gcj02 {
            "gcj02"
        } else {
            "wgs84"
        };
        // A centre without the registry takes them all the same.
        let vehicles = identities
            .iter()
            .filter(|identity| identity.platform() == account.maker)
            .count();
        let Account { user, password, .. } = account;
        let (make, year) = (maker.make, account.edition.year());
        write!(
            text,
            "\n[[platform]]\nname = {make:?}\nuser = {user:?}\npassword = {password:?}\n\
             from = [\"127.0.0.1\", \"::1\"]\nwmis = {wmis:?}\ndatum = {datum:?}\neditions = [{year}]\n\
             max_unregistered = {vehicles}\n",
        )
        .expect("a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Editions;

    #[test]
    fn passwords_differ_each_time_and_only_this_user_can_read_them() {
        let dialects = Dialects::new(Editions::Mixed, Makers::all());
        let path = std::env::temp_dir().join(format!("evwall-sim-{}.toml", std::process::id()));
        std::fs::write(&path, "an old file that everybody can read").unwrap();
        let (first, second) = (
            accounts(Makers::all(), &dialects),
            accounts(Makers::all(), &dialects),
        );
        let written = write(&path, &first, &dialects, &[]);
        let text = std::fs::read_to_string(&path);
        let mode = std::fs::metadata(&path).unwrap().permissions();
        std::fs::remove_file(&path).unwrap();
        written.unwrap();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
            0o600
        );
        let text = text.unwrap();
        assert_eq!(text.matches("[[platform]]").count(), MAKERS.len());
        for (account, other) in first.iter().zip(&second) {
            assert!(text.contains(&account.password));
            assert_ne!(account.password, other.password);
            assert!(!format!("{account:?}").contains(&account.password));
        }
        let mut users: Vec<&str> = first.iter().map(|account| &*account.user).collect();
        users.sort_unstable();
        users.dedup();
        assert_eq!(
            users.len(),
            MAKERS.len(),
            "cut to 12 bytes they still differ"
        );
        assert!(text.contains("datum = \"gcj02\"\neditions = [2016]"));
        assert!(super::text(&[], &dialects, &[]).contains("platform = []"));
    }
}
