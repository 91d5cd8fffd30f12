//! Numbers of events by the values of a column, in bounded memory.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::text::{Short, by_address};

/// Values that are told apart.
const ROOM: usize = 200;

/// Conditional counts that are told apart.
pub(super) const CONDITIONAL: usize = 4;

/// The conditional counts that an event adds to, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CountsIn([bool; CONDITIONAL]);

impl CountsIn {
    /// Adds a count; a place past the last is ignored.
    pub(super) fn add(&mut self, place: usize) {
        if let Some(flag) = self.0.get_mut(place) {
            *flag = true;
        }
    }
}

/// A number of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) all: u64,
    /// The events that each conditional count adds.
    conditional: [u64; CONDITIONAL],
}

impl Count {
    /// Counts an event.
    pub(super) fn add(&mut self, counts_in: CountsIn) {
        self.all += 1;
        for (sum, flag) in self.conditional.iter_mut().zip(counts_in.0) {
            *sum += u64::from(flag);
        }
    }

    /// The events of the conditional count at this place.
    pub(super) fn conditional(&self, place: usize) -> u64 {
        self.conditional.get(place).copied().unwrap_or(0)
    }
}

/// A shown value and a hash of the whole.
pub(super) type Key = (Short, u64);

/// The values of one column.
#[derive(Debug, Default)]
pub(super) struct Tally {
    values: HashMap<Key, Count>,
    /// Events with values for which there was no room.
    pub(super) others: Count,
}

impl Tally {
    /// Counts an event with this value.
    pub(super) fn add(&mut self, value: &str, counts_in: CountsIn, seed: (u64, u64)) {
        let key = (Short::value(value), hash(value, seed));
        let full = self.values.len() >= ROOM;
        match self.values.get_mut(&key) {
            Some(count) => count.add(counts_in),
            None if full => self.others.add(counts_in),
            None => self.values.entry(key).or_default().add(counts_in),
        }
    }

    /// Events with a value.
    pub(super) fn of(&self, key: &Key) -> Count {
        self.values.get(key).copied().unwrap_or_default()
    }

    /// The values by falling number of events; of equals, addresses in the order of addresses.
    pub(super) fn ranked(&self) -> Vec<(&Key, Count)> {
        let values = self.values.iter();
        let mut ranked: Vec<_> = values.map(|(key, count)| (key, *count)).collect();
        ranked.sort_by(|(one, a), (other, b)| {
            let more = b.all.cmp(&a.all);
            more.then_with(|| by_address(one.0.raw(), other.0.raw()))
                .then_with(|| one.cmp(other))
        });
        ranked
    }
}

/// The values of one column in the alert's window, and in the windows around it.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) inside: Tally,
    pub(super) around: Tally,
}

impl Tallies {
    /// Counts an event with this value.
    pub(super) fn add(&mut self, value: &str, counts_in: CountsIn, inside: bool, seed: (u64, u64)) {
        let tally = if inside {
            &mut self.inside
        } else {
            &mut self.around
        };
        tally.add(value, counts_in, seed);
    }
}

/// A hash that the author of a log cannot foresee.
pub(super) fn hash(value: &str, seed: (u64, u64)) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: CountsIn = CountsIn([false; CONDITIONAL]);

    #[test]
    fn values_over_the_room_are_counted_together() {
        let mut tally = Tally::default();
        let mut second = NONE;
        second.add(1);
        second.add(CONDITIONAL);
        for number in 0..ROOM + 50 {
            let counts_in = [NONE, second][number % 2];
            tally.add(&format!("value {number}"), counts_in, (1, 2));
        }
        tally.add("value 7", second, (1, 2));
        let others = tally.others;
        assert_eq!((tally.ranked().len(), others.all), (ROOM, 50));
        assert_eq!([0, 1, 9].map(|at| others.conditional(at)), [0, 25, 0]);
        let (key, count) = tally.ranked()[0];
        assert_eq!(key.0.raw(), "value 7");
        assert_eq!((count.all, count.conditional(1)), (2, 2));
    }

    #[test]
    fn addresses_of_as_many_events_are_in_the_order_of_addresses() {
        let mut tally = Tally::default();
        for value in ["2001:db8::1", "198.51.100.10", "198.51.100.9"] {
            tally.add(value, NONE, (1, 2));
        }
        let ranked = tally.ranked();
        let texts: Vec<&str> = ranked.iter().map(|((key, _), _)| key.raw()).collect();
        assert_eq!(texts, ["198.51.100.9", "198.51.100.10", "2001:db8::1"]);
    }

    #[test]
    fn long_values_that_begin_alike_are_told_apart() {
        let mut tally = Tally::default();
        let long = "x".repeat(1000);
        tally.add(&format!("{long}a"), NONE, (1, 2));
        tally.add(&format!("{long}b"), NONE, (1, 2));
        assert_eq!(tally.ranked().len(), 2);
    }
}
