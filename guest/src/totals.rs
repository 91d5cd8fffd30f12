//! Adding up the totals of two streams.

use crate::model::Counters;

/// What both streams had seen, so that it is not counted twice.
#[derive(Default)]
pub(crate) struct Overlap {
    /// Events that both had counted.
    pub(crate) events: u64,
    /// Windows that had fired in both.
    pub(crate) windows: u64,
    /// Groups that both had.
    pub(crate) groups: u64,
    /// Events of theirs whose window had fired here and not there.
    pub(crate) late: u64,
}

/// Adds another stream's totals, as if its documents had been pushed here: what both had
/// counted are duplicates of each other. What describes the present state is left alone.
pub(crate) fn add(ours: &mut Counters, theirs: &Counters, overlap: &Overlap) {
    ours.counted += theirs.counted.saturating_sub(overlap.events);
    ours.duplicate += theirs.duplicate + overlap.events;
    ours.excluded += theirs.excluded;
    ours.other_data_set += theirs.other_data_set;
    ours.malformed += theirs.malformed;
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
    for (name, missed) in &theirs.tables_missed {
        add_missed(&mut ours.tables_missed, name, *missed);
    }
}

/// Adds to the count of look-ups that a table could not answer.
pub(crate) fn add_missed(counts: &mut Vec<(String, u64)>, table: &str, missed: u64) {
    if missed == 0 {
        return;
    }
    match counts.iter_mut().find(|(name, _)| name == table) {
        Some((_, count)) => *count += missed,
        None => counts.push((table.to_owned(), missed)),
    }
}
