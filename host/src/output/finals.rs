//! The last revision of each alert.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::contract::{Alert, KeyPart, Phase, Value};

/// Holds the last revision of each alert until the input ends.
#[derive(Debug, Default)]
pub struct Finals {
    last: HashMap<String, Alert>,
}

impl Finals {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a revision.
    pub fn add(&mut self, alert: Alert) {
        match self.last.get_mut(&alert.id) {
            Some(held) if held.revision > alert.revision => {}
            Some(held) => *held = alert,
            None => {
                self.last.insert(alert.id.clone(), alert);
            }
        }
    }

    /// All that is held, retracted ones included, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.last.values().cloned().collect();
        alerts.sort_by(|one, other| one.id.cmp(&other.id));
        alerts
    }

    /// The alerts that stand, in order of window and key; the null key comes first.
    #[must_use]
    pub fn into_alerts(self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self
            .last
            .into_values()
            .filter(|alert| alert.phase != Phase::Retracted)
            .collect();
        alerts.sort_by(|one, other| {
            (one.window.start, one.window.end)
                .cmp(&(other.window.start, other.window.end))
                .then_with(|| by_key(&one.key, &other.key))
                .then_with(|| one.id.cmp(&other.id))
        });
        alerts
    }
}

fn by_key(one: &[KeyPart], other: &[KeyPart]) -> Ordering {
    one.iter()
        .zip(other)
        .map(|(one, other)| match (&one.value, &other.value) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => by_value(one, other),
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn by_value(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Integer(one), Value::Integer(other))
        | (Value::Timestamp(one), Value::Timestamp(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => one.total_cmp(other),
        (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
        (Value::TextList(one), Value::TextList(other)) => one.cmp(other),
        (Value::IntegerList(one), Value::IntegerList(other)) => one.cmp(other),
        // One part of a key has one type.
        _ => Ordering::Equal,
    }
}
