//! Suspicious agents: of each user, agent and span, the calls by a person's token.

use super::{all, caller, once, only};
use crate::oracle::keys;
use crate::row::Row;
use std::collections::BTreeMap;
use weir_generator::event::Event;

/// What an agent has in it, in lower case.
const PARTS: [&str; 12] = [
    "fasthttp",
    "aiohttp",
    "hound",
    "aadinternals",
    "go-http-client",
    "curl/",
    "okhttp",
    "axios",
    "node-fetch",
    "go-resty",
    "bav2ropc",
    "undici",
];

/// A span's start, a user and an agent.
type Key = (i64, Option<String>, Option<String>);

fn is_suspicious(event: &Event) -> bool {
    let actor = event.actors.as_deref().and_then(only);
    let agent = only(&event.user_agents).map(|agent| agent.to_lowercase());
    actor.is_some_and(|actor| actor == "User")
        && agent.is_some_and(|agent| {
            agent.starts_with("python") || PARTS.iter().any(|part| agent.contains(part))
        })
}

/// The alerts over a whole stream, one for each user, agent and span of so many milliseconds.
#[must_use]
pub fn rows(events: &[Event], span: i64) -> Vec<Row> {
    let mut groups: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
    for event in once(events).filter(|event| is_suspicious(event)) {
        let start = event.time.div_euclid(span) * span;
        for user in keys(&event.users) {
            for agent in keys(&event.user_agents) {
                let key = (start, user.clone(), agent);
                groups.entry(key).or_default().push(event);
            }
        }
    }
    let row = |((_, user, agent), events): (Key, Vec<&Event>)| {
        let row = Row::default()
            .text("user.id", user.as_slice())
            .text("user_agent.original", agent.as_slice())
            .integer("Esql.total_calls", i64::try_from(events.len()).ok())
            .text(
                "azure.aadgraphactivitylogs.properties.app_id",
                &all(&events, |e| &e.app_ids),
            )
            .time("Esql.first_seen", events.iter().map(|e| e.time).min())
            .time("Esql.last_seen", events.iter().map(|e| e.time).max());
        caller(row, &events)
    };
    groups.into_iter().map(row).collect()
}
