//! The same figures for machines. Names and units are documented in `docs/terminal.md`.

use serde_json::{Value as Json, json};

use super::{Summary, peak_memory};
use crate::output::iso;

impl Summary {
    /// One object. Names stay as they are; there may be more of them later.
    #[must_use]
    pub fn json(&self, rule: &str) -> Json {
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
        json!({
            "rule": rule,
            "events_read": totals.read(),
            "events_counted": counters.counted,
            "events_duplicate": counters.duplicate,
            "events_excluded": counters.excluded,
            "events_other_data_set": counters.other_data_set,
            "events_malformed": counters.malformed + totals.refused_here,
            "events_dropped_late": counters.dropped_late,
            "events_refused_future": counters.refused_future,
            "events_quarantined": totals.quarantined,
            "events_sum": self.sum(),
            "events_late": counters.late,
            "bytes_read": totals.bytes,
            "sources_read": totals.sources,
            "sources_unchanged": totals.unchanged_sources,
            "sources_failed": totals.bad_sources,
            "windows_fired": counters.windows_fired,
            "windows_open": counters.windows,
            "groups_seen": counters.groups_seen,
            "groups_evicted": counters.evicted,
            "event_ids_forgotten": counters.ids_forgotten,
            "alerts_on_time": counters.alerts_on_time,
            "alerts_early": counters.alerts_early,
            "alerts_late": counters.alerts_late,
            "alerts_retracted": counters.alerts_retracted,
            "alerts_written": self.written,
            "watermark": counters.watermark.map(iso),
            "elapsed_seconds": seconds,
            "events_per_second": now(totals.read(), before.read()) as f64 / seconds,
            "bytes_per_second": now(totals.bytes, before.bytes) as f64 / seconds,
            "host_peak_memory_bytes": peak_memory(),
            "component_memory_bytes": self.guest_memory,
            "component_restarts": self.restarts,
            "state_bytes": counters.state_bytes,
            "resumed_checkpoint": self.resumed.map(|(sequence, _)| sequence),
            "resumed_checkpoint_made": self.resumed.map(|(_, made)| iso(made)),
            "resumed_events_read": before.read(),
            "resumed_bytes_read": before.bytes,
            "reasons": reasons.collect::<Vec<Json>>(),
            "tables_missed": tables.collect::<Vec<Json>>(),
            "hints": self.hints(),
        })
    }
}
