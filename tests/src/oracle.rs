//! The rule as a batch engine would compute it: de-duplicate, group, decide.
//!
//! Naive on purpose, and without a line of the guest's code: where the two agree
//! on random streams, both are right or both misread the rule in the same way.

use crate::group::Group;
use crate::row::Row;
pub use crate::thresholds::Rule;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use weir_generator::event::{Event, Fingerprint};

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
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub fn reported_rate(errors: u64, calls: u64) -> f64 {
    (errors as f64 / calls as f64 * 100.0 + 0.5).floor() / 100.0
}

/// The distinct values of a key; null is a key too.
pub(crate) fn keys<T: Clone + Ord>(values: &[T]) -> BTreeSet<Option<T>> {
    let null = values.is_empty().then_some(None);
    values.iter().cloned().map(Some).chain(null).collect()
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
    pub fn add(&mut self, e: &Event) {
        if e.fingerprint().is_some_and(|f| !self.seen.insert(f)) {
            self.duplicate += 1;
        } else {
            self.count(e);
        }
    }

    /// Takes one event, seen before or not.
    pub fn count(&mut self, e: &Event) {
        self.counted += 1;
        let window = e.time.div_euclid(self.rule.window) * self.rule.window;
        let error = matches!(e.statuses[..], [400..=499]);
        let (names, agents) = (&e.asn_names, &e.user_agents);
        let (api, ips) = (&e.api_versions, &e.ips);
        let lists = [&e.tenants, api, &e.app_ids, names, agents, ips, ips];
        for user in keys(&e.users) {
            for asn in keys(&e.asns) {
                let key = (window, user.clone(), asn);
                let group = self.groups.entry(key).or_default();
                group.calls += 1;
                group.errors += u64::from(error);
                group.times.insert(e.time);
                group.paths.extend(e.paths.iter().cloned());
                for path in e.paths.iter().filter(|_| error) {
                    let first = group.failed.entry(path.clone()).or_insert(e.time);
                    *first = e.time.min(*first);
                }
                for (list, new) in group.lists.iter_mut().zip(lists) {
                    list.extend(new.iter().cloned());
                }
            }
        }
    }

    /// Every group whose counts reach that part of their thresholds, in (window, key) order.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn verdicts(&self, floor: f64) -> Vec<Verdict> {
        let rule = &self.rule;
        let groups = self.groups.iter().map(|(place, group)| {
            let clauses = [
                ("Esql.total_calls", group.calls as f64, rule.calls as f64),
                ("Esql.errors", group.errors as f64, rule.errors as f64),
                (
                    "Esql.error_rate",
                    reported_rate(group.errors, group.calls),
                    rule.rate,
                ),
                (
                    "Esql.url_path_count",
                    group.paths.len() as f64,
                    rule.paths as f64,
                ),
            ];
            let seen = |time: Option<&i64>| time.copied().unwrap_or_default();
            Verdict {
                place: place.clone(),
                end: place.0 + rule.window,
                seen: (seen(group.times.first()), seen(group.times.last())),
                alerted: clauses.iter().all(|(_, value, least)| value >= least),
                clauses: clauses.map(|(name, v, t)| (name.to_owned(), v, t)).into(),
                complete: true,
            }
        });
        let counts = ["Esql.total_calls", "Esql.errors", "Esql.url_path_count"];
        let near = |verdict: &Verdict| {
            let mut clauses = verdict.clauses.iter();
            clauses.all(|(name, v, t)| !counts.contains(&name.as_str()) || *v >= t * floor)
        };
        groups.filter(near).collect()
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
            let rate = reported_rate(group.errors, group.calls);
            group.row(*window, rate, user.as_slice(), *asn, rule)
        });
        rows.collect()
    }
}

/// The rows of a whole stream under a rule.
#[must_use]
pub fn rows(events: &[Event], rule: &Rule) -> Vec<Row> {
    let mut oracle = Oracle::new(rule.clone());
    events.iter().for_each(|event| oracle.add(event));
    oracle.rows()
}
