//! Clocks: the machine's, and one that a test moves on.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::milliseconds;

/// Source of the time.
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

/// Clock for tests, at 1970 until it is moved on. Clones show one time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Rc<Cell<Duration>>);

impl ManualClock {
    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.0.set(self.0.get() + by);
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> i64 {
        milliseconds(UNIX_EPOCH + self.0.get())
    }

    fn monotonic(&self) -> Duration {
        self.0.get()
    }
}
