//! How a run is going, for whoever looks at it from another thread.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{Run, Totals};
use crate::contract::Counters;
use crate::deliver::{Delivery, Figures, Meter};
use crate::error::Error;
use crate::summary::RuleName;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(1);

/// Where a run shows how it is going, about once a second.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    last: Arc<Mutex<Option<(Instant, Reading)>>>,
    delivery: Arc<OnceLock<Arc<Meter>>>,
}

/// How a run was going.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reading {
    /// What went through since the first start.
    pub totals: Totals,
    /// The rules that judge.
    pub rules: Vec<RuleName>,
    /// What the detector says.
    pub counters: Counters,
    /// Bytes of memory of its instances.
    pub memory_bytes: u64,
    /// How often a fresh instance was needed.
    pub restarts: u64,
    /// Whether the last checkpoint could be written; none without checkpoints.
    pub kept: Option<bool>,
    /// Senders that wait for a checkpoint.
    pub waiting: u64,
    /// How the delivery of alerts is going, where they are sent.
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
    pub(crate) fn kept(&self) -> Option<bool> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().and_then(|(_, reading)| reading.kept)
    }

    /// Shows how a delivery is going besides, at the moment of each reading.
    pub fn watch(&self, delivery: &Delivery) {
        // One delivery is all that a run has.
        let _ = self.delivery.set(Arc::clone(delivery.meter()));
    }

    /// How the delivery is going at this moment.
    #[must_use]
    pub fn delivery(&self) -> Option<Figures> {
        self.delivery.get().map(|meter| meter.read())
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
        let keep = self.keep.as_ref();
        let reading = Reading {
            // Figures that only rise: what merging finds later is in the summary.
            totals: self.totals.clone(),
            rules: self.engine.rules().iter().map(RuleName::of).collect(),
            counters: self.engine.counters()?,
            memory_bytes: self.engine.memory_bytes(),
            restarts: self.engine.restarts(),
            kept: keep.map(|keep| !keep.failing),
            waiting: keep.map_or(0, |keep| keep.receipts.len() as u64),
            // That of the moment at which it is read.
            delivery: None,
        };
        let mut last = gauges.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((Instant::now(), reading));
        Ok(())
    }
}
