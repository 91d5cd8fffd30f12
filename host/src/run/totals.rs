//! What has gone through a run.

use serde::{Deserialize, Serialize};

use crate::contract::Outcome;

/// What has gone through so far, since the first start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// What the detector answered to all batches together.
    pub counted: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Left out by an exception.
    pub excluded: u64,
    /// Of another data set.
    pub other_data_set: u64,
    /// Malformed, those refused here included.
    pub malformed: u64,
    /// Later than the allowed lateness.
    pub dropped_late: u64,
    /// Too far in the future.
    pub refused_future: u64,
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
}

impl Totals {
    /// Documents read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.counted
            + self.duplicate
            + self.excluded
            + self.other_data_set
            + self.malformed
            + self.dropped_late
            + self.refused_future
            + self.quarantined
    }

    pub(crate) fn add(&mut self, outcome: &Outcome) {
        self.counted += outcome.counted;
        self.duplicate += outcome.duplicate;
        self.excluded += outcome.excluded;
        self.other_data_set += outcome.other_data_set;
        self.malformed += outcome.malformed;
        self.dropped_late += outcome.dropped_late;
        self.refused_future += outcome.refused_future;
    }
}
