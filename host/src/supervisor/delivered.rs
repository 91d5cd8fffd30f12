//! Alerts and verdicts handed out, each once, whatever becomes of the instances.

use std::time::Instant;

use super::Supervisor;
use super::restart::too_many;
use super::stateless::Stateless;
use crate::contract::{Alert, Verdict};
use crate::detector::{Detector, TAKE};
use crate::error::Error;

/// A call that takes at most so many items from an instance.
type Take<T> = fn(&mut Detector, u64) -> Result<Vec<T>, Error>;

/// Count of the items of one kind that were handed out. A restarted instance repeats them, and the
/// repetitions are dropped.
pub(super) struct Delivered<T> {
    take: Take<T>,
    /// Items handed out since the last snapshot.
    delivered: u64,
    /// How many of them the restarted instance has still to repeat.
    repeated: u64,
    /// Items asked for in one call.
    batch: u64,
}

impl<T> Delivered<T> {
    pub(super) fn new(take: Take<T>) -> Self {
        Self {
            take,
            delivered: 0,
            repeated: 0,
            batch: TAKE.into(),
        }
    }

    /// Forgets what was handed out: a snapshot holds that it was.
    pub(super) fn forget(&mut self) {
        self.delivered = 0;
    }

    /// Keeps only what a snapshot in the middle of the journal does not hold as handed out.
    pub(super) fn keep_repeated(&mut self) {
        self.delivered = self.repeated;
    }

    /// Drops what the restarted instance repeats; `first` says that it has just begun.
    pub(super) fn skip_delivered(
        &mut self,
        fresh: &mut Detector,
        first: bool,
    ) -> Result<(), Error> {
        if first {
            self.repeated = self.delivered;
        }
        while self.repeated > 0 {
            let again = (self.take)(fresh, self.repeated.min(self.batch))?.len() as u64;
            if again == 0 {
                break;
            }
            self.repeated = self.repeated.saturating_sub(again);
        }
        Ok(())
    }
}

impl Supervisor {
    /// Takes some of the alerts that are ready, oldest first; an empty list means that there are
    /// none left, or that the run is to end and they would take too long. An alert that was taken
    /// is not lost, and does not come again, when the component fails later.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        if self.leaves() {
            return Ok(Vec::new());
        }
        if let Some(found) = self.stateless.as_mut().and_then(Stateless::found) {
            return Ok(found);
        }
        let alerts = self.take_ready(|supervisor| &mut supervisor.alerts)?;
        if let Some(stateless) = &mut self.stateless {
            stateless.delivered(&alerts);
        }
        Ok(alerts)
    }

    /// Takes some of the verdicts that are ready, oldest first; an empty list means that there are
    /// none left, or that the run is to end and they would take too long.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        if self.leaves() {
            return Ok(Vec::new());
        }
        self.take_ready(|supervisor| &mut supervisor.verdicts)
    }

    /// Takes some items of one kind; fewer in a call when a full answer does not fit.
    fn take_ready<T>(
        &mut self,
        of: impl Fn(&mut Self) -> &mut Delivered<T>,
    ) -> Result<Vec<T>, Error> {
        loop {
            let (take, most) = (of(self).take, of(self).batch);
            let began = Instant::now();
            let items = match self.retry_unless(|it| take(it, most), |error| too_many(error, most))
            {
                Err(error) if too_many(&error, most) => {
                    of(self).batch = most / 2;
                    self.restart(&error)?;
                    continue;
                }
                done => done?,
            };
            of(self).delivered += items.len() as u64;
            if !items.is_empty() {
                self.policy.record_delivery(began.elapsed());
            }
            return Ok(items);
        }
    }

    /// Forgets what was handed out: a snapshot, or no state at all, is what comes next.
    pub(super) fn forget_delivered(&mut self) {
        self.alerts.forget();
        self.verdicts.forget();
    }

    /// Allows the run to end with alerts not taken: the last snapshot holds them.
    pub fn may_leave(&mut self) {
        self.policy.may_leave();
    }

    /// Whether the run was to end and there may be alerts or verdicts that were not taken.
    #[must_use]
    pub fn left(&self) -> bool {
        self.left
    }

    /// Whether the run is to end and waits no longer for more.
    fn leaves(&mut self) -> bool {
        self.left |= self.policy.is_out_of_patience();
        self.left
    }
}
