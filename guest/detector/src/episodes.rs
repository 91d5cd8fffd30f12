//! Published revisions of sliding windows, by boundary and key.

use crate::window::{PUBLISHED, Published};
use std::collections::BTreeMap;

/// Published revisions at one boundary, by key.
type AtBoundary = BTreeMap<String, Published>;

/// Published revisions of boundaries.
#[derive(Debug, Default)]
pub(crate) struct Episodes {
    /// The last boundary that was evaluated on time.
    pub(crate) fired: Option<i64>,
    /// Boxed, as panes are: maps of one size of value share their code in a component.
    pub(crate) published: BTreeMap<i64, Box<AtBoundary>>,
}

impl Episodes {
    pub(crate) fn is_empty(&self) -> bool {
        self.published.is_empty()
    }

    /// The published revision of a key at a boundary.
    pub(crate) fn get(&self, boundary: i64, key: &str) -> Option<Published> {
        self.published.get(&boundary)?.get(key).copied()
    }

    /// Drops boundaries that no later event can change.
    pub(crate) fn drop_until(&mut self, until: i64) {
        if self
            .published
            .first_key_value()
            .is_some_and(|(b, _)| *b <= until)
        {
            self.published = self.published.split_off(&(until + 1));
        }
    }

    /// All keys with published revisions, possibly repeatedly.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.published.values().flat_map(|keys| keys.keys());
        keys.map(String::as_str)
    }

    /// Takes out the published revisions of a key.
    pub(crate) fn take(&mut self, key: &str) -> Episodes {
        let mut taken = Episodes::default();
        self.published.retain(|boundary, keys| {
            if let Some(published) = keys.remove(key) {
                let at = taken.published.entry(*boundary).or_default();
                at.insert(key.to_owned(), published);
            }
            !keys.is_empty()
        });
        taken
    }

    /// Bytes held, by a formula like that of a window.
    pub(crate) fn size(&self) -> u64 {
        let keys = self.published.values().flat_map(|keys| keys.keys());
        keys.map(|key| PUBLISHED + key.len() as u64).sum()
    }
}
