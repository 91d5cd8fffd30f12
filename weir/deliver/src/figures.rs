//! Counters of a delivery.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use weir_sinks::destination::Figures;

/// Counters that other threads read.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(super) delivered: AtomicU64,
    pub(super) queued: AtomicU64,
    pub(super) dead: AtomicU64,
    pub(super) failures: AtomicU64,
    /// Number of threads that wait for room.
    pub(super) waiters: AtomicU64,
}

impl Meter {
    pub(crate) fn read(&self) -> Figures {
        Figures {
            delivered: self.delivered.load(Relaxed),
            queued: self.queued.load(Relaxed),
            dead: self.dead.load(Relaxed),
            failures: self.failures.load(Relaxed),
            full: self.waiters.load(Relaxed) > 0,
        }
    }
}
