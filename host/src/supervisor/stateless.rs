//! Bringing back a detector without the interface `state`, of which no snapshot can be made.
//!
//! A fresh instance is fed all of the journal. When the journal is full it is thrown away as a
//! whole: from then on a fresh instance knows nothing of the events before, begins at the watermark
//! that there was, and what it finds is told from what was found already by the alerts' ids.

use std::collections::HashSet;

use super::Supervisor;
use crate::contract::Alert;
use crate::detector::Detector;
use crate::error::Error;

/// Alerts that are known again at most.
const KNOWN: usize = 1 << 16;

/// Replacement for snapshots.
#[derive(Debug, Default)]
pub(super) struct Stateless {
    /// Whether a part of the journal was thrown away.
    lossy: bool,
    /// Whether an instance began after that.
    lost: bool,
    /// Revisions that were taken since then: ids and numbers.
    known: HashSet<(u128, u32)>,
    /// Alerts that a fresh instance found and that were not taken before.
    found: Vec<Alert>,
}

impl Stateless {
    /// Whether a fresh instance lacks what was before.
    pub(super) fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// A fresh instance has begun without what was before.
    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether one ever has.
    pub(super) fn has_lost(&self) -> bool {
        self.lost
    }

    /// Starting point of a fresh instance, in a few words.
    pub(super) fn begins(&self) -> &'static str {
        match self.lossy {
            true => "the events that are still kept; what it knew of those before is lost",
            false => "the beginning",
        }
    }

    /// Remembers alerts that were delivered.
    pub(super) fn delivered(&mut self, alerts: &[Alert]) {
        if self.lossy && self.known.len() < KNOWN {
            let names = alerts.iter().map(|alert| (alert.number(), alert.revision));
            self.known.extend(names);
        }
    }

    /// Takes the alerts that a fresh instance found and that were not delivered; `None` without any.
    pub(super) fn found(&mut self) -> Option<Vec<Alert>> {
        let found = std::mem::take(&mut self.found);
        self.delivered(&found);
        (!found.is_empty()).then_some(found)
    }

    /// Takes the alerts of a fresh instance midway, but for those that were taken before; `first`
    /// says that it has just begun.
    pub(super) fn take_again(&mut self, fresh: &mut Detector, first: bool) -> Result<(), Error> {
        if first {
            self.found.clear();
        }
        for alert in fresh.alerts() {
            let alert = alert?;
            if !self.known.contains(&(alert.number(), alert.revision)) {
                self.found.push(alert);
            }
        }
        // Its ledger was written as far as it was ready.
        while fresh.interfaces().inspection && !fresh.take_verdicts()?.is_empty() {}
        Ok(())
    }
}

impl Supervisor {
    /// Throws the journal away.
    pub(super) fn forget(&mut self) -> Result<(), Error> {
        let watermark = self.retry(Detector::counters)?.watermark;
        let Some(stateless) = &mut self.stateless else {
            return Ok(());
        };
        stateless.known.clear();
        if !std::mem::replace(&mut stateless.lossy, true) {
            let text = "this detector has no interface `state`, and there is no more room for the \
                events since the beginning (limits.journal_mib, limits.journal_disk_mib): when it \
                fails, it begins anew with the events from now on";
            self.warn("state-lost", text);
        }
        self.journal.restart_at(watermark);
        self.forget_delivered();
        Ok(())
    }
}
