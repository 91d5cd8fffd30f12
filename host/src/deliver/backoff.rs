//! How long to wait before something is tried again.

use std::time::Duration;

use crate::seed::random_seed;

/// Before the first repetition,
const FIRST: Duration = Duration::from_millis(500);
/// and before any, unless the receiver asks for more.
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

    /// The next wait, at least as long as was asked for.
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
    fn what_the_receiver_asks_for_is_kept_to_within_reason() {
        let asked = Duration::from_secs(120);
        assert_eq!(Backoff::new().next(Some(asked)), asked);
        assert!(Backoff::new().next(Some(Duration::ZERO)) >= FIRST / 2);
        assert_eq!(Backoff::new().next(Some(ASKED * 9)), ASKED);
    }
}
