//! One row of the ledger.

use crate::contract::{KeyPart, Value, Window};

/// One group in one closed window.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// The window of event time.
    pub window: Window,
    /// The group, all parts in the rule's order.
    pub key: Vec<KeyPart>,
    /// Event time of its first event, in milliseconds since 1970.
    pub first_seen: i64,
    /// The same of its last.
    pub last_seen: i64,
    /// Whether all clauses hold.
    pub alerted: bool,
    /// False when state was given up, so that the figures may fall short.
    pub complete: bool,
    /// The id that an alert of this group and window has; in an alert in hexadecimal.
    pub id: u128,
    /// The floor that the ledger was kept with.
    pub floor: f64,
    /// Of each clause, in the rule's order.
    pub figures: Vec<Figure>,
}

/// A clause on one window.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figure {
    /// What the group has.
    pub value: f64,
    /// The smallest value at which the clause holds.
    pub threshold: f64,
}

impl Figure {
    /// Of no clause.
    pub(super) const NONE: Self = Self {
        value: 0.0,
        threshold: 0.0,
    };

    /// Whether the clause holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.value >= self.threshold
    }

    /// How far the value is above the threshold; negative below it.
    #[must_use]
    pub fn distance(&self) -> f64 {
        self.value - self.threshold
    }

    /// The part of the threshold that is missing: 0 when it holds.
    #[must_use]
    pub fn shortfall(&self) -> f64 {
        if self.holds() {
            return 0.0;
        }
        -self.distance() / self.threshold
    }
}

impl Entry {
    /// The part of the key with this name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Value> {
        let part = self.key.iter().find(|part| part.name == name)?;
        part.value.as_ref()
    }

    /// How many clauses fail.
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

/// A key's part as text; none for the null key.
#[must_use]
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    Some(match value? {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Timestamp(time) => crate::output::iso(*time),
        Value::TextList(list) => serde_json::Value::from(list.clone()).to_string(),
        Value::IntegerList(list) => serde_json::Value::from(list.clone()).to_string(),
    })
}
