//! How often a component may fail before it is given up.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sandbox::Limits;

/// Documents that must go well in a row until its failures are forgiven.
const CALM: u64 = 10_000;
/// With failures between documents that go well, so many times as many are borne.
const MIXED: u32 = 10;
/// Longest without one document that goes well, once it has failed: this, and so many calls that
/// take as long as they may. Halving a batch of a million documents takes that many.
const STUCK: Duration = Duration::from_secs(10);
const CALLS: u32 = 20;
/// Failures in a row that are answered at once; then each waits longer than the one before,
const AT_ONCE: u32 = 20;
/// up to this.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Strikes {
    most: u32,
    stuck: Duration,
    /// Since the last document that went well.
    row: u32,
    /// When the first of those was.
    since: Option<Instant>,
    /// Not forgiven yet.
    recent: u32,
    /// Documents that went well since the last one.
    calm: u64,
    all: u64,
}

impl Strikes {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            most: u32::try_from(limits.restarts).unwrap_or(u32::MAX),
            stuck: STUCK + Duration::from_millis(limits.deadline_ms) * CALLS,
            row: 0,
            since: None,
            recent: 0,
            calm: 0,
            all: 0,
        }
    }

    /// How many there were in all.
    pub(super) fn all(&self) -> u64 {
        self.all
    }

    pub(super) fn went_well(&mut self, documents: u64) {
        if documents == 0 {
            return;
        }
        self.row = 0;
        self.since = None;
        self.calm = self.calm.saturating_add(documents);
        if self.calm >= CALM {
            self.recent = 0;
        }
    }

    /// A batch is done with, whatever was quarantined of it: silence after it is not failing.
    pub(super) fn went_on(&mut self) {
        self.since = None;
    }

    /// Counts a failure. The answer is how long to wait before a fresh start, unless it was the
    /// last that is borne.
    pub(super) fn strike(&mut self, error: &Error) -> Result<Duration, Error> {
        self.row += 1;
        self.recent += 1;
        self.calm = 0;
        let since = *self.since.get_or_insert_with(Instant::now);
        let why = if self.row > self.most {
            format!(
                "it failed {} times in a row without taking a document (limits.restarts)",
                self.row
            )
        } else if self.recent > self.most.saturating_mul(MIXED) {
            format!(
                "it failed {} times among its last documents (limits.restarts)",
                self.recent
            )
        } else if since.elapsed() > self.stuck {
            format!("it has taken no document for {} s", self.stuck.as_secs())
        } else {
            self.all += 1;
            let step = self.row.saturating_sub(AT_ONCE).min(16);
            let pause = if step == 0 { 0 } else { 1_u64 << step };
            return Ok(Duration::from_millis(pause).min(PAUSE));
        };
        Err(self.give_up(why, error.again()))
    }

    /// The account of a component that is not started again.
    pub(super) fn give_up(&self, why: String, last: Error) -> Error {
        Error::GivenUp {
            why,
            restarts: self.all,
            last: Box::new(last),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::error::TrapKind;

    fn trap() -> Error {
        Error::Trapped {
            call: "push",
            kind: TrapKind::Panic,
        }
    }

    fn strikes(restarts: u64) -> Strikes {
        Strikes::new(&Limits {
            restarts,
            ..Limits::default()
        })
    }

    #[test]
    fn in_a_row_few_are_borne() {
        let mut strikes = strikes(3);
        for _ in 0..3 {
            strikes.strike(&trap()).unwrap();
        }
        let error = strikes.strike(&trap()).unwrap_err().to_string();
        assert!(error.contains("4 times in a row"), "{error}");
        assert!(error.contains("restarted 3 times"), "{error}");
    }

    #[test]
    fn among_documents_that_go_well_more_are_borne_until_they_are_forgiven() {
        let mut strikes = strikes(3);
        for _ in 0..30 {
            strikes.strike(&trap()).unwrap();
            strikes.went_well(1);
        }
        assert!(strikes.strike(&trap()).is_err());
        strikes.went_well(CALM);
        assert!(strikes.strike(&trap()).is_ok());
    }

    #[test]
    fn later_ones_in_a_row_wait() {
        let mut strikes = strikes(100);
        let pauses: Vec<Duration> = (0..40).map(|_| strikes.strike(&trap()).unwrap()).collect();
        assert_eq!(pauses[19], Duration::ZERO);
        assert_eq!(pauses[20], Duration::from_millis(2));
        assert_eq!(pauses[39], PAUSE);
    }
}
