//! Counts at a setting: alerts, users, windows.

use std::collections::HashSet;

use super::episodes::hold;
use crate::{Entry, Figure};

/// Counts at a setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Groups in windows that alert: as many as `weir run --final` writes.
    pub alerts: u64,
    /// Distinct first parts of their keys.
    pub users: u64,
    /// Distinct windows.
    pub windows: u64,
}

/// Counts at the present settings.
#[derive(Debug)]
pub struct Today {
    /// Name of the first part of the key.
    pub whom: String,
    /// Groups in windows that the ledger has.
    pub rows: u64,
    /// The start of the first window and the end of the last, in milliseconds since 1970.
    pub span: (i64, i64),
    /// The floor that it was kept with.
    pub floor: f64,
    /// Counts of alerts.
    pub count: Count,
    /// Rows whose figures may fall short.
    pub incomplete: u64,
    /// Rows of which a figure is an estimate.
    pub estimates: u64,
    users: HashSet<Option<String>>,
    windows: HashSet<i64>,
}

impl Today {
    pub(super) fn new(first: &Entry) -> Self {
        let whom = first.key.first().map(|part| part.name.clone());
        Self {
            whom: whom.unwrap_or_default(),
            rows: 0,
            span: (first.window.start, first.window.end),
            floor: first.floor,
            count: Count::default(),
            incomplete: 0,
            estimates: 0,
            users: HashSet::new(),
            windows: HashSet::new(),
        }
    }

    /// Adds a row; `before` has the figures of the window before, where windows overlap.
    pub(super) fn add(&mut self, entry: &Entry, before: &[Figure], who: &Option<String>) {
        self.rows += 1;
        let (start, end) = self.span;
        self.span = (start.min(entry.window.start), end.max(entry.window.end));
        self.incomplete += u64::from(!entry.complete);
        self.estimates += u64::from(entry.is_estimate());
        if entry.alerted && !hold(before) {
            self.count.alerts += 1;
            if !self.users.contains(who) {
                self.users.insert(who.clone());
            }
            self.windows.insert(entry.window.start);
        }
    }

    /// With all that can be counted only at the end.
    pub(super) fn closed(mut self) -> Self {
        self.count.users = self.users.len() as u64;
        self.count.windows = self.windows.len() as u64;
        self
    }
}
