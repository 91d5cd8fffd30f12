//! The other rules on the log as batch engines would compute them, and streams that are crowded
//! where they turn.
//!
//! Naive on purpose, and without a line of the guest's code.

pub mod enumeration;
pub mod first_client;
pub mod first_network;
mod first_seen;
pub mod stream;
pub mod suspicious_agent;
pub mod trial;

use crate::row::Row;
use std::collections::{BTreeSet, HashSet};
use weir_generator::event::Event;

/// Seven days.
pub const WEEK: i64 = 7 * 86_400_000;

/// The events without those that were delivered before.
fn once(events: &[Event]) -> impl Iterator<Item = &Event> {
    let mut seen = HashSet::new();
    let new = move |event: &&Event| event.fingerprint().is_none_or(|print| seen.insert(print));
    events.iter().filter(new)
}

/// The only value of a field; none where there are several.
fn only<T>(values: &[T]) -> Option<&T> {
    match values {
        [value] => Some(value),
        _ => None,
    }
}

/// All distinct values of a field of some events, sorted.
fn all<'e>(events: &[&'e Event], field: fn(&Event) -> &Vec<String>) -> Vec<String> {
    let values: BTreeSet<&String> = events.iter().flat_map(|event| field(event)).collect();
    values.into_iter().cloned().collect()
}

/// The first 25 distinct paths of some events, by time and then by their text.
fn samples(events: &[&Event]) -> Vec<String> {
    let mut paths: Vec<(i64, &String)> = Vec::new();
    for event in events {
        paths.extend(event.paths.iter().map(|path| (event.time, path)));
    }
    paths.sort();
    let mut seen = HashSet::new();
    paths.retain(|(_, path)| seen.insert(*path));
    let first = paths.into_iter().take(25);
    first.map(|(_, path)| path.clone()).collect()
}

/// Adds the columns that all rules show in one way.
fn caller(row: Row, events: &[&Event]) -> Row {
    row.text("azure.tenant_id", &all(events, |e| &e.tenants))
        .text(
            "azure.aadgraphactivitylogs.properties.api_version",
            &all(events, |e| &e.api_versions),
        )
        .text("source.ip", &all(events, |e| &e.ips))
        .text(
            "source.as.organization.name",
            &all(events, |e| &e.asn_names),
        )
        .text("Esql.sample_paths", &samples(events))
}
