//! Taking in the state of another stream.

use crate::model::Phase;
use crate::order;
use crate::stream::{Revision, Stream, context, milliseconds};
use crate::totals::{self, Overlap};
use std::collections::VecDeque;
use std::collections::btree_map::Entry;

impl Stream {
    /// Takes in the state of another stream under the same configuration and seed, as if
    /// its events had been pushed here: windows that are past the allowed lateness here
    /// are dropped late, and due ones fire when the watermark next passes a window's end.
    pub(crate) fn merge(&mut self, mut other: Stream) {
        self.callers.forget();
        let mut overlap = Overlap::default();
        let mut merged: Vec<(i64, Vec<u32>)> = Vec::new();
        let mut stood = Vec::new();
        if self.lacks() || other.lacks() {
            stood = self.standing(i64::MIN);
            stood.extend(other.standing(i64::MIN));
        }
        self.merge_runs(&mut other);
        self.merge_boundaries(&mut other);
        // A side that gave a window up whole has no mark of its own on it but its floor.
        let (floor, their_floor) = (self.floor, other.floor);
        for (start, ours) in &mut self.windows {
            if *start < their_floor && !other.windows.contains_key(start) {
                ours.part();
            }
        }
        self.floor = floor.max(their_floor);
        self.sealed = self.sealed.max(other.sealed);
        for (start, mut theirs) in std::mem::take(&mut other.windows) {
            let with = context(&self.plan, &self.settings, self.seed);
            let due = self.settings.timing.due(start);
            // Later boundaries look at a pane of which the first ones are forgotten.
            let sealed = start < self.sealed && !(theirs.fired && self.slides());
            if sealed || self.is_too_late(start, theirs.fired) {
                other.totals.counted = other.totals.counted.saturating_sub(theirs.events);
                other.totals.dropped_late += theirs.events;
                other.merged.late += theirs.events;
                continue;
            }
            let fired = self.passed(due) && !theirs.fired && !self.settings.partial;
            let events = theirs.events;
            match self.windows.entry(start) {
                Entry::Vacant(entry) => {
                    if start < floor {
                        theirs.part();
                    }
                    theirs.alone = false;
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
        self.touch_changed();
        self.tell_parted(stood);
        self.weigh();
        totals::add(&mut self.totals, &other.totals, &overlap);
        self.merged.duplicate += overlap.events;
        self.merged.late += other.merged.late;
        self.merge_revisions(other.revisions);
        self.entries.extend(other.entries);
        let (first, their_first) = (self.first, other.first);
        match (self.watermark, other.watermark) {
            (Some(_), Some(theirs)) => self.raise(theirs),
            // A restored state goes on as it was: what was due had fired.
            (None, theirs) => self.watermark = theirs,
            (Some(_), None) => {}
        }
        self.merge_first(first, their_first);
        self.ahead = self.ahead.max(other.ahead);
        if self.settings.early && !self.settings.partial {
            for (start, groups) in merged {
                if self.windows.get(&start).is_some_and(|window| !window.fired) {
                    self.speak_up(start, &groups, Phase::Early);
                }
            }
        }
        self.weigh();
        self.make_room();
    }

    /// Whether a pane of another stream is too late here. One that was judged there is no news,
    /// and is kept as long as it is needed.
    fn is_too_late(&self, start: i64, judged: bool) -> bool {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        match judged {
            true => self.passed(self.settings.timing.done(start) + lateness),
            false => self.passed(self.closes(start)),
        }
    }

    /// Takes in the first events, where nothing has confirmed them yet.
    fn merge_first(&mut self, ours: Option<i64>, theirs: Option<i64>) {
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let jump = milliseconds(self.settings.max_jump_seconds);
        match (self.watermark, ours, theirs) {
            (None, Some(ours), Some(theirs)) => {
                let confirmed = theirs.abs_diff(ours) <= jump.unsigned_abs();
                self.first = Some(ours.max(theirs));
                if confirmed {
                    self.raise(ours.max(theirs) - behind);
                }
            }
            (None, ours, theirs) => self.first = ours.or(theirs),
            // An event among others that are far behind it stays unbelieved.
            (Some(watermark), _, _) => {
                self.first = None;
                for time in [ours, theirs].into_iter().flatten() {
                    if (time - behind).saturating_sub(watermark) <= jump {
                        self.raise(time - behind);
                    }
                }
            }
        }
    }

    /// Takes in revisions that were not taken there. One that waits on both sides is the
    /// same, or is followed by one that says what holds of both.
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
