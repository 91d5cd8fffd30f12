//! Gauges of a run, read from another thread.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{Run, Totals};
use crate::summary::RuleName;
use weir_host::contract::Counters;
use weir_host::error::Error;
use weir_sinks::destination::Figures;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(1);

/// Gauges that a run sets about once a second.
#[derive(Clone, Default)]
pub struct Gauges {
    last: Arc<Mutex<Option<(Instant, Reading)>>>,
    delivery: Arc<OnceLock<Meter>>,
}

/// Reads the counts of a delivery.
type Meter = Arc<dyn Fn() -> Figures + Send + Sync>;

impl fmt::Debug for Gauges {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Gauges").finish_non_exhaustive()
    }
}

/// One reading of the gauges.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Totals since the first start.
    pub totals: Totals,
    /// The rules that judge.
    pub rules: Vec<RuleName>,
    /// The detector's own counters.
    pub counters: Counters,
    /// Bytes of memory of its instances.
    pub memory_bytes: u64,
    /// Number of restarts.
    pub restarts: u64,
    /// Whether the last checkpoint could be written; none without checkpoints.
    pub kept: Option<bool>,
    /// Senders that wait for a checkpoint.
    pub waiting: u64,
    /// Figures of the delivery, where alerts are sent.
    pub delivery: Option<Figures>,
}

impl Gauges {
    /// The last reading; none before the first.
    #[must_use]
    pub fn read(&self) -> Option<Reading> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reading = last.as_ref().map(|(_, reading)| reading.clone())?;
        reading.delivery = self.delivery();
        Some(reading)
    }

    /// Whether the last checkpoint could be written, as of the last reading: without copying
    /// all of that, since each request asks.
    pub fn kept(&self) -> Option<bool> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().and_then(|(_, reading)| reading.kept)
    }

    /// Shows how a delivery is going besides, at the moment of each reading.
    pub fn watch(&self, delivery: Meter) {
        // One delivery is all that a run has.
        let _ = self.delivery.set(delivery);
    }

    /// Figures of the delivery at this moment.
    #[must_use]
    pub fn delivery(&self) -> Option<Figures> {
        self.delivery.get().map(|meter| meter())
    }

    fn are_due(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_none_or(|(at, _)| at.elapsed() >= EVERY)
    }
}

impl Run<'_> {
    /// Takes a reading when one is due.
    pub(super) fn show(&mut self) -> Result<(), Error> {
        // Asked at every part: nothing is copied until a reading is due.
        let Some(gauges) = self.gauges.as_ref().filter(|gauges| gauges.are_due()) else {
            return Ok(());
        };
        let checkpointer = self.checkpointer.as_ref();
        let reading = Reading {
            // Figures that only rise: what merging finds later is in the summary.
            totals: self.totals.clone(),
            rules: self.engine.rules().iter().map(RuleName::of).collect(),
            counters: self.engine.counters()?,
            memory_bytes: self.engine.memory_bytes(),
            restarts: self.engine.restarts(),
            kept: checkpointer.map(|checkpointer| !checkpointer.failing),
            waiting: checkpointer.map_or(0, |checkpointer| checkpointer.receipts.len() as u64),
            // That of the moment at which it is read.
            delivery: None,
        };
        let mut last = gauges.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((Instant::now(), reading));
        Ok(())
    }
}
