//! Challenges: what a wall signs to show that it has its key. A challenge carries its own end and a mark by which this
//! server knows that it made it for this origin, so that asking for many fills nothing; what was answered rightly is
//! remembered until it would have ended, so that it is good once.
//!
//! What is signed names the origin that the *page* believes to be at. A page of another origin has no key of ours; if it
//! passed on a challenge, the answer would be for its own name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use access::ScreenKey;
use ring::{hmac, rand::SystemRandom, signature};

/// From the challenge to its answer.
pub const GOOD_FOR_MS: u64 = 30_000;
/// End, random bytes, mark.
const END_BYTES: usize = 8;
const RANDOM_BYTES: usize = 16;
const LONG: usize = END_BYTES + RANDOM_BYTES + 32;

pub struct Challenges {
    /// Of this start of the server.
    secret: hmac::Key,
    /// The random bytes of what was answered, and when it would have ended. Bounded by the rate of answers.
    // A blocking lock: nothing is awaited while it is held.
    answered: Mutex<HashMap<[u8; RANDOM_BYTES], u64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("not a challenge of this server for this origin")]
    NotOurs,
    #[error("the challenge is over")]
    TooLate,
    #[error("the challenge was answered before")]
    Again,
    #[error("the signature is not by that key")]
    Signature,
}

/// What is signed: also what the page puts together, in `app/js/screen.mjs`.
fn signed_text(origin: &str, challenge: &str) -> String {
    format!("evwall screen 1\n{origin}\n{challenge}")
}

impl Challenges {
    /// # Panics
    /// Where the operating system has no randomness.
    #[must_use]
    pub fn new() -> Self {
        let secret = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .expect("without the operating system's randomness nothing here is safe to do");
        Self {
            secret,
            answered: Mutex::default(),
        }
    }

    /// A challenge for the page of this origin, in hexadecimal digits.
    pub fn ask(&self, origin: &str, now_mono_ms: u64) -> String {
        let mut challenge = (now_mono_ms + GOOD_FOR_MS).to_be_bytes().to_vec();
        challenge.extend(rand::random::<[u8; RANDOM_BYTES]>());
        let mark = hmac::sign(&self.secret, &marked(&challenge, origin));
        challenge.extend(mark.as_ref());
        hex::encode(challenge)
    }

    /// Whether this answer is right, which uses the challenge up.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn answer(
        &self,
        origin: &str,
        challenge: &str,
        key: &ScreenKey,
        signature: &[u8],
        now_mono_ms: u64,
    ) -> Result<(), Wrong> {
        let bytes = hex::decode(challenge).map_err(|_| Wrong::NotOurs)?;
        if bytes.len() != LONG {
            return Err(Wrong::NotOurs);
        }
        let (said, mark) = bytes.split_at(END_BYTES + RANDOM_BYTES);
        hmac::verify(&self.secret, &marked(said, origin), mark).map_err(|_| Wrong::NotOurs)?;
        let (end, random) = said
            .split_first_chunk::<END_BYTES>()
            .ok_or(Wrong::NotOurs)?;
        let end_mono_ms = u64::from_be_bytes(*end);
        if now_mono_ms >= end_mono_ms {
            return Err(Wrong::TooLate);
        }
        signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key)
            .verify(signed_text(origin, challenge).as_bytes(), signature)
            .map_err(|_| Wrong::Signature)?;
        let random = random.try_into().map_err(|_| Wrong::NotOurs)?;
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.retain(|_, end_mono_ms| now_mono_ms < *end_mono_ms);
        match answered.insert(random, end_mono_ms) {
            None => Ok(()),
            Some(_) => Err(Wrong::Again),
        }
    }
}

fn marked(said: &[u8], origin: &str) -> Vec<u8> {
    [said, origin.as_bytes()].concat()
}

#[cfg(test)]
pub mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    /// A wall's key, as a browser makes one.
    pub struct Wall(EcdsaKeyPair);

    impl Wall {
        pub fn new() -> Self {
            let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
        }

        pub fn key(&self) -> ScreenKey {
            self.0.public_key().as_ref().try_into().unwrap()
        }

        pub fn sign(&self, origin: &str, challenge: &str) -> Vec<u8> {
            let text = signed_text(origin, challenge);
            let signature = self.0.sign(&SystemRandom::new(), text.as_bytes());
            signature.unwrap().as_ref().to_vec()
        }
    }

    const HERE: &str = "https://wall.example";

    #[test]
    fn a_right_answer_is_good_once_and_in_time() {
        let (challenges, wall) = (Challenges::new(), Wall::new());
        let challenge = challenges.ask(HERE, 0);
        let signature = wall.sign(HERE, &challenge);
        let answer = |at_ms| challenges.answer(HERE, &challenge, &wall.key(), &signature, at_ms);
        assert_eq!(answer(GOOD_FOR_MS), Err(Wrong::TooLate));
        assert_eq!(answer(GOOD_FOR_MS - 1), Ok(()));
        assert_eq!(answer(GOOD_FOR_MS - 1), Err(Wrong::Again));
        assert_eq!(answer(GOOD_FOR_MS), Err(Wrong::TooLate));
    }

    #[test]
    fn an_answer_by_another_key_for_another_host_or_to_a_made_up_challenge_is_wrong() {
        let (challenges, wall) = (Challenges::new(), Wall::new());
        let challenge = challenges.ask(HERE, 0);
        let key = wall.key();
        let answer = |challenge: &str, signature: &[u8]| {
            challenges.answer(HERE, challenge, &key, signature, 1)
        };
        let by_another = Wall::new().sign(HERE, &challenge);
        assert_eq!(answer(&challenge, &by_another), Err(Wrong::Signature));
        assert_eq!(answer(&challenge, &[]), Err(Wrong::Signature));
        // A page of another origin that passed our challenge on.
        let elsewhere = wall.sign("https://evil.example", &challenge);
        assert_eq!(answer(&challenge, &elsewhere), Err(Wrong::Signature));
        // A challenge that was made for a page of another origin, or by another start of the server, or for ever.
        let theirs = challenges.ask("https://evil.example", 0);
        assert_eq!(
            answer(&theirs, &wall.sign(HERE, &theirs)),
            Err(Wrong::NotOurs)
        );
        let older = Challenges::new().ask(HERE, 0);
        assert_eq!(
            answer(&older, &wall.sign(HERE, &older)),
            Err(Wrong::NotOurs)
        );
        let for_ever = format!("ff{}", &challenge[2..]);
        assert_eq!(
            answer(&for_ever, &wall.sign(HERE, &for_ever)),
            Err(Wrong::NotOurs)
        );
        for odd in ["", "00", "zz", &challenge[2..]] {
            assert_eq!(answer(odd, &wall.sign(HERE, odd)), Err(Wrong::NotOurs));
        }
        assert_eq!(answer(&challenge, &wall.sign(HERE, &challenge)), Ok(()));
    }
}
