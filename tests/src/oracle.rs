//! The rule as a batch engine would compute it: de-duplicate, group, decide.
//!
//! Naive on purpose, and without a line of the guest's code: where the two agree
//! on random streams, both are right or both misread the rule in the same way.

use crate::event::{Event, Fingerprint};
use crate::row::Row;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

/// The thresholds and caps. The default is the rule as published.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Fewest calls.
    pub calls: u64,
    /// Fewest 4xx answers.
    pub errors: u64,
    /// Smallest reported error rate.
    pub rate: f64,
    /// Fewest distinct paths.
    pub paths: usize,
    /// Window length in milliseconds.
    pub window: i64,
    /// Most values in a list.
    pub values: usize,
    /// Most sample paths.
    pub samples: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            calls: 21,
            errors: 10,
            rate: 0.4,
            paths: 15,
            window: 120_000,
            values: 1000,
            samples: 25,
        }
    }
}

#[derive(Default)]
struct Group {
    calls: u64,
    errors: u64,
    times: Vec<i64>,
    paths: BTreeSet<String>,
    failed: BTreeMap<String, i64>,
    lists: [BTreeSet<String>; 6],
}

/// Takes events one by one, and answers at the end.
#[derive(Default)]
pub struct Oracle {
    rule: Rule,
    seen: HashSet<Fingerprint>,
    groups: BTreeMap<(i64, Option<String>, Option<i64>), Group>,
    /// Events that took part.
    pub counted: u64,
    /// Events seen before.
    pub duplicate: u64,
}

/// The rate as it is reported: half up, but in doubles, so that 23/40 is 0.57.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn reported_rate(errors: u64, calls: u64) -> f64 {
    (errors as f64 / calls as f64 * 100.0 + 0.5).floor() / 100.0
}

/// The distinct values of a key; null is a key too.
fn keys<T: Clone + Ord>(values: &[T]) -> BTreeSet<Option<T>> {
    if values.is_empty() {
        BTreeSet::from([None])
    } else {
        values.iter().cloned().map(Some).collect()
    }
}

impl Oracle {
    /// An oracle for a rule.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Oracle {
            rule,
            ..Oracle::default()
        }
    }

    /// Takes one event; the first of those with one fingerprint counts.
    pub fn add(&mut self, event: &Event) {
        if event
            .fingerprint()
            .is_some_and(|print| !self.seen.insert(print))
        {
            self.duplicate += 1;
            return;
        }
        self.counted += 1;
        let window = event.time.div_euclid(self.rule.window) * self.rule.window;
        let failed = matches!(event.statuses[..], [400..=499]);
        for user in keys(&event.users) {
            for asn in keys(&event.asns) {
                let group = self.groups.entry((window, user.clone(), asn)).or_default();
                group.calls += 1;
                group.errors += u64::from(failed);
                group.times.push(event.time);
                group.paths.extend(event.paths.iter().cloned());
                for path in event.paths.iter().filter(|_| failed) {
                    let first = group.failed.entry(path.clone()).or_insert(event.time);
                    *first = event.time.min(*first);
                }
                let e = event;
                let values = [
                    &e.tenants,
                    &e.api_versions,
                    &e.app_ids,
                    &e.ips,
                    &e.asn_names,
                    &e.user_agents,
                ];
                for (list, new) in group.lists.iter_mut().zip(values) {
                    list.extend(new.iter().cloned());
                }
            }
        }
    }

    /// The rows that alert, in (window, key) order.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let rule = &self.rule;
        let alerting = self.groups.iter().filter(|(_, group)| {
            group.calls >= rule.calls
                && group.errors >= rule.errors
                && reported_rate(group.errors, group.calls) >= rule.rate
                && group.paths.len() >= rule.paths
        });
        let rows = alerting.map(|((window, user, asn), group)| {
            let mut failed: Vec<(i64, String)> = group
                .failed
                .iter()
                .map(|(path, at)| (*at, path.clone()))
                .collect();
            failed.sort();
            let mut lists = group
                .lists
                .clone()
                .map(|list| list.into_iter().take(rule.values).collect::<Vec<_>>());
            lists[3] = smallest_addresses(&group.lists[3], rule.values);
            Row::new(*window)
                .text("user.id", user.as_slice())
                .integer("source.as.number", *asn)
                .integer("Esql.total_calls", i64::try_from(group.calls).ok())
                .integer("Esql.errors", i64::try_from(group.errors).ok())
                .number("Esql.error_rate", reported_rate(group.errors, group.calls))
                .integer("Esql.url_path_count", i64::try_from(group.paths.len()).ok())
                .text("Esql.azure_tenants", &lists[0])
                .text("Esql.api_versions", &lists[1])
                .text("Esql.app_ids", &lists[2])
                .text("Esql.source_ips", &lists[3])
                .text("source.ip", &lists[3])
                .text("Esql.source_asn_name", &lists[4])
                .text("Esql.user_agents", &lists[5])
                .time("Esql.first_seen", group.times.iter().min().copied())
                .time("Esql.last_seen", group.times.iter().max().copied())
                .text(
                    "Esql.sample_paths",
                    &failed
                        .into_iter()
                        .take(rule.samples)
                        .map(|(_, path)| path)
                        .collect::<Vec<_>>(),
                )
        });
        rows.collect()
    }
}

/// Of addresses the numerically smallest are kept, though they are listed as text.
fn smallest_addresses(all: &BTreeSet<String>, cap: usize) -> Vec<String> {
    let bits = |ip: &String| {
        ip.parse().map(|ip: IpAddr| match ip {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        })
    };
    let mut kept: Vec<String> = all.iter().cloned().collect();
    kept.sort_by_key(|ip| bits(ip).ok());
    kept.truncate(cap);
    kept.sort();
    kept
}

/// The rows of a whole stream under a rule.
#[must_use]
pub fn rows(events: &[Event], rule: &Rule) -> Vec<Row> {
    let mut oracle = Oracle::new(rule.clone());
    events.iter().for_each(|event| oracle.add(event));
    oracle.rows()
}
