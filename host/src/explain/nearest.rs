//! Whether a part of a key was ever seen, and what is most like it.

use crate::contract::Value;
use crate::escape::escape;
use crate::ledger::text;

/// Values that are named.
const NAMED: usize = 3;
/// How like one must be.
const LIKE: f64 = 0.75;

/// What there is like a value.
pub(super) struct Nearest {
    wanted: Option<String>,
    pub(super) seen: bool,
    /// The most like first, with their likeness.
    best: Vec<(f64, String)>,
}

impl Nearest {
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

    /// The most like, in words.
    pub(super) fn like(&self) -> String {
        if self.best.is_empty() {
            return String::new();
        }
        let names: Vec<String> = self.best.iter().map(|(_, name)| escape(name)).collect();
        format!(" (most like it: {})", names.join(", "))
    }
}
