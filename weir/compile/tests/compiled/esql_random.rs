//! Random rules in ES|QL over random documents: the rows of the component's rules equal those of the
//! language's reference evaluation over naively cut windows.
//!
//! `WEIR_PAIRS` says how many pairs of a rule and a stream are tried, `WEIR_SEED` which.

use crate::esql::rule;
use crate::esql_queries::{Generator, Query, Shape};
use crate::support::{compiled, last, opened};
use std::collections::{BTreeMap, BTreeSet};
use weir_compile::State;
use weir_compiled::format::RuleSpec;
use weir_detector::model::{Alert, Value as Shown};
use weir_esql::evaluate::json::Json;
use weir_esql::evaluate::{Table, evaluate};
use weir_esql::types::{Type, Value};

/// 2026-05-19T09:00:00Z.
const START: i64 = 1_779_181_200_000;
/// Windows that slide, in seconds.
const LENGTH: i64 = 120;
const EVERY: i64 = 60;

/// A row: what it is told by, and its columns by name.
type Row = (String, BTreeMap<String, Vec<String>>);

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// A text, or a number however it is written.
fn plain(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) => format!("{number:?}"),
        Err(_) => text.to_owned(),
    }
}

fn meant(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => plain(&number.to_string()),
        Value::Double(number) => plain(&number.to_string()),
        Value::Text(text) => plain(text),
        Value::Date(time) => weir_esql::time::render(*time),
        Value::Ip(address) => weir_esql::address::render(*address),
        other => panic!("{other:?}"),
    };
    sorted(value.items().iter().map(text).collect())
}

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

/// The rows of the groups that begin at a time: their keys were not seen in the look-back before it.
fn first(
    query: &Query,
    documents: &[(i64, String)],
    table: &dyn Fn(&str, i64, i64) -> Table,
) -> Vec<Row> {
    let times: BTreeSet<i64> = documents.iter().map(|(at, _)| *at).collect();
    let mut alerting = Vec::new();
    for time in times {
        let before = table(&query.groups, time - LENGTH * 1000, time);
        let seen: Vec<String> = { rows(&before, "", &query.told).into_iter() }
            .map(|(key, _)| key)
            .collect();
        for (key, columns) in rows(&table(&query.text, time, time + 1), "", &query.told) {
            if !seen.contains(&key) {
                let window = weir_esql::time::render(time);
                alerting.push((format!("{window}{key}"), columns));
            }
        }
    }
    alerting
}

/// The rows that a rule should alert on: where windows slide at every boundary, or at the first of
/// each episode.
fn wanted(query: &Query, documents: &[(i64, String)], all: bool) -> Vec<Row> {
    let of = |text: &str, from: i64, to: i64| {
        let plan = weir_esql::analyse(text, &schema).unwrap();
        let inside = documents.iter().filter(|(at, _)| (from..to).contains(at));
        let parsed: Vec<Json> = inside.map(|(_, line)| Json::parse(line).unwrap()).collect();
        evaluate(&plan, &parsed, to, &|_, _| panic!("no KQL"))
    };
    let table = |from: i64, to: i64| of(&query.text, from, to);
    match query.shape {
        Shape::First => first(query, documents, &of),
        Shape::Each | Shape::Tumbling => rows(&table(i64::MIN, i64::MAX), "", &query.told),
        Shape::Sliding => {
            let mut before: Vec<String> = Vec::new();
            let mut alerting = Vec::new();
            for boundary in 1..=(600 + LENGTH) / EVERY {
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
            alerting
        }
    }
}

/// The name of a column in alerts.
fn renamed(name: &str) -> String {
    match name.starts_with("event.") {
        true => format!("document.{name}"),
        false => name.to_owned(),
    }
}

fn row(query: &Query, alert: &Alert) -> Row {
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

#[test]
fn rows_of_random_rules_equal_the_reference_evaluation() {
    let (pairs, seed) = (number("WEIR_PAIRS", 2000), number("WEIR_SEED", 1));
    let (mut alerting, mut refused) = (0_usize, BTreeMap::<&str, usize>::new());
    let mut all = 0;
    for pair in 0..pairs {
        let mut generator = Generator::new(seed.wrapping_mul(1_000_003).wrapping_add(pair));
        let query = generator.query();
        let rest = format!("from = \"now-{LENGTH}s\"\ninterval = \"{EVERY}s\"\n");
        let compilation = compiled(&[rule("x", &query.text, &rest)]);
        let outcome = &compilation.outcomes[0];
        if outcome.state != State::Compiled {
            let codes = outcome.findings.iter().map(|finding| finding.code);
            codes.for_each(|code| *refused.entry(code).or_default() += 1);
            let may = ["empty-group", "program-too-large"];
            assert!(
                outcome.findings.iter().all(|f| may.contains(&f.code)),
                "{pair}: {}\n{:?}",
                query.text,
                outcome.findings
            );
            continue;
        }
        let documents: Vec<(i64, String)> = (0..40)
            .map(|id| {
                let second = i64::try_from(generator.below(600)).unwrap();
                (START + second * 1000, generator.document(id, second))
            })
            .collect();
        let specs: &'static [RuleSpec] = Box::leak(compilation.specs.into_boxed_slice());
        let every = pair % 2 == 0;
        let parameters = match query.shape {
            Shape::Sliding if every => r#"{"all_boundaries":true}"#,
            _ => "{}",
        };
        let mut detector = opened(specs, parameters);
        for (_, line) in &documents {
            let outcome = detector.push(format!("{line}\n").as_bytes());
            assert_eq!(outcome.malformed, 0, "{line} {:?}", outcome.refused);
        }
        detector.flush();
        let alerts = last(detector.take_alerts(u32::MAX));
        let mut found: Vec<Row> = alerts.iter().map(|alert| row(&query, alert)).collect();
        let mut wanted = wanted(&query, &documents, every);
        found.sort();
        wanted.sort();
        if found != wanted {
            let odd = found.iter().filter(|row| !wanted.contains(row)).take(3);
            let odd: Vec<_> = odd.collect();
            let missed: Vec<_> = wanted
                .iter()
                .filter(|row| !found.contains(row))
                .take(3)
                .collect();
            let lines: Vec<&String> = documents.iter().map(|(_, line)| line).collect();
            panic!(
                "{pair}: {}\nodd {odd:#?}\nmissed {missed:#?}\n{lines:#?}",
                query.text
            );
        }
        all += wanted.len();
        alerting += usize::from(!wanted.is_empty());
    }
    let tried = usize::try_from(pairs).unwrap();
    println!("{alerting} of {tried} pairs alert, {all} rows; left out: {refused:?}");
    assert!(alerting * 3 > tried, "{alerting} of {tried}");
    assert!(refused.values().sum::<usize>() * 10 < tried, "{refused:?}");
}
