//! The reference evaluation of a plan: naive, over a batch of documents, and meant to be read. It
//! is what every other execution of a plan is measured by.
//!
//! Where the language leaves something open, this is chosen: VALUES come in ascending order; rows
//! of an aggregation in the order in which their groups begin; of rows that tie, FIRST takes the
//! smallest value and LAST the largest; counts of distinct values are exact; to aggregates and their
//! keys both zeros are 0.0; without LIMIT all rows come out.

mod aggregate;
mod convert;
mod document;
mod expression;
mod function;
pub mod json;
mod multi;
mod number;
mod text;
mod when;

use crate::plan::{Output, Part, Plan, Slot, StageKind};
use crate::types::{Type, Value};
pub use convert::double_text;
use json::Json;
use std::cmp::Ordering;

/// Rows and their columns: those of the output that have a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names and types.
    pub columns: Vec<(String, Type)>,
    /// A value for each column.
    pub rows: Vec<Vec<Value>>,
}

/// A row on its way: a value for each slot, and the document that it is of before aggregations.
#[derive(Clone, Debug)]
struct Row<'a> {
    values: Vec<Value>,
    document: Option<&'a Json>,
}

/// What expressions see besides their row.
struct Context<'a> {
    plan: &'a Plan,
    now: i64,
    kql: &'a dyn Fn(&str, &Json) -> bool,
}

/// The rows of a plan over documents, run at a time. Calls of `KQL` are answered by a function of
/// the query and the document; after an aggregation they are null.
#[must_use]
pub fn evaluate(
    plan: &Plan,
    documents: &[Json],
    now: i64,
    kql: &dyn Fn(&str, &Json) -> bool,
) -> Table {
    let context = Context { plan, now, kql };
    let mut rows: Vec<Row> = documents
        .iter()
        .map(|document| Row {
            values: document::values(plan, document),
            document: Some(document),
        })
        .collect();
    for stage in &plan.stages {
        rows = context.stage(&stage.kind, rows);
    }
    let outputs: Vec<(String, Slot)> = plan
        .output
        .iter()
        .filter_map(|output| match output {
            Output::Column(name, slot) => Some((name.clone(), *slot)),
            Output::Fields { .. } => None,
        })
        .collect();
    Table {
        rows: rows
            .into_iter()
            .map(|row| {
                outputs
                    .iter()
                    .map(|(_, slot)| row.values[slot.0].clone())
                    .collect()
            })
            .collect(),
        columns: outputs
            .into_iter()
            .map(|(name, slot)| (name, plan.slot(slot).kind))
            .collect(),
    }
}

impl<'a> Context<'a> {
    fn stage(&self, stage: &StageKind, rows: Vec<Row<'a>>) -> Vec<Row<'a>> {
        match stage {
            StageKind::Filter(condition) => rows
                .into_iter()
                .filter(|row| self.value(condition, row) == Value::Boolean(true))
                .collect(),
            StageKind::Compute(slot, value) => self.each(rows, |row| {
                row.values[slot.0] = self.value(value, row);
            }),
            StageKind::Expand(from, to) => rows
                .into_iter()
                .flat_map(|row| expanded(&row, *from, *to))
                .collect(),
            StageKind::Dissect {
                input,
                pattern,
                parts,
            } => self.each(rows, |row| {
                let input = self.value(input, row);
                let found = texts(&input)
                    .filter_map(|text| pattern.apply(text))
                    .flatten();
                let found = found.map(|(name, text)| (name, Value::Text(text)));
                set_parts(row, parts, found.collect());
            }),
            StageKind::Grok {
                input,
                patterns,
                parts,
            } => self.each(rows, |row| {
                let input = self.value(input, row);
                let found = texts(&input)
                    .filter_map(|text| patterns.iter().find_map(|pattern| pattern.apply(text)))
                    .flatten();
                let found = found
                    .map(|(name, kind, text)| (name, convert::converted(&Value::Text(text), kind)));
                set_parts(row, parts, found.collect());
            }),
            StageKind::Aggregate { keys, columns } => self.aggregate(keys, columns, &rows),
            StageKind::Sort(keys) => self.sorted(keys, rows),
            StageKind::Limit(number) => {
                let most = usize::try_from(*number).unwrap_or(usize::MAX);
                rows.into_iter().take(most).collect()
            }
        }
    }

    fn each(&self, mut rows: Vec<Row<'a>>, set: impl Fn(&mut Row<'a>)) -> Vec<Row<'a>> {
        rows.iter_mut().for_each(set);
        rows
    }

    /// Rows by keys: of several values the smallest counts, or the largest where it descends.
    fn sorted(
        &self,
        keys: &[(crate::plan::Expression, bool, bool)],
        rows: Vec<Row<'a>>,
    ) -> Vec<Row<'a>> {
        let mut keyed: Vec<(Vec<Value>, Row)> = rows
            .into_iter()
            .map(|row| {
                let values = keys.iter().map(|(key, descending, _)| {
                    multi::extreme(&self.value(key, &row), *descending)
                });
                (values.collect(), row)
            })
            .collect();
        keyed.sort_by(|(one, _), (other, _)| {
            let mut order = Ordering::Equal;
            for (at, (_, descending, nulls_first)) in keys.iter().enumerate() {
                let (one, other) = (&one[at], &other[at]);
                let next = match (one.is_null(), other.is_null()) {
                    (false, false) if *descending => other.order(one),
                    (false, false) => one.order(other),
                    (one, other) if *nulls_first => other.cmp(&one),
                    (one, other) => one.cmp(&other),
                };
                order = order.then(next);
            }
            order
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

fn expanded<'a>(row: &Row<'a>, from: Slot, to: Slot) -> Vec<Row<'a>> {
    let value = &row.values[from.0];
    let items = match value.items() {
        [] => std::slice::from_ref(value),
        items => items,
    };
    items
        .iter()
        .map(|item| {
            let mut row = row.clone();
            row.values[to.0] = item.clone();
            row
        })
        .collect()
}

/// The texts among a value's values.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    texts_of(value.items())
}

fn texts_of(items: &[Value]) -> impl Iterator<Item = &str> {
    items.iter().filter_map(|item| match item {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Sets the parts of a pattern to what was found under their names.
fn set_parts(row: &mut Row, parts: &[Part], found: Vec<(&str, Value)>) {
    for part in parts {
        let values = found
            .iter()
            .filter(|(name, value)| *name == part.name && !value.is_null())
            .map(|(_, value)| value.clone());
        row.values[part.slot.0] = Value::of(values.collect());
    }
}
