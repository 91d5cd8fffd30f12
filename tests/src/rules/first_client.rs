//! First clients: moments at which a user comes with an application for the first time in a while.

use super::first_seen::firsts;
use super::{all, caller, once};
use crate::row::Row;
use weir_generator::event::Event;

/// Applications that are no news.
pub const EXCLUDED: [&str; 4] = [
    "74658136-14ec-4630-ad9b-26e160ff0fc6",
    "bb8f18b0-9c38-48c9-a847-e1ef3af0602d",
    "00000006-0000-0ff1-ce00-000000000000",
    "18ed3507-a475-4ccb-b669-d66bc9f2a36e",
];

fn is_wanted(event: &Event) -> bool {
    let mut actors = event.actors.iter().flatten();
    let mut apps = event.app_ids.iter();
    actors.any(|actor| actor == "User") && !apps.any(|app| EXCLUDED.contains(&app.as_str()))
}

/// The alerts over a whole stream, with history and warm-up in milliseconds.
#[must_use]
pub fn rows(events: &[Event], span: (i64, i64)) -> Vec<Row> {
    let wanted = once(events).filter(|event| is_wanted(event)).map(|event| {
        let pair = |app: &String| {
            event
                .users
                .iter()
                .map(|user| (app.clone(), user.clone()))
                .collect()
        };
        let pairs: Vec<Vec<(String, String)>> = event.app_ids.iter().map(pair).collect();
        let mut pairs = pairs.concat();
        pairs.sort();
        pairs.dedup();
        (event, pairs)
    });
    let begin = events
        .iter()
        .map(|event| event.time)
        .min()
        .unwrap_or_default();
    let row = |((app, user), time, events): ((String, String), i64, Vec<&Event>)| {
        let row = Row::default()
            .text("azure.aadgraphactivitylogs.properties.app_id", &[app])
            .text("user.id", &[user])
            .time("Esql.first_seen", Some(time))
            .text("user_agent.original", &all(&events, |e| &e.user_agents));
        caller(row, &events)
    };
    firsts(wanted, span, begin).into_iter().map(row).collect()
}
