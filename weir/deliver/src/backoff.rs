//! Exponential backoff between two attempts.

use std::time::Duration;

use weir_common::seed::random_seed;

/// Longest wait before the first retry.
const FIRST: Duration = Duration::from_millis(500);
/// Longest wait before any retry, unless the receiver asks for more.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest that a receiver can ask for.
const ASKED: Duration = Duration::from_secs(3600);

/// Exponential backoff with jitter: those that failed together do not come back together.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next wait, at least as long as the receiver asked for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let whole = self.0;
        self.0 = (whole * 2).min(LONGEST);
        let half = whole / 2;
        let jitter = random_seed().0 % (half.as_millis() as u64 + 1);
        let wait = half + Duration::from_millis(jitter);
        wait.max(asked.unwrap_or_default().min(ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_limit_within_their_jitter() {
        let mut backoff = Backoff::new();
        let mut whole = FIRST;
        for _ in 0..12 {
            let wait = backoff.next(None);
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} for {whole:?}");
            whole = (whole * 2).min(LONGEST);
        }
        assert_eq!(whole, LONGEST);
    }

    #[test]
    fn keeps_to_the_receivers_retry_after_up_to_a_limit() {
        let asked = Duration::from_secs(120);
        assert_eq!(Backoff::new().next(Some(asked)), asked);
        assert!(Backoff::new().next(Some(Duration::ZERO)) >= FIRST / 2);
        assert_eq!(Backoff::new().next(Some(ASKED * 9)), ASKED);
    }
}
