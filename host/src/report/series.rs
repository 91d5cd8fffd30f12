//! What the ledger says of those who alert, over all the time that was read.

use std::collections::{BTreeMap, HashSet};

use super::alerts::Found;
use super::section::drawn;
use super::tally::hash;
use crate::contract::{KeyPart, Rule, Verdict};

/// Windows of groups that are told apart.
const WINDOWS: usize = 100_000;

/// The figures that a chart draws, by window of each group.
#[derive(Debug)]
pub(super) struct Series {
    /// The clauses of the whole and of the part of it.
    drawn: (Option<String>, Option<String>),
    identities: HashSet<u64>,
    windows: BTreeMap<(i64, u64), (f64, f64)>,
    /// Whether there were more windows.
    pub(super) overflowed: bool,
    seed: (u64, u64),
}

impl Series {
    /// Of the identities that have these alerts.
    pub(super) fn new<'a>(
        rule: &Rule,
        alerts: impl Iterator<Item = &'a Found>,
        seed: (u64, u64),
    ) -> Self {
        let (whole, part) = drawn(rule);
        Self {
            drawn: (whole.map(str::to_owned), part.map(str::to_owned)),
            identities: alerts
                .map(|alert| hash(&identity(&alert.key), seed))
                .collect(),
            windows: BTreeMap::new(),
            overflowed: false,
            seed,
        }
    }

    /// Takes in an entry of the ledger; the last of a window holds.
    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        let of = |name: &Option<String>| {
            let mut clauses = verdict.clauses.iter();
            let found = clauses.find(|clause| name.as_ref() == Some(&clause.name));
            found
                .map(|clause| clause.value)
                .filter(|value| value.is_finite())
        };
        let Some(whole) = of(&self.drawn.0) else {
            return;
        };
        if !self
            .identities
            .contains(&hash(&identity(&verdict.key), self.seed))
        {
            return;
        }
        let key = (
            verdict.window.start,
            hash(&format!("{:?}", verdict.key), self.seed),
        );
        if self.windows.len() >= WINDOWS && !self.windows.contains_key(&key) {
            self.overflowed = true;
            return;
        }
        let part = of(&self.drawn.1).unwrap_or(0.0);
        self.windows.insert(key, (whole, part));
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Starts of windows, with the whole and the part of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, f64, f64)> + Clone + '_ {
        let windows = self.windows.iter();
        windows.map(|((start, _), (whole, part))| (*start, *whole, *part))
    }
}

/// Who a group is about: the first part of its key.
pub(super) fn identity(key: &[KeyPart]) -> String {
    format!("{:?}", key.first())
}
