//! Retention of state: panes until the allowed lateness, event ids until the de-duplication
//! horizon.

use crate::judgement::{JudgementKind, Timing};
use crate::sessions::SeenKeys;
use crate::stream::{Stream, milliseconds};

impl Stream {
    /// Drops the panes of a partial aggregate that would be too late at its detector.
    pub(crate) fn drop_late(&mut self) {
        let mut dropped = false;
        while let Some((start, window)) = self.windows.first_key_value() {
            let (start, events) = (*start, window.events);
            if !self.passed(self.closes_at(start)) {
                break;
            }
            self.totals.counted = self.totals.counted.saturating_sub(events);
            self.totals.dropped_late += events;
            self.merged.late += events;
            if let Some(window) = self.windows.remove(&start) {
                let mut seen = std::mem::replace(&mut self.seen, SeenKeys::new(self.seed));
                for group in &window.groups {
                    let key = group.key(&window.strings);
                    seen.drop_session(key, start, |last| self.passed(self.closes_at(last)));
                }
                self.seen = seen;
            }
            dropped = true;
        }
        dropped |= self.prune(self.downstream_watermark);
        if dropped {
            self.callers.clear();
            self.recompute_size();
        }
    }

    /// Raises the watermark to the time of the last pane's final evaluation.
    pub(crate) fn flush(&mut self) {
        if self.settings.partial {
            return;
        }
        if let Some((start, _)) = self.windows.last_key_value() {
            let Timing { kind, window, .. } = self.settings.timing;
            let end = start + window;
            self.advance(match kind {
                JudgementKind::Sliding { every, .. } => end.div_euclid(every) * every,
                _ => end,
            });
        }
    }

    /// Drops event ids behind the horizon, and panes behind the allowed lateness.
    pub(crate) fn drop_expired(&mut self) {
        let Some(watermark) = self.watermark else {
            return;
        };
        let timing = self.settings.timing;
        // Published boundaries expire by the last boundary that was evaluated.
        let watermark = match timing.kind {
            JudgementKind::Sliding { every, .. } => watermark.div_euclid(every) * every,
            _ => watermark,
        };
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let horizon = milliseconds(self.settings.dedup_horizon_seconds);
        let mut places_change = self.prune(self.watermark);
        while let Some(entry) = self.windows.first_entry() {
            if timing.final_due(*entry.key()) + lateness > watermark {
                break;
            }
            entry.remove();
            places_change = true;
        }
        if places_change {
            self.callers.clear();
        }
        self.episodes.drop_until(watermark - lateness);
        for (start, window) in &mut self.windows {
            if timing.due(*start) + horizon > watermark {
                break;
            }
            window.drop_ids();
        }
        self.recompute_size();
    }

    /// Recomputes the size of the state and the set of pending windows.
    pub(crate) fn recompute_size(&mut self) {
        let windows: u64 = self.windows.values().map(|window| window.size()).sum();
        self.size = windows + self.seen.size() + self.episodes.size();
        self.pending.clear();
        for (start, window) in &self.windows {
            if !window.fired || !window.dirty.is_empty() {
                self.pending.insert(*start);
            }
        }
    }
}
