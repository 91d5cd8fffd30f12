//! Summary of a run: its figures.

mod by_rule;
mod hints;
mod json;
mod text;

use std::time::Duration;

use crate::run::{Reason, Totals};
use weir_common::numbers::grouped;
use weir_host::contract::{Counters, Rule};

/// Figures of a finished run.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The rules that judged.
    pub rules: Vec<RuleName>,
    /// Totals since the first start, corrected by what merging states found.
    pub totals: Totals,
    /// Totals at this start.
    pub before: Totals,
    /// Number of the checkpoint that the run went on from, and when it was made, in
    /// milliseconds since 1970.
    pub resumed: Option<(u64, i64)>,
    /// The detector's own counters.
    pub counters: Counters,
    /// Wall-clock time since this start.
    pub elapsed: Duration,
    /// Bytes of memory of the component's instance.
    pub guest_memory: u64,
    /// Number of restarts.
    pub restarts: u64,
    /// Whether a restarted instance lacked state of the one before it.
    pub lost_state: bool,
    /// Alerts written since this start.
    pub written: u64,
    /// Whether the last checkpoint was written; `true` without checkpoints.
    pub checkpointed: bool,
    /// Why documents were refused since this start, the most frequent first.
    pub reasons: Vec<Reason>,
    /// Bytes of NULs and byte order marks between documents, since this start.
    pub passed_over: u64,
    /// Look of the first document since this start.
    pub seen: Option<String>,
}

/// Names of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// Its id.
    pub id: String,
    /// Its short name.
    pub short_name: String,
}

impl RuleName {
    /// That of a rule.
    pub(crate) fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            short_name: rule.short_name.clone(),
        }
    }
}

impl Summary {
    /// That a rule counts other events than were counted, in a sentence.
    #[must_use]
    pub fn miscounts(&self) -> Option<String> {
        match self.lost_state || self.totals.other_rules {
            // What it counted before is lost, too, or another one counted.
            true => None,
            false => self.counters.miscounts(self.totals.documents.counted),
        }
    }

    /// Wall-clock time since this start, which is never nothing.
    fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64().max(1e-6)
    }

    /// Counts of the sources, if there were any.
    fn sources(&self) -> Option<String> {
        let totals = &self.totals;
        let parts = [
            (totals.sources, "read"),
            (totals.unchanged_sources, "unchanged since they were read"),
            (totals.bad_sources, "not readable, or not to the end"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| format!("{} {what}", grouped(*count)))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
