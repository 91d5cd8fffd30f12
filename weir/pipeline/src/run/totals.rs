//! Totals of a run, since its first start.

use serde::{Deserialize, Serialize};

use weir_host::contract::{Counters, Counts};

/// Totals since the first start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Documents that the detector took, and as malformed those refused here.
    #[serde(flatten)]
    pub documents: Counts,
    /// Those on which the component fails.
    #[serde(default)]
    pub quarantined: u64,
    /// Refused here, before the detector saw them.
    pub refused_here: u64,
    /// Sources that were begun to be read, since this start.
    #[serde(skip)]
    pub sources: u64,
    /// Sources that had been read to their end before and were not changed.
    #[serde(skip)]
    pub unchanged_sources: u64,
    /// Sources that could not be read whole, since this start.
    #[serde(skip)]
    pub bad_sources: u64,
    /// Alert revisions taken, retractions left out.
    pub alerts: u64,
    /// Whether other rules judged at first: those of now may have counted fewer events.
    #[serde(default)]
    pub other_rules: bool,
    /// Reloads since this start: those that were done.
    #[serde(skip)]
    pub reloaded: u64,
    /// Reloads since this start: those that were refused.
    #[serde(skip)]
    pub reloads_refused: u64,
}

impl Totals {
    /// Documents read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.documents.documents() + self.quarantined
    }

    /// Documents by what became of them, with the names of outputs.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let quarantined = ("quarantined", self.quarantined);
        self.documents.named().chain([quarantined])
    }

    /// Totals of the documents in the end: some that were counted by workers, or before a
    /// state was merged, were found then to be known or too late.
    #[must_use]
    pub fn corrected(&self, counters: &Counters) -> Self {
        Self {
            documents: counters.corrected(self.documents),
            ..self.clone()
        }
    }
}
