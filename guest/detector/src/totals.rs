//! Sums of counters: of two streams, and of the rules of a detector.

use crate::model::RuleCounters;

/// Counters that all rules share; lists are in order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedCounters {
    /// Look-ups in tables that are not loaded, by table.
    pub tables_missed: Vec<(String, u64)>,
    /// Documents that were unwrapped from others, by kind.
    pub opened: Vec<(String, u64)>,
    /// Corrections of merges; where rules differ, the greatest.
    pub merged: MergeCorrections,
}

impl SharedCounters {
    /// Adds another detector's counters.
    pub fn add(&mut self, theirs: &SharedCounters) {
        for (table, missed) in &theirs.tables_missed {
            add_named(&mut self.tables_missed, table, *missed);
        }
        for (kind, opened) in &theirs.opened {
            add_named(&mut self.opened, kind, *opened);
        }
        self.merged.add(theirs.merged);
    }
}

/// Corrections of merges: events that were counted, and are not counted in the merged state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeCorrections {
    /// Events that were duplicates.
    pub duplicate: u64,
    /// Events that were late, with their window.
    pub late: u64,
}

impl MergeCorrections {
    /// Adds further corrections.
    pub fn add(&mut self, more: MergeCorrections) {
        self.duplicate += more.duplicate;
        self.late += more.late;
    }

    /// The greater of each.
    #[must_use]
    pub fn most(self, other: MergeCorrections) -> MergeCorrections {
        MergeCorrections {
            duplicate: self.duplicate.max(other.duplicate),
            late: self.late.max(other.late),
        }
    }
}

/// The overlap of two streams, which is not counted twice.
#[derive(Default)]
pub struct Overlap {
    /// Events that both had counted.
    pub events: u64,
    /// Windows that had fired in both.
    pub windows: u64,
    /// Groups that both had.
    pub groups: u64,
    /// Events of theirs whose window had fired here and not there.
    pub late: u64,
}

/// Adds another stream's counters, as if its documents had been pushed here: events that both
/// counted are duplicates. Counters that describe the present state are not changed.
pub fn add(ours: &mut RuleCounters, theirs: &RuleCounters, overlap: &Overlap) {
    ours.unwanted += theirs.unwanted;
    ours.counted += theirs.counted.saturating_sub(overlap.events);
    ours.duplicate += theirs.duplicate + overlap.events;
    ours.excluded += theirs.excluded;
    ours.dropped_late += theirs.dropped_late;
    ours.refused_future += theirs.refused_future;
    ours.late += theirs.late + overlap.late;
    ours.windows_fired += theirs.windows_fired.saturating_sub(overlap.windows);
    ours.groups_seen += theirs.groups_seen.saturating_sub(overlap.groups);
    ours.alerts_early += theirs.alerts_early;
    ours.alerts_on_time += theirs.alerts_on_time;
    ours.alerts_late += theirs.alerts_late;
    ours.alerts_retracted += theirs.alerts_retracted;
    ours.evicted += theirs.evicted;
    ours.ids_forgotten += theirs.ids_forgotten;
}

/// Adds to a named count; the list is in order of names.
pub fn add_named(counts: &mut Vec<(String, u64)>, name: &str, more: u64) {
    if more == 0 {
        return;
    }
    match counts.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
        Ok(at) => counts[at].1 += more,
        Err(at) => counts.insert(at, (name.to_owned(), more)),
    }
}
