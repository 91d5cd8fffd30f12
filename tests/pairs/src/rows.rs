//! Rows of the reference evaluation over naively cut windows, and rows of alerts.

use crate::queries::{Query, Shape};
use std::collections::{BTreeMap, BTreeSet};
use weir_detector::model::{Alert, Value as Shown};
use weir_esql::evaluate::json::Json;
use weir_esql::evaluate::{Table, evaluate};
use weir_esql::plan::Plan;
use weir_esql::types::{Type, Value};

/// 2026-05-19T09:00:00Z.
pub(crate) const START: i64 = 1_779_181_200_000;
/// Windows that slide, in seconds.
pub(crate) const LENGTH: i64 = 120;
pub(crate) const EVERY: i64 = 60;
/// How long a stream is, in seconds.
pub(crate) const SECONDS: i64 = 600;

/// A row: what it is told by, and its columns by name.
pub(crate) type Row = (String, BTreeMap<String, Vec<String>>);

/// A text, or a number however it is written.
fn plain(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) => format!("{number:?}"),
        Err(_) => text.to_owned(),
    }
}

/// The items of a value of the reference evaluation, as texts.
fn meant(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => plain(&number.to_string()),
        // Alerts show no sign of a zero.
        Value::Double(number) => plain(&(number + 0.0).to_string()),
        Value::Text(text) => plain(text),
        Value::Date(time) => weir_esql::time::render(*time),
        Value::Ip(address) => weir_esql::address::render(*address),
        other => format!("{other:?}"),
    };
    sorted(value.items().iter().map(text).collect())
}

/// The items of an alert's value, as texts.
fn shown(value: &Shown) -> Vec<String> {
    sorted(match value {
        Shown::Text(text) => vec![plain(text)],
        Shown::TextList(texts) => texts.iter().map(|text| plain(text)).collect(),
        Shown::Integer(number) => vec![plain(&number.to_string())],
        Shown::IntegerList(all) => all.iter().map(|n| plain(&n.to_string())).collect(),
        Shown::Number(number) => vec![plain(&number.to_string())],
        Shown::Boolean(value) => vec![value.to_string()],
        Shown::Timestamp(time) => vec![weir_esql::time::render(*time)],
    })
}

/// Alerts hold no empty text; equal values are one.
fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.retain(|text| !text.is_empty());
    texts.sort();
    texts.dedup();
    texts
}

/// Types of the fields that are no keywords.
fn schema(name: &str) -> Option<Type> {
    Some(match name {
        "@timestamp" | "event.created" => Type::Date,
        "process.pid" => Type::Long,
        "event.risk_score" => Type::Double,
        "tls.established" => Type::Boolean,
        "source.ip" => Type::Ip,
        "powershell.file.script_block_text" => Type::Text,
        _ => return None,
    })
}

/// The rows of a table, each told by the columns `told`.
fn rows(table: &Table, window: &str, told: &[String]) -> Vec<Row> {
    let row = |values: &Vec<Value>| {
        let mut id = window.to_owned();
        let mut columns = BTreeMap::new();
        for ((name, _), value) in table.columns.iter().zip(values) {
            let value = meant(value);
            if told.contains(name) {
                id += &format!(" {name}={}", value.join(","));
            } else if !value.is_empty() {
                columns.insert(name.clone(), value);
            }
        }
        (id, columns)
    };
    table.rows.iter().map(row).collect()
}

/// A query that is analysed.
fn planned(text: &str) -> Result<Plan, String> {
    weir_esql::analyse(text, &schema).map_err(|found| format!("{found:?}"))
}

/// The table of the documents in a window.
fn of(plan: &Plan, documents: &[(i64, Json)], from: i64, to: i64) -> Table {
    let inside = documents.iter().filter(|(at, _)| (from..to).contains(at));
    let inside: Vec<Json> = inside.map(|(_, document)| document.clone()).collect();
    evaluate(plan, &inside, to, &|_, _| false)
}

/// The rows of the groups that begin at a time: their keys were not seen in the look-back before it.
fn first(query: &Query, documents: &[(i64, Json)], plan: &Plan) -> Result<Vec<Row>, String> {
    let groups = planned(&query.groups)?;
    let times: BTreeSet<i64> = documents.iter().map(|(at, _)| *at).collect();
    let mut alerting = Vec::new();
    for time in times {
        let before = of(&groups, documents, time - LENGTH * 1000, time);
        let seen: Vec<String> = { rows(&before, "", &query.told).into_iter() }
            .map(|(key, _)| key)
            .collect();
        for (key, columns) in rows(&of(plan, documents, time, time + 1), "", &query.told) {
            if !seen.contains(&key) {
                let window = weir_esql::time::render(time);
                alerting.push((format!("{window}{key}"), columns));
            }
        }
    }
    Ok(alerting)
}

/// The rows that a rule should alert on: where windows slide at every boundary, or at the first of
/// each episode. The sentence says what the query or a document is not.
pub(crate) fn wanted(
    query: &Query,
    documents: &[(i64, String)],
    all: bool,
) -> Result<Vec<Row>, String> {
    let plan = planned(&query.text)?;
    let read = |(at, line): &(i64, String)| Some((*at, Json::parse(line)?));
    let documents: Option<Vec<(i64, Json)>> = documents.iter().map(read).collect();
    let documents = documents.ok_or("a document is no JSON")?;
    let table = |from: i64, to: i64| of(&plan, &documents, from, to);
    match query.shape {
        Shape::First => return first(query, &documents, &plan),
        Shape::Each | Shape::Tumbling => {
            return Ok(rows(&table(i64::MIN, i64::MAX), "", &query.told));
        }
        Shape::Sliding => {}
    }
    let mut before: Vec<String> = Vec::new();
    let mut alerting = Vec::new();
    for boundary in 1..=(SECONDS + LENGTH) / EVERY {
        let end = START + boundary * EVERY * 1000;
        let found = rows(&table(end - LENGTH * 1000, end), "", &query.told);
        let keys = found.iter().map(|(key, _)| key.clone()).collect();
        let window = weir_esql::time::render(end);
        for (key, columns) in found {
            if all || !before.contains(&key) {
                alerting.push((format!("{window}{key}"), columns));
            }
        }
        before = keys;
    }
    Ok(alerting)
}

/// The name of a column in alerts.
fn renamed(name: &str) -> String {
    match name.starts_with("event.") {
        true => format!("document.{name}"),
        false => name.to_owned(),
    }
}

/// What an alert says, as a row.
pub(crate) fn row(query: &Query, alert: &Alert) -> Row {
    let mut columns: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in &alert.columns {
        columns.insert(&column.name, shown(&column.value));
    }
    let mut id = match query.shape {
        Shape::Sliding => weir_esql::time::render(alert.window.end),
        Shape::First => weir_esql::time::render(alert.window.start),
        _ => String::new(),
    };
    let mut kept = BTreeMap::new();
    for name in &query.output {
        let own = match name == "_id" {
            true => "document.id".to_owned(),
            false => renamed(name),
        };
        let value = columns.get(own.as_str()).cloned().unwrap_or_default();
        if query.told.contains(name) {
            id += &format!(" {name}={}", value.join(","));
        } else if !value.is_empty() {
            kept.insert(name.clone(), value);
        }
    }
    (id, kept)
}
