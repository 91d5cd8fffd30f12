//! Spelling suggestions for a value that a part of the key never had.

use crate::text;
use weir_common::escape::escape;
use weir_host::contract::Value;

/// Most values that are suggested.
const NAMED: usize = 3;
/// Least similarity of a suggestion (Jaro-Winkler).
const LIKE: f64 = 0.75;

/// The values most similar to a wanted one.
pub(super) struct Suggestions {
    wanted: Option<String>,
    pub(super) seen: bool,
    /// Similarity and value, the most similar first.
    best: Vec<(f64, String)>,
}

impl Suggestions {
    pub(super) fn to(wanted: &Option<String>) -> Self {
        Self {
            wanted: wanted.clone(),
            seen: false,
            best: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, value: Option<&Value>) {
        if self.seen {
            return;
        }
        let value = text(value);
        self.seen = value == self.wanted;
        let (Some(value), Some(wanted)) = (value, &self.wanted) else {
            return;
        };
        if self.best.iter().any(|(_, known)| *known == value) {
            return;
        }
        let likeness = strsim::jaro_winkler(&value, wanted);
        let worst = self
            .best
            .get(NAMED - 1)
            .map_or(LIKE, |(likeness, _)| *likeness);
        if likeness > worst {
            self.best.push((likeness, value));
            self.best.sort_by(|one, other| other.0.total_cmp(&one.0));
            self.best.truncate(NAMED);
        }
    }

    /// The suggestions, in words.
    pub(super) fn like(&self) -> String {
        if self.best.is_empty() {
            return String::new();
        }
        let names: Vec<String> = self.best.iter().map(|(_, name)| escape(name)).collect();
        format!(" (most like it: {})", names.join(", "))
    }
}
