//! The last revision of each alert.

use std::collections::HashMap;

use weir_host::contract::check::size;
use weir_host::contract::{Alert, Phase, Value, order};

/// Holds the last revision of each alert until the input ends.
#[derive(Debug, Default)]
pub struct Finals {
    /// By their ids.
    last: HashMap<u128, Alert>,
    /// Bytes that they take, about.
    held: u64,
}

/// Bytes that an element of a list takes in memory, whatever it says.
const ELEMENT: u64 = 48;

/// Bytes that an alert takes, about: as a document, or its lists in memory.
pub(super) fn bytes(alert: &Alert) -> u64 {
    let elements = alert.columns.iter().map(|column| match &column.value {
        Value::TextList(list) => list.len() as u64,
        _ => 0,
    });
    size(alert) + ELEMENT * elements.sum::<u64>()
}

impl Finals {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a revision.
    pub fn add(&mut self, alert: Alert) {
        let id = alert.number();
        if let Some(held) = self.last.get(&id) {
            if held.revision > alert.revision {
                return;
            }
            self.held = self.held.saturating_sub(bytes(held));
        }
        self.held = self.held.saturating_add(bytes(&alert));
        self.last.insert(id, alert);
    }

    /// Bytes that all that is held takes, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.held
    }

    /// All that is held, retracted ones included, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Alert> {
        let mut alerts: Vec<(&u128, &Alert)> = self.last.iter().collect();
        alerts.sort_by_key(|(id, _)| **id);
        alerts.into_iter().map(|(_, alert)| alert.clone()).collect()
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
                .then_with(|| order::keys(&one.key, &other.key))
                .then_with(|| one.number().cmp(&other.number()))
        });
        alerts
    }
}
