//! The host's clock in a live run, and what it tells the detector.
//!
//! While a source is silent, event time goes on by the host's clock from where the
//! last events left it, so that windows close and the source's usual delay is kept.

use std::time::{Duration, Instant, SystemTime};

use weir_common::time::milliseconds;

/// Longest time between two words of the clock.
const TICK: Duration = Duration::from_secs(1);

/// Tells the time. A test can bring its own.
pub trait Clock {
    /// The wall-clock time in milliseconds since 1970.
    fn wall(&self) -> i64;
    /// Time since some moment, which never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> i64 {
        milliseconds(SystemTime::now())
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

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
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::rc::Rc;

    use super::*;

    struct ByHand(Rc<Cell<u64>>);

    impl Clock for ByHand {
        fn wall(&self) -> i64 {
            1_000_000 + self.0.get() as i64
        }
        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.get())
        }
    }

    fn live(idle: Option<u64>) -> (Live, Rc<Cell<u64>>) {
        let time = Rc::new(Cell::new(0));
        let clock = Box::new(ByHand(Rc::clone(&time)));
        (Live::new(clock, idle.map(Duration::from_secs)), time)
    }

    /// Lets time pass to a moment, with a look twice a second as the host's loop has them.
    fn pass(live: &mut Live, time: &Cell<u64>, to: u64) {
        while time.get() < to {
            time.set(to.min(time.get() + 500));
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
        time.set(130_000);
        assert_eq!(at(&mut live, Some(700)), None);
        pass(&mut live, &time, 160_000);
        assert_eq!(at(&mut live, Some(700)), Some(31_700));
    }

    #[test]
    fn the_wall_clock_is_told_at_most_once_a_second() {
        let (mut live, time) = live(None);
        assert_eq!(live.wall(), Some(1_000_000));
        time.set(999);
        assert_eq!(live.wall(), None);
        time.set(1000);
        assert_eq!(live.wall(), Some(1_001_000));
    }
}
