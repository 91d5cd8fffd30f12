//! Answers of the animals about configurations, tables and single events.

use super::alerts::part;
use super::{animal, wa, wi, wt};

/// Problems of a configuration.
pub(super) fn problems() -> Vec<wt::Problem> {
    let problem = |message: &str| wt::Problem {
        rule: super::describe::id(),
        key: "min_lines".to_owned(),
        message: message.to_owned(),
    };
    match animal() {
        "open-many" | "advise-many" => vec![problem("no"); 100_000],
        "open-long" | "advise-long" => vec![problem(&"x".repeat(1 << 20))],
        "open-steering" | "advise-steering" => vec![wt::Problem {
            rule: super::describe::id(),
            key: super::describe::STEERING.to_owned(),
            message: super::describe::STEERING.to_owned(),
        }],
        _ => Vec::new(),
    }
}

/// The error for a table.
pub(super) fn no_table() -> wi::TableError {
    let steering = super::describe::STEERING.to_owned();
    match animal() {
        "table-many" => wi::TableError::Unknown(vec!["x".to_owned(); 100_000]),
        "table-long" => wi::TableError::Malformed("x".repeat(1 << 20)),
        "table-steering" => wi::TableError::Unknown(vec![steering]),
        _ => wi::TableError::Unknown(Vec::new()),
    }
}

/// Events that were not selected, or that are impossible.
pub(super) fn events(batch: &[u8], wanted: &[wi::Selection]) -> Vec<wi::Event> {
    let Some(first) = wanted.first() else {
        return Vec::new();
    };
    let column = |name: &str, value| wa::Column {
        name: name.to_owned(),
        value,
    };
    let group = |key| wi::EventGroup {
        rule: first.rule.clone(),
        key,
        counts_in: Vec::new(),
    };
    let one = wi::Event {
        line: 0,
        offset: 0,
        length: 1,
        time: first.window.start,
        groups: vec![group(first.key.clone())],
        category: None,
        columns: Vec::new(),
    };
    let offset = batch.len() as u32;
    vec![match animal() {
        "select-others" => wi::Event {
            groups: vec![group(vec![part("line", Some(wa::Value::Integer(7777)))])],

            ..one
        },
        "select-later" => wi::Event {
            time: first.window.end,
            ..one
        },
        "select-outside" => wi::Event { offset, ..one },
        "select-nan" => wi::Event {
            columns: vec![column("a", wa::Value::Number(f64::NAN))],
            ..one
        },
        "select-twice" => wi::Event {
            columns: vec![
                column("a", wa::Value::Boolean(true)),
                column("a", wa::Value::Boolean(false)),
            ],
            ..one
        },
        _ => return Vec::new(),
    }]
}
