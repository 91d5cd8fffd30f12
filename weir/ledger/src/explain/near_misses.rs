//! Near misses of a ledger: the windows that came closest to an alert.

use std::collections::{BTreeMap, HashMap};

use crate::Entry;

/// Number of entries that are held beyond those wanted: a later entry of a window may be farther
/// from an alert, and the next one takes its place.
const RESERVE: usize = 1 << 14;

/// Rank of an entry, nearest first: how few clauses fail, then how little is missing; then the older one.
type Rank = (usize, u64, i64, u128);

/// The nearest misses so far.
pub(super) struct NearMisses {
    top: usize,
    entries: BTreeMap<Rank, Entry>,
    ranks: HashMap<u128, Rank>,
}

impl NearMisses {
    pub(super) fn new(top: usize) -> Self {
        Self {
            top,
            entries: BTreeMap::new(),
            ranks: HashMap::new(),
        }
    }

    /// Takes an entry in place of an earlier one of its window and key.
    pub(super) fn add(&mut self, entry: &Entry) {
        if let Some(rank) = self.ranks.remove(&entry.id) {
            self.entries.remove(&rank);
        }
        if entry.failing() == 0 {
            return;
        }
        // No shortfall is negative, so its bits are in its order.
        let shortfall = entry.shortfall().to_bits();
        let rank = (entry.failing(), shortfall, entry.window.start, entry.id);
        let full = self.entries.len() >= self.top.saturating_add(RESERVE);
        if full
            && self
                .entries
                .last_key_value()
                .is_some_and(|(worst, _)| *worst < rank)
        {
            return;
        }
        self.ranks.insert(entry.id, rank);
        self.entries.insert(rank, entry.clone());
        if full && let Some((_, worst)) = self.entries.pop_last() {
            self.ranks.remove(&worst.id);
        }
    }

    pub(super) fn take(&mut self) -> Vec<Entry> {
        let entries = std::mem::take(&mut self.entries);
        entries.into_values().take(self.top).collect()
    }
}
