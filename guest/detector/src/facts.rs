//! All that a group has seen, in one sorted list of numbers.
//!
//! Most groups make a few calls and are never heard of again, and there are many of them: a
//! list of a dozen numbers is what one costs, where a structure of vectors and sets would
//! cost several times as much. A fact is its kind in the upper four bits and 60 bits of
//! payload; the facts of one kind stand together, in an order that the kind decides.

use std::cmp::Ordering;
use std::ops::Range;

/// A kind of fact, below 16. The detection says what it stands for.
pub type Kind = u8;

/// Bits of a payload.
pub const PAYLOAD_BITS: u32 = 60;
const PAYLOAD: u64 = (1 << PAYLOAD_BITS) - 1;

const KINDS: usize = 16;

/// The facts of one group by kind.
pub struct Runs<'f>([&'f [u64]; KINDS]);

impl<'f> Runs<'f> {
    /// The payloads of a kind, in its order.
    pub fn of(&self, kind: Kind) -> impl ExactSizeIterator<Item = u64> + 'f {
        self.0[usize::from(kind)].iter().map(|fact| fact & PAYLOAD)
    }
}

/// The facts of one group.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<u64>);

impl Facts {
    /// How many there are, of all kinds.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Where the facts of a kind stand.
    pub fn range(&self, kind: Kind) -> Range<usize> {
        let from = u64::from(kind) << PAYLOAD_BITS;
        let start = self.0.partition_point(|fact| *fact < from);
        let rest = &self.0[start..];
        start..start + rest.partition_point(|fact| *fact <= from | PAYLOAD)
    }

    /// The payloads of a kind, in its order.
    pub fn of(&self, kind: Kind) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
        self.0[self.range(kind)].iter().map(|fact| fact & PAYLOAD)
    }

    /// All facts, by kind: one pass for those who want every kind.
    pub fn runs(&self) -> Runs<'_> {
        let mut runs = [&self.0[..0]; KINDS];
        let mut rest = &self.0[..];
        for (kind, run) in (0..).zip(&mut runs) {
            let last = u64::from(kind as Kind) << PAYLOAD_BITS | PAYLOAD;
            let end = rest.iter().position(|fact| *fact > last);
            (*run, rest) = rest.split_at(end.unwrap_or(rest.len()));
        }
        Runs(runs)
    }

    /// All facts, with their kinds.
    pub fn all(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        let kind = |fact: u64| (fact >> PAYLOAD_BITS).to_le_bytes()[0];
        self.0.iter().map(move |fact| (kind(*fact), fact & PAYLOAD))
    }

    /// Where among the facts of a kind one stands, or would stand.
    pub fn search(
        &self,
        kind: Kind,
        mut compare: impl FnMut(u64) -> Ordering,
    ) -> Result<usize, usize> {
        let range = self.range(kind);
        let found = self.0[range.clone()].binary_search_by(|fact| compare(fact & PAYLOAD));
        found
            .map(|at| range.start + at)
            .map_err(|at| range.start + at)
    }

    /// Where a fact of a kind that is ordered as numbers stands, or would stand.
    #[inline(always)]
    pub fn search_number(&self, kind: Kind, payload: u64) -> Result<usize, usize> {
        self.0
            .binary_search(&(u64::from(kind) << PAYLOAD_BITS | payload))
    }

    /// Puts a fact where [`search`](Facts::search) says.
    pub fn insert(&mut self, at: usize, kind: Kind, payload: u64) {
        if self.0.len() == self.0.capacity() {
            // Doubling would leave most of the many small lists half empty. The first room
            // is for what one call says.
            let more = if self.0.is_empty() {
                8
            } else {
                self.0.len() / 4
            };
            self.0.reserve_exact(more.max(2));
        }
        self.0
            .insert(at, u64::from(kind) << PAYLOAD_BITS | payload & PAYLOAD);
    }

    /// Puts a fact behind all others, whose kinds must not be greater.
    pub fn push(&mut self, kind: Kind, payload: u64) {
        self.insert(self.0.len(), kind, payload);
    }

    /// Takes a fact out.
    pub fn remove(&mut self, at: usize) -> u64 {
        self.0.remove(at) & PAYLOAD
    }

    /// Takes out all facts of a kind.
    pub fn remove_all(&mut self, kind: Kind) {
        self.0.drain(self.range(kind));
        self.0.shrink_to_fit();
    }

    /// Puts another payload in place of each of a kind; their order must stay.
    pub fn replace(&mut self, kind: Kind, mut by: impl FnMut(u64) -> u64) {
        let range = self.range(kind);
        for fact in &mut self.0[range] {
            *fact = *fact & !PAYLOAD | by(*fact & PAYLOAD) & PAYLOAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_apart_and_in_order() {
        let mut facts = Facts::default();
        for (kind, payload) in [(7, 9), (0, 5), (7, PAYLOAD), (5, 0), (0, 4), (7, 0)] {
            let at = facts.search(kind, |p| p.cmp(&payload)).unwrap_err();
            facts.insert(at, kind, payload);
        }
        let of = |kind| facts.of(kind).collect::<Vec<_>>();
        assert_eq!((of(0), of(5), of(6)), (vec![4, 5], vec![0], vec![]));
        assert_eq!(of(7), [0, 9, PAYLOAD]);
        let runs = facts.runs();
        for kind in 0..8 {
            assert!(runs.of(kind).eq(facts.of(kind)), "{kind}");
        }
        let all = [(0, 4), (0, 5), (5, 0), (7, 0), (7, 9), (7, PAYLOAD)];
        assert!(facts.all().eq(all));
        assert_eq!(facts.search(7, |p| p.cmp(&9)), Ok(4));
        facts.remove_all(0);
        assert_eq!((facts.count(), facts.range(5)), (4, 0..1));
    }
}
