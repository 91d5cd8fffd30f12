//! Taking in the state of another stream.

use crate::model::Phase;
use crate::stream::{Revision, Stream, milliseconds};
use crate::totals::{self, Overlap};
use std::collections::VecDeque;
use std::collections::btree_map::Entry;

impl Stream {
    /// Takes in the state of another stream under the same configuration and seed, as if
    /// its events had been pushed here: windows that are past the allowed lateness here
    /// are dropped late, and due ones fire when the watermark next passes a window's end.
    pub(crate) fn merge(&mut self, mut other: Stream) {
        let mut overlap = Overlap::default();
        let lateness = milliseconds(self.config.allowed_lateness_seconds);
        for (start, theirs) in std::mem::take(&mut other.windows) {
            if self.passed(self.span(start).end + lateness) {
                other.totals.counted = other.totals.counted.saturating_sub(theirs.events);
                other.totals.dropped_late += theirs.events;
                continue;
            }
            match self.windows.entry(start) {
                Entry::Vacant(entry) => {
                    entry.insert(theirs);
                }
                Entry::Occupied(mut entry) => {
                    let ours = entry.get_mut();
                    overlap.windows += u64::from(ours.fired && theirs.fired);
                    let (events, groups) = ours.merge(&theirs, &self.config, self.seed);
                    overlap.events += events;
                    overlap.groups += groups;
                }
            }
        }
        totals::add(&mut self.totals, &other.totals, &overlap);
        self.merge_revisions(other.revisions);
        self.entries.extend(other.entries);
        match (self.watermark, other.watermark) {
            (Some(_), Some(theirs)) => self.raise(theirs),
            // A restored state goes on as it was: what was due had fired.
            (None, theirs) => self.watermark = theirs,
            (Some(_), None) => {}
        }
        if self.config.early && !self.config.partial {
            self.speak_up_early();
        }
    }

    /// Alerts early on all open groups whose condition holds by now.
    fn speak_up_early(&mut self) {
        let open = self.windows.iter().filter(|(_, window)| !window.fired);
        let counts: Vec<(i64, u32)> = open.map(|(start, w)| (*start, w.count())).collect();
        for (start, count) in counts {
            let groups: Vec<u32> = (0..count).collect();
            self.speak_up(start, &groups, Phase::Early);
        }
    }

    /// Takes in revisions that were not taken there. One that waits on both sides is the
    /// same, or is followed by one that says what holds of both.
    fn merge_revisions(&mut self, others: VecDeque<Revision>) {
        let ours = self.revisions.len();
        for revision in others {
            let mut before = self.revisions.iter().take(ours);
            if before.any(|other| other.is_same(&revision)) {
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
