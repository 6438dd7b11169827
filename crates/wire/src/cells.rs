//! The cells that a stream of frames has made, for readers that draw nothing: probes, benches, tests.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{CellKey, CellMirror, Change, Diverged, Down, WireError};

/// One mirror for each cell that is sent.
#[derive(Debug, Clone, Default)]
pub struct Cells(BTreeMap<CellKey, CellMirror>);

/// A frame that does not go on from what came before. That cell is no good any more: ask for its base.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutOfStep {
    #[error("a change of a cell that no base came for")]
    NoBase,
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    Diverged(#[from] Diverged),
}

impl Cells {
    /// Takes a frame, and tells each change that a delta makes. Frames that are not of a cell change nothing.
    pub fn take(
        &mut self,
        frame: &Down<'_>,
        mut on: impl FnMut(CellKey, Change),
    ) -> Result<(), OutOfStep> {
        match *frame {
            Down::Base {
                key,
                generation,
                tick,
                body,
            } => {
                let mirror = CellMirror::from_base(generation, tick, body)?;
                self.0.insert(key, mirror);
            }
            Down::Delta {
                key,
                generation,
                tick,
                follows,
                body,
            } => {
                let mirror = self.0.get_mut(&key).ok_or(OutOfStep::NoBase)?;
                mirror.apply_delta(generation, tick, follows, body, |change| on(key, change))?;
            }
            Down::Rebase {
                key,
                generation,
                digest32,
                ..
            } => {
                let mirror = self.0.get_mut(&key).ok_or(OutOfStep::NoBase)?;
                mirror.rebase(generation, digest32, |_, _| {})?;
            }
            Down::Drop { key } => drop(self.0.remove(&key)),
            _ => {}
        }
        Ok(())
    }

    #[must_use]
    pub fn get(&self, key: &CellKey) -> Option<&CellMirror> {
        self.0.get(key)
    }

    /// In the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, &CellMirror)> {
        self.0.iter()
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All dots.
    #[must_use]
    pub fn alive(&self) -> u32 {
        self.0.values().map(CellMirror::alive).sum()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
