//! How far an alert lies beyond the thresholds.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use super::text::estimated;
use crate::contract::{Alert, Comparison, Rule, TruncationKind, Value};

/// Bounds of a quotient: a component's figures may be anything.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e9;

/// The thresholds that a rule's figures are compared with, in the order of its conditions.
#[derive(Debug, Clone)]
pub(super) struct Thresholds(Vec<(String, Comparison, Option<f64>)>);

/// How many times beyond a threshold a figure is: the figure over a minimum, and a maximum over
/// the figure. None where there is no such multiple.
pub(super) fn multiple(comparison: Comparison, figure: f64, threshold: f64) -> Option<f64> {
    let quotient = match comparison {
        _ if threshold <= 0.0 => return None,
        one if one.is_minimum() => figure / threshold,
        one if one.is_maximum() && figure >= 0.0 => threshold / figure.max(f64::MIN_POSITIVE),
        _ => return None,
    };
    (!quotient.is_nan()).then(|| quotient.clamp(LEAST, MOST))
}

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
            (
                condition.column.clone(),
                condition.comparison,
                given.or_else(default),
            )
        });
        Self(conditions.collect())
    }

    /// These.
    #[cfg(test)]
    pub(super) fn of(thresholds: &[(&str, Option<f64>)]) -> Self {
        let owned = thresholds.iter();
        Self(
            owned
                .map(|(name, least)| ((*name).to_owned(), Comparison::AtLeast, *least))
                .collect(),
        )
    }

    /// The threshold of the so-many-eth condition.
    pub(super) fn threshold(&self, condition: usize) -> Option<f64> {
        self.0.get(condition).and_then(|(.., threshold)| *threshold)
    }
}

/// The figures of one alert, beside the thresholds.
#[derive(Debug, Clone)]
pub(super) struct Over {
    /// In the order of the conditions; none that the alert does not give.
    pub(super) figures: Vec<Option<f64>>,
    /// Which of them are estimates.
    estimates: Vec<bool>,
    /// The geometric mean of the [multiples](multiple); none without any.
    pub(super) mean: Option<f64>,
    /// The condition with the largest multiple, and that multiple.
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
        let figures: Vec<Option<f64>> =
            thresholds.0.iter().map(|(name, ..)| figure(name)).collect();
        let estimates = thresholds.0.iter().map(|(name, ..)| estimate(name));
        let quotients: Vec<(usize, f64)> = figures
            .iter()
            .zip(&thresholds.0)
            .enumerate()
            .filter_map(|(at, (figure, (_, comparison, threshold)))| {
                Some((at, multiple(*comparison, (*figure)?, (*threshold)?)?))
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

    /// What puts the alert that lies furthest beyond the thresholds first, and those without a measure last.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_as_far_below_a_maximum_as_above_a_minimum() {
        for (comparison, figure, threshold, wanted) in [
            (Comparison::AtLeast, 20.0, 10.0, Some(2.0)),
            (Comparison::MoreThan, 20.0, 10.0, Some(2.0)),
            (Comparison::AtMost, 5.0, 10.0, Some(2.0)),
            (Comparison::LessThan, 0.0, 10.0, Some(MOST)),
            (Comparison::AtMost, -1.0, 10.0, None),
            (Comparison::AtLeast, 20.0, 0.0, None),
            (Comparison::Equal, 10.0, 10.0, None),
            (Comparison::Unequal, 20.0, 10.0, None),
        ] {
            let found = multiple(comparison, figure, threshold);
            assert_eq!(found, wanted, "{} {threshold}", comparison.words());
        }
    }
}
