//! Event time: the watermark, what raises it, and the refusal of implausible times.

use crate::judgement::Timing;
use crate::stream::{Stream, milliseconds};
use crate::time::LAST;

/// Most documents in a row that are refused for lying too far ahead; the next one is accepted,
/// since the log really continues there.
const MAX_REFUSED_IN_A_ROW: u32 = 16;

impl Stream {
    /// Whether the watermark has passed a time. For a partial aggregate it is the watermark of the
    /// detector that it goes to, as far as it is known.
    pub(crate) fn passed(&self, time: i64) -> bool {
        let watermark = if self.settings.partial {
            self.downstream_watermark
        } else {
            self.watermark
        };
        watermark.is_some_and(|watermark| watermark >= time)
    }

    /// Whether the window of a pane that starts at `start` ends within the calendar.
    #[inline(always)]
    pub(crate) fn ends_in_calendar(&self, start: i64) -> bool {
        self.span(start).end <= LAST
    }

    /// Whether an event at a time in the pane from `start` is accepted: it does not lie too far
    /// ahead, and its window ends within the calendar. It may confirm the stream's first event.
    #[inline(always)]
    pub(crate) fn accepts_time(&mut self, time: i64, start: i64) -> bool {
        self.confirm_first(time);
        !self.too_far_ahead(time) && self.ends_in_calendar(start)
    }

    /// Whether an event lies too far ahead: of the host's clock if there is one, otherwise of all
    /// earlier events. After [`MAX_REFUSED_IN_A_ROW`] in a row they are accepted.
    #[inline(always)]
    fn too_far_ahead(&mut self, time: i64) -> bool {
        if let Some(now) = self.clock {
            return time > now.saturating_add(milliseconds(self.settings.max_future_seconds));
        }
        let jump = milliseconds(self.settings.max_jump_seconds);
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let before = self.watermark.max(self.downstream_watermark);
        let far = jump > 0 && before.is_some_and(|w| time - behind - jump > w);
        self.refused_in_a_row = if far { self.refused_in_a_row + 1 } else { 0 };
        far && self.refused_in_a_row <= MAX_REFUSED_IN_A_ROW
    }

    /// Raises the watermark after an event, unless it is the first and unconfirmed.
    #[inline(always)]
    pub(crate) fn observe_time(&mut self, time: i64) {
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let is_only_time =
            self.watermark.is_none() && self.downstream_watermark.is_none() && self.clock.is_none();
        if is_only_time && self.settings.max_jump_seconds > 0 {
            self.unconfirmed = Some(time);
        } else {
            let before = self.size;
            self.raise_watermark(time - behind);
            // Published revisions are state too.
            if self.size > before {
                self.enforce_budget();
            }
        }
    }

    /// Confirms the first event once another, at `time`, is within a jump of it.
    pub(crate) fn confirm_first(&mut self, time: i64) {
        let jump = milliseconds(self.settings.max_jump_seconds);
        if let Some(first) = self.unconfirmed
            && self.watermark.is_none()
            && time.abs_diff(first) <= jump.unsigned_abs()
        {
            let behind = milliseconds(self.settings.out_of_orderness_seconds);
            self.raise_watermark(first - behind);
        }
    }

    /// Raises the watermark, and fires due windows if it passes a multiple of the interval between
    /// evaluations.
    pub(crate) fn raise_watermark(&mut self, to: i64) {
        let before = self.watermark;
        if before.is_some_and(|watermark| watermark >= to) {
            return;
        }
        self.watermark = Some(to);
        self.unconfirmed = None;
        let Timing {
            judge_every,
            drop_every,
            ..
        } = self.settings.timing;
        if Timing::passes(judge_every, before, to) {
            self.fire_due(Timing::passes(drop_every, before, to));
        }
    }

    /// Sets the wall-clock time, in milliseconds since 1970.
    pub(crate) fn clock(&mut self, now: i64) {
        self.clock = Some(now);
    }

    /// Raises the watermark on the host's request, and fires due windows. A partial aggregate takes
    /// it for the watermark of the detector that it goes to, and drops state that would be too late
    /// there.
    pub(crate) fn advance(&mut self, to: i64) {
        if self.settings.partial {
            self.downstream_watermark = self.downstream_watermark.max(Some(to));
            self.drop_late();
            return;
        }
        self.raise_watermark(to);
        self.fire_due(true);
        self.enforce_budget();
    }
}
