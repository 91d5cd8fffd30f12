//! From a group's aggregate to the alert that an analyst reads.

use crate::definition::{Plan, Shown};
use crate::key;
use crate::model::{Alert, Column, Phase, Truncation, TruncationKind, Value, Window};
use crate::schema::{Column as Kept, Schema};
use crate::stream::Revision;
use crate::view::View;

/// The alert on a row.
pub(crate) fn build(revision: &Revision, plan: &Plan, window: Window) -> Alert {
    let view = View {
        row: &revision.row,
        schema: &plan.schema,
        conditions: &plan.conditions,
        window,
    };
    let (key, group) = (view.key(), &revision.row.group);
    let definition = &plan.definition;
    Alert {
        rule: definition.info.id.to_owned(),
        revision: revision.number,
        phase: revision.phase,
        window,
        key: key::named(plan.schema.key(), key),
        first_seen: window.start + i64::from(group.first),
        last_seen: window.start + i64::from(group.last),
        columns: columns(&view, &definition.shown),
        reason: reason(
            (definition.reason)(&view),
            revision.phase,
            plan.conditions.are_minimums(),
        ),
        complete: group.complete(),
        truncated: truncated(&view, &definition.shown),
        response: (definition.response)(&view),
        pivots: (definition.pivots)(&view),
    }
}

/// The parts of the key that are not null, and what is shown behind them.
fn columns(view: &View, shown: &[(&'static str, Shown)]) -> Vec<Column> {
    let (group, start) = (&view.row.group, view.window.start);
    let key = key::named(view.schema.key(), view.key());
    let key = key.into_iter().filter_map(|part| {
        let (name, value) = (part.name, part.value?);
        Some(Column { name, value })
    });
    let shown = shown.iter().filter_map(|(name, shown)| {
        let value = match *shown {
            Shown::Start => Value::Timestamp(start),
            Shown::First => Value::Timestamp(start + i64::from(group.first)),
            Shown::Last => Value::Timestamp(start + i64::from(group.last)),
            Shown::Figure(condition) => {
                let figure = view.figure(condition);
                Value::Number(figure.is_finite().then_some(figure)?)
            }
            Shown::Column(column) | Shown::Again(column) => view.value(column)?,
        };
        let name = (*name).to_owned();
        Some(Column { name, value })
    });
    key.chain(shown).collect()
}

/// Marks of the columns that are estimates, given as a bit for each.
pub(crate) fn estimates(schema: &Schema, bits: u16) -> Vec<Truncation> {
    let columns = (0..u16::BITS).zip(schema.columns());
    let estimates = columns.filter(|(at, _)| bits >> at & 1 == 1);
    let mark = |(_, column): (u32, &Kept)| Truncation {
        column: column.name.clone(),
        kind: TruncationKind::Approximate,
    };
    estimates.map(mark).collect()
}

/// Marks of what was estimated or cut: of columns in their order, then of those shown again.
fn truncated(view: &View, shown: &[(&'static str, Shown)]) -> Vec<Truncation> {
    let again = shown.iter().filter_map(|(name, shown)| match shown {
        Shown::Again(column) => Some((*column, *name)),
        _ => None,
    });
    let columns = view.schema.columns().iter();
    let columns = (0..).zip(columns.map(|column| column.name.as_str()));
    let marks = columns.chain(again).filter_map(|(column, name)| {
        let kind = match view.row.group.sketch(column) {
            Some(_) => TruncationKind::Approximate,
            None if view.row.group.truncated(column) => TruncationKind::Capped,
            None => return None,
        };
        let column = name.to_owned();
        Some(Truncation { column, kind })
    });
    marks.collect()
}

/// What a group did, as a sentence; of `minimums`, it falls short when it no longer holds.
fn reason(did: String, phase: Phase, minimums: bool) -> String {
    match phase {
        Phase::Retracted if minimums => {
            format!("Retracted: with the late events, {did}, which is below the thresholds.")
        }
        Phase::Retracted => {
            format!("Retracted: with the late events, {did}, which is outside of the thresholds.")
        }
        _ => format!("{did}."),
    }
}
