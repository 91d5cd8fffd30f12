//! The host's clock in a live run, and what it tells the detector.
//!
//! While a source is silent, event time goes on by the host's clock from where the
//! last events left it, so that windows close and the source's usual delay is kept.

use std::time::Duration;

use weir_common::clock::Clock;

/// Longest time between two words of the clock.
const TICK: Duration = Duration::from_secs(1);

/// Idle watermark and wall-clock time of a live run.
pub(crate) struct Live {
    clock: Box<dyn Clock>,
    /// Silence after which the watermark goes on by the clock; none for never.
    idle: Option<Duration>,
    /// Time without a document, as far as this was looked for: a halt of the
    /// host itself, when documents may wait, is not the source's silence.
    silent: Duration,
    /// Monotonic time of the last look.
    looked: Duration,
    /// Time at which the wall-clock time was last told.
    told: Option<Duration>,
    /// When the watermark was last raised, and where it was when the silence began.
    raised: Option<(Duration, i64)>,
    /// Events that rules left out, when some were last looked for.
    unwanted: u64,
}

impl Live {
    pub(crate) fn new(clock: Box<dyn Clock>, idle: Option<Duration>) -> Self {
        let looked = clock.monotonic();
        Self {
            clock,
            idle,
            silent: Duration::ZERO,
            looked,
            told: None,
            raised: None,
            unwanted: 0,
        }
    }

    /// The wall-clock time, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.wall()
    }

    /// Another detector is at work: it is told the wall-clock time at once, and silence is what is
    /// said now.
    pub(crate) fn restart(&mut self, idle: Option<Duration>) {
        self.told = None;
        self.idle = idle;
    }

    /// The wall-clock time, when it is to be told again.
    pub(crate) fn wall(&mut self) -> Option<i64> {
        let now = self.clock.monotonic();
        if self
            .told
            .is_some_and(|told| now.saturating_sub(told) < TICK)
        {
            return None;
        }
        self.told = Some(now);
        Some(self.clock.wall())
    }

    /// A document was counted.
    pub(crate) fn counted(&mut self) {
        self.silent = Duration::ZERO;
        self.looked = self.clock.monotonic();
        self.raised = None;
    }

    /// No document was counted, and rules have left out so many events by now: those tell the time
    /// as others do.
    pub(crate) fn left_out(&mut self, unwanted: u64) {
        if std::mem::replace(&mut self.unwanted, unwanted) != unwanted {
            self.counted();
        }
    }

    /// Adds to the silence the time since the last look, but no more than a tick of it.
    fn look(&mut self) -> Duration {
        let now = self.clock.monotonic();
        self.silent += now.saturating_sub(self.looked).min(TICK);
        self.looked = now;
        now
    }

    /// Time to which the watermark is to be raised now. `watermark` asks where it is;
    /// before the first event there is none, and nothing to raise.
    pub(crate) fn advance<E>(
        &mut self,
        watermark: impl FnOnce() -> Result<Option<i64>, E>,
    ) -> Result<Option<i64>, E> {
        let now = self.look();
        let elapsed = self.silent;
        if self.idle.is_none_or(|idle| elapsed < idle) {
            return Ok(None);
        }
        let from = match self.raised {
            Some((raised, _)) if now.saturating_sub(raised) < TICK => return Ok(None),
            Some((_, from)) => from,
            None => match watermark()? {
                Some(from) => from,
                None => return Ok(None),
            },
        };
        self.raised = Some((now, from));
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        Ok(Some(from.saturating_add(elapsed)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::convert::Infallible;

    use weir_common::clock::ManualClock;

    use super::*;

    fn live(idle: Option<u64>) -> (Live, ManualClock) {
        let clock = ManualClock::default();
        let shared = Box::new(clock.clone());
        (Live::new(shared, idle.map(Duration::from_secs)), clock)
    }

    /// Lets time pass to a moment, with a look twice a second as the host's loop has them.
    fn pass(live: &mut Live, clock: &ManualClock, to: u64) {
        let to = Duration::from_millis(to);
        while clock.monotonic() < to {
            clock.advance((to - clock.monotonic()).min(Duration::from_millis(500)));
            live.look();
        }
    }

    fn at(live: &mut Live, watermark: Option<i64>) -> Option<i64> {
        live.advance(|| Ok::<_, Infallible>(watermark)).unwrap()
    }

    #[test]
    fn silence_raises_the_watermark_by_the_time_since_the_last_event() {
        let (mut live, time) = live(Some(30));
        pass(&mut live, &time, 5_000);
        live.counted();
        pass(&mut live, &time, 34_999);
        assert_eq!(at(&mut live, Some(700)), None, "not silent for long enough");
        pass(&mut live, &time, 35_000);
        assert_eq!(at(&mut live, Some(700)), Some(30_700));
        pass(&mut live, &time, 35_500);
        assert_eq!(at(&mut live, Some(30_700)), None, "once a second");
        pass(&mut live, &time, 36_000);
        assert_eq!(
            at(&mut live, Some(30_700)),
            Some(31_700),
            "from where it was"
        );
        live.counted();
        pass(&mut live, &time, 65_000);
        assert_eq!(
            at(&mut live, Some(31_700)),
            None,
            "an event ends the silence"
        );
        pass(&mut live, &time, 66_000);
        assert_eq!(at(&mut live, Some(40_000)), Some(70_000));
    }

    #[test]
    fn nothing_is_raised_before_the_first_event_or_when_switched_off() {
        let (mut live, time) = live(Some(30));
        pass(&mut live, &time, 90_000);
        assert_eq!(at(&mut live, None), None);
        assert_eq!(at(&mut live, Some(1)), Some(90_001));
        let (mut never, time) = self::live(None);
        pass(&mut never, &time, 900_000);
        assert_eq!(at(&mut never, Some(1)), None);
    }

    #[test]
    fn events_that_every_rule_leaves_out_are_no_silence() {
        let (mut live, time) = live(Some(30));
        pass(&mut live, &time, 20_000);
        live.left_out(5);
        pass(&mut live, &time, 49_500);
        assert_eq!(at(&mut live, Some(700)), None);
        // Documents of other data sets are.
        live.left_out(5);
        pass(&mut live, &time, 50_000);
        assert_eq!(at(&mut live, Some(700)), Some(30_700));
    }

    #[test]
    fn a_halt_of_the_host_is_no_silence_of_the_source() {
        let (mut live, time) = live(Some(30));
        live.counted();
        time.advance(Duration::from_secs(130));
        assert_eq!(at(&mut live, Some(700)), None);
        pass(&mut live, &time, 160_000);
        assert_eq!(at(&mut live, Some(700)), Some(31_700));
    }

    #[test]
    fn the_wall_clock_is_told_at_most_once_a_second() {
        let (mut live, time) = live(None);
        assert_eq!(live.wall(), Some(0));
        time.advance(Duration::from_millis(999));
        assert_eq!(live.wall(), None);
        time.advance(Duration::from_millis(1));
        assert_eq!(live.wall(), Some(1000));
    }
}
