//! Batches that take much of the time that a call may take.

use std::fmt;
use std::time::Duration;

use crate::Limits;

/// A batch that took more than half the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    took: Duration,
    deadline: Duration,
    /// Length of the batch.
    bytes: usize,
}

impl Slow {
    /// Of a batch that took so long; none when it was quick enough.
    pub(super) fn of(took: Duration, bytes: usize, limits: &Limits) -> Option<Self> {
        let deadline = Duration::from_millis(limits.deadline_ms);
        let slow = Self {
            took,
            deadline,
            bytes,
        };
        (took > deadline / 2).then_some(slow)
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "the component took {:.1} ms for the batch of {} bytes that starts here, more than half \
             of the {} ms that a call may take (limits.deadline_ms); at the limit it is stopped: \
             set a longer deadline or smaller batches (limits.batch_kib)",
            self.took.as_secs_f64() * 1000.0,
            self.bytes,
            self.deadline.as_millis()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_the_deadline_is_slow() {
        let limits = Limits::default();
        let half = Duration::from_millis(limits.deadline_ms / 2);
        assert_eq!(Slow::of(half, 7, &limits), None);
        let slow = Slow::of(half + Duration::from_millis(1), 7, &limits);
        let words = slow.map(|slow| slow.to_string()).unwrap_or_default();
        assert!(
            words.contains("took 5001.0 ms for the batch of 7 bytes"),
            "{words}"
        );
        assert!(words.contains("of the 10000 ms"), "{words}");
    }
}
