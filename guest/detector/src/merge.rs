//! Merging the state of another stream.

use crate::model::Phase;
use crate::order;
use crate::stream::{Revision, Stream, context, milliseconds};
use crate::totals::{self, Overlap};
use std::collections::VecDeque;
use std::collections::btree_map::Entry;

impl Stream {
    /// Merges the state of another stream under the same configuration and seed, as if its events
    /// had been pushed here: windows past the allowed lateness here are dropped late, and due ones
    /// fire when the watermark next passes a window's end.
    pub(crate) fn merge(&mut self, mut other: Stream) {
        self.callers.clear();
        let mut overlap = Overlap::default();
        let mut merged: Vec<(i64, Vec<u32>)> = Vec::new();
        let mut active = Vec::new();
        if self.has_evicted() || other.has_evicted() {
            active = self.active_alerts(i64::MIN);
            active.extend(other.active_alerts(i64::MIN));
        }
        self.merge_sessions(&mut other);
        self.merge_boundaries(&mut other);
        // A side that evicted a whole window has no mark of it but `evicted_before`.
        let (evicted_before, their_evicted_before) = (self.evicted_before, other.evicted_before);
        for (start, ours) in &mut self.windows {
            if *start < their_evicted_before && !other.windows.contains_key(start) {
                ours.mark_incomplete();
            }
        }
        self.evicted_before = evicted_before.max(their_evicted_before);
        self.closed_before = self.closed_before.max(other.closed_before);
        for (start, mut theirs) in std::mem::take(&mut other.windows) {
            let with = context(&self.plan, &self.settings, self.seed);
            let due = self.settings.timing.due(start);
            // A pane may be closed for its first boundaries and still be needed by later ones.
            let is_closed = start < self.closed_before && !(theirs.fired && self.slides());
            if is_closed || self.is_too_late(start, theirs.fired) {
                other.totals.counted = other.totals.counted.saturating_sub(theirs.events);
                other.totals.dropped_late += theirs.events;
                other.merged.late += theirs.events;
                continue;
            }
            let fired = self.passed(due) && !theirs.fired && !self.settings.partial;
            let events = theirs.events;
            match self.windows.entry(start) {
                Entry::Vacant(entry) => {
                    if start < evicted_before {
                        theirs.mark_incomplete();
                    }
                    theirs.split_off = false;
                    merged.push((start, (0..theirs.count()).collect()));
                    entry.insert(theirs);
                    overlap.late += if fired { events } else { 0 };
                }
                Entry::Occupied(mut entry) => {
                    let ours = entry.get_mut();
                    overlap.windows += u64::from(ours.fired && theirs.fired);
                    let fired = ours.fired && !theirs.fired;
                    let (places, repeated, groups) =
                        ours.merge(&theirs, self.settings.verdicts, with);
                    merged.push((start, places));
                    overlap.events += repeated;
                    overlap.groups += groups;
                    overlap.late += if fired { events - repeated } else { 0 };
                }
            }
        }
        self.mark_changed_dirty();
        self.report_incomplete(active);
        self.recompute_size();
        totals::add(&mut self.totals, &other.totals, &overlap);
        self.merged.duplicate += overlap.events;
        self.merged.late += other.merged.late;
        self.merge_revisions(other.revisions);
        self.entries.extend(other.entries);
        let (first, their_first) = (self.unconfirmed, other.unconfirmed);
        match (self.watermark, other.watermark) {
            (Some(_), Some(theirs)) => self.raise_watermark(theirs),
            // A restored state continues as it was: what was due had fired.
            (None, theirs) => self.watermark = theirs,
            (Some(_), None) => {}
        }
        self.merge_first(first, their_first);
        self.refused_in_a_row = self.refused_in_a_row.max(other.refused_in_a_row);
        if self.settings.early && !self.settings.partial {
            for (start, groups) in merged {
                if self.windows.get(&start).is_some_and(|window| !window.fired) {
                    self.fire_now(start, &groups, Phase::Early);
                }
            }
        }
        self.recompute_size();
        self.enforce_budget();
    }

    /// Whether a pane of another stream is too late here. A pane that was evaluated there holds no
    /// new events, and is kept as long as it is needed.
    fn is_too_late(&self, start: i64, judged: bool) -> bool {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        match judged {
            true => self.passed(self.settings.timing.final_due(start) + lateness),
            false => self.passed(self.closes_at(start)),
        }
    }

    /// Merges the first events, if nothing has confirmed them yet.
    fn merge_first(&mut self, ours: Option<i64>, theirs: Option<i64>) {
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let jump = milliseconds(self.settings.max_jump_seconds);
        match (self.watermark, ours, theirs) {
            (None, Some(ours), Some(theirs)) => {
                let confirmed = theirs.abs_diff(ours) <= jump.unsigned_abs();
                self.unconfirmed = Some(ours.max(theirs));
                if confirmed {
                    self.raise_watermark(ours.max(theirs) - behind);
                }
            }
            (None, ours, theirs) => self.unconfirmed = ours.or(theirs),
            // An event far ahead of all others stays unconfirmed.
            (Some(watermark), _, _) => {
                self.unconfirmed = None;
                for time in [ours, theirs].into_iter().flatten() {
                    if (time - behind).saturating_sub(watermark) <= jump {
                        self.raise_watermark(time - behind);
                    }
                }
            }
        }
    }

    /// Merges revisions that were not taken there. A revision that waits on both sides is
    /// identical, or is followed by one that reflects both.
    fn merge_revisions(&mut self, others: VecDeque<Revision>) {
        let seed = self.seed;
        let name = |r: &Revision| {
            let mut hash = seed.hasher();
            hash.integer(r.start);
            hash.number(r.number.into());
            hash.text(r.row.group.key(&r.row.strings).as_bytes());
            hash.finish()
        };
        let waiting = order::ascending(self.revisions.iter().map(name));
        for revision in others {
            if waiting.binary_search(&name(&revision)).is_ok() {
                let totals = &mut self.totals;
                let total = match revision.phase {
                    Phase::Early => &mut totals.alerts_early,
                    Phase::OnTime => &mut totals.alerts_on_time,
                    Phase::Late => &mut totals.alerts_late,
                    Phase::Retracted => &mut totals.alerts_retracted,
                };
                *total = total.saturating_sub(1);
            } else {
                self.revisions.push_back(revision);
            }
        }
    }
}
