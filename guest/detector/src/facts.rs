//! The column values of a group, in one sorted list of numbers.
//!
//! Most groups consist of a few events, and there are many of them: a list of a dozen numbers costs
//! a fraction of a structure of vectors and sets. A fact is its column in the upper five bits and
//! 59 bits of payload; the facts of one column stand together, in an order that the kind of column
//! decides.

use std::cmp::Ordering;
use std::ops::Range;

/// The number of a column, below 32: its index in the rule's schema.
pub type ColumnId = u8;

/// Bits of a payload.
pub const PAYLOAD_BITS: u32 = 59;
const PAYLOAD: u64 = (1 << PAYLOAD_BITS) - 1;

const KINDS: usize = 32;

/// The facts of one group by column.
pub struct FactsByColumn<'f>([&'f [u64]; KINDS]);

impl<'f> FactsByColumn<'f> {
    /// The payloads of a column, in its order.
    pub fn of(&self, kind: ColumnId) -> impl ExactSizeIterator<Item = u64> + 'f {
        self.0[usize::from(kind)].iter().map(|fact| fact & PAYLOAD)
    }
}

/// The facts of one group.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<u64>);

impl Facts {
    /// The number of facts, of all columns.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The index range of a column's facts.
    pub fn range(&self, kind: ColumnId) -> Range<usize> {
        let from = u64::from(kind) << PAYLOAD_BITS;
        let start = self.0.partition_point(|fact| *fact < from);
        let rest = &self.0[start..];
        start..start + rest.partition_point(|fact| *fact <= from | PAYLOAD)
    }

    /// The payloads of a column, in its order.
    pub fn of(&self, kind: ColumnId) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
        self.0[self.range(kind)].iter().map(|fact| fact & PAYLOAD)
    }

    /// All facts by column, in one pass.
    pub fn by_column(&self) -> FactsByColumn<'_> {
        let mut runs = [&self.0[..0]; KINDS];
        let mut rest = &self.0[..];
        for (kind, run) in (0..).zip(&mut runs) {
            if rest.is_empty() {
                break;
            }
            let last = u64::from(kind as ColumnId) << PAYLOAD_BITS | PAYLOAD;
            let end = rest.iter().position(|fact| *fact > last);
            (*run, rest) = rest.split_at(end.unwrap_or(rest.len()));
        }
        FactsByColumn(runs)
    }

    /// All facts, with their columns.
    pub fn all(&self) -> impl Iterator<Item = (ColumnId, u64)> + '_ {
        let kind = |fact: u64| (fact >> PAYLOAD_BITS).to_le_bytes()[0];
        self.0.iter().map(move |fact| (kind(*fact), fact & PAYLOAD))
    }

    /// The index of a fact of a column, or the index to insert it at.
    pub fn search(
        &self,
        kind: ColumnId,
        mut compare: impl FnMut(u64) -> Ordering,
    ) -> Result<usize, usize> {
        let range = self.range(kind);
        let found = self.0[range.clone()].binary_search_by(|fact| compare(fact & PAYLOAD));
        found
            .map(|at| range.start + at)
            .map_err(|at| range.start + at)
    }

    /// The index of a fact of a column that is ordered as numbers, or the index to insert it at.
    #[inline(always)]
    pub fn search_number(&self, kind: ColumnId, payload: u64) -> Result<usize, usize> {
        self.0
            .binary_search(&(u64::from(kind) << PAYLOAD_BITS | payload))
    }

    /// Inserts a fact at an index that [`search`](Facts::search) returned.
    pub fn insert(&mut self, at: usize, kind: ColumnId, payload: u64) {
        if self.0.len() == self.0.capacity() {
            // Doubling would leave most of the many small lists half empty. The first capacity is
            // that for the values of one call.
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

    /// Appends a fact; no column of an earlier fact may be greater.
    pub fn push(&mut self, kind: ColumnId, payload: u64) {
        self.insert(self.0.len(), kind, payload);
    }

    /// Removes a fact.
    pub fn remove(&mut self, at: usize) -> u64 {
        self.0.remove(at) & PAYLOAD
    }

    /// Removes all facts of a column.
    pub fn remove_all(&mut self, kind: ColumnId) {
        self.0.drain(self.range(kind));
        self.0.shrink_to_fit();
    }

    /// Replaces the payloads of a column; their order must stay.
    pub fn replace(&mut self, kind: ColumnId, mut by: impl FnMut(u64) -> u64) {
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
    fn facts_are_separated_by_column_and_ordered() {
        let mut facts = Facts::default();
        for (kind, payload) in [(7, 9), (0, 5), (7, PAYLOAD), (5, 0), (0, 4), (7, 0)] {
            let at = facts.search(kind, |p| p.cmp(&payload)).unwrap_err();
            facts.insert(at, kind, payload);
        }
        let of = |kind| facts.of(kind).collect::<Vec<_>>();
        assert_eq!((of(0), of(5), of(6)), (vec![4, 5], vec![0], vec![]));
        assert_eq!(of(7), [0, 9, PAYLOAD]);
        let runs = facts.by_column();
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
