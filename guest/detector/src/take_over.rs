//! Taking over the state of an earlier version of a rule, or of the rule under other parameters.
//!
//! Where what is counted is equal, the state is merged, and windows that were judged are judged
//! again if the rule judges otherwise: from then on the standing alerts are a function of the
//! events under the rule as it is now. Where it is not, the rule begins anew behind what was read.

use crate::judgement::JudgementKind;
use crate::origin::Differences;
use crate::stream::{LedgerEntry, Stream, milliseconds};

impl Stream {
    /// Takes over the state of another version of the rule. If what is counted differs, there is no
    /// state in it but counters and times.
    pub(crate) fn take_over(&mut self, mut theirs: Stream, differences: &Differences) {
        if !differences.counted.is_empty() {
            theirs.begin_behind(differences);
            self.merge(theirs);
            return;
        }
        theirs.close_dropped(differences.lateness);
        if differences.rejudges {
            // Judged again, they are entered again.
            let mut entries = std::mem::take(&mut theirs.entries);
            entries.retain(|entry| !theirs.holds_group_of(entry));
            theirs.entries = entries;
        }
        if differences.other_figures {
            theirs.entries.clear();
        }
        self.merge(theirs);
        if differences.rejudges {
            self.judge_again();
        }
    }

    /// Closes the windows whose state was dropped under a shorter allowed lateness, in seconds: a
    /// late event would find nothing of what was before it.
    fn close_dropped(&mut self, lateness: u64) {
        let ours = self.settings.allowed_lateness_seconds;
        let Some(watermark) = self.watermark.filter(|_| lateness < ours) else {
            return;
        };
        self.settings.allowed_lateness_seconds = lateness;
        self.drop_expired();
        self.settings.allowed_lateness_seconds = ours;
        let until = watermark.saturating_sub(milliseconds(lateness));
        let step = match self.settings.timing.kind {
            JudgementKind::Sliding { every, .. } => every,
            _ => self.settings.timing.pane,
        };
        self.closed_before = self.closed_before.max(until.div_euclid(step) * step);
    }

    /// Begins without a state: windows that had fired are closed, and those under way lack their
    /// first events.
    fn begin_behind(&mut self, differences: &Differences) {
        let Some(watermark) = self.watermark else {
            return;
        };
        let timing = self.settings.timing;
        let read = watermark.saturating_add(milliseconds(differences.behind));
        let step = match timing.kind {
            JudgementKind::Sliding { every, .. } => every,
            _ => timing.pane,
        };
        let closed = watermark.div_euclid(step) * step;
        let incomplete = read.div_euclid(timing.pane) * timing.pane + timing.pane;
        self.evicted_before = self.evicted_before.max(incomplete);
        // Alerts of open windows may have been handed out, and have numbers that are not known.
        self.closed_before = self.closed_before.max(match differences.early {
            true => incomplete,
            false => closed,
        });
        match timing.kind {
            JudgementKind::Sliding { .. } => self.episodes.fired = Some(closed),
            JudgementKind::FirstSeen { .. } => self.seen.evicted_before = read,
            JudgementKind::Windows => {}
        }
    }

    /// Whether the group of an entry of the ledger is held.
    fn holds_group_of(&self, entry: &LedgerEntry) -> bool {
        let until = entry.start.saturating_add(self.settings.timing.window);
        let mut panes = self.windows.range(entry.start..until);
        panes.any(|(_, pane)| pane.find(&entry.key, self.seed).is_some())
    }

    /// Marks all that was judged, to be judged again with the next late changes.
    fn judge_again(&mut self) {
        for window in self.windows.values_mut().filter(|window| window.fired) {
            (0..window.count()).for_each(|group| window.mark_dirty(group));
        }
        self.recompute_size();
    }
}
