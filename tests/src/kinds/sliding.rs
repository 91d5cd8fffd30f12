//! A key alerts at the first of consecutive boundaries at whose windows all conditions hold.

use super::conditions::{Condition, hold};
use super::{Event, Standing, by_key, row};

/// The rows of each key, with all lengths in milliseconds: at boundaries that are multiples of
/// `every`, over the events of the `length` before.
#[must_use]
pub fn rows(events: &[Event], length: i64, every: i64) -> Vec<Standing> {
    let mut rows = Vec::new();
    for (key, events) in by_key(events) {
        let times = || events.iter().map(|event| event.time);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            continue;
        };
        let mut boundary = first.div_euclid(every) * every;
        while boundary <= last + length + every {
            rows.extend(row(&key, &events, boundary - length, boundary));
            boundary += every;
        }
    }
    rows
}

/// The alerts: the rows that hold, but for those that follow one that does, unless `all`
/// boundaries alert.
#[must_use]
pub fn standing(
    events: &[Event],
    length: i64,
    every: i64,
    all: bool,
    conditions: &[Condition],
) -> Vec<Standing> {
    let mut standing = Vec::new();
    let mut held: Option<Standing> = None;
    for row in rows(events, length, every) {
        if !hold(conditions, &row) {
            continue;
        }
        let goes_on = { held.as_ref() }
            .is_some_and(|held| held.key == row.key && held.end + every == row.end);
        if all || !goes_on {
            standing.push(row.clone());
        }
        held = Some(row);
    }
    standing.sort();
    standing
}
