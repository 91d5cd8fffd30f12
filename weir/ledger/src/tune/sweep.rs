//! One threshold at other settings, the others as they are.

use std::collections::HashMap;

use super::figures::{Count, Today};
use super::steps::Steps;
use crate::{Entry, Figure, Scheme};
use weir_host::contract::Condition;

/// A threshold at several settings.
#[derive(Debug)]
pub struct Sweep {
    /// The clause's place in the rule.
    pub clause: usize,
    /// The parameter that is its threshold.
    pub parameter: String,
    /// The column that it tests.
    pub column: String,
    /// The settings, those first that more windows fulfil: of a minimum ascending, of a maximum
    /// descending.
    pub rows: Vec<Row>,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The threshold.
    pub value: f64,
    /// Whether it is that of the ledger.
    pub present: bool,
    /// False when it is below the ledger's floor: there, what alerts is not all in the ledger.
    pub answerable: bool,
    /// Counts of alerts.
    pub count: Count,
    /// Number of today's alerts that stay.
    pub kept: u64,
    /// Number of today's alerts that go.
    pub lost: u64,
    /// Number of alerts beyond today's.
    pub new: u64,
}

/// Counts rows by the last setting that they fulfil.
pub(super) struct Tally {
    steps: Steps,
    /// The present threshold and the floor, once a row was seen.
    present: f64,
    floor: f64,
    alerts: Vec<u64>,
    kept: Vec<u64>,
    users: HashMap<Option<String>, usize>,
    windows: HashMap<i64, usize>,
}

impl Tally {
    pub(super) fn new(steps: &Steps) -> Self {
        let zeros = vec![0; steps.values.len()];
        Self {
            steps: steps.clone(),
            present: 0.0,
            floor: 0.0,
            alerts: zeros.clone(),
            kept: zeros,
            users: HashMap::new(),
            windows: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, entry: &Entry, who: &Option<String>) {
        let clause = self.steps.clause;
        let Some(figure) = entry.figures.get(clause) else {
            return;
        };
        (self.present, self.floor) = (figure.threshold, entry.floor);
        let others = entry
            .figures
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != clause);
        if others.into_iter().any(|(_, figure)| !figure.holds()) {
            return;
        }
        let Some(reached) = reached(&self.steps, figure) else {
            return;
        };
        self.alerts[reached] += 1;
        self.kept[reached] += u64::from(entry.alerted);
        highest(&mut self.windows, &entry.window.start, reached);
        highest(&mut self.users, who, reached);
    }

    pub(super) fn sweep(self, scheme: &Scheme, today: &Today) -> Sweep {
        let clause = self.steps.clause;
        let condition = scheme.conditions.get(clause);
        let floored = condition.is_some_and(Condition::has_floor);
        let above = |all: &[u64], at: usize| all.iter().skip(at).sum::<u64>();
        let reach = |at: usize, all: &mut dyn Iterator<Item = &usize>| {
            all.filter(|reached| **reached >= at).count() as u64
        };
        let rows = self.steps.values.iter().enumerate().map(|(at, value)| {
            let (alerts, kept) = (above(&self.alerts, at), above(&self.kept, at));
            Row {
                value: *value,
                present: *value == self.present,
                answerable: !floored || is_answerable(*value, self.present, self.floor),
                count: Count {
                    alerts,
                    users: reach(at, &mut self.users.values()),
                    windows: reach(at, &mut self.windows.values()),
                },
                kept,
                lost: today.count.alerts - kept,
                new: alerts - kept,
            }
        });
        Sweep {
            clause,
            rows: rows.collect(),
            parameter: condition.map(|c| c.parameter.clone()).unwrap_or_default(),
            column: condition.map(|c| c.column.clone()).unwrap_or_default(),
        }
    }
}

/// The last setting that a figure fulfils, of those that it fulfils up to there.
pub(super) fn reached(steps: &Steps, figure: &Figure) -> Option<usize> {
    steps
        .values
        .partition_point(|step| figure.comparison.holds(figure.value, *step))
        .checked_sub(1)
}

/// Whether all counts that reach a setting are in a ledger with this floor.
pub(super) fn is_answerable(value: f64, present: f64, floor: f64) -> bool {
    value >= present * floor
}

fn highest<K: Clone + Eq + std::hash::Hash>(all: &mut HashMap<K, usize>, key: &K, reached: usize) {
    match all.get_mut(key) {
        Some(before) => *before = reached.max(*before),
        None => drop(all.insert(key.clone(), reached)),
    }
}
