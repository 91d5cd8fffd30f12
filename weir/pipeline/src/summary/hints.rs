//! Hints for the next run.

use super::Summary;
use weir_common::escape::escape;
use weir_common::numbers::{agree, counted};

impl Summary {
    /// A sentence for each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let (documents, counters) = (&self.totals.documents, &self.counters);
        let mut hints = Vec::new();
        let evicted = counters.sum(|rule| rule.evicted);
        let forgotten = counters.sum(|rule| rule.ids_forgotten);
        if evicted > 0 || forgotten > 0 {
            hints.push(format!(
                "the state was at its budget: {} {} given up and {} forgotten early; more \
                 room is more exact",
                counted(evicted, "group"),
                agree(evicted, "was", "were"),
                counted(forgotten, "event id")
            ));
        }
        if documents.dropped_late > 0 {
            hints.push(format!(
                "{} came later than the allowed lateness; a wider one \
                 (allowed_lateness_seconds) or files in order of time would count {}",
                counted(documents.dropped_late, "event"),
                agree(documents.dropped_late, "it", "them")
            ));
        }
        hints.extend(self.nothing_counted());
        hints
    }

    /// Hint about a log of which nothing could be counted, and the likeliest reason.
    fn nothing_counted(&self) -> Option<String> {
        let documents = &self.totals.documents;
        let read = self.totals.read();
        if read == 0 || documents.counted > 0 {
            return None;
        }
        let why = [
            (
                documents.other_data_set,
                "are of other data sets: `weir inspect` names those that the detector reads, and a \
                 record inside another document is read only where it stands in a known wrapping",
            ),
            (
                documents.malformed,
                "are malformed: see `wrong` above, and each with its line in --rejects",
            ),
            (documents.dropped_late, "came too late"),
            (
                documents.refused_future,
                "lie in the future by their own time",
            ),
            (
                documents.duplicate,
                "are repetitions of what was read before",
            ),
            (documents.excluded, "are left out by exceptions"),
        ];
        let (most, why) = why.iter().max_by_key(|(events, _)| *events)?;
        let share = if *most == read { "all" } else { "most" };
        let seen = self
            .seen
            .as_deref()
            .map(|seen| format!("; the first {}", escape(seen)));
        Some(format!(
            "nothing was counted: {share} events {why}{}",
            seen.unwrap_or_default()
        ))
    }
}
