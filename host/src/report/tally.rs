//! What values a column has, and how many events each: as many as there is room for, and the
//! number of events with any other.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::text::{Short, by_address};

/// Values that are told apart.
const ROOM: usize = 200;

/// Conditional counts that are told apart.
pub(super) const PARTS: usize = 4;

/// The conditional counts that an event adds to, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Parts([bool; PARTS]);

impl Parts {
    /// Adds one; a place past the last is passed over.
    pub(super) fn add(&mut self, place: usize) {
        if let Some(part) = self.0.get_mut(place) {
            *part = true;
        }
    }
}

/// Events with one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) all: u64,
    /// Of these, those that each conditional count is of.
    parts: [u64; PARTS],
}

impl Count {
    pub(super) fn add(&mut self, parts: Parts) {
        self.all += 1;
        for (sum, part) in self.parts.iter_mut().zip(parts.0) {
            *sum += u64::from(part);
        }
    }

    /// Events that the conditional count at this place is of.
    pub(super) fn part(&self, place: usize) -> u64 {
        self.parts.get(place).copied().unwrap_or(0)
    }
}

/// The values of one column.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By what is shown and a hash of the whole.
    values: HashMap<(Short, u64), Count>,
    /// With values that there was no room for.
    pub(super) others: Count,
}

impl Tally {
    pub(super) fn add(&mut self, value: &str, parts: Parts, seed: (u64, u64)) {
        let key = (Short::value(value), hash(value, seed));
        let full = self.values.len() >= ROOM;
        match self.values.get_mut(&key) {
            Some(count) => count.add(parts),
            None if full => self.others.add(parts),
            None => self.values.entry(key).or_default().add(parts),
        }
    }

    /// Events with the value that is shown as this.
    pub(super) fn of(&self, key: &(Short, u64)) -> Count {
        self.values.get(key).copied().unwrap_or_default()
    }

    /// The values, those of most events first; of equals, addresses in their own order.
    pub(super) fn ranked(&self) -> Vec<(&(Short, u64), Count)> {
        let mut ranked: Vec<_> = self
            .values
            .iter()
            .map(|(key, count)| (key, *count))
            .collect();
        ranked.sort_by(|(one, a), (other, b)| {
            let more = b.all.cmp(&a.all);
            more.then_with(|| by_address(&one.0.text, &other.0.text))
                .then_with(|| one.cmp(other))
        });
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
        let mut second = Parts::default();
        second.add(1);
        second.add(PARTS);
        for number in 0..ROOM + 50 {
            let parts = [Parts::default(), second][number % 2];
            tally.add(&format!("value {number}"), parts, (1, 2));
        }
        tally.add("value 7", second, (1, 2));
        let others = tally.others;
        assert_eq!((tally.ranked().len(), others.all), (ROOM, 50));
        assert_eq!((others.part(0), others.part(1), others.part(9)), (0, 25, 0));
        let (key, count) = tally.ranked()[0];
        assert_eq!(
            (key.0.text.as_str(), count.all, count.part(1)),
            ("value 7", 2, 2)
        );
    }

    #[test]
    fn addresses_of_as_many_events_are_in_their_own_order() {
        let mut tally = Tally::default();
        for value in ["2001:db8::1", "198.51.100.10", "198.51.100.9"] {
            tally.add(value, Parts::default(), (1, 2));
        }
        let ranked = tally.ranked();
        let texts: Vec<&str> = ranked
            .iter()
            .map(|((key, _), _)| key.text.as_str())
            .collect();
        assert_eq!(texts, ["198.51.100.9", "198.51.100.10", "2001:db8::1"]);
    }

    #[test]
    fn long_values_that_begin_alike_are_told_apart() {
        let mut tally = Tally::default();
        let long = "x".repeat(1000);
        tally.add(&format!("{long}a"), Parts::default(), (1, 2));
        tally.add(&format!("{long}b"), Parts::default(), (1, 2));
        assert_eq!(tally.ranked().len(), 2);
    }
}
