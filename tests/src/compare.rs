//! From the alerts of the guest, native or as a component, and from the documents
//! of the host to rows; and what differs between two sets of rows.

use crate::row::Row;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use weir_generator::clock::iso;

/// When, in its window's life, a revision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In an open window.
    Early,
    /// When the watermark passed the window's end.
    OnTime,
    /// By a late event.
    Late,
    /// The condition no longer holds.
    Retracted,
}

/// One revision of one alert, wherever it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The alert's id.
    pub id: String,
    /// Number of the revision, from 1.
    pub number: u32,
    /// When it was made.
    pub phase: Phase,
    /// The columns.
    pub row: Row,
    /// Marks on columns, such as `Esql.user_agents capped`.
    pub marks: Vec<String>,
    /// Whether the figures are whole.
    pub complete: bool,
}

/// The native guest's types and the component's are twins of the same contract.
macro_rules! revision {
    ($name:ident, $root:ident :: $at:ident, $id:expr, $what:literal) => {
        #[doc = $what]
        #[must_use]
        pub fn $name(alert: &$root::$at::Alert) -> Revision {
            use $root::$at as from;
            let json = |value: &from::Value| match value {
                from::Value::Text(text) => Json::from(text.as_str()),
                from::Value::Integer(n) => Json::from(*n),
                from::Value::Number(n) => Json::from(*n),
                from::Value::Boolean(b) => Json::from(*b),
                from::Value::Timestamp(ms) => Json::from(iso(*ms)),
                from::Value::TextList(list) => scalar_or_list(list),
                from::Value::IntegerList(list) => scalar_or_list(list),
            };
            let mark = |t: &from::Truncation| match t.kind {
                from::TruncationKind::Capped => format!("{} capped", t.column),
                from::TruncationKind::Approximate => format!("{} approximate", t.column),
            };
            let columns = alert
                .columns
                .iter()
                .map(|c| (c.name.clone(), json(&c.value)));
            Revision {
                id: $id(alert),
                number: alert.revision,
                phase: match alert.phase {
                    from::Phase::Early => Phase::Early,
                    from::Phase::OnTime => Phase::OnTime,
                    from::Phase::Late => Phase::Late,
                    from::Phase::Retracted => Phase::Retracted,
                },
                row: Row(columns.collect::<Map<_, _>>()),
                marks: alert.truncated.iter().map(mark).collect(),
                complete: alert.complete,
            }
        }
    };
}

revision!(
    of_native,
    weir_detector::model,
    weir_detector::identity::of,
    "A revision as the native guest gives it."
);
#[cfg(feature = "host")]
revision!(
    of_component,
    weir_host::contract,
    weir_host::contract::Alert::id,
    "A revision as the component gives it to the host."
);

fn scalar_or_list<T: Clone + Into<Json>>(list: &[T]) -> Json {
    match list {
        [one] => one.clone().into(),
        many => Json::from(many.to_vec()),
    }
}

/// Keys of the host's document that belong to the row; all others are the alert's dress.
#[must_use]
pub fn row_of_document(document: &Json) -> Row {
    let own = ["user.id", "source.as.number", "source.ip"];
    let members = document.as_object().into_iter().flatten();
    let kept =
        members.filter(|(name, _)| name.starts_with("Esql.") || own.contains(&name.as_str()));
    Row(kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

/// The last revision of every alert, without the retracted ones, in the order in
/// which the alerts first came. Workers number theirs apart: the greatest number is
/// the last one.
#[must_use]
pub fn last_revisions(revisions: &[Revision]) -> Vec<&Revision> {
    let mut order = Vec::new();
    let mut last: BTreeMap<&str, &Revision> = BTreeMap::new();
    for revision in revisions {
        let entry = last.entry(&revision.id).or_insert_with(|| {
            order.push(revision.id.as_str());
            revision
        });
        if revision.number >= entry.number {
            *entry = revision;
        }
    }
    let kept = order.into_iter().filter_map(|id| last.get(id).copied());
    kept.filter(|revision| revision.phase != Phase::Retracted)
        .collect()
}

/// The rows of the last revisions.
#[must_use]
pub fn final_rows(revisions: &[Revision]) -> Vec<Row> {
    last_revisions(revisions)
        .into_iter()
        .map(|revision| revision.row.clone())
        .collect()
}

/// Checks what holds for the revisions of one stream: numbers from 1 without gaps, one
/// group for an id and one id for a group, and no revision without a change.
///
/// # Errors
/// What does not hold.
pub fn in_sequence(revisions: &[Revision]) -> Result<(), String> {
    let mut last: BTreeMap<&str, &Revision> = BTreeMap::new();
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for revision in revisions {
        let before = last.insert(&revision.id, revision);
        let expected = before.map_or(1, |b| b.number + 1);
        if revision.number != expected {
            return Err(format!(
                "{}: revision {} instead of {expected}",
                revision.id, revision.number
            ));
        }
        if *ids.entry(revision.row.key()).or_insert(&revision.id) != revision.id {
            return Err(format!(
                "{}: a second id for {}",
                revision.id,
                revision.row.key()
            ));
        }
        if before.is_some_and(|b| b.row.key() != revision.row.key()) {
            return Err(format!("{}: one id for two groups", revision.id));
        }
        let retracted = |r: &Revision| r.phase == Phase::Retracted;
        // On time, an early alert is confirmed even if nothing has changed.
        let confirms = |b: &Revision| b.phase == Phase::Early && revision.phase == Phase::OnTime;
        if before.is_some_and(|b| {
            retracted(b) == retracted(revision) && b.row == revision.row && !confirms(b)
        }) {
            return Err(format!(
                "{}: revision {} changes nothing",
                revision.id, revision.number
            ));
        }
        if retracted(revision) && before.is_none_or(retracted) {
            return Err(format!("{}: nothing to retract", revision.id));
        }
    }
    Ok(())
}

/// Every difference between two answers, row by row and column by column; empty
/// when they are equal. The order of rows is of no account.
#[must_use]
pub fn differences(expected: &[Row], found: &[Row]) -> Vec<String> {
    let index = |rows: &[Row]| -> BTreeMap<String, Row> {
        rows.iter().map(|row| (row.key(), row.clone())).collect()
    };
    let (want, have) = (index(expected), index(found));
    let mut out = Vec::new();
    for (name, rows, map) in [("expected", expected, &want), ("found", found, &have)] {
        if rows.len() != map.len() {
            out.push(format!(
                "{} {name} rows have only {} keys",
                rows.len(),
                map.len()
            ));
        }
    }
    for (key, row) in &want {
        match have.get(key) {
            None => out.push(format!("missing: {key}: {}", Json::from(row.0.clone()))),
            Some(other) => columns(key, row, other, &mut out),
        }
    }
    let surplus = have.iter().filter(|(key, _)| !want.contains_key(*key));
    out.extend(surplus.map(|(key, row)| format!("surplus: {key}: {}", Json::from(row.0.clone()))));
    out
}

fn columns(key: &str, want: &Row, have: &Row, out: &mut Vec<String>) {
    let names = want
        .0
        .keys()
        .chain(have.0.keys().filter(|name| !want.0.contains_key(*name)));
    for name in names {
        let (w, h) = (want.0.get(name), have.0.get(name));
        if w != h {
            let text = |v: Option<&Json>| v.map_or("nothing".to_owned(), Json::to_string);
            out.push(format!(
                "{key}: {name}: expected {}, found {}",
                text(w),
                text(h)
            ));
        }
    }
}
