//! Random things: session tokens, first passwords, handles' worth of bytes. All from the operating system's source.

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::fmt;

/// 32 bytes that whoever has them *is* the session. Lives in the browser's cookie; the store keeps only its SHA-256.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    pub(crate) fn new() -> Self {
        Self(hex::encode(random_bytes::<32>()))
    }

    /// The cookie's value: 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a cookie held. Anything is taken here; a forged one finds no session.
    #[must_use]
    pub fn from_cookie(value: &str) -> Option<Self> {
        let plausible = value.len() == 64
            && value
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        plausible.then(|| Self(value.to_owned()))
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .expect("without the operating system's randomness nothing here is safe to do");
    bytes
}

/// A password for a person to copy: 24 characters of an alphabet of 32 without look-alikes, 120 bits.
#[must_use]
pub fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters = random_bytes::<24>().map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    letters
        .chunks(6)
        .map(|part| part.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}
