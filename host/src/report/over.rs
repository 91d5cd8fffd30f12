//! How far an alert lies above the thresholds.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use super::text::estimated;
use crate::contract::{Alert, Rule, TruncationKind, Value};

/// Bounds of a quotient: a component's figures may be anything.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e9;

/// The thresholds that a rule's figures have to reach, in the order of its conditions.
#[derive(Debug, Clone)]
pub(super) struct Thresholds(Vec<(String, Option<f64>)>);

impl Thresholds {
    /// Those of a rule with these parameters.
    pub(super) fn new(rule: &Rule, parameters: &Map<String, Json>) -> Self {
        let conditions = rule.conditions.iter().map(|condition| {
            let given = parameters.get(&condition.parameter).and_then(Json::as_f64);
            let default = || {
                let mut known = rule.parameters.iter();
                let known = known.find(|known| known.name == condition.parameter)?;
                known.default_value.parse().ok()
            };
            (condition.column.clone(), given.or_else(default))
        });
        Self(conditions.collect())
    }

    /// These.
    #[cfg(test)]
    pub(super) fn of(thresholds: &[(&str, Option<f64>)]) -> Self {
        let owned = thresholds.iter();
        Self(
            owned
                .map(|(name, least)| ((*name).to_owned(), *least))
                .collect(),
        )
    }

    /// The threshold of the so-many-eth condition.
    pub(super) fn least(&self, condition: usize) -> Option<f64> {
        self.0.get(condition).and_then(|(_, least)| *least)
    }
}

/// The figures of one alert, beside the thresholds.
#[derive(Debug, Clone)]
pub(super) struct Over {
    /// In the order of the conditions; none that the alert does not give.
    pub(super) figures: Vec<Option<f64>>,
    /// Which of them are estimates.
    estimates: Vec<bool>,
    /// The geometric mean of the quotients of figure and threshold; none without any.
    pub(super) mean: Option<f64>,
    /// The condition with the largest quotient, and that quotient.
    pub(super) furthest: Option<(usize, f64)>,
}

impl Over {
    /// What an alert says.
    pub(super) fn new(alert: &Alert, thresholds: &Thresholds) -> Self {
        let figure = |name: &str| {
            let mut columns = alert.columns.iter();
            match columns.find(|column| column.name == name)?.value {
                Value::Integer(number) => Some(number as f64),
                Value::Number(number) => Some(number),
                _ => None,
            }
        };
        let estimate = |name: &str| {
            let mut marks = alert.truncated.iter();
            marks.any(|mark| mark.column == name && mark.kind == TruncationKind::Approximate)
        };
        let figures: Vec<Option<f64>> = thresholds.0.iter().map(|(name, _)| figure(name)).collect();
        let estimates = thresholds.0.iter().map(|(name, _)| estimate(name));
        let quotients: Vec<(usize, f64)> = figures
            .iter()
            .zip(&thresholds.0)
            .enumerate()
            .filter_map(|(at, (figure, (_, least)))| {
                // Of no threshold there is no multiple.
                let quotient = (*figure)? / (*least).filter(|least| *least > 0.0)?;
                quotient
                    .is_finite()
                    .then(|| (at, quotient.clamp(LEAST, MOST)))
            })
            .collect();
        let product: f64 = quotients.iter().map(|(_, quotient)| quotient).product();
        let mean = product.powf(1.0 / quotients.len().max(1) as f64);
        let furthest = quotients.iter().copied().reduce(|one, other| {
            // The first of equals.
            if other.1 > one.1 { other } else { one }
        });
        Self {
            estimates: estimates.collect(),
            figures,
            mean: furthest.map(|_| mean),
            furthest,
        }
    }

    /// Whether the so-many-eth figure is an estimate.
    pub(super) fn is_estimate(&self, condition: usize) -> bool {
        self.estimates.get(condition).copied().unwrap_or(false)
    }

    /// The so-many-eth figure for people.
    pub(super) fn text(&self, condition: usize) -> Option<String> {
        let value = self.figures.get(condition).copied().flatten()?;
        Some(estimated(value, self.is_estimate(condition)))
    }

    /// What puts the alert that lies furthest above the thresholds first, and those without a measure last.
    pub(super) fn rank(&self) -> Rank {
        Rank(self.mean.unwrap_or(0.0))
    }
}

/// A place in the order of alerts: larger means come first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank(f64);

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0)
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}
