//! What all sources are called, by their number. The platforms file may name new ones while the server runs, so the list
//! grows; it never shrinks and never changes its order, because reports that lie in the fleet name their source by number.
//! Whom that file does not name any more is gone until it does again.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use fleet::SourceId;

/// Clones share the list.
#[derive(Clone, Default)]
pub struct Names {
    all: Arc<RwLock<Arc<[String]>>>,
    gone: Arc<RwLock<BTreeSet<SourceId>>>,
}

impl Names {
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self {
            all: Arc::new(RwLock::new(names.into())),
            gone: Arc::default(),
        }
    }

    #[must_use]
    pub fn all(&self) -> Arc<[String]> {
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of this name, a new one where it has none yet; `None` when all numbers are given away. The last one stays
    /// free: it means nobody.
    #[must_use]
    pub fn number_of(&self, name: &str) -> Option<SourceId> {
        let mut names = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.iter().position(|known| known == name) {
            return u16::try_from(known).ok().map(SourceId);
        }
        let number = u16::try_from(names.len()).ok().filter(|n| *n < u16::MAX)?;
        *names = names.iter().cloned().chain([name.to_owned()]).collect();
        Some(SourceId(number))
    }

    /// Whether anybody still waits for it.
    pub fn expect(&self, source: SourceId, is_expected: bool) {
        let mut gone = self.gone.write().unwrap_or_else(PoisonError::into_inner);
        if is_expected {
            gone.remove(&source);
        } else {
            gone.insert(source);
        }
    }

    /// Those that nobody waits for.
    #[must_use]
    pub fn gone(&self) -> Vec<String> {
        let gone = self.gone.read().unwrap_or_else(PoisonError::into_inner);
        let all = self.all();
        let names = gone.iter().filter_map(|id| all.get(usize::from(id.0)));
        names.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_keeps_its_number_and_a_new_one_gets_the_next() {
        let names = Names::new(vec!["stream".to_owned(), "maker".to_owned()]);
        let before = names.all();
        assert_eq!(names.number_of("maker"), Some(SourceId(1)));
        assert_eq!(names.number_of("other"), Some(SourceId(2)));
        assert_eq!(names.number_of("other"), Some(SourceId(2)));
        assert_eq!((before.len(), names.all().len()), (2, 3));
    }

    #[test]
    fn whoever_is_gone_may_come_back() {
        let names = Names::new(vec!["stream".to_owned(), "maker".to_owned()]);
        names.expect(SourceId(1), false);
        assert_eq!(names.gone(), ["maker"]);
        assert_eq!(names.number_of("maker"), Some(SourceId(1)));
        names.expect(SourceId(1), true);
        assert_eq!(names.gone(), [""; 0]);
    }

    #[test]
    fn there_are_only_so_many_numbers() {
        let names = Names::new((0..u16::MAX).map(|n| n.to_string()).collect());
        assert_eq!(names.number_of("one more"), None);
        assert_eq!(names.number_of("7"), Some(SourceId(7)));
    }
}
