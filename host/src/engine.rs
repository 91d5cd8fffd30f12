//! What detects, whatever it is made of: batches in, outcomes and alerts out.

use crate::contract::{Alert, Counters, Outcome};
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::Batch;

/// Today one detector.
pub(crate) struct Engine {
    detector: Detector,
}

/// A batch and what became of it.
pub(crate) type Finished = (Batch, Outcome);

/// A batch on which the component failed.
pub(crate) struct Failed {
    pub(crate) batch: Option<Box<Batch>>,
    pub(crate) error: Error,
}

impl Engine {
    pub(crate) fn new(detector: Detector) -> Self {
        Self { detector }
    }

    /// Takes a batch. The answer is the batches that are finished now, in the order
    /// in which they were pushed.
    pub(crate) fn push(&mut self, batch: Batch) -> Result<Vec<Finished>, Failed> {
        match self.detector.push(&batch.bytes) {
            Ok(outcome) => Ok(vec![(batch, outcome)]),
            Err(error) => Err(Failed {
                batch: Some(Box::new(batch)),
                error,
            }),
        }
    }

    /// Tells the wall-clock time, in milliseconds since 1970.
    pub(crate) fn clock(&mut self, now: i64) -> Result<(), Error> {
        self.detector.clock(now)
    }

    /// Raises the watermark, in milliseconds since 1970.
    pub(crate) fn advance(&mut self, to: i64) -> Result<(), Error> {
        self.detector.advance(to)
    }

    /// Closes every window.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.detector.flush()
    }

    /// All alerts that are ready, oldest first.
    pub(crate) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        let mut all = Vec::new();
        loop {
            let alerts = self.detector.take_alerts()?;
            if alerts.is_empty() {
                return Ok(all);
            }
            all.extend(alerts);
        }
    }

    /// Totals.
    pub(crate) fn counters(&mut self) -> Result<Counters, Error> {
        self.detector.counters()
    }

    /// The whole state.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.detector.snapshot()
    }

    /// Bytes of memory that the instances hold.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.detector.memory_bytes() as u64
    }
}
