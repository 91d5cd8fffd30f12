//! Queries without an aggregation: an alert for each event, and what it shows.

use super::lower::Lowering;
use super::names::Names;
use crate::columns;
use crate::judge::{self, Schedule};
use crate::judged::Judged;
use crate::node::Node;
use crate::reason::Reason;
use weir_compiled::format::{ColumnSpec, KeySpec};
use weir_detector::judgement::Judgement;
use weir_detector::key::PartKind;
use weir_detector::program::value::Type;
use weir_detector::schema::{ColumnKind, MAX_COLUMNS, MAX_PARTS};
use weir_esql::plan::{Expression, Output, Slot};
use weir_esql::span::Span;

/// Names of an event's identity and time, which alerts have of their own, and of the whole document.
const OWN: [&str; 6] = [
    "@timestamp",
    "_id",
    "_index",
    "_version",
    "_ignored",
    "_source",
];

/// How events are judged.
pub(super) fn events(
    rule: &Node,
    schedule: Schedule,
    lowering: &mut Lowering,
    reasons: &mut Vec<Reason>,
) -> Option<Judged> {
    let mut counts = Vec::new();
    let (judgement, key) = match rule.get("alert_suppression") {
        None => {
            let judgement = Judgement::Each {
                suppress_seconds: 0,
            };
            (judgement, vec![judge::identity()?])
        }
        Some(node) => {
            counts.push(judge::count());
            let group = judge::group_by(node, reasons);
            let parts = group.iter().map(|name| part(lowering, name, reasons));
            let parts: Vec<Option<KeySpec>> = parts.collect();
            let key: Option<Vec<KeySpec>> = parts.into_iter().collect();
            if group.len() > MAX_PARTS {
                let message = format!("at most {MAX_PARTS} fields make a key");
                reasons.push(Reason::new("too-many-fields", node.span.clone(), message));
            }
            judge::refuse_alone(node, reasons);
            (judge::suppression(node, schedule, reasons)?, key?)
        }
    };
    let columns = columns(rule, lowering, &key, counts);
    Some(Judged::new(judgement, key, columns))
}

/// The slot of a name of the output.
fn output(lowering: &Lowering, name: &str) -> Option<Slot> {
    let mut columns = lowering.plan.columns();
    columns
        .find(|(known, _)| *known == name)
        .map(|(_, slot)| slot)
}

fn value(lowering: &Lowering, slot: Slot) -> Expression {
    Expression {
        node: weir_esql::plan::Node::Slot(slot),
        kind: lowering.plan.slot(slot).kind,
        at: Span::default(),
    }
}

/// The part of a key that suppression groups by.
fn part(lowering: &mut Lowering, name: &Node, reasons: &mut Vec<Reason>) -> Option<KeySpec> {
    let field = name.text().unwrap_or_default();
    let program = match output(lowering, field) {
        Some(slot) => lowering.program(&value(lowering, slot), Type::Text),
        None => columns::values(field).build().ok(),
    };
    let shown = columns::alert_name(field);
    if shown.is_none() {
        let message = format!("`{field}` is no name of a field that an alert can have");
        reasons.push(Reason::new("field-name", name.span.clone(), message));
    }
    Some(KeySpec {
        name: shown?,
        kind: PartKind::Text,
        required: false,
        program: program?,
    })
}

/// The columns that the query ends with, as many as a group keeps: first those that it computes.
/// Where it passes on whole events, the fields that it tests follow, and usual ones.
fn columns(
    rule: &Node,
    lowering: &mut Lowering,
    key: &[KeySpec],
    counts: Vec<ColumnSpec>,
) -> Vec<ColumnSpec> {
    let plan = lowering.plan;
    let mut names = Names::default();
    for part in key {
        names.take(&part.name);
    }
    for column in &counts {
        names.take(&column.name);
    }
    let mut kept = counts;
    let is_field = |slot: Slot| matches!(plan.slot(slot).origin, weir_esql::plan::Origin::Field(_));
    let (fields, computed): (Vec<_>, Vec<_>) =
        { plan.columns() }.partition(|(_, slot)| is_field(*slot));
    for (name, slot) in computed.into_iter().chain(fields) {
        let is_key = key.iter().any(|part| part.name == name);
        if OWN.contains(&name) || is_key || kept.len() >= MAX_COLUMNS {
            continue;
        }
        let program = lowering.program(&value(lowering, slot), Type::Text);
        if let (Some(program), Some(name)) = (program, names.take(name)) {
            kept.push(ColumnSpec {
                name,
                kind: ColumnKind::Values,
                program: Some(program),
                shown: true,
            });
        }
    }
    let passes = { plan.output.iter() }.any(|output| matches!(output, Output::Fields { .. }));
    match passes {
        true => columns::columns(rule, key, kept, &lowering.fields),
        false => kept,
    }
}
