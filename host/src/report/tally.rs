//! What values a column has, and how many calls each: as many as there is room for, and the
//! number of calls with any other.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::text::Short;

/// Values that are told apart.
const ROOM: usize = 200;

/// Calls with one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) all: u64,
    /// Answered with 4xx.
    pub(super) errors: u64,
}

impl Calls {
    pub(super) fn add(&mut self, error: bool) {
        self.all += 1;
        self.errors += u64::from(error);
    }
}

/// The values of one column.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By what is shown and a hash of the whole.
    values: HashMap<(Short, u64), Calls>,
    /// With values that there was no room for.
    pub(super) others: Calls,
}

impl Tally {
    pub(super) fn add(&mut self, value: &str, error: bool, seed: (u64, u64)) {
        let key = (Short::value(value), hash(value, seed));
        let full = self.values.len() >= ROOM;
        match self.values.get_mut(&key) {
            Some(calls) => calls.add(error),
            None if full => self.others.add(error),
            None => self.values.entry(key).or_default().add(error),
        }
    }

    /// Calls with the value that is shown as this.
    pub(super) fn of(&self, key: &(Short, u64)) -> Calls {
        self.values.get(key).copied().unwrap_or_default()
    }

    /// The values, those of most calls first.
    pub(super) fn ranked(&self) -> Vec<(&(Short, u64), Calls)> {
        let mut ranked: Vec<_> = self
            .values
            .iter()
            .map(|(key, calls)| (key, *calls))
            .collect();
        ranked.sort_by(|(one, a), (other, b)| b.all.cmp(&a.all).then_with(|| one.cmp(other)));
        ranked
    }
}

/// A hash that who writes the logs cannot foresee.
pub(super) fn hash(value: &str, seed: (u64, u64)) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_over_the_room_are_counted_together() {
        let mut tally = Tally::default();
        for number in 0..ROOM + 50 {
            tally.add(&format!("value {number}"), number % 2 == 0, (1, 2));
        }
        tally.add("value 7", true, (1, 2));
        assert_eq!(
            (tally.ranked().len(), tally.others),
            (
                ROOM,
                Calls {
                    all: 50,
                    errors: 25
                }
            )
        );
        let (key, calls) = tally.ranked()[0];
        assert_eq!(
            (key.0.text.as_str(), calls),
            ("value 7", Calls { all: 2, errors: 1 })
        );
    }

    #[test]
    fn long_values_that_begin_alike_are_told_apart() {
        let mut tally = Tally::default();
        let long = "x".repeat(1000);
        tally.add(&format!("{long}a"), false, (1, 2));
        tally.add(&format!("{long}b"), false, (1, 2));
        assert_eq!(tally.ranked().len(), 2);
    }
}
