//! What the kinds of judgement mean: naive functions from a set of events to the alerts that stand.
//!
//! They know nothing of the engine: no order, no watermark, no state.

pub mod conditions;
pub mod each;
pub mod first_seen;
pub mod sliding;
pub mod tumbling;

use std::collections::{BTreeMap, BTreeSet};

/// An event, as far as these look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Milliseconds since 1970.
    pub time: i64,
    /// What a second delivery has too.
    pub id: u64,
    /// Its keys, of which null is one.
    pub keys: Vec<Option<String>>,
    /// Whether it is one of those that the ratio counts.
    pub bad: bool,
    /// The value whose distinct ones are counted.
    pub code: String,
    /// The value that is added up, if it has one.
    pub weight: Option<i64>,
    /// Whether the rule is about it.
    pub wanted: bool,
}

/// An alert that stands: its window, its key, and its row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The window's start.
    pub start: i64,
    /// The window's end.
    pub end: i64,
    /// The key.
    pub key: Option<String>,
    /// How many events there are.
    pub count: usize,
    /// How many of them are bad.
    pub bad: usize,
    /// Their codes, ascending.
    pub codes: Vec<String>,
    /// Their codes, those first that were seen first.
    pub samples: Vec<String>,
    /// Their weights together.
    pub total: Option<i64>,
    /// Their average weight, as it is written.
    pub mean: Option<String>,
    /// Their smallest weight.
    pub least: Option<i64>,
    /// Their largest weight.
    pub most: Option<i64>,
    /// The weight of the earliest event that has one; of several, the smallest.
    pub opening: Option<i64>,
    /// The weight of the latest event that has one; of several, the largest.
    pub closing: Option<i64>,
    /// The time of the first event.
    pub first: i64,
    /// The time of the last event.
    pub last: i64,
}

/// The events of each key, each once, that the rule is about.
#[must_use]
pub fn by_key(events: &[Event]) -> BTreeMap<Option<String>, Vec<&Event>> {
    let mut ids = BTreeSet::new();
    let mut keys: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.wanted) {
        if ids.insert(event.id) {
            for key in event.keys.iter().collect::<BTreeSet<_>>() {
                keys.entry(key.clone()).or_default().push(event);
            }
        }
    }
    keys
}

/// The row over the events of a key in a window; none where there are none.
#[must_use]
pub fn row(key: &Option<String>, events: &[&Event], start: i64, end: i64) -> Option<Standing> {
    let within = events.iter().filter(|e| (start..end).contains(&e.time));
    let mut within: Vec<&&Event> = within.collect();
    within.sort_by_key(|event| (event.time, &event.code));
    let mut samples: Vec<String> = Vec::new();
    for event in &within {
        if !samples.contains(&event.code) {
            samples.push(event.code.clone());
        }
    }
    let codes: BTreeSet<_> = samples.iter().cloned().collect();
    let timed = within.iter().filter_map(|e| Some((e.time, e.weight?)));
    let timed: BTreeSet<(i64, i64)> = timed.collect();
    let weights: Vec<i64> = within.iter().filter_map(|event| event.weight).collect();
    let total = (!weights.is_empty()).then(|| weights.iter().sum::<i64>());
    Some(Standing {
        start,
        end,
        key: key.clone(),
        count: within.len(),
        bad: within.iter().filter(|event| event.bad).count(),
        codes: codes.into_iter().collect(),
        samples,
        total,
        mean: total.map(|total| (total as f64 / weights.len() as f64).to_string()),
        least: weights.iter().min().copied(),
        most: weights.iter().max().copied(),
        opening: timed.first().map(|(_, weight)| *weight),
        closing: timed.last().map(|(_, weight)| *weight),
        first: within.first()?.time,
        last: within.last()?.time,
    })
}
