//! The shape of a plan: how a stream judges it.
//!
//! A rule runs its query again and again over the events of its look-back. Over a stream there are
//! three ways to the same rows, and which one a plan takes is seen from its stages:
//!
//! - [`Windows::Each`]: no aggregation; every event that passes is a row.
//! - [`Windows::Tumbling`]: one of the first aggregation's keys is the event's time cut to a span;
//!   its groups are windows of that length.
//! - [`Windows::Sliding`]: aggregation without such a key; the rule's look-back is the window, its
//!   interval the distance between windows.
//!
//! What stands before the first aggregation is the filter and the values of an event; what stands
//! after it is about groups.

use crate::functions::{Aggregate, Function};
use crate::plan::{Column, Expression, Node, Origin, Plan, Slot, StageKind};
use crate::span::Span;
use crate::syntax::{Comparison, Operation};
use crate::types::{Type, Value};

/// The windows that a plan's groups are judged in.
#[derive(Clone, Debug, PartialEq)]
pub enum Windows {
    /// Single events.
    Each,
    /// The windows that a key of the first aggregation cuts time to.
    Tumbling {
        /// The key's index.
        key: usize,
        /// How long they are: a duration or a span of the calendar.
        length: Value,
    },
    /// The rule's look-back.
    Sliding,
}

/// A number that a figure of a group is compared with: a candidate for a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// A name for the parameter: the column's with `min_`, `max_` or nothing before it.
    pub name: String,
    /// The stage, an index of `Plan::stages`: a filter.
    pub stage: usize,
    /// The slot that is compared.
    pub slot: Slot,
    /// How, with the slot on the left.
    pub comparison: Comparison,
    /// The number.
    pub value: Value,
    /// Where the number is in the query.
    pub at: Span,
}

/// A condition on the age of a group's first or last event: the rule asks whether the group is new.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The stage, an index of `Plan::stages`: a filter.
    pub stage: usize,
    /// The column of the aggregation: the smallest or largest time.
    pub slot: Slot,
    /// Whether it is about the last event.
    pub last: bool,
    /// The greatest age in milliseconds, if it is a literal that was understood.
    pub within: Option<i64>,
    /// Where the condition is in the query.
    pub at: Span,
}

/// The shape of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The windows.
    pub windows: Windows,
    /// The aggregations, as indices of `Plan::stages`.
    pub aggregations: Vec<usize>,
    /// Numbers that groups are compared with.
    pub thresholds: Vec<Threshold>,
    /// Conditions on the age of groups.
    pub gates: Vec<Gate>,
    /// Calls of `now()` that are in no gate: where they are.
    pub now: Vec<Span>,
    /// Sorting stages that change nothing, as no LIMIT follows them.
    pub idle_sorts: Vec<usize>,
    /// LIMIT stages.
    pub limits: Vec<usize>,
    /// Stages whose rows depend on the order of rows before them: LIMIT.
    pub ordered: bool,
}

/// The shape of a plan.
#[must_use]
pub fn shape(plan: &Plan) -> Shape {
    let aggregations: Vec<usize> = stages(plan, |kind| matches!(kind, StageKind::Aggregate { .. }));
    let limits = stages(plan, |kind| matches!(kind, StageKind::Limit(_)));
    let last_limit = limits.last().copied();
    let idle_sorts = stages(plan, |kind| matches!(kind, StageKind::Sort(_)))
        .into_iter()
        .filter(|sort| last_limit.is_none_or(|limit| limit < *sort))
        .collect();
    let mut shape = Shape {
        windows: windows(plan, aggregations.first().copied()),
        aggregations,
        thresholds: Vec::new(),
        gates: Vec::new(),
        now: Vec::new(),
        idle_sorts,
        ordered: !limits.is_empty(),
        limits,
    };
    let first = shape.aggregations.first().copied();
    for (index, stage) in plan.stages.iter().enumerate() {
        if let StageKind::Filter(condition) = &stage.kind
            && first.is_some_and(|first| first < index)
        {
            for part in conjuncts(condition) {
                match gate(plan, part, index) {
                    Some(gate) => shape.gates.push(gate),
                    None => shape.thresholds.extend(threshold(plan, part, index)),
                }
            }
        }
    }
    name_apart(&mut shape.thresholds);
    for stage in &plan.stages {
        for value in expressions(&stage.kind) {
            note_now(plan, value, &shape.gates, true, &mut shape.now);
        }
    }
    shape
}

fn stages(plan: &Plan, is: impl Fn(&StageKind) -> bool) -> Vec<usize> {
    plan.stages
        .iter()
        .enumerate()
        .filter(|(_, stage)| is(&stage.kind))
        .map(|(index, _)| index)
        .collect()
}

fn windows(plan: &Plan, aggregation: Option<usize>) -> Windows {
    let Some(StageKind::Aggregate { keys, .. }) = aggregation.map(|at| &plan.stages[at].kind)
    else {
        return Windows::Each;
    };
    keys.iter()
        .enumerate()
        .find_map(|(key, value)| {
            let length = cut_time(plan, &value.value)?;
            Some(Windows::Tumbling { key, length })
        })
        .unwrap_or(Windows::Sliding)
}

/// The span that an expression cuts the event's time to, if that is what it does.
fn cut_time(plan: &Plan, value: &Expression) -> Option<Value> {
    let (time, span) = match &definition(plan, value).node {
        Node::Call(Function::DateTrunc, arguments) => (arguments.get(1)?, arguments.first()?),
        Node::Call(Function::Bucket, arguments) => (arguments.first()?, arguments.get(1)?),
        _ => return None,
    };
    let slot = definition(plan, time).as_slot()?;
    match &plan.slot(slot).origin {
        Origin::Field(name) if name == "@timestamp" => span.as_literal().cloned(),
        _ => None,
    }
}

/// What a slot was computed as, through slots that are other slots.
#[must_use]
pub fn definition<'a>(plan: &'a Plan, value: &'a Expression) -> &'a Expression {
    let mut value = value;
    // Each step goes to an earlier stage.
    while let Some(slot) = value.as_slot() {
        let Origin::Stage(stage) = plan.slot(slot).origin else {
            break;
        };
        match plan.stages.get(stage).map(|stage| &stage.kind) {
            Some(StageKind::Compute(_, computed)) => value = computed,
            _ => break,
        }
    }
    value
}

/// The column of an aggregation that a slot is.
#[must_use]
pub fn column(plan: &Plan, slot: Slot) -> Option<&Column> {
    let Origin::Stage(stage) = plan.slot(slot).origin else {
        return None;
    };
    match &plan.stages.get(stage)?.kind {
        StageKind::Aggregate { columns, .. } => columns.iter().find(|column| column.slot == slot),
        _ => None,
    }
}

fn conjuncts(condition: &Expression) -> Vec<&Expression> {
    match &condition.node {
        Node::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}

/// The sides of a comparison with a literal or `now()` on the right.
fn sides(condition: &Expression) -> Option<(&Expression, Comparison, &Expression)> {
    let Node::Compare(comparison, left, right) = &condition.node else {
        return None;
    };
    let fixed = |side: &Expression| side.as_literal().is_some() || side.calls(Function::Now);
    match (left.as_slot(), right.as_slot()) {
        (_, None) if fixed(right) => Some((left, *comparison, right)),
        (None, _) if fixed(left) => Some((right, comparison.flipped(), left)),
        _ => None,
    }
}

fn threshold(plan: &Plan, condition: &Expression, stage: usize) -> Option<Threshold> {
    let (figure, comparison, number) = sides(condition)?;
    let value = number.as_literal().filter(|_| number.kind.is_number())?;
    let slot = figure.as_slot()?;
    let prefix = match comparison {
        Comparison::Greater | Comparison::GreaterOrEqual => "min_",
        Comparison::Less | Comparison::LessOrEqual => "max_",
        Comparison::Equal | Comparison::Unequal => "",
    };
    Some(Threshold {
        name: format!("{prefix}{}", plain(&plan.slot(slot).name)),
        stage,
        slot,
        comparison,
        value: value.clone(),
        at: number.at,
    })
}

/// A column's name as a parameter's: without `Esql.`, in lower case, other signs as underscores.
fn plain(name: &str) -> String {
    let short = name.strip_prefix("Esql.").unwrap_or(name);
    let plain: String = short
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    plain.trim_matches('_').to_owned()
}

/// Numbers the second and later of the same name.
fn name_apart(thresholds: &mut [Threshold]) {
    for index in 1..thresholds.len() {
        let (before, rest) = thresholds.split_at_mut(index);
        let plain = rest[0].name.clone();
        let mut number = 1;
        while before.iter().any(|other| other.name == rest[0].name) {
            number += 1;
            rest[0].name = format!("{plain}_{number}");
        }
    }
}

/// The aggregate of the event's time that an expression is, and whether it is the last time.
fn seen(plan: &Plan, value: &Expression) -> Option<(Slot, bool)> {
    let slot = definition(plan, value).as_slot()?;
    let column = column(plan, slot)?;
    if column.value.as_ref()?.kind != Type::Date {
        return None;
    }
    match column.function {
        Aggregate::Min => Some((slot, false)),
        Aggregate::Max => Some((slot, true)),
        _ => None,
    }
}

fn gate(plan: &Plan, condition: &Expression, stage: usize) -> Option<Gate> {
    let (figure, comparison, bound) = sides(condition)?;
    let (slot, last, within) = if let Some((slot, last)) = seen(plan, figure) {
        // first_seen >= now() - span
        let recent = matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual);
        bound.calls(Function::Now).then_some(())?;
        (slot, last, if recent { before_now(bound) } else { None })
    } else {
        // date_diff(unit, first_seen, now()) <= number
        let Node::Call(Function::DateDiff, arguments) = &definition(plan, figure).node else {
            return None;
        };
        let [unit, from, to] = arguments.as_slice() else {
            return None;
        };
        matches!(to.node, Node::Call(Function::Now, _)).then_some(())?;
        let (slot, last) = seen(plan, from)?;
        (slot, last, difference(unit, comparison, bound))
    };
    Some(Gate {
        stage,
        slot,
        last,
        within,
        at: condition.at,
    })
}

/// The span that is taken from `now()`, in milliseconds.
fn before_now(bound: &Expression) -> Option<i64> {
    let Node::Arithmetic(Operation::Subtract, now, span) = &bound.node else {
        return None;
    };
    let is_now = matches!(now.node, Node::Call(Function::Now, _));
    match span.as_literal() {
        Some(Value::Duration(length)) if is_now => Some(*length),
        Some(Value::Period { months: 0, days }) if is_now => days.checked_mul(crate::time::DAY),
        _ => None,
    }
}

/// The age, in milliseconds, that a difference of times in whole units has to stay below: with
/// `<= 10` minutes it is below 11 of them.
fn difference(unit: &Expression, comparison: Comparison, bound: &Expression) -> Option<i64> {
    let Some(Value::Text(unit)) = unit.as_literal() else {
        return None;
    };
    let Some(Value::Integer(number)) = bound.as_literal() else {
        return None;
    };
    let crate::check::DifferenceUnit::Nanoseconds(each) = crate::check::difference_unit(unit)?
    else {
        return None;
    };
    let units = match comparison {
        Comparison::LessOrEqual => number.checked_add(1)?,
        Comparison::Less => *number,
        _ => return None,
    };
    i64::try_from(i128::from(units) * each / 1_000_000).ok()
}

/// The expressions of a stage.
fn expressions(kind: &StageKind) -> Vec<&Expression> {
    match kind {
        StageKind::Filter(value) | StageKind::Compute(_, value) => vec![value],
        StageKind::Dissect { input, .. } | StageKind::Grok { input, .. } => vec![input],
        StageKind::Aggregate { keys, columns } => keys
            .iter()
            .map(|key| &key.value)
            .chain(columns.iter().flat_map(|column| {
                [&column.value, &column.by, &column.filter]
                    .into_iter()
                    .flatten()
            }))
            .collect(),
        StageKind::Sort(keys) => keys.iter().map(|(value, ..)| value).collect(),
        StageKind::Expand(..) | StageKind::Limit(_) => Vec::new(),
    }
}

/// Notes calls of `now()` that are not what a gate is made of: the gate itself, or a column that is
/// `whole` the age that it asks for.
fn note_now(plan: &Plan, value: &Expression, gates: &[Gate], whole: bool, found: &mut Vec<Span>) {
    if gates.iter().any(|gate| gate.at == value.at) {
        return;
    }
    if whole
        && let Node::Call(Function::DateDiff, arguments) = &value.node
        && let [_, from, to] = arguments.as_slice()
        && matches!(to.node, Node::Call(Function::Now, _))
        && seen(plan, from).is_some_and(|(slot, _)| gates.iter().any(|gate| gate.slot == slot))
    {
        return;
    }
    if matches!(value.node, Node::Call(Function::Now, _)) {
        found.push(value.at);
    }
    for part in value.parts() {
        note_now(plan, part, gates, false, found);
    }
}
