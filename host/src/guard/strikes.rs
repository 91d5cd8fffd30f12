//! How often a component may fail before it is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, TrapKind};
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

/// Longest that a component which fails keeps a run that is to end, and one with more to hand out
/// where that is in a checkpoint.
const GRACE: Duration = Duration::from_secs(1);
/// The same where what it has not handed out is lost.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Strikes {
    /// Set when the run is to end.
    stop: Arc<AtomicBool>,
    /// When a failure was first seen after that.
    ending: Option<Instant>,
    /// How long it has been handing out since the run is to end.
    giving: Duration,
    /// How long it may.
    patience: Duration,
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
    pub(super) fn new(limits: &Limits, stop: &Arc<AtomicBool>) -> Self {
        Self {
            stop: Arc::clone(stop),
            ending: None,
            giving: Duration::ZERO,
            patience: PATIENCE,
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
        let why = if self.is_over(error) {
            "it failed while the run was to end".to_owned()
        } else if self.row > self.most {
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

    /// Whether the run is to end and should wait no longer for a component that fails like this.
    fn is_over(&mut self, error: &Error) -> bool {
        if !self.stop.load(Ordering::Relaxed) {
            return false;
        }
        let deadline = matches!(
            error,
            Error::Trapped {
                kind: TrapKind::Deadline { .. },
                ..
            }
        );
        // The next try may take as long again.
        deadline || self.ending.get_or_insert_with(Instant::now).elapsed() > GRACE
    }

    /// What it has not handed out is kept.
    pub(super) fn leaves(&mut self) {
        self.patience = GRACE;
    }

    /// Takes note of how long an answer took that hands something out.
    pub(super) fn gave(&mut self, took: Duration) {
        if self.stop.load(Ordering::Relaxed) {
            self.giving += took;
        }
    }

    /// Whether the run is to end and should wait no longer for the last of what it hands out.
    pub(super) fn is_out_of_patience(&self) -> bool {
        self.giving > self.patience
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
            kind: TrapKind::Panic { text: None },
        }
    }

    fn strikes(restarts: u64) -> Strikes {
        let limits = Limits {
            restarts,
            ..Limits::default()
        };
        Strikes::new(&limits, &Arc::default())
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
    fn at_the_end_a_deadline_is_the_last_and_what_is_given_has_a_time() {
        let mut strikes = strikes(100);
        let deadline = Error::Trapped {
            call: "push",
            kind: TrapKind::Deadline { limit_ms: 1 },
        };
        strikes.strike(&deadline).unwrap();
        strikes.gave(PATIENCE * 2);
        assert!(!strikes.is_out_of_patience());
        strikes.stop.store(true, Ordering::Relaxed);
        strikes.strike(&trap()).unwrap();
        let error = strikes.strike(&deadline).unwrap_err().to_string();
        assert!(error.contains("while the run was to end"), "{error}");
        strikes.gave(GRACE * 2);
        assert!(!strikes.is_out_of_patience());
        strikes.gave(PATIENCE);
        assert!(strikes.is_out_of_patience());
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
