//! Each event is an alert; those of one key and one span are one.

use super::{Event, Standing, by_key, row};
use std::collections::BTreeSet;

/// The alerts, with the events of a key in spans of `suppress` milliseconds taken together; with
/// 0, in one millisecond.
#[must_use]
pub fn standing(events: &[Event], suppress: i64) -> Vec<Standing> {
    let length = suppress.max(1);
    let mut standing = Vec::new();
    for (key, events) in by_key(events) {
        let start = |event: &&Event| event.time.div_euclid(length) * length;
        let starts: BTreeSet<i64> = events.iter().map(start).collect();
        for start in starts {
            standing.extend(row(&key, &events, start, start + length));
        }
    }
    standing.sort();
    standing
}
