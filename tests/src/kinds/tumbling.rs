//! Each window alerts for itself where all conditions hold.

use super::conditions::{Condition, hold};
use super::{Event, Standing, sliding};

/// The alerts, with the windows' `length` in milliseconds.
#[must_use]
pub fn standing(events: &[Event], length: i64, conditions: &[Condition]) -> Vec<Standing> {
    let mut standing = sliding::rows(events, length, length);
    standing.retain(|row| hold(conditions, row));
    standing.sort();
    standing
}
