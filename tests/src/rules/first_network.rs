//! First networks: moments at which a user comes from a network for the first time in a while.

use super::first_seen::firsts;
use super::{all, caller, once};
use crate::row::Row;
use weir_generator::event::Event;

/// Networks that are no news.
pub const EXCLUDED: [i64; 23] = [
    3598, 7224, 8068, 8069, 8070, 8071, 8072, 8073, 8074, 8075, 8987, 12076, 14618, 15169, 16509,
    19527, 36040, 36384, 36385, 36492, 39111, 394_089, 396_982,
];

/// The alerts over a whole stream, with history and warm-up in milliseconds.
#[must_use]
pub fn rows(events: &[Event], span: (i64, i64)) -> Vec<Row> {
    let is_news = |event: &&Event| !event.asns.iter().any(|asn| EXCLUDED.contains(asn));
    let wanted = once(events).filter(is_news).map(|event| {
        let pair = |user: &String| event.asns.iter().map(|asn| (user.clone(), *asn)).collect();
        let pairs: Vec<Vec<(String, i64)>> = event.users.iter().map(pair).collect();
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
    let row = |((user, asn), time, events): ((String, i64), i64, Vec<&Event>)| {
        let row = Row::default()
            .text("user.id", &[user])
            .integer("source.as.number", Some(asn))
            .time("Esql.first_seen", Some(time))
            .text(
                "azure.aadgraphactivitylogs.properties.app_id",
                &all(&events, |e| &e.app_ids),
            )
            .text("user_agent.original", &all(&events, |e| &e.user_agents));
        caller(row, &events)
    };
    firsts(wanted, span, begin).into_iter().map(row).collect()
}
