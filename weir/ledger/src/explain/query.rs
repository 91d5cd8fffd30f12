//! Query of `weir explain`: a group, by parts of its key, and a time.

use crate::{Entry, text};
use weir_common::time::iso;
use weir_config::named::NamedPart;

/// Parts of a key, and a time.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Parts of the key with their values as text.
    pub key: Vec<NamedPart>,
    /// A moment in the window, in milliseconds since 1970.
    pub at: Option<i64>,
    /// Windows that end after this.
    pub from: Option<i64>,
    /// Windows that start before this.
    pub to: Option<i64>,
    /// Most windows that are shown.
    pub top: Option<usize>,
}

impl Query {
    /// Whether an entry is of the queried group.
    pub(super) fn is_of(&self, entry: &Entry) -> bool {
        self.key.iter().all(|(name, wanted)| {
            let part = entry.key.iter().find(|part| part.name == *name);
            part.is_some_and(|part| text(part.value.as_ref()) == *wanted)
        })
    }

    /// Whether an entry's window is within the queried time.
    pub(super) fn is_in_time(&self, entry: &Entry) -> bool {
        let window = entry.window;
        self.at
            .is_none_or(|at| window.start <= at && at < window.end)
            && self.from.is_none_or(|from| window.end > from)
            && self.to.is_none_or(|to| window.start < to)
    }

    /// The queried time, in words.
    pub(super) fn span(&self) -> String {
        let times = [("at", self.at), ("from", self.from), ("to", self.to)];
        let words = times
            .iter()
            .filter_map(|(word, time)| Some((word, (*time)?)));
        words
            .map(|(word, time)| format!(" {word} {}", iso(time)))
            .collect()
    }
}
