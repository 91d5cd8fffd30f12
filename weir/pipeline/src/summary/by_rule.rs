//! Counters of each rule, where there are several.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{RuleName, Summary};
use weir_common::numbers::grouped;
use weir_host::contract::RuleCounters;

/// The heads of the table, and the figures of a rule under them.
const HEADS: [&str; 7] = [
    "counted", "late", "dropped", "windows", "groups", "evicted", "alerts",
];

/// A line for each rule, each with its end, under a line of heads.
pub(super) fn table(summary: &Summary) -> String {
    let widest = summary.rules.iter().map(|rule| rule.short_name.len());
    let width = widest.max().unwrap_or(0).max(14);
    let mut out = format!("rules     {:width$}", "");
    for head in HEADS {
        // Writing to a string does not fail.
        let _ = write!(out, "{head:>13}");
    }
    out.push('\n');
    for (name, counters) in each(summary) {
        let alerts = [
            counters.alerts_early,
            counters.alerts_on_time,
            counters.alerts_late,
        ];
        let figures = [
            counters.counted,
            counters.late,
            counters.dropped_late,
            counters.windows_fired,
            counters.groups_seen,
            counters.evicted,
            alerts.into_iter().fold(0, u64::saturating_add),
        ];
        let _ = write!(out, "  {:<w$}", name.short_name, w = width + 8);
        for figure in figures {
            let _ = write!(out, "{:>13}", grouped(figure));
        }
        out.push('\n');
    }
    out
}

/// An object for each rule.
pub(super) fn json(summary: &Summary) -> Json {
    let objects = each(summary).map(|(name, counters)| {
        json!({
            "rule": name.id,
            "short_name": name.short_name,
            "events_unwanted": counters.unwanted,
            "events_counted": counters.counted,
            "events_duplicate": counters.duplicate,
            "events_excluded": counters.excluded,
            "events_dropped_late": counters.dropped_late,
            "events_refused_future": counters.refused_future,
            "events_late": counters.late,
            "windows_fired": counters.windows_fired,
            "windows_open": counters.windows,
            "groups_seen": counters.groups_seen,
            "groups_evicted": counters.evicted,
            "event_ids_forgotten": counters.ids_forgotten,
            "alerts_early": counters.alerts_early,
            "alerts_on_time": counters.alerts_on_time,
            "alerts_late": counters.alerts_late,
            "alerts_retracted": counters.alerts_retracted,
            "state_bytes": counters.state_bytes,
        })
    });
    objects.collect()
}

/// Each rule with its counters, as far as there are any.
fn each(summary: &Summary) -> impl Iterator<Item = (&RuleName, &RuleCounters)> {
    summary.rules.iter().filter_map(|name| {
        let mut counters = summary.counters.rules.iter();
        Some((name, counters.find(|one| one.rule == name.id)?))
    })
}
