//! Event time: the watermark, what raises it, and the events whose times are not believed.

use crate::judgement::Timing;
use crate::stream::{Stream, milliseconds};
use crate::time::LAST;

/// How many documents in a row may be refused for lying too far ahead; the next are
/// believed: the log really goes on there.
const BELIEVED: u32 = 16;

impl Stream {
    /// Whether the watermark has passed a time. A partial aggregate goes by the watermark of
    /// the detector that it is for, as far as it was told.
    pub(crate) fn passed(&self, time: i64) -> bool {
        let watermark = if self.settings.partial {
            self.told
        } else {
            self.watermark
        };
        watermark.is_some_and(|watermark| watermark >= time)
    }

    /// Whether the window of a pane that starts at `start` ends within the calendar.
    #[inline(always)]
    pub(crate) fn has_window(&self, start: i64) -> bool {
        self.span(start).end <= LAST
    }

    /// Whether an event of a time in the pane that starts at `start` is taken: it does not lie too far
    /// ahead, and its window ends within the calendar. It may be what confirms the stream's first event.
    #[inline(always)]
    pub(crate) fn believes(&mut self, time: i64, start: i64) -> bool {
        self.confirm(time);
        !self.too_far_ahead(time) && self.has_window(start)
    }

    /// Whether an event lies so far ahead that its time cannot be believed: of the host's
    /// clock where there is one, else of all events before it. Many in a row are believed.
    #[inline(always)]
    fn too_far_ahead(&mut self, time: i64) -> bool {
        if let Some(now) = self.clock {
            return time > now.saturating_add(milliseconds(self.settings.max_future_seconds));
        }
        let jump = milliseconds(self.settings.max_jump_seconds);
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let before = self.watermark.max(self.told);
        let far = jump > 0 && before.is_some_and(|w| time - behind - jump > w);
        self.ahead = if far { self.ahead + 1 } else { 0 };
        far && self.ahead <= BELIEVED
    }

    /// Raises the watermark after an event, unless it is the first and stands alone.
    #[inline(always)]
    pub(crate) fn reach(&mut self, time: i64) {
        let behind = milliseconds(self.settings.out_of_orderness_seconds);
        let alone = self.watermark.is_none() && self.told.is_none() && self.clock.is_none();
        if alone && self.settings.max_jump_seconds > 0 {
            self.first = Some(time);
        } else {
            self.raise(time - behind);
        }
    }

    /// Believes the first event once another, at `time`, is within a jump of it.
    pub(crate) fn confirm(&mut self, time: i64) {
        let jump = milliseconds(self.settings.max_jump_seconds);
        if let Some(first) = self.first
            && self.watermark.is_none()
            && time.abs_diff(first) <= jump.unsigned_abs()
        {
            let behind = milliseconds(self.settings.out_of_orderness_seconds);
            self.raise(first - behind);
        }
    }

    /// Raises the watermark, and settles what is due if it passes the end of a window, or
    /// whatever else the rule judges by.
    pub(crate) fn raise(&mut self, to: i64) {
        let before = self.watermark;
        if before.is_some_and(|watermark| watermark >= to) {
            return;
        }
        self.watermark = Some(to);
        self.first = None;
        let Timing {
            judge_every,
            drop_every,
            ..
        } = self.settings.timing;
        if Timing::passes(judge_every, before, to) {
            self.settle(Timing::passes(drop_every, before, to));
        }
    }

    /// Tells the wall-clock time.
    pub(crate) fn clock(&mut self, now: i64) {
        self.clock = Some(now);
    }

    /// Raises the watermark at the host's word, and settles what is due. A partial aggregate
    /// takes it for the watermark of the detector that it is for, and drops what that one would
    /// drop of its state.
    pub(crate) fn advance(&mut self, to: i64) {
        if self.settings.partial {
            self.told = self.told.max(Some(to));
            self.drop_late();
            return;
        }
        self.raise(to);
        self.settle(true);
    }
}
