//! A key alerts at the first of consecutive boundaries at whose windows all conditions hold.

use super::{Event, Standing, by_key, row};

/// When a row is worth an alert.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Fewest events.
    pub count: usize,
    /// Fewest distinct codes.
    pub codes: usize,
    /// Fewest bad events of a hundred.
    pub bad_percent: usize,
}

impl Thresholds {
    /// Whether a row reaches them.
    #[must_use]
    pub fn hold(&self, row: &Standing) -> bool {
        row.count >= self.count
            && row.codes.len() >= self.codes
            && row.bad * 100 >= self.bad_percent * row.count
    }
}

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
    thresholds: &Thresholds,
) -> Vec<Standing> {
    let mut standing = Vec::new();
    let mut held: Option<Standing> = None;
    for row in rows(events, length, every) {
        if !thresholds.hold(&row) {
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
