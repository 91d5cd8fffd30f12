//! How long state is kept: panes until they are too late for events, event ids until the horizon.

use crate::judgement::{Kind, Timing};
use crate::runs::Seen;
use crate::stream::{Stream, milliseconds};
use crate::window::Window;

impl Stream {
    /// Drops the panes that would be too late where a partial aggregate goes.
    pub(crate) fn drop_late(&mut self) {
        let mut dropped = false;
        while let Some((start, window)) = self.windows.first_key_value() {
            let (start, events) = (*start, window.events);
            if !self.passed(self.closes(start)) {
                break;
            }
            self.totals.counted = self.totals.counted.saturating_sub(events);
            self.totals.dropped_late += events;
            self.merged.late += events;
            if let Some(window) = self.windows.remove(&start) {
                let mut seen = std::mem::replace(&mut self.seen, Seen::new(self.seed));
                for group in &window.groups {
                    let key = group.key(&window.strings);
                    seen.drop_run(key, start, |last| self.passed(self.closes(last)));
                }
                self.seen = seen;
            }
            dropped = true;
        }
        dropped |= self.prune(self.told);
        if dropped {
            self.callers.forget();
            self.weigh();
        }
    }

    /// Raises the watermark to where the last pane is judged for the last time.
    pub(crate) fn flush(&mut self) {
        if self.settings.partial {
            return;
        }
        if let Some((start, _)) = self.windows.last_key_value() {
            let Timing { kind, window, .. } = self.settings.timing;
            let end = start + window;
            self.advance(match kind {
                Kind::Sliding { every, .. } => end.div_euclid(every) * every,
                _ => end,
            });
        }
    }

    /// Drops event ids behind the horizon, and panes behind the allowed lateness.
    pub(crate) fn forget(&mut self) {
        let Some(watermark) = self.watermark else {
            return;
        };
        let timing = self.settings.timing;
        // What is kept of boundaries goes by the last one that was judged.
        let watermark = match timing.kind {
            Kind::Sliding { every, .. } => watermark.div_euclid(every) * every,
            _ => watermark,
        };
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let horizon = milliseconds(self.settings.dedup_horizon_seconds);
        let mut places_change = self.prune(self.watermark);
        while let Some(entry) = self.windows.first_entry() {
            if timing.done(*entry.key()) + lateness > watermark {
                break;
            }
            entry.remove();
            places_change = true;
        }
        if places_change {
            self.callers.forget();
        }
        self.episodes.forget(watermark - lateness);
        for (start, window) in &mut self.windows {
            if timing.due(*start) + horizon > watermark {
                break;
            }
            window.forget_ids();
        }
        self.weigh();
    }

    /// Adds up what all windows hold, and finds those that are to be judged.
    pub(crate) fn weigh(&mut self) {
        let windows: u64 = self.windows.values().map(Window::size).sum();
        self.size = windows + self.seen.size() + self.episodes.size();
        let unsettled = |(start, window): (&i64, &Window)| {
            let unsettled = !window.fired || !window.dirty.is_empty();
            unsettled.then_some(*start)
        };
        self.unsettled.clear();
        self.unsettled
            .extend(self.windows.iter().filter_map(unsettled));
        let open = { self.windows.iter() }.filter(|(start, window)| !self.rests(**start, window));
        self.fixed = open.map(|(_, window)| window.fixed_size()).sum();
    }
}
