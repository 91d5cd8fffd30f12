//! Adding up the counters of two streams, and what the rules of a detector count together.

use crate::model::RuleCounters;

/// Counts that are no rule's own, each list in order of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Look-ups wanted of tables that are not there.
    pub tables_missed: Vec<(String, u64)>,
    /// Documents taken out of others, by kind.
    pub opened: Vec<(String, u64)>,
    /// What merging took back; where rules differ, the most.
    pub merged: Merged,
}

impl Shared {
    /// Adds another detector's.
    pub fn add(&mut self, theirs: &Shared) {
        for (table, missed) in &theirs.tables_missed {
            add_named(&mut self.tables_missed, table, *missed);
        }
        for (kind, opened) in &theirs.opened {
            add_named(&mut self.opened, kind, *opened);
        }
        self.merged.add(theirs.merged);
    }
}

/// Events that were counted, and that were not to be once states were merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// They were duplicates.
    pub duplicate: u64,
    /// They went late, with their window.
    pub late: u64,
}

impl Merged {
    /// Adds what merging took back elsewhere.
    pub fn add(&mut self, more: Merged) {
        self.duplicate += more.duplicate;
        self.late += more.late;
    }

    /// What is the most, of each.
    #[must_use]
    pub fn most(self, other: Merged) -> Merged {
        Merged {
            duplicate: self.duplicate.max(other.duplicate),
            late: self.late.max(other.late),
        }
    }
}

/// What both streams had seen, so that it is not counted twice.
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

/// Adds another stream's counters, as if its documents had been pushed here: what both had
/// counted are duplicates of each other. What describes the present state is left alone.
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

/// Adds to one of several counts, which stand in order of their names.
pub fn add_named(counts: &mut Vec<(String, u64)>, name: &str, more: u64) {
    if more == 0 {
        return;
    }
    match counts.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
        Ok(at) => counts[at].1 += more,
        Err(at) => counts.insert(at, (name.to_owned(), more)),
    }
}
