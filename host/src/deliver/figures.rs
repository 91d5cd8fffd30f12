//! How a delivery is going.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How a delivery is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Alerts that were taken, since this start.
    pub delivered: u64,
    /// Alerts that wait, those of earlier runs included.
    pub queued: u64,
    /// Alerts that are never taken, since this start.
    pub dead: u64,
    /// Attempts that failed, since this start.
    pub failures: u64,
    /// Whether something waits for room.
    pub full: bool,
}

/// Counts for whoever looks from another thread.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(super) delivered: AtomicU64,
    pub(super) queued: AtomicU64,
    pub(super) dead: AtomicU64,
    pub(super) failures: AtomicU64,
    /// Threads that wait for room.
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
