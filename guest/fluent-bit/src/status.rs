//! What the operator is told: counters, and everything that went wrong.

use crate::host::time::iso;
use crate::waiting::Waiting;
use high_4xx::RULE_ID;
use serde_json::{Map, Value, json};
use weir_detector::model::{Counters, Outcome, RefusalKind, RuleCounters};

/// Most refusals told with their reason between two statuses; all are counted.
const MOST_NOTES: usize = 8;

/// What is remembered between two ticks.
#[derive(Default)]
pub(crate) struct Status {
    /// Problems that stay until a restart.
    standing: Vec<String>,
    /// Refusals since the last status.
    notes: Vec<String>,
    /// What became of the documents that this detector saw.
    documents: Outcome,
    /// Records that were no documents.
    unreadable: u64,
    /// Records that could not be handed over.
    lost: u64,
    /// The count of all that went wrong, at the last status.
    told: u64,
    /// When that was, in milliseconds since 1970.
    at: Option<i64>,
}

impl Status {
    /// Adds problems that stay, each once; a later count of the same replaces the earlier.
    pub(crate) fn stand(&mut self, problems: Vec<String>) {
        for problem in problems {
            if !self.standing.contains(&problem) {
                self.standing.push(problem);
                self.told = u64::MAX;
            }
        }
    }

    /// Counts what became of documents.
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

    /// Documents that took part in a window.
    pub(crate) fn counted(&self) -> u64 {
        self.documents.counted
    }

    /// Another detector begins.
    pub(crate) fn begin(&mut self) {
        self.documents = Outcome::default();
    }

    /// Notes a document that the detector refused.
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

    /// Counts a record that could not be handed over.
    pub(crate) fn lost(&mut self, length: usize) {
        self.lost += 1;
        self.note(|| format!("lost: a record of {length} bytes is longer than records may be"));
    }

    fn note(&mut self, text: impl Fn() -> String) {
        if self.notes.len() < MOST_NOTES {
            let mut text = text();
            // A reason may quote the record.
            let end = text.floor_char_boundary(300);
            text.truncate(end);
            self.notes.push(text);
        }
    }

    /// The status as a JSON document, when it is due: at the first tick, when something went
    /// wrong since the last, and every so many seconds.
    pub(crate) fn document(
        &mut self,
        now: i64,
        every: u64,
        counters: &Counters,
        waiting: &Waiting,
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
        if quiet && wrong == self.told {
            return None;
        }
        (self.at, self.told) = (Some(now), wrong);
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("@timestamp", json!(iso(now)));
        put("event.kind", json!("metric"));
        put("rule.id", json!(RULE_ID));
        let problems: Vec<String> = self
            .standing
            .iter()
            .cloned()
            .chain(self.notes.drain(..))
            .collect();
        // Without a dot, so that a filter of Fluent Bit's can tell a status from an alert.
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
