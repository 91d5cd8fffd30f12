//! A row of the ledger: one group in one closed window.

use weir_host::contract::{Comparison, KeyPart, Value, Window};

/// One group in one closed window.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The window of event time.
    pub window: Window,
    /// The group, all parts in the rule's order.
    pub key: Vec<KeyPart>,
    /// Event time of its first event, in milliseconds since 1970.
    pub first_seen: i64,
    /// Event time of its last event, in milliseconds since 1970.
    pub last_seen: i64,
    /// Whether all clauses hold.
    pub alerted: bool,
    /// False when state was given up, so that the figures may fall short.
    pub complete: bool,
    /// Id of an alert on this group and window; hexadecimal in an alert.
    pub id: u128,
    /// Floor of the ledger, as a part of a count's threshold.
    pub floor: f64,
    /// Figures of the clauses, in the rule's order.
    pub figures: Vec<Figure>,
}

/// A clause's value on one window, beside its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Value of the group.
    pub value: f64,
    /// Comparison of the value with the threshold.
    pub comparison: Comparison,
    /// The threshold.
    pub threshold: f64,
    /// Whether the value is an estimate.
    pub estimate: bool,
}

impl Figure {
    /// Whether the clause holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.comparison.holds(self.value, self.threshold)
    }

    /// Distance of the value above the threshold; negative below it. It has no more decimals than
    /// the two have: 0.39 is 0.01 below 0.4.
    #[must_use]
    pub fn distance(&self) -> f64 {
        let decimals = decimals(self.value).max(decimals(self.threshold));
        let exact = self.value - self.threshold;
        let rounded = format!("{exact:.decimals$}").parse().unwrap_or(exact);
        // Without the sign that a zero may have.
        rounded + 0.0
    }

    /// How far the value is from where the clause holds, as a part of the threshold; of a
    /// threshold of 0, the distance itself. 0 when it holds.
    #[must_use]
    pub fn shortfall(&self) -> f64 {
        if self.holds() {
            return 0.0;
        }
        let whole = match self.threshold.abs() {
            0.0 => 1.0,
            threshold => threshold,
        };
        self.distance().abs() / whole
    }
}

impl Entry {
    /// Whether any figure is an estimate.
    #[must_use]
    pub fn is_estimate(&self) -> bool {
        self.figures.iter().any(|figure| figure.estimate)
    }

    /// The part of the key with this name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Value> {
        let part = self.key.iter().find(|part| part.name == name)?;
        part.value.as_ref()
    }

    /// Number of clauses that fail.
    #[must_use]
    pub fn failing(&self) -> usize {
        self.figures.iter().filter(|figure| !figure.holds()).count()
    }

    /// The largest part of a threshold that is missing.
    #[must_use]
    pub fn shortfall(&self) -> f64 {
        let shortfalls = self.figures.iter().map(Figure::shortfall);
        shortfalls.fold(0.0, f64::max)
    }
}

/// Number of decimals that a number is written with.
fn decimals(number: f64) -> usize {
    if number.fract() == 0.0 {
        return 0;
    }
    let text = number.to_string();
    text.split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// A key's part as text; none for the null key.
#[must_use]
pub fn text(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::Figure;
    use weir_host::contract::Comparison;

    #[test]
    fn what_is_missing_is_a_part_of_the_threshold_on_either_side() {
        for (value, comparison, threshold, missing) in [
            (8.0, Comparison::AtLeast, 10.0, 0.2),
            (10.0, Comparison::AtLeast, 10.0, 0.0),
            (12.0, Comparison::AtMost, 10.0, 0.2),
            (9.0, Comparison::AtMost, 10.0, 0.0),
            (10.0, Comparison::LessThan, 10.0, 0.0),
            (-3.0, Comparison::MoreThan, -2.0, 0.5),
            (3.0, Comparison::Equal, 0.0, 3.0),
            (5.0, Comparison::Unequal, 5.0, 0.0),
        ] {
            let figure = Figure {
                value,
                comparison,
                threshold,
                estimate: false,
            };
            assert_eq!(figure.shortfall(), missing, "{figure:?}");
        }
    }

    #[test]
    fn a_distance_has_no_more_decimals_than_what_it_is_between() {
        for (value, threshold, distance) in [
            (0.39, 0.4, "-0.01"),
            (0.57, 0.4, "0.17"),
            (0.4, 0.4, "0"),
            (0.3, 0.1 + 0.2, "-0.00000000000000006"),
            (0.41, 0.375, "0.035"),
            (12.0, 21.0, "-9"),
            (9e15, 1.0, "8999999999999999"),
            (1e-300, 1.0, "-1"),
        ] {
            let figure = Figure {
                value,
                comparison: Comparison::AtLeast,
                threshold,
                estimate: false,
            };
            assert_eq!(figure.distance().to_string(), distance, "{figure:?}");
        }
    }
}
