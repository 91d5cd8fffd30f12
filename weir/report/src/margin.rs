//! The margin of an alert: how far its figures lie beyond the thresholds.

use std::cmp::Reverse;

use serde_json::{Map, Value as Json};

use super::figures::estimated;
use weir_host::contract::{Alert, Comparison, Rule, TruncationKind, Value};

/// Bounds of a multiple: a component's figures may be anything.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e9;

/// The thresholds of a rule: column, comparison and threshold, in the order of its conditions.
#[derive(Debug, Clone)]
pub(super) struct Thresholds(Vec<(String, Comparison, Option<f64>)>);

/// How many times beyond a threshold a figure is: the figure over a minimum, and a maximum over
/// the figure. None where there is no such multiple.
pub(super) fn multiple(comparison: Comparison, figure: f64, threshold: f64) -> Option<f64> {
    let multiple = match comparison {
        _ if threshold <= 0.0 => return None,
        one if one.is_minimum() => figure / threshold,
        one if one.is_maximum() && figure >= 0.0 => threshold / figure.max(f64::MIN_POSITIVE),
        _ => return None,
    };
    (!multiple.is_nan()).then(|| multiple.clamp(LEAST, MOST))
}

impl Thresholds {
    /// The thresholds of a rule with these parameters.
    pub(super) fn new(rule: &Rule, parameters: &Map<String, Json>) -> Self {
        let conditions = rule.conditions.iter().map(|condition| {
            let given = parameters.get(&condition.parameter).and_then(Json::as_f64);
            let default = || {
                let mut known = rule.parameters.iter();
                let known = known.find(|known| known.name == condition.parameter)?;
                known.default_value.parse().ok()
            };
            let threshold = given.or_else(default);
            (condition.column.clone(), condition.comparison, threshold)
        });
        Self(conditions.collect())
    }

    /// Minimums of these columns.
    #[cfg(test)]
    pub(super) fn of(minimums: &[(&str, Option<f64>)]) -> Self {
        let minimums = minimums.iter();
        let owned = minimums.map(|(name, least)| ((*name).to_owned(), Comparison::AtLeast, *least));
        Self(owned.collect())
    }

    /// The threshold of the condition at this place.
    pub(super) fn threshold(&self, condition: usize) -> Option<f64> {
        self.0.get(condition).and_then(|(.., threshold)| *threshold)
    }
}

/// The figures of one alert beside the thresholds.
#[derive(Debug, Clone)]
pub(super) struct Margin {
    /// Figures in the order of the conditions, and whether each is an estimate; none that the alert
    /// does not give.
    figures: Vec<Option<(f64, bool)>>,
    /// The geometric mean of the [multiples](multiple); none without any.
    pub(super) mean: Option<f64>,
    /// The condition with the largest multiple, and that multiple.
    pub(super) furthest: Option<(usize, f64)>,
}

impl Margin {
    /// The margin of an alert.
    pub(super) fn new(alert: &Alert, thresholds: &Thresholds) -> Self {
        let approximate = TruncationKind::Approximate;
        let figure = |name: &str| {
            let mut columns = alert.columns.iter();
            let figure = match columns.find(|column| column.name == name)?.value {
                Value::Integer(number) => number as f64,
                Value::Number(number) => number,
                _ => return None,
            };
            let mut marks = alert.truncated.iter();
            let estimate = marks.any(|mark| mark.column == name && mark.kind == approximate);
            Some((figure, estimate))
        };
        let conditions = thresholds.0.iter();
        let figures: Vec<_> = conditions.clone().map(|(name, ..)| figure(name)).collect();
        let multiples = figures.iter().zip(conditions).enumerate();
        let multiples = multiples.filter_map(|(at, (figure, (_, comparison, threshold)))| {
            let (figure, _) = (*figure)?;
            Some((at, multiple(*comparison, figure, (*threshold)?)?))
        });
        let multiples: Vec<(usize, f64)> = multiples.collect();
        let product: f64 = multiples.iter().map(|(_, multiple)| multiple).product();
        // The first of equals.
        let larger = |one: (usize, f64), other: (usize, f64)| {
            if other.1 > one.1 { other } else { one }
        };
        let furthest = multiples.iter().copied().reduce(larger);
        Self {
            figures,
            mean: furthest.map(|_| product.powf(1.0 / multiples.len() as f64)),
            furthest,
        }
    }

    /// All figures that the alert gives.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        self.figures.iter().flatten().map(|(figure, _)| *figure)
    }

    /// The figure of the condition at this place, and whether it is an estimate.
    pub(super) fn figure(&self, condition: usize) -> Option<(f64, bool)> {
        self.figures.get(condition).copied().flatten()
    }

    /// The figure of the condition at this place, for people.
    pub(super) fn text(&self, condition: usize) -> Option<String> {
        let (figure, is_estimate) = self.figure(condition)?;
        Some(estimated(figure, is_estimate))
    }

    /// The sort key that puts the largest margin first, and alerts without one last.
    pub(super) fn rank(&self) -> Reverse<u64> {
        // Numbers that are not negative are in the order of their bits.
        Reverse(self.mean.unwrap_or(0.0).to_bits())
    }
}

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
