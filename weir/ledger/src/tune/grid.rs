//! Two thresholds at other settings at once.

use std::collections::HashMap;

use super::steps::Steps;
use super::sweep::{fulfilled, is_answerable};
use crate::{Entry, Figure, Scheme};
use weir_host::contract::Condition;

/// Two thresholds at several settings each.
#[derive(Debug)]
pub struct Grid {
    /// The parameters.
    pub parameters: [String; 2],
    /// Their clauses' places in the rule.
    pub clauses: [usize; 2],
    /// Their settings, those first that more windows fulfil.
    pub values: [Vec<f64>; 2],
    /// Their present settings.
    pub present: [f64; 2],
    /// For each setting of the one and each of the other: alerts and users; none below the
    /// ledger's floor.
    pub cells: Vec<Vec<Option<(u64, u64)>>>,
}

/// Counts rows by the highest settings that they reach.
pub(super) struct GridTally {
    steps: [Steps; 2],
    present: [f64; 2],
    floor: f64,
    /// Alerts by the last settings; fewer by those that the window before has fulfilled already.
    alerts: Vec<Vec<i64>>,
    /// Of each, for every setting of the one the highest of the other that it reaches, plus one.
    users: HashMap<Option<String>, Vec<usize>>,
}

impl GridTally {
    pub(super) fn new((one, other): &(Steps, Steps)) -> Self {
        Self {
            alerts: vec![vec![0; other.values.len()]; one.values.len()],
            steps: [one.clone(), other.clone()],
            present: [0.0; 2],
            floor: 0.0,
            users: HashMap::new(),
        }
    }

    /// The number of settings of each that figures fulfil, if they fulfil the other clauses.
    fn fulfilled(&self, figures: &[Figure]) -> [usize; 2] {
        let clauses = self.steps.each_ref().map(|steps| steps.clause);
        let mut rest = figures.iter().enumerate();
        if rest.any(|(at, figure)| !clauses.contains(&at) && !figure.holds()) {
            return [0; 2];
        }
        self.steps.each_ref().map(|steps| {
            let figure = figures.get(steps.clause);
            figure.map_or(0, |figure| fulfilled(steps, figure))
        })
    }

    /// Whether figures fulfil any settings.
    pub(super) fn reaches(&self, figures: &[Figure]) -> bool {
        !self.fulfilled(figures).contains(&0)
    }

    /// Adds a row; `before` has the figures of the window before, where windows overlap.
    pub(super) fn add(&mut self, entry: &Entry, before: &[Figure], who: &Option<String>) {
        let [one, other] = &self.steps;
        let figure = |clause: usize| entry.figures.get(clause);
        let (Some(first), Some(second)) = (figure(one.clause), figure(other.clause)) else {
            return;
        };
        (self.present, self.floor) = ([first.threshold, second.threshold], entry.floor);
        let [across, up] = self.fulfilled(&entry.figures);
        let (Some(x), Some(y)) = (across.checked_sub(1), up.checked_sub(1)) else {
            return;
        };
        self.alerts[x][y] += 1;
        let [before_across, before_up] = self.fulfilled(before);
        let already = (
            before_across.min(across).checked_sub(1),
            before_up.min(up).checked_sub(1),
        );
        if let (Some(x), Some(y)) = already {
            self.alerts[x][y] -= 1;
        }
        if !self.users.contains_key(who) {
            let settings = self.alerts.len();
            self.users.insert(who.clone(), vec![0; settings]);
        }
        if let Some(heights) = self.users.get_mut(who) {
            heights[x] = heights[x].max(y + 1);
        }
    }

    pub(super) fn grid(self, scheme: &Scheme) -> Grid {
        let clauses = self.steps.each_ref().map(|steps| steps.clause);
        let conditions = clauses.map(|clause| scheme.conditions.get(clause));
        let answers = |which: usize, value: f64| {
            !conditions[which].is_some_and(Condition::has_floor)
                || is_answerable(value, self.present[which], self.floor)
        };
        let [one, other] = &self.steps;
        let (alerts, users) = (self.alerts(), self.users());
        let cell = |x: usize, y: usize| {
            let answered = answers(0, one.values[x]) && answers(1, other.values[y]);
            answered.then(|| (alerts[x][y], users[x][y]))
        };
        let row = |x: usize| (0..other.values.len()).map(|y| cell(x, y)).collect();
        Grid {
            cells: (0..one.values.len()).map(row).collect(),
            parameters: conditions
                .map(|known| known.map(|c| c.parameter.clone()).unwrap_or_default()),
            clauses,
            values: self.steps.each_ref().map(|steps| steps.values.clone()),
            present: self.present,
        }
    }

    /// For each setting of the one and each of the other, the alerts.
    fn alerts(&self) -> Vec<Vec<u64>> {
        let mut alerts = self.alerts.clone();
        let mut above = vec![0; self.steps[1].values.len()];
        for row in alerts.iter_mut().rev() {
            add_up(row);
            for (count, above) in row.iter_mut().zip(&mut above) {
                *above += *count;
                *count = *above;
            }
        }
        let whole = |count: &i64| u64::try_from(*count).unwrap_or_default();
        let rows = alerts.iter();
        rows.map(|row| row.iter().map(whole).collect()).collect()
    }

    /// For each setting of the one and each of the other, the users; each user counts once.
    fn users(&self) -> Vec<Vec<u64>> {
        let mut users = vec![vec![0; self.steps[1].values.len()]; self.steps[0].values.len()];
        for heights in self.users.values() {
            let mut highest = 0;
            for (row, height) in users.iter_mut().zip(heights).rev() {
                highest = highest.max(*height);
                if let Some(reached) = highest.checked_sub(1) {
                    row[reached] += 1;
                }
            }
        }
        users.iter_mut().for_each(|row| add_up(row));
        users
    }
}

/// Makes of each count that of all from it on.
fn add_up<N: Copy + Default + std::ops::AddAssign>(counts: &mut [N]) {
    let mut sum = N::default();
    for count in counts.iter_mut().rev() {
        sum += *count;
        *count = sum;
    }
}
