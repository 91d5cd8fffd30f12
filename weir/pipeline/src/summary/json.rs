//! A run's figures for machines. Names and units are documented in `docs/terminal.md`.

use serde_json::{Value as Json, json};

use super::text::peak_memory;
use super::{Summary, by_rule};
use weir_common::time::iso;

impl Summary {
    /// One object. Names stay as they are; there may be more of them later. `rule` is none where
    /// there are several.
    #[must_use]
    pub fn json(&self) -> Json {
        let Self {
            totals,
            before,
            counters,
            ..
        } = self;
        let now = |all: u64, before: u64| all.saturating_sub(before);
        let seconds = self.seconds();
        let reasons = self.reasons.iter().map(
            |reason| json!({"kind": reason.kind, "reason": reason.text, "events": reason.events}),
        );
        let tables = counters
            .tables_missed
            .iter()
            .map(|(table, times)| json!({"table": table, "lookups": times}));
        let opened = counters
            .opened
            .iter()
            .map(|(kind, documents)| json!({"kind": kind, "events": documents}));
        let mut object = json!({
            "rule": match &self.rules[..] {
                [only] => Some(&only.id),
                _ => None,
            },
            "events_read": totals.read(),
        });
        for (name, count) in totals.outcomes() {
            object[format!("events_{name}")] = count.into();
        }
        let more = json!({
            "events_sum": totals.read(),
            "events_late": counters.sum(|rule| rule.late),
            "bytes_read": totals.bytes,
            "sources_read": totals.sources,
            "sources_unchanged": totals.unchanged_sources,
            "sources_failed": totals.bad_sources,
            "windows_fired": counters.sum(|rule| rule.windows_fired),
            "windows_open": counters.sum(|rule| rule.windows),
            "groups_seen": counters.sum(|rule| rule.groups_seen),
            "groups_evicted": counters.sum(|rule| rule.evicted),
            "event_ids_forgotten": counters.sum(|rule| rule.ids_forgotten),
            "alerts_on_time": counters.sum(|rule| rule.alerts_on_time),
            "alerts_early": counters.sum(|rule| rule.alerts_early),
            "alerts_late": counters.sum(|rule| rule.alerts_late),
            "alerts_retracted": counters.sum(|rule| rule.alerts_retracted),
            "alerts_written": self.written,
            "watermark": counters.watermark.map(iso),
            "elapsed_seconds": seconds,
            "events_per_second": now(totals.read(), before.read()) as f64 / seconds,
            "bytes_per_second": now(totals.bytes, before.bytes) as f64 / seconds,
            "host_peak_memory_bytes": peak_memory(),
            "component_memory_bytes": self.guest_memory,
            "component_restarts": self.restarts,
            "state_bytes": counters.sum(|rule| rule.state_bytes),
            "resumed_checkpoint": self.resumed.map(|(sequence, _)| sequence),
            "resumed_checkpoint_made": self.resumed.map(|(_, made)| iso(made)),
            "resumed_events_read": before.read(),
            "resumed_bytes_read": before.bytes,
            "reasons": reasons.collect::<Vec<Json>>(),
            "tables_missed": tables.collect::<Vec<Json>>(),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            object[name] = value.clone();
        }
        object["events_opened"] = opened.collect();
        object["bytes_passed_over"] = self.passed_over.into();
        object["rules"] = by_rule::json(self);
        object["hints"] = json!(self.hints());
        object
    }
}
