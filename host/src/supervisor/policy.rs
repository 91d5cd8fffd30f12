//! Restart policy: how often a component may fail before it is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Limits;
use crate::error::{Error, TrapKind};

/// Documents in a row that must succeed before earlier failures are forgiven.
const FORGIVEN: u64 = 10_000;
/// Multiplier on the restart limit while some documents still succeed.
const MIXED: u32 = 10;
/// Longest time without one document that succeeds, once the component has failed, besides
/// [`CALLS`] calls at the deadline.
const STUCK: Duration = Duration::from_secs(10);
/// Calls at the deadline that halving a batch of a million documents takes.
const CALLS: u32 = 20;
/// Failures in a row after which the component is restarted at once. Later ones wait, each longer
/// than the one before.
const AT_ONCE: u32 = 20;
/// Longest wait before a restart.
const PAUSE: Duration = Duration::from_millis(50);

/// Longest time for which a failing component delays the end of a run, and for which alerts are
/// still taken at the end where a checkpoint holds the rest.
const GRACE: Duration = Duration::from_secs(1);
/// Longest time for which alerts are still taken at the end where the rest is lost.
const PATIENCE: Duration = Duration::from_secs(3);

/// Failures of one component, counted against its limits.
pub(super) struct RestartPolicy {
    /// Set when the run is to end.
    stop: Arc<AtomicBool>,
    /// Time of the first failure after the run was to end.
    ending: Option<Instant>,
    /// Time spent on taking alerts and verdicts since the run is to end.
    delivering: Duration,
    /// Most of that time.
    patience: Duration,
    /// Failures allowed in a row.
    allowed: u32,
    /// Longest time without a document that succeeds.
    stuck: Duration,
    /// Failures since the last document that succeeded.
    in_a_row: u32,
    /// Time of the first of these.
    since: Option<Instant>,
    /// Failures that are not forgiven yet.
    recent: u32,
    /// Documents that succeeded since the last failure.
    succeeded: u64,
    /// Restarts in all.
    restarts: u64,
}

impl RestartPolicy {
    pub(super) fn new(limits: &Limits, stop: &Arc<AtomicBool>) -> Self {
        Self {
            stop: Arc::clone(stop),
            ending: None,
            delivering: Duration::ZERO,
            patience: PATIENCE,
            allowed: u32::try_from(limits.restarts).unwrap_or(u32::MAX),
            stuck: STUCK + Duration::from_millis(limits.deadline_ms) * CALLS,
            in_a_row: 0,
            since: None,
            recent: 0,
            succeeded: 0,
            restarts: 0,
        }
    }

    /// Number of restarts.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Counts documents that succeeded.
    pub(super) fn record_success(&mut self, documents: u64) {
        if documents == 0 {
            return;
        }
        self.in_a_row = 0;
        self.since = None;
        self.succeeded = self.succeeded.saturating_add(documents);
        if self.succeeded >= FORGIVEN {
            self.recent = 0;
        }
    }

    /// Marks the end of a batch, whatever was quarantined of it: the time after it counts as no failure.
    pub(super) fn record_batch_end(&mut self) {
        self.since = None;
    }

    /// Counts a failure and returns how long to wait before the restart.
    ///
    /// # Errors
    ///
    /// [`Error::GivenUp`] when it was one more than is allowed.
    pub(super) fn record_failure(&mut self, error: &Error) -> Result<Duration, Error> {
        self.in_a_row += 1;
        self.recent += 1;
        self.succeeded = 0;
        let since = *self.since.get_or_insert_with(Instant::now);
        let why = if self.is_over(error) {
            "it failed while the run was to end".to_owned()
        } else if self.in_a_row > self.allowed {
            format!(
                "it failed {} times in a row without taking a document (limits.restarts)",
                self.in_a_row
            )
        } else if self.recent > self.allowed.saturating_mul(MIXED) {
            format!(
                "it failed {} times among its last documents (limits.restarts)",
                self.recent
            )
        } else if since.elapsed() > self.stuck {
            format!("it has taken no document for {} s", self.stuck.as_secs())
        } else {
            self.restarts += 1;
            let step = self.in_a_row.saturating_sub(AT_ONCE).min(16);
            let pause = if step == 0 { 0 } else { 1_u64 << step };
            return Ok(Duration::from_millis(pause).min(PAUSE));
        };
        Err(self.give_up(why, error.copy()))
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

    /// Allows the run to end sooner: a checkpoint holds what is not taken.
    pub(super) fn may_leave(&mut self) {
        self.patience = GRACE;
    }

    /// Counts the time that an answer with alerts or verdicts took.
    pub(super) fn record_delivery(&mut self, took: Duration) {
        if self.stop.load(Ordering::Relaxed) {
            self.delivering += took;
        }
    }

    /// Whether the run is to end and should wait no longer for the last alerts and verdicts.
    pub(super) fn is_out_of_patience(&self) -> bool {
        self.delivering > self.patience
    }

    /// The account of a component that is not started again.
    pub(super) fn give_up(&self, why: String, last: Error) -> Error {
        Error::GivenUp {
            why,
            restarts: self.restarts,
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
        Error::trapped("push", TrapKind::Panic { text: None })
    }

    fn policy(restarts: u64) -> RestartPolicy {
        let mut limits = Limits::default();
        limits.restarts = restarts;
        RestartPolicy::new(&limits, &Arc::default())
    }

    #[test]
    fn few_failures_in_a_row_are_allowed() {
        let mut policy = policy(3);
        for _ in 0..3 {
            policy.record_failure(&trap()).unwrap();
        }
        let error = policy.record_failure(&trap()).unwrap_err().to_string();
        assert!(error.contains("4 times in a row"), "{error}");
        assert!(error.contains("restarted 3 times"), "{error}");
    }

    #[test]
    fn more_failures_are_allowed_among_documents_that_succeed() {
        let mut policy = policy(3);
        for _ in 0..30 {
            policy.record_failure(&trap()).unwrap();
            policy.record_success(1);
        }
        assert!(policy.record_failure(&trap()).is_err());
        policy.record_success(FORGIVEN);
        assert!(policy.record_failure(&trap()).is_ok());
    }

    #[test]
    fn at_the_end_a_deadline_is_the_last_and_what_is_given_has_a_time() {
        let mut policy = policy(100);
        let deadline = Error::trapped("push", TrapKind::Deadline { limit_ms: 1 });
        policy.record_failure(&deadline).unwrap();
        policy.record_delivery(PATIENCE * 2);
        assert!(!policy.is_out_of_patience());
        policy.stop.store(true, Ordering::Relaxed);
        policy.record_failure(&trap()).unwrap();
        let error = policy.record_failure(&deadline).unwrap_err().to_string();
        assert!(error.contains("while the run was to end"), "{error}");
        policy.record_delivery(GRACE * 2);
        assert!(!policy.is_out_of_patience());
        policy.record_delivery(PATIENCE);
        assert!(policy.is_out_of_patience());
    }

    #[test]
    fn later_ones_in_a_row_wait() {
        let mut policy = policy(100);
        let pauses: Vec<Duration> = (0..40)
            .map(|_| policy.record_failure(&trap()).unwrap())
            .collect();
        assert_eq!(pauses[19], Duration::ZERO);
        assert_eq!(pauses[20], Duration::from_millis(2));
        assert_eq!(pauses[39], PAUSE);
    }
}
