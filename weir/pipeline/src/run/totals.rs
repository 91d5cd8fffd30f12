//! Totals of a run, since its first start.

use serde::{Deserialize, Serialize};

use weir_host::contract::{Counters, Outcome};

/// Totals since the first start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Documents that the detector counted.
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

    /// Totals of the documents in the end: some that were counted by workers, or before a
    /// state was merged, were found then to be known or too late.
    #[must_use]
    pub fn corrected(&self, counters: &Counters) -> Self {
        let mut all = self.clone();
        for (found, count) in [
            (counters.merged_duplicate, &mut all.duplicate),
            (counters.merged_late, &mut all.dropped_late),
        ] {
            // The numbers are the component's word and may be anything.
            let found = found.min(all.counted);
            all.counted -= found;
            *count = count.saturating_add(found);
        }
        all
    }

    /// Counts of the documents by what became of them, in the contract's order.
    pub fn counts(&self) -> [u64; 7] {
        [
            self.counted,
            self.duplicate,
            self.excluded,
            self.other_data_set,
            self.malformed,
            self.dropped_late,
            self.refused_future,
        ]
    }

    /// Adds an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        for (sum, count) in [
            (&mut self.counted, outcome.counted),
            (&mut self.duplicate, outcome.duplicate),
            (&mut self.excluded, outcome.excluded),
            (&mut self.other_data_set, outcome.other_data_set),
            (&mut self.malformed, outcome.malformed),
            (&mut self.dropped_late, outcome.dropped_late),
            (&mut self.refused_future, outcome.refused_future),
        ] {
            // A batch bounds the documents that it may tell of, so that this holds for long.
            *sum = sum.saturating_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_merging_found_is_moved_and_no_document_is_lost() {
        let mut totals = Totals::default();
        let outcome = Outcome {
            counted: 10,
            duplicate: 2,
            dropped_late: 1,
            ..Outcome::default()
        };
        totals.add(&outcome);
        let counters = Counters {
            merged_duplicate: 3,
            merged_late: 4,
            ..Counters::default()
        };
        let corrected = totals.corrected(&counters);
        assert_eq!(corrected.counts(), [3, 5, 0, 0, 0, 5, 0]);
        assert_eq!(corrected.read(), totals.read());
        // A component's word may be anything.
        let counters = Counters {
            merged_duplicate: u64::MAX,
            merged_late: 1,
            ..Counters::default()
        };
        let corrected = totals.corrected(&counters);
        assert_eq!(corrected.counts(), [0, 12, 0, 0, 0, 1, 0]);
    }
}
