//! An event alerts where no event of its key lies in the history before it, and all conditions hold
//! of the events of its millisecond.

use super::conditions::{Condition, hold};
use super::{Event, Standing, by_key, row};
use std::collections::BTreeSet;

/// The alerts, with all lengths in milliseconds. The stream begins with its first event, whether
/// the rule is about it or not.
#[must_use]
pub fn standing(
    events: &[Event],
    history: i64,
    warm_up: i64,
    conditions: &[Condition],
) -> Vec<Standing> {
    let Some(begin) = events.iter().map(|event| event.time).min() else {
        return Vec::new();
    };
    let mut standing = Vec::new();
    for (key, events) in by_key(events) {
        let times: BTreeSet<i64> = events.iter().map(|event| event.time).collect();
        for time in &times {
            let seen = times.range(time - history..*time).next().is_some();
            if !seen && *time >= begin + warm_up {
                standing.extend(row(&key, &events, *time, time + 1));
            }
        }
    }
    standing.retain(|row| hold(conditions, row));
    standing.sort();
    standing
}
