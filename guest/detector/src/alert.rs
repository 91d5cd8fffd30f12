//! Builds the alert that an analyst reads from a group's aggregate.

use crate::definition::{AlertField, Plan};
use crate::key;
use crate::model::{Alert, Column, Phase, Truncation, TruncationKind, Value, Window};
use crate::row_values;
use crate::schema::{Column as Kept, Schema};
use crate::stream::Revision;
use crate::view::AlertView;

/// The alert for a revision.
pub(crate) fn build(revision: &Revision, plan: &Plan, window: Window) -> Alert {
    let view = AlertView {
        row: &revision.row,
        schema: &plan.schema,
        conditions: &plan.conditions,
        definition: &plan.definition,
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

/// The non-null parts of the key, followed by the alert's other fields.
fn columns(view: &AlertView, shown: &[(&'static str, AlertField)]) -> Vec<Column> {
    let (group, start) = (&view.row.group, view.window.start);
    let key = key::named(view.schema.key(), view.key());
    let key = key.into_iter().filter_map(|part| {
        let (name, value) = (part.name, part.value?);
        Some(Column { name, value })
    });
    let shown = shown.iter().filter_map(|(name, shown)| {
        let value = match *shown {
            AlertField::Start => Value::Timestamp(start),
            AlertField::First => Value::Timestamp(start + i64::from(group.first)),
            AlertField::Last => Value::Timestamp(start + i64::from(group.last)),
            AlertField::Figure(condition) => {
                let figure = view.figure(condition);
                Value::Number(figure.is_finite().then_some(figure)?)
            }
            AlertField::Column(column) | AlertField::Again(column) => view.value(column)?,
            AlertField::Computed(program) => {
                row_values::shown(program, view.schema, group, &view.row.strings)?
            }
        };
        let name = (*name).to_owned();
        Some(Column { name, value })
    });
    key.chain(shown).collect()
}

/// Truncation marks of the estimated columns, given as a bit for each.
pub(crate) fn estimates(schema: &Schema, bits: u32) -> Vec<Truncation> {
    let columns = (0..u32::BITS).zip(schema.columns());
    let estimates = columns.filter(|(at, _)| bits >> at & 1 == 1);
    let mark = |(_, column): (u32, &Kept)| Truncation {
        column: column.name.clone(),
        kind: TruncationKind::Approximate,
    };
    estimates.map(mark).collect()
}

/// Truncation marks: of columns in their order, then of columns that are shown a second time.
fn truncated(view: &AlertView, shown: &[(&'static str, AlertField)]) -> Vec<Truncation> {
    let again = shown.iter().filter_map(|(name, shown)| match shown {
        AlertField::Again(column) => Some((*column, *name)),
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

/// The reason as a sentence. `minimums`: all conditions are minimums, so a retracted alert fell
/// short of one.
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
