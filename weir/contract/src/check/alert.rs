//! A single alert, and a single event of a selection.

use std::collections::HashSet;

use serde::de::IgnoredAny;

use super::{
    Checked, MOST_ELEMENTS, count, each, ensure, key, names, said, shown, text, within, written,
};
use crate::Limits;
use crate::{Action, Alert, Column, KeyPart, Pivot, Truncation};

/// Bytes of an alert's document besides all that is the detector's words, about.
const FRAME: u64 = 512;

/// Checks an alert but for its rule, key and revision, which depend on more.
pub(super) fn check(alert: &Alert, limits: &Limits) -> Checked {
    key::window(alert.window)?;
    key::seen(alert.first_seen, alert.last_seen, alert.window)?;
    columns(&alert.columns, limits)?;
    row(&alert.columns, &alert.key)?;
    text(&alert.reason, limits)?;
    marks(&alert.truncated)?;
    count("response", alert.response.len(), MOST_ELEMENTS)?;
    each(&alert.response, "response", |one| action(one, limits))?;
    count("pivots", alert.pivots.len(), MOST_ELEMENTS)?;
    each(&alert.pivots, "pivots", |one| pivot(one, limits))?;
    within("an alert", size(alert), limits.alert_kib << 10, "alert_kib")
}

/// Checks the columns of an alert.
fn columns(columns: &[Column], limits: &Limits) -> Checked {
    count("columns", columns.len(), MOST_ELEMENTS)?;
    each(columns, "columns", |column| {
        names::column("name", &column.name)?;
        key::check_value("value", &column.value, limits)
    })?;
    names::apart("columns", columns.iter().map(|column| column.name.as_str()))
}

/// Checks that the row is the key's: the alert's id is of the key, and people read the columns.
fn row(columns: &[Column], key: &[KeyPart]) -> Checked {
    for part in key {
        let column = columns.iter().find(|column| column.name == part.name);
        let value = part.value.as_ref();
        let same =
            column.is_none_or(|column| value.is_some_and(|value| key::same(value, &column.value)));
        ensure(same, "columns", || {
            format!("{} has another value than in the key", shown(&part.name))
        })?;
    }
    Ok(())
}

/// Checks marks on columns.
pub(super) fn marks(marks: &[Truncation]) -> Checked {
    count("truncated", marks.len(), MOST_ELEMENTS)?;
    let mut known = HashSet::new();
    each(marks, "truncated", |mark| {
        names::column("column", &mark.column)
    })?;
    for mark in marks {
        let new = known.insert((mark.column.as_str(), mark.kind as u8));
        ensure(new, "truncated", || {
            format!("{} is marked twice", shown(&mark.column))
        })?;
    }
    Ok(())
}

fn action(action: &Action, limits: &Limits) -> Checked {
    said("name", &action.name, limits)?;
    said("method", &action.method, limits)?;
    said("url", &action.url, limits)?;
    if let Some(body) = &action.body {
        text(body, limits)?;
        let is_json = serde_json::from_str::<IgnoredAny>(body).is_ok();
        ensure(is_json, "body", || "is no JSON text")?;
    }
    action.note.iter().try_for_each(|note| text(note, limits))
}

fn pivot(pivot: &Pivot, limits: &Limits) -> Checked {
    said("name", &pivot.name, limits)?;
    said("language", &pivot.language, limits)?;
    said("query", &pivot.query, limits)
}

/// Bytes of a mark, about.
pub(super) fn mark(mark: &Truncation) -> u64 {
    16 + written(&mark.column)
}

/// Bytes of an alert's document, about, without what is the same in each.
pub fn size(alert: &Alert) -> u64 {
    let texts = |texts: &[&str]| -> u64 { texts.iter().map(|text| written(text)).sum() };
    let optional = |text: &Option<String>| text.as_deref().map_or(0, written);
    let columns = alert.columns.iter();
    let columns = columns.map(|column| written(&column.name) + key::written(&column.value));
    let keys = alert
        .key
        .iter()
        .flat_map(|part| &part.value)
        .map(key::written);
    let marks = alert.truncated.iter().map(mark);
    let actions = alert.response.iter().map(|action| {
        let said = texts(&[&action.name, &action.method, &action.url]);
        64 + said + optional(&action.body) + optional(&action.note)
    });
    let pivots = alert.pivots.iter();
    let pivots = pivots.map(|pivot| 32 + texts(&[&pivot.name, &pivot.language, &pivot.query]));
    let lists = columns
        .chain(keys)
        .chain(marks)
        .chain(actions)
        .chain(pivots);
    FRAME + written(&alert.reason) + lists.sum::<u64>()
}
