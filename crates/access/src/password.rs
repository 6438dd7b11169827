//! Passwords: argon2id, hashed on blocking threads, a bounded number at once. Each takes 19 MiB and tens of
//! milliseconds, so an unbounded number would be a way to stop the server.

use crate::secret::random_password;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Hashes at work at once; the next ones wait.
const AT_ONCE: usize = 2;
/// Waiting log-ins; at the bound the newest is refused as `Busy`.
pub const WAITING_MAX: usize = 32;
/// At work or waiting.
pub const PLACES: usize = WAITING_MAX + AT_ONCE;
pub const LENGTH_MIN: u8 = 12;
/// In bytes. A longer one is wrong without being hashed.
pub const LENGTH_MAX: u16 = 256;

/// What one hash costs. The default is the OWASP recommendation for argon2id; tests take less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
        }
    }
}

/// Too many are waiting already.
#[derive(Debug)]
pub(crate) struct Busy;

#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// The hash of a password nobody has, verified for names that do not exist so that they take as long.
    nobody_phc: Arc<str>,
}

impl Passwords {
    pub(crate) fn new(cost: Cost) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .expect("the cost is a constant of the program or of a test");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody_phc = phc(&argon2, &random_password()).into();
        Self {
            argon2,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(AtomicUsize::new(0)),
            nobody_phc,
        }
    }

    /// A PHC string with a fresh salt.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Busy> {
        let password = password.to_owned();
        self.off_thread(move |argon2| phc(argon2, &password)).await
    }

    /// Whether `password` is the one behind `expected_phc`. With `None` (no such user) it works as long and says no.
    pub(crate) async fn verify(
        &self,
        password: &str,
        expected_phc: Option<String>,
    ) -> Result<bool, Busy> {
        let exists = expected_phc.is_some();
        let expected = expected_phc.unwrap_or_else(|| self.nobody_phc.as_ref().to_owned());
        let too_long = password.len() > usize::from(LENGTH_MAX);
        let password = if too_long {
            String::new()
        } else {
            password.to_owned()
        };
        let matches = self
            .off_thread(move |argon2| {
                PasswordHash::new(&expected).is_ok_and(|expected| {
                    argon2
                        .verify_password(password.as_bytes(), &expected)
                        .is_ok()
                })
            })
            .await?;
        Ok(matches && exists && !too_long)
    }

    /// Hashes at work or waiting.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Nothing is hashed until the permit is dropped.
    #[cfg(test)]
    pub(crate) async fn hold(&self) -> tokio::sync::OwnedSemaphorePermit {
        let slots = Arc::clone(&self.slots);
        let all = u32::try_from(AT_ONCE).unwrap();
        slots.acquire_many_owned(all).await.unwrap()
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _place = Place::take(&self.waiting)?;
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let argon2 = self.argon2.clone();
        tokio::task::spawn_blocking(move || {
            // Held by the work, not by the caller: a caller that gives up frees no slot early.
            let _slot = slot;
            work(&argon2)
        })
        .await
        .map_err(|_| Busy)
    }
}

/// A place in the queue, given back when the caller goes away for whatever reason.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Busy> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= PLACES {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        Ok(Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a new password may be taken.
pub(crate) fn acceptable(password: &str, name: &str) -> bool {
    password.chars().count() >= usize::from(LENGTH_MIN)
        && password.len() <= usize::from(LENGTH_MAX)
        && !password.chars().any(char::is_control)
        && (name.len() < 4 || !password.to_lowercase().contains(&name.to_lowercase()))
        && password.chars().any(|c| !password.starts_with(c))
}

fn phc(argon2: &Argon2<'_>, password: &str) -> String {
    argon2
        .hash_password(password.as_bytes())
        .expect("the parameters were checked and the salt is made inside")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, Arc, AtomicUsize, Cost, LENGTH_MIN, Place, WAITING_MAX, acceptable};

    #[test]
    fn at_the_bound_the_newest_is_refused_and_a_place_that_was_given_back_is_free() {
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut places: Vec<Place> = (0..AT_ONCE + WAITING_MAX)
            .map(|_| Place::take(&waiting).unwrap())
            .collect();
        assert!(Place::take(&waiting).is_err());
        assert!(Place::take(&waiting).is_err());
        places.pop();
        assert!(Place::take(&waiting).is_ok());
    }

    #[test]
    fn a_password_costs_what_owasp_asks_for() {
        let cost = Cost::default();
        assert!(cost.memory_kib >= 19 * 1024 && cost.passes >= 2);
    }

    #[test]
    fn a_password_is_long_not_the_name_and_not_one_letter() {
        assert!(acceptable("correct horse battery", "wang"));
        assert!(acceptable("一二三四五六七八九十百千", "wang"));
        assert!(!acceptable(&"x".repeat(usize::from(LENGTH_MIN)), "wang"));
        assert!(!acceptable("short enough", "enough"));
        assert!(!acceptable("elevenchars", "wang"));
        assert!(!acceptable("my name is WANG, yes", "wang"));
        // A short name would forbid too much.
        assert!(acceptable("correct horse battery", "a"));
    }
}
