//! One threshold at other settings, the others as they are.

use std::collections::HashMap;

use super::episodes::hold;
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
    /// Alerts by the last setting; fewer by those that the window before has fulfilled already.
    alerts: Vec<i64>,
    kept: Vec<i64>,
    users: HashMap<Option<String>, usize>,
    windows: HashMap<i64, Reach>,
}

/// The settings at which there is any alert.
#[derive(Debug, Clone, Default)]
struct Reach {
    /// Up to this one, which is left out.
    end: usize,
    /// Further ones, from and up to.
    more: Vec<(usize, usize)>,
}

impl Reach {
    fn add(&mut self, from: usize, end: usize) {
        if from <= self.end {
            self.end = self.end.max(end);
        } else if from < end && !self.more.contains(&(from, end)) {
            self.more.push((from, end));
        }
    }

    fn has(&self, at: usize) -> bool {
        at < self.end || { self.more.iter() }.any(|(from, end)| (*from..*end).contains(&at))
    }
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

    /// The number of settings that figures fulfil, if they fulfil the other clauses.
    fn fulfilled(&self, figures: &[Figure]) -> usize {
        let clause = self.steps.clause;
        let mut others = figures.iter().enumerate();
        if others.any(|(at, figure)| at != clause && !figure.holds()) {
            return 0;
        }
        let figure = figures.get(clause);
        figure.map_or(0, |figure| fulfilled(&self.steps, figure))
    }

    /// Whether figures fulfil any setting.
    pub(super) fn reaches(&self, figures: &[Figure]) -> bool {
        self.fulfilled(figures) > 0
    }

    /// Adds a row; `before` has the figures of the window before, where windows overlap.
    pub(super) fn add(&mut self, entry: &Entry, before: &[Figure], who: &Option<String>) {
        let Some(figure) = entry.figures.get(self.steps.clause) else {
            return;
        };
        (self.present, self.floor) = (figure.threshold, entry.floor);
        let end = self.fulfilled(&entry.figures);
        let Some(last) = end.checked_sub(1) else {
            return;
        };
        let from = self.fulfilled(before).min(end);
        let kept = i64::from(entry.alerted && !hold(before));
        self.alerts[last] += 1;
        self.kept[last] += kept;
        if let Some(already) = from.checked_sub(1) {
            self.alerts[already] -= 1;
            self.kept[already] -= kept;
        }
        let reach = self.windows.entry(entry.window.start).or_default();
        reach.add(from, end);
        highest(&mut self.users, who, last);
    }

    pub(super) fn sweep(self, scheme: &Scheme, today: &Today) -> Sweep {
        let clause = self.steps.clause;
        let condition = scheme.conditions.get(clause);
        let floored = condition.is_some_and(Condition::has_floor);
        let above = |all: &[i64], at: usize| {
            u64::try_from(all.iter().skip(at).sum::<i64>()).unwrap_or_default()
        };
        let rows = self.steps.values.iter().enumerate().map(|(at, value)| {
            let (alerts, kept) = (above(&self.alerts, at), above(&self.kept, at));
            Row {
                value: *value,
                present: *value == self.present,
                answerable: !floored || is_answerable(*value, self.present, self.floor),
                count: Count {
                    alerts,
                    users: { self.users.values() }.filter(|last| **last >= at).count() as u64,
                    windows: { self.windows.values() }
                        .filter(|reach| reach.has(at))
                        .count() as u64,
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

/// The number of settings that a figure fulfils, from the first on.
pub(super) fn fulfilled(steps: &Steps, figure: &Figure) -> usize {
    steps
        .values
        .partition_point(|step| figure.comparison.holds(figure.value, *step))
}

/// Whether all counts that reach a setting are in a ledger with this floor.
pub(super) fn is_answerable(value: f64, present: f64, floor: f64) -> bool {
    value >= present * floor
}

fn highest<K: Clone + Eq + std::hash::Hash>(all: &mut HashMap<K, usize>, key: &K, last: usize) {
    match all.get_mut(key) {
        Some(before) => *before = last.max(*before),
        None => drop(all.insert(key.clone(), last)),
    }
}
