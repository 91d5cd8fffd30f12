//! `MV_EXPAND`: rows for each value of an event.
//!
//! An event is counted once by each group that it is in. So a column is expanded where that gives the same:
//! a later condition leaves one value over, or only values that are wanted, and these are
//! grouped by, or given to aggregates that do not count rows.

use super::lower::{Definition, Lowering};
use super::stages::conjuncts;
use std::collections::HashSet;
use weir_esql::functions::Function;
use weir_esql::plan::{Expression, Node, Slot, Stage, StageKind};
use weir_esql::span::Span;
use weir_esql::syntax::Comparison;
use weir_esql::types::{Type, Value};

/// A column that stands for several rows of an event.
#[derive(Clone, Debug)]
pub(super) struct Expanded {
    /// The slot of the rows' values.
    pub(super) slot: Slot,
    /// All the rows' values.
    pub(super) values: Expression,
    /// Whether an event without values is a row, too.
    pub(super) has_null: bool,
    /// Where it is expanded.
    pub(super) at: Span,
}

fn expression(node: Node, kind: Type, at: Span) -> Expression {
    Expression { node, kind, at }
}

/// Expands a slot; returns the condition that an event has rows.
pub(super) fn expand(
    lowering: &mut Lowering,
    (from, to): (Slot, Slot),
    later: &[Stage],
    at: Span,
) -> Option<Expression> {
    let kind = lowering.plan.slot(from).kind;
    let source = expression(Node::Slot(from), kind, at);
    let once = matches!(lowering.resolved(&source).node, Node::Slot(slot)
            if matches!(lowering.definition(slot), Definition::Field(_)))
        && matches!(kind, Type::Keyword | Type::Ip);
    if !once {
        let message = "MV_EXPAND is understood of fields that are keywords or addresses, which \
            have each value once";
        lowering.problem("mv-expand", at, message);
        return None;
    }
    let conditions = later.iter().filter_map(|stage| match &stage.kind {
        StageKind::Filter(condition) => Some(condition),
        _ => None,
    });
    let mut lists = { conditions.flat_map(conjuncts) }.filter_map(|one| wanted(one, to));
    let first = lists.next();
    let wanted = first.clone().map(|first| {
        lists.fold(first, |mut kept, next| {
            let is_next = |one: &Expression| {
                next.iter()
                    .any(|other| other.as_literal() == one.as_literal())
            };
            kept.retain(is_next);
            kept
        })
    });
    match wanted {
        // No value is in all lists.
        Some(values) if values.is_empty() => {
            let any = first?.into_iter().next()?;
            lowering.define(to, Definition::Expression(any));
            let never = Node::Literal(Value::Boolean(false));
            Some(expression(never, Type::Boolean, at))
        }
        Some(values) if values.len() == 1 => {
            let value = values.into_iter().next()?;
            lowering.define(to, Definition::Expression(value.clone()));
            let literal = value.as_literal().cloned()?;
            Some(expression(
                Node::Match(Box::new(source), literal),
                Type::Boolean,
                at,
            ))
        }
        Some(values) => {
            let literals = values
                .iter()
                .filter_map(|value| value.as_literal().cloned());
            let list = expression(Node::Literal(Value::of(literals.collect())), kind, at);
            let values = Node::Call(Function::MvIntersection, vec![source, list]);
            let values = expression(values, kind, at);
            lowering.expanded.push(Expanded {
                slot: to,
                values: values.clone(),
                has_null: false,
                at,
            });
            lowering.define(to, Definition::Expression(values.clone()));
            let none = expression(Node::IsNull(Box::new(values)), Type::Boolean, at);
            Some(expression(Node::Not(Box::new(none)), Type::Boolean, at))
        }
        None => {
            lowering.expanded.push(Expanded {
                slot: to,
                values: source.clone(),
                has_null: true,
                at,
            });
            lowering.define(to, Definition::Expression(source));
            None
        }
    }
}

/// The values that a condition leaves over of a slot.
fn wanted(condition: &Expression, slot: Slot) -> Option<Vec<Expression>> {
    match &condition.node {
        Node::Compare(Comparison::Equal, left, right) => {
            let value = match (left.as_slot(), right.as_slot()) {
                (Some(known), _) if known == slot => right,
                (_, Some(known)) if known == slot => left,
                _ => return None,
            };
            let literal = value.as_literal()?;
            matches!(literal, Value::Text(_) | Value::Ip(_)).then(|| vec![(**value).clone()])
        }
        Node::In(value, list) if value.as_slot() == Some(slot) => {
            let is_one =
                |one: &Expression| matches!(one.as_literal(), Some(Value::Text(_) | Value::Ip(_)));
            list.iter().all(is_one).then(|| list.clone())
        }
        _ => None,
    }
}

/// Leaves out the conditions that values of expanded columns are filtered by; any other use of
/// such a column among conditions or values is a problem.
pub(super) fn settle(lowering: &mut Lowering, conditions: &mut Vec<Expression>) {
    let expanded = lowering.expanded.clone();
    for one in &expanded {
        if !one.has_null {
            conditions.retain(|condition| wanted(condition, one.slot).is_none());
        }
        let mentioned = conditions
            .iter()
            .any(|condition| mentions(lowering, condition, one.slot));
        let computed = lowering.plan.stages.iter().any(|stage| match &stage.kind {
            StageKind::Compute(_, value) => {
                lowering.resolved_to(value) != Some(one.slot) && mentions(lowering, value, one.slot)
            }
            StageKind::Grok { input, .. } | StageKind::Dissect { input, .. } => {
                mentions(lowering, input, one.slot)
            }
            _ => false,
        });
        if mentioned || computed {
            let message = "the values of an expanded column are asked for one by one, which is \
                understood of an equality or a list alone";
            lowering.problem("mv-expand", one.at, message);
        }
    }
    if let [_, second, ..] = &expanded[..] {
        let message = "a second column is expanded to several values: one is understood";
        lowering.problem("mv-expand", second.at, message);
    }
}

/// Whether an expression is made of a slot.
pub(super) fn mentions(lowering: &Lowering, expression: &Expression, slot: Slot) -> bool {
    mentions_unseen(lowering, expression, slot, &mut HashSet::new())
}

fn mentions_unseen(
    lowering: &Lowering,
    expression: &Expression,
    slot: Slot,
    seen: &mut HashSet<Slot>,
) -> bool {
    if let Some(known) = expression.as_slot() {
        if known == slot {
            return true;
        }
        let is_expanded = lowering.expanded.iter().any(|one| one.slot == known);
        if !seen.insert(known) {
            return false;
        }
        return match lowering.definition(known) {
            Definition::Expression(inner) if !is_expanded => {
                mentions_unseen(lowering, &inner, slot, seen)
            }
            Definition::Extracted(inner, ..) | Definition::Cut(inner, ..) => {
                mentions_unseen(lowering, &inner, slot, seen)
            }
            _ => false,
        };
    }
    { expression.parts() }
        .into_iter()
        .any(|part| mentions_unseen(lowering, part, slot, seen))
}
