//! Alerts of rules whose windows overlap: one for each run of windows in which the conditions hold.

use std::collections::HashMap;

use crate::{Entry, Figure, Latest, LedgerFile, Scheme};
use weir_host::contract::Window;
use weir_host::error::Error;
use weir_host::identity::identity;

/// Figures of windows by group and start, of those that may keep the next window from alerting.
#[derive(Default)]
pub(super) struct Episodes {
    /// Distance of windows in milliseconds; none where each alerts for itself.
    every: Option<i64>,
    figures: HashMap<(u128, i64), Box<[Figure]>>,
}

impl Episodes {
    /// Reads a ledger for the windows that `counts` takes at any setting.
    ///
    /// # Errors
    ///
    /// As [`LedgerFile::each`].
    pub(super) fn of(
        file: &LedgerFile,
        scheme: &Scheme,
        latest: &Latest,
        every: Option<i64>,
        counts: &dyn Fn(&Entry) -> bool,
    ) -> Result<Self, Error> {
        let mut episodes = Self {
            every,
            figures: HashMap::new(),
        };
        if every.is_none() {
            return Ok(episodes);
        }
        file.each(scheme, &mut |row, entry| {
            if latest.holds(row, entry) && (entry.alerted || counts(entry)) {
                let at = (group(scheme, entry), entry.window.start);
                let figures = entry.figures.clone().into_boxed_slice();
                episodes.figures.insert(at, figures);
            }
            Ok(())
        })?;
        Ok(episodes)
    }

    /// The figures of the window before; empty where it cannot keep this one from alerting.
    pub(super) fn before(&self, scheme: &Scheme, entry: &Entry) -> &[Figure] {
        let Some(every) = self.every else {
            return &[];
        };
        let start = entry.window.start.saturating_sub(every);
        let found = self.figures.get(&(group(scheme, entry), start));
        found.map_or(&[], |figures| figures)
    }
}

/// Hash of the group's key.
fn group(scheme: &Scheme, entry: &Entry) -> u128 {
    identity(&scheme.rule, Window { start: 0, end: 0 }, &entry.key)
}

/// Whether all clauses hold; of no window none does.
pub(super) fn hold(figures: &[Figure]) -> bool {
    !figures.is_empty() && figures.iter().all(Figure::holds)
}
