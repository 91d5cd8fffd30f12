//! A group as the oracle keeps it, and its columns.

use crate::row::{Row, smallest_addresses};
use crate::thresholds::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// The columns of lists, in the order of `Group::lists`; the last is an alias.
const LISTS: [&str; 7] = [
    "Esql.azure_tenants",
    "Esql.api_versions",
    "Esql.app_ids",
    "Esql.source_asn_name",
    "Esql.user_agents",
    "Esql.source_ips",
    "source.ip",
];

/// All that the oracle keeps of a group: everything.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) times: BTreeSet<i64>,
    pub(crate) paths: BTreeSet<String>,
    pub(crate) failed: BTreeMap<String, i64>,
    pub(crate) lists: [BTreeSet<String>; 7],
}

impl Group {
    /// The columns of the group, with the reported rate.
    pub(crate) fn row(
        &self,
        window: i64,
        rate: f64,
        user: &[String],
        asn: Option<i64>,
        rule: &Rule,
    ) -> Row {
        let mut failed: Vec<_> = self
            .failed
            .iter()
            .map(|(path, time)| (time, path))
            .collect();
        failed.sort();
        let samples = failed.iter().map(|(_, path)| (*path).clone());
        let samples: Vec<String> = samples.take(rule.samples).collect();
        let mut row = Row::new(window)
            .text("user.id", user)
            .integer("source.as.number", asn)
            .integer("Esql.total_calls", i64::try_from(self.calls).ok())
            .integer("Esql.errors", i64::try_from(self.errors).ok())
            .number("Esql.error_rate", rate)
            .integer("Esql.url_path_count", i64::try_from(self.paths.len()).ok())
            .time("Esql.first_seen", self.times.first().copied())
            .time("Esql.last_seen", self.times.last().copied())
            .text("Esql.sample_paths", &samples);
        for (i, (name, list)) in LISTS.iter().zip(&self.lists).enumerate() {
            let kept: Vec<String> = match i {
                5.. => smallest_addresses(list, rule.values),
                _ => list.iter().take(rule.values).cloned().collect(),
            };
            row = row.text(name, &kept);
        }
        row
    }
}
