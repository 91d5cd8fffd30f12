//! Builds the alert that an analyst reads from a group's aggregate.

use crate::definition::{AlertField, Plan};
use crate::key;
use crate::model::{Alert, Column, Phase, Truncation, TruncationKind, Value, Window};
use crate::row_values;
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
    let columns = columns(&view, &definition.shown);
    Alert {
        rule: definition.info.id.to_owned(),
        revision: revision.number,
        phase: revision.phase,
        window,
        key: key::named(plan.schema.key(), key),
        first_seen: window.start + i64::from(group.first),
        last_seen: window.start + i64::from(group.last),
        truncated: truncated(&view, &definition.shown, &columns),
        columns,
        reason: reason(
            (definition.reason)(&view),
            revision.phase,
            plan.conditions.are_minimums(),
        ),
        complete: group.complete(),
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

/// The mark of a column.
pub(crate) fn mark(name: &str, kind: TruncationKind) -> Truncation {
    Truncation {
        column: name.to_owned(),
        kind,
    }
}

/// Truncation marks: of columns in their order, of columns that are shown a second time, and of
/// fields that are computed of marked ones and are among the alert's columns.
fn truncated(
    view: &AlertView,
    shown: &[(&'static str, AlertField)],
    given: &[Column],
) -> Vec<Truncation> {
    let group = &view.row.group;
    let kind = |column| match group.sketch(column) {
        Some(_) => Some(TruncationKind::Approximate),
        None => group.truncated(column).then_some(TruncationKind::Capped),
    };
    let columns = (0..).zip(view.schema.columns());
    let columns = columns.filter_map(|(at, column)| Some(mark(&column.name, kind(at)?)));
    let others = shown.iter().filter_map(|(name, shown)| match shown {
        AlertField::Again(column) => Some(mark(name, kind(*column)?)),
        AlertField::Computed(program) if given.iter().any(|column| column.name == *name) => {
            let read = row_values::columns(program, view.schema);
            let kinds = read.into_iter().map(|column| match kind(column) {
                None => row_values::is_cut(view.value(column)).then_some(TruncationKind::Capped),
                known => known,
            });
            Some(mark(name, kinds.flatten().next()?))
        }
        _ => None,
    });
    columns.chain(others).collect()
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
