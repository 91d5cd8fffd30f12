//! The status for the operator: counters and problems.

use crate::alert_queue::AlertQueue;
use crate::host::time::iso;
use high_4xx::RULE_ID;
use serde_json::{Map, Value, json};
use weir_detector::model::{Counters, Outcome, RefusalKind, RuleCounters};

/// Most refusals that a status lists with their reasons; all are counted.
const MAX_NOTES: usize = 8;

/// The counters and problems between two statuses.
#[derive(Default)]
pub(crate) struct Status {
    /// Problems that stay until a restart.
    permanent: Vec<String>,
    /// Refusals since the last status.
    notes: Vec<String>,
    /// Dispositions of this detector's documents.
    documents: Outcome,
    /// Number of records that were no documents.
    unreadable: u64,
    /// Number of records that could not be copied.
    lost: u64,
    /// Number of all problems, at the last status.
    reported: u64,
    /// Time of the last status, in milliseconds since 1970.
    at: Option<i64>,
}

impl Status {
    /// Adds permanent problems, each once; a later count of a problem replaces the earlier.
    pub(crate) fn add_permanent(&mut self, problems: Vec<String>) {
        for problem in problems {
            if !self.permanent.contains(&problem) {
                self.permanent.push(problem);
                self.reported = u64::MAX;
            }
        }
    }

    /// Counts dispositions of documents.
    pub(crate) fn pushed(&mut self, outcome: &Outcome) {
        let all = &mut self.documents;
        all.counted += outcome.counted;
        all.duplicate += outcome.duplicate;
        all.excluded += outcome.excluded;
        all.other_data_set += outcome.other_data_set;
        all.malformed += outcome.malformed;
        all.dropped_late += outcome.dropped_late;
        all.refused_future += outcome.refused_future;
    }

    /// Number of documents that were counted in a window.
    pub(crate) fn counted(&self) -> u64 {
        self.documents.counted
    }

    /// Resets the counters for a new detector.
    pub(crate) fn begin(&mut self) {
        self.documents = Outcome::default();
    }

    /// Adds a document that the detector refused.
    pub(crate) fn refused(&mut self, kind: RefusalKind, reason: &str) {
        let kind = match kind {
            RefusalKind::Malformed => "malformed",
            RefusalKind::DroppedLate => "dropped late",
            RefusalKind::RefusedFuture => "refused",
        };
        self.note(|| format!("{kind}: {reason}"));
    }

    /// Counts a record that is no document.
    pub(crate) fn unreadable(&mut self, why: &str) {
        self.unreadable += 1;
        self.note(|| format!("unreadable: {why}"));
    }

    /// Counts a record that could not be copied.
    pub(crate) fn lost(&mut self, length: usize) {
        self.lost += 1;
        self.note(|| format!("lost: a record of {length} bytes is longer than records may be"));
    }

    fn note(&mut self, text: impl Fn() -> String) {
        if self.notes.len() < MAX_NOTES {
            let mut text = text();
            // A reason may quote the record.
            let end = text.floor_char_boundary(300);
            text.truncate(end);
            self.notes.push(text);
        }
    }

    /// The status as a JSON document, if it is due: at the first tick, if something went wrong
    /// since the last, and at an interval in seconds.
    pub(crate) fn document(
        &mut self,
        now: i64,
        every: u64,
        counters: &Counters,
        waiting: &AlertQueue,
    ) -> Option<String> {
        let documents = &self.documents;
        // One rule is all that this module carries.
        let none = RuleCounters::default();
        let c = counters.rules.first().unwrap_or(&none);
        let wrong = [
            documents.malformed,
            documents.dropped_late,
            documents.refused_future,
            c.evicted,
            c.ids_forgotten,
            self.unreadable,
            self.lost,
            waiting.lost,
        ];
        let wrong: u64 = wrong.iter().sum();
        let quiet = self
            .at
            .is_some_and(|at| now.abs_diff(at) < every.saturating_mul(1000));
        if quiet && wrong == self.reported {
            return None;
        }
        (self.at, self.reported) = (Some(now), wrong);
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("@timestamp", json!(iso(now)));
        put("event.kind", json!("metric"));
        put("rule.id", json!(RULE_ID));
        let problems: Vec<String> = self
            .permanent
            .iter()
            .cloned()
            .chain(self.notes.drain(..))
            .collect();
        // Without a dot, so that a filter of Fluent Bit can distinguish a status from an alert.
        let state = if problems.is_empty() {
            "ok"
        } else {
            "problems"
        };
        put("weir_status", json!(state));
        put("weir.problems", json!(problems));
        let mut count = |key: &str, value: u64| put(&format!("weir.status.{key}"), json!(value));
        for (key, value) in [
            ("counted", documents.counted),
            ("duplicate", documents.duplicate),
            ("excluded", documents.excluded),
            ("other_data_set", documents.other_data_set),
            ("malformed", documents.malformed),
            ("dropped_late", documents.dropped_late),
            ("refused_future", documents.refused_future),
            ("unreadable", self.unreadable),
            ("lost", self.lost),
            ("late", c.late),
            ("windows", c.windows),
            ("groups", c.groups),
            ("alerts_early", c.alerts_early),
            ("alerts_on_time", c.alerts_on_time),
            ("alerts_late", c.alerts_late),
            ("alerts_retracted", c.alerts_retracted),
            ("alerts_waiting", waiting.len() as u64),
            ("alerts_lost", waiting.lost),
            ("evicted", c.evicted),
            ("ids_forgotten", c.ids_forgotten),
            ("state_bytes", c.state_bytes),
        ] {
            count(key, value);
        }
        for (table, missed) in &counters.tables_missed {
            count(&format!("tables_missed.{table}"), *missed);
        }
        for (kind, opened) in &counters.opened {
            count(&format!("opened.{kind}"), *opened);
        }
        if let Some(watermark) = counters.watermark {
            put("weir.status.watermark", json!(iso(watermark)));
        }
        Some(Value::Object(out).to_string())
    }
}
