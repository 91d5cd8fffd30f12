//! Throttle of messages of one kind.

use std::time::{Duration, Instant};

use crate::message::Message;

/// Messages of a kind that are shown
const SHOWN: u64 = 20;
/// within this time.
const SPAN: Duration = Duration::from_secs(60);

/// Lets messages through until there are too many.
#[derive(Debug)]
pub struct Throttle {
    since: Instant,
    shown: u64,
    hidden: u64,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

impl Throttle {
    /// Lets the first messages pass.
    #[must_use]
    pub fn new() -> Self {
        Self {
            since: Instant::now(),
            shown: 0,
            hidden: 0,
        }
    }

    /// Emits a message, with the number of `what` that were not shown since the last one, unless
    /// there are too many.
    pub fn emit(&mut self, message: Message, what: &str) {
        if let Some(more) = self.pass() {
            message.and(more, what).emit();
        }
    }

    /// Whether one more is shown now; if it is, how many were not since the last one.
    pub fn pass(&mut self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    /// Number of messages not shown since the last one that was.
    #[must_use]
    pub fn hidden(&self) -> u64 {
        self.hidden
    }

    fn pass_at(&mut self, now: Instant) -> Option<u64> {
        if now.saturating_duration_since(self.since) >= SPAN {
            self.since = now;
            self.shown = 0;
        }
        if self.shown >= SHOWN {
            self.hidden += 1;
            return None;
        }
        self.shown += 1;
        Some(std::mem::take(&mut self.hidden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted_and_told_with_the_next_that_is_shown() {
        let mut throttle = Throttle::new();
        let start = throttle.since;
        for _ in 0..SHOWN {
            assert_eq!(throttle.pass_at(start), Some(0));
        }
        for _ in 0..3 {
            assert_eq!(throttle.pass_at(start + SPAN / 2), None);
        }
        assert_eq!(throttle.pass_at(start + SPAN), Some(3));
        assert_eq!(throttle.pass_at(start + SPAN), Some(0));
        assert_eq!(throttle.hidden(), 0);
    }
}
