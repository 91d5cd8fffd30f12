//! Comparison of the alerts of a redacted case with those of the log: windows and figures.

use std::collections::BTreeMap;

use weir_common::numbers::counted;
use weir_common::time::iso;
use weir_host::contract::{Alert, Selection, Value};
use weir_ledger::text;

/// Integers from here on may stand for others: numbers of autonomous systems for private use.
const REPLACED: i64 = 4_200_000_000;
/// Differences that are told one by one.
const TOLD: usize = 5;

/// Whether an alert is on a group and a time that were asked for.
pub(super) fn is_wanted(alert: &Alert, wanted: &[Selection]) -> bool {
    wanted.iter().any(|selection| {
        let in_time =
            alert.window.start < selection.window.end && selection.window.start < alert.window.end;
        in_time
            && selection.rule == alert.rule
            && selection.key.iter().all(|part| {
                let own = alert.key.iter().find(|own| own.name == part.name);
                own.is_some_and(|own| text(own.value.as_ref()) == text(part.value.as_ref()))
            })
    })
}

/// Differences between the alerts of the log and those of the case, in a sentence; none when
/// they are alike but for what was replaced.
pub(super) fn changed(original: &[Alert], redacted: &[Alert]) -> Option<String> {
    let (before, after) = (by_window(original), by_window(redacted));
    let mut wrong = Vec::new();
    for (window, was) in &before {
        let is = after.get(window).map_or(&[][..], Vec::as_slice);
        if was.len() != is.len() {
            wrong.push(format!(
                "{}: {} became {}",
                iso(window.0),
                alerts(was.len()),
                is.len()
            ));
            continue;
        }
        let figures = was.iter().zip(is).flat_map(|(was, is)| figures(was, is));
        wrong.extend(figures.map(|figure| format!("{}: {figure}", iso(window.0))));
    }
    for (window, is) in &after {
        if !before.contains_key(window) {
            wrong.push(format!("{}: {} came up", iso(window.0), alerts(is.len())));
        }
    }
    if wrong.is_empty() {
        return None;
    }
    let more = wrong.len().saturating_sub(TOLD);
    wrong.truncate(TOLD);
    if more > 0 {
        wrong.push(format!("and {more} more"));
    }
    Some(wrong.join("; "))
}

/// Alerts by the window that they are about, in the order in which they were found.
fn by_window(all: &[Alert]) -> BTreeMap<(i64, i64), Vec<&Alert>> {
    let mut windows: BTreeMap<_, Vec<&Alert>> = BTreeMap::new();
    for alert in all {
        let window = (alert.window.start, alert.window.end);
        windows.entry(window).or_default().push(alert);
    }
    windows
}

fn alerts(count: usize) -> String {
    counted(count, "alert")
}

/// The columns whose figures differ.
fn figures(was: &Alert, is: &Alert) -> Vec<String> {
    let shape = |alert: &Alert, name: &str| {
        let column = alert.columns.iter().find(|column| column.name == name);
        column.map_or_else(|| "nothing".to_owned(), |column| figure(&column.value))
    };
    let mut names: Vec<&str> = Vec::new();
    for column in was.columns.iter().chain(&is.columns) {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    let differs = names.into_iter().filter_map(|name| {
        let (one, other) = (shape(was, name), shape(is, name));
        (one != other && !is_replaced(is, name)).then(|| format!("{name} {one} became {other}"))
    });
    differs.collect()
}

/// The part of a value that redaction keeps.
fn figure(value: &Value) -> String {
    match value {
        Value::Text(_) => "a text".to_owned(),
        Value::TextList(all) => counted(all.len(), "value"),
        Value::IntegerList(all) => counted(all.len(), "value"),
        one => one.to_string(),
    }
}

fn is_replaced(alert: &Alert, name: &str) -> bool {
    let column = alert.columns.iter().find(|column| column.name == name);
    column.is_some_and(|column| matches!(column.value, Value::Integer(n) if n >= REPLACED))
}
