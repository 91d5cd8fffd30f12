//! Counts of documents by what became of them: each document is in exactly one.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::Outcome;

/// Names of the counts, in the contract's order.
pub const COUNTS: [&str; 7] = [
    "counted",
    "duplicate",
    "excluded",
    "other_data_set",
    "malformed",
    "dropped_late",
    "refused_future",
];

/// Counts of documents, of one batch or of many; the fields are those of [`Outcome`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the WIT file")]
pub struct Counts {
    pub counted: u64,
    pub duplicate: u64,
    pub excluded: u64,
    pub other_data_set: u64,
    pub malformed: u64,
    pub dropped_late: u64,
    pub refused_future: u64,
}

impl Counts {
    /// The counts in the order of [`COUNTS`].
    #[must_use]
    pub fn all(mut self) -> [u64; 7] {
        self.all_mut().map(|count| *count)
    }

    fn all_mut(&mut self) -> [&mut u64; 7] {
        [
            &mut self.counted,
            &mut self.duplicate,
            &mut self.excluded,
            &mut self.other_data_set,
            &mut self.malformed,
            &mut self.dropped_late,
            &mut self.refused_future,
        ]
    }

    /// The counts with their names, in the contract's order.
    pub fn named(self) -> impl Iterator<Item = (&'static str, u64)> {
        COUNTS.into_iter().zip(self.all())
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(self) -> u64 {
        // The numbers are the component's word and may be anything.
        self.all().into_iter().fold(0, u64::saturating_add)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        for (sum, count) in self.all_mut().into_iter().zip(more.all()) {
            *sum = sum.saturating_add(count);
        }
    }
}

impl From<&Outcome> for Counts {
    fn from(outcome: &Outcome) -> Self {
        Self {
            counted: outcome.counted,
            duplicate: outcome.duplicate,
            excluded: outcome.excluded,
            other_data_set: outcome.other_data_set,
            malformed: outcome.malformed,
            dropped_late: outcome.dropped_late,
            refused_future: outcome.refused_future,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counters;

    #[test]
    fn a_correction_loses_no_document() {
        let counts = Counts {
            counted: 10,
            duplicate: 2,
            dropped_late: 1,
            ..Counts::default()
        };
        let corrected = |merged_duplicate, merged_late| {
            let counters = Counters {
                merged_duplicate,
                merged_late,
                ..Counters::default()
            };
            counters.corrected(counts).all()
        };
        assert_eq!(corrected(3, 4), [3, 5, 0, 0, 0, 5, 0]);
        // A component's word may be anything.
        assert_eq!(corrected(u64::MAX, 1), [0, 12, 0, 0, 0, 1, 0]);
    }
}
