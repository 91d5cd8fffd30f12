//! What would make the next run better.

use super::Summary;
use crate::numbers::grouped;

impl Summary {
    /// A sentence for each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let counters = &self.counters;
        let mut hints = Vec::new();
        if counters.evicted + counters.ids_forgotten > 0 {
            hints.push(format!(
                "the state was at its budget: {} groups were given up and {} event ids forgotten \
                 early; more room is more exact",
                grouped(counters.evicted),
                grouped(counters.ids_forgotten)
            ));
        }
        if counters.dropped_late > 0 {
            hints.push(format!(
                "{} events came later than the allowed lateness; a wider one \
                 (allowed_lateness_seconds) or files in order of time would count them",
                grouped(counters.dropped_late)
            ));
        }
        let read = self.totals.read();
        if read > 0 && counters.other_data_set == read {
            hints.push(
                "all events are of other data sets: `weir inspect` names those that the detector \
                 reads"
                    .to_owned(),
            );
        }
        hints
    }
}
