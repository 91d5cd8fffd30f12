//! The ledger's figures of the identities that have alerts, over all the time that was read.

use std::collections::{BTreeMap, HashSet};

use super::alerts::ShownAlert;
use super::tally::hash;
use weir_host::contract::{Aggregate, KeyPart, Rule, Verdict};

/// Windows of groups that are kept.
const WINDOWS: usize = 100_000;

/// The columns that charts of a rule draw: a whole, and a part of it.
pub(super) fn drawn(rule: &Rule) -> (Option<&str>, Option<&str>) {
    let mut conditions = rule.conditions.iter();
    let ratio = conditions.find_map(|condition| match &condition.aggregate {
        Aggregate::Ratio(ratio) => Some(ratio),
        _ => None,
    });
    if let Some(ratio) = ratio {
        return (Some(&ratio.denominator), Some(&ratio.numerator));
    }
    let mut conditions = rule.conditions.iter();
    let count = conditions.find(|condition| matches!(condition.aggregate, Aggregate::Count));
    (count.map(|condition| condition.column.as_str()), None)
}

/// The drawn figures by window and group.
#[derive(Debug)]
pub(super) struct Series {
    /// Names of the clauses, as of [`drawn`].
    drawn: (Option<String>, Option<String>),
    /// Hashes of the identities that have alerts.
    identities: HashSet<u64>,
    /// By the window's start and the key's hash.
    windows: BTreeMap<(i64, u64), (f64, f64)>,
    /// Whether some windows were not kept.
    pub(super) overflowed: bool,
    seed: (u64, u64),
}

impl Series {
    /// An empty series of the identities that have these alerts.
    pub(super) fn new<'a>(
        rule: &Rule,
        alerts: impl Iterator<Item = &'a ShownAlert>,
        seed: (u64, u64),
    ) -> Self {
        let (whole, part) = drawn(rule);
        let identities = alerts.map(|alert| hash(&identity(&alert.key), seed));
        Self {
            drawn: (whole.map(str::to_owned), part.map(str::to_owned)),
            identities: identities.collect(),
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
        let identity = hash(&identity(&verdict.key), self.seed);
        if !self.identities.contains(&identity) {
            return;
        }
        let key = hash(&format!("{:?}", verdict.key), self.seed);
        let window = (verdict.window.start, key);
        if self.windows.len() >= WINDOWS && !self.windows.contains_key(&window) {
            self.overflowed = true;
            return;
        }
        let part = of(&self.drawn.1).unwrap_or(0.0);
        self.windows.insert(window, (whole, part));
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

/// The identity that a group is about: the first part of its key.
pub(super) fn identity(key: &[KeyPart]) -> String {
    format!("{:?}", key.first())
}
