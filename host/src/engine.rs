//! What detects, whatever it is made of: batches in, outcomes and alerts out.

mod worker;
mod workers;

use std::time::Duration;

use crate::contract::{Alert, Counters, Outcome};
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::Batch;
use workers::Workers;

/// One detector, or one and the threads that work for it.
pub struct Engine(Kind);

enum Kind {
    One(Box<Detector>),
    Many(Box<Workers>),
}

/// A batch and what became of it.
pub(crate) type Finished = (Batch, Outcome);

/// A batch on which the component failed.
pub(crate) struct Failed {
    /// Batches before it of which nothing was said yet.
    pub(crate) finished: Vec<Finished>,
    pub(crate) batch: Option<Box<Batch>>,
    pub(crate) error: Error,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            finished: Vec::new(),
            batch: None,
            error,
        }
    }
}

impl From<Detector> for Engine {
    fn from(detector: Detector) -> Self {
        Self(Kind::One(Box::new(detector)))
    }
}

impl Engine {
    /// A detector and workers, each on a thread of its own: they aggregate batches in turn, and
    /// their states are merged into the detector, which decides. All must have been opened under
    /// the detector's seed and configuration, but as `partial`, and with its tables.
    ///
    /// What is found is the same as with the detector alone, and the same at every run over
    /// the same input. It is found a round of batches at a time, so that revisions in between
    /// may be fewer, and what is late within a round is not.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn with_workers(detector: Detector, workers: Vec<Detector>) -> Result<Self, Error> {
        let workers = Workers::start(detector, workers)?;
        Ok(Self(Kind::Many(Box::new(workers))))
    }

    fn detector(&mut self) -> &mut Detector {
        match &mut self.0 {
            Kind::One(detector) => detector,
            Kind::Many(workers) => &mut workers.detector,
        }
    }

    /// Takes a batch. The answer is the batches that are finished now, in the order
    /// in which they were pushed.
    pub(crate) fn push(&mut self, batch: Batch) -> Result<Vec<Finished>, Failed> {
        match &mut self.0 {
            Kind::Many(workers) => workers.push(batch),
            Kind::One(detector) => match detector.push(&batch.bytes) {
                Ok(outcome) => Ok(vec![(batch, outcome)]),
                Err(error) => Err(Failed {
                    finished: Vec::new(),
                    batch: Some(Box::new(batch)),
                    error,
                }),
            },
        }
    }

    /// Waits for all batches. Only then do alerts, counters and snapshots tell of them.
    pub(crate) fn drain(&mut self) -> Result<Vec<Finished>, Failed> {
        match &mut self.0 {
            Kind::One(_) => Ok(Vec::new()),
            Kind::Many(workers) => workers.drain(),
        }
    }

    /// Whether no round is cut short by waiting for all batches now.
    pub(crate) fn at_round_end(&self) -> bool {
        match &self.0 {
            Kind::One(_) => true,
            Kind::Many(workers) => workers.at_round_end(),
        }
    }

    /// For how long a batch has been waiting for its round to be full.
    pub(crate) fn waits(&self) -> Option<Duration> {
        match &self.0 {
            Kind::One(_) => None,
            Kind::Many(workers) => workers.waits(),
        }
    }

    /// Tells the wall-clock time, in milliseconds since 1970.
    pub(crate) fn clock(&mut self, now: i64) -> Result<(), Error> {
        if let Kind::Many(workers) = &mut self.0 {
            workers.clock(now);
        }
        self.detector().clock(now)
    }

    /// Raises the watermark, in milliseconds since 1970.
    pub(crate) fn advance(&mut self, to: i64) -> Result<(), Error> {
        self.detector().advance(to)
    }

    /// Closes every window.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.detector().flush()
    }

    /// All alerts that are ready, oldest first.
    pub(crate) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        match &mut self.0 {
            Kind::One(detector) => take_alerts(detector),
            Kind::Many(workers) => workers.take_alerts(),
        }
    }

    /// Totals.
    pub(crate) fn counters(&mut self) -> Result<Counters, Error> {
        self.detector().counters()
    }

    /// The whole state.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.detector().snapshot()
    }

    /// Bytes of memory that all instances hold.
    pub(crate) fn memory_bytes(&self) -> u64 {
        match &self.0 {
            Kind::One(detector) => detector.memory_bytes() as u64,
            Kind::Many(workers) => workers.memory_bytes(),
        }
    }
}

fn take_alerts(detector: &mut Detector) -> Result<Vec<Alert>, Error> {
    let mut all = Vec::new();
    loop {
        let alerts = detector.take_alerts()?;
        if alerts.is_empty() {
            return Ok(all);
        }
        all.extend(alerts);
    }
}
