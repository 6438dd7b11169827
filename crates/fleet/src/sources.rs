//! Platforms that come and go.
//!
//! A source without connection, or one that brings nothing, has cut its vehicles off: about them nothing can be said
//! any more, and that is not their fault. A short break shows nothing.

use crate::{Now, Rules, SourceId};

/// Of a vehicle whose source before a restart is none of those there are now.
pub(crate) const NO_SOURCE: SourceId = SourceId(u16::MAX);

#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    /// The server has spoken of it, or a report has come through it.
    pub known: bool,
    pub connected: bool,
    pub newest_report_mono_ms: Option<u64>,
    /// When it was last connected or disconnected.
    changed_mono_ms: u64,
    pub cut: bool,
    /// It is expected no more; what it brought is judged as before.
    dismissed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Whether nothing can be said about the vehicles of a source.
    pub fn has_cut_off(&self, id: SourceId) -> bool {
        let source = self.list.get(usize::from(id.0));
        id == NO_SOURCE || source.is_some_and(|source| source.cut)
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list
            .iter()
            .enumerate()
            .filter(|(_, source)| source.known && !source.dismissed)
            .map(|(i, source)| (SourceId(i as u16), source))
    }

    /// The source, and whether this is the first that is known of it.
    fn get_mut(&mut self, id: SourceId) -> (&mut Source, bool) {
        let i = usize::from(id.0);
        if i >= self.list.len() {
            self.list.resize_with(i + 1, Source::default);
        }
        let source = &mut self.list[i];
        let first = !source.known;
        source.known = true;
        (source, first)
    }

    /// Whether this source is counted among those that should be there.
    pub fn expect(&mut self, id: SourceId, expected: bool) {
        self.get_mut(id).0.dismissed = !expected;
    }

    pub fn state(&mut self, id: SourceId, connected: bool, now: Now) {
        let (source, first) = self.get_mut(id);
        if first || source.connected != connected {
            source.connected = connected;
            source.changed_mono_ms = now.mono_ms;
        }
    }

    /// A report came. Of a source that nobody spoke of it says that it is connected; otherwise it may have waited
    /// in a queue since before the connection broke.
    pub fn heard(&mut self, id: SourceId, now: Now) {
        let (source, first) = self.get_mut(id);
        source.newest_report_mono_ms = Some(now.mono_ms);
        if first {
            source.connected = true;
            source.changed_mono_ms = now.mono_ms;
        }
    }

    /// Judges every source; returns those that have cut off or taken up their vehicles.
    pub fn judge(&mut self, rules: &Rules, now: Now) -> Vec<SourceId> {
        let mut turned = Vec::new();
        for (i, source) in self.list.iter_mut().enumerate() {
            let since_change = now.mono_ms.saturating_sub(source.changed_mono_ms);
            let since_report = source
                .newest_report_mono_ms
                .map_or(u64::MAX, |at| now.mono_ms.saturating_sub(at));
            let cut = if source.connected {
                since_report.min(since_change) >= rules.source_quiet_after_ms
            } else {
                since_change >= rules.cut_off_after_ms
            };
            if cut != source.cut {
                source.cut = cut;
                turned.push(SourceId(i as u16));
            }
        }
        turned
    }
}
