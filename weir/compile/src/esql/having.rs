//! Stages behind the aggregation: conditions on rows, and what alerts show.

use super::gate;
use super::group::named;
use super::lower::{Definition, Lowering, general};
use super::names::Names;
use super::stages::{conjuncts, define};
use crate::judge::MAX_COUNT;
use crate::judged::Judged;
use weir_compiled::format::{ClauseSpec, FieldSpec, FigureSpec, ParameterSpec, RangeSpec};
use weir_detector::config::is_reserved;
use weir_detector::model;
use weir_detector::program::value::Type;
use weir_detector::program::{Constant, Program};
use weir_detector::schema::{ColumnKind, MAX_COLUMNS};
use weir_esql::functions::Function;
use weir_esql::plan::{Expression, Node, Slot, StageKind};
use weir_esql::shape::{Shape, Threshold};
use weir_esql::syntax::Comparison;
use weir_esql::types::{Type as Kind, Value};

/// The figure of the conditions that are no comparison of one figure with a number.
const OTHERS: &str = "other_conditions";
/// Largest number that a parameter that is no integer takes, and the smallest of its negatives.
const MOST: f64 = 1e12;

/// Lowers the stages behind the aggregation, which is the stage `first`.
pub(super) fn rows(
    lowering: &mut Lowering,
    shape: &Shape,
    first: usize,
    names: &mut Names,
    mut judged: Judged,
) -> Judged {
    let stages = lowering.plan.stages.iter().enumerate().skip(first + 1);
    let mut others: Vec<Expression> = Vec::new();
    for (index, stage) in stages {
        match &stage.kind {
            StageKind::Filter(condition) => {
                for part in conjuncts(condition) {
                    if gate::is_gate(shape, part) {
                        // It is how groups are judged, or was told.
                        continue;
                    }
                    let mut thresholds = shape.thresholds.iter();
                    let threshold = thresholds
                        .find(|threshold| threshold.stage == index && has(part, threshold));
                    let clause = threshold
                        .and_then(|threshold| clause(lowering, threshold, names, &mut judged));
                    match clause {
                        Some(clause) => judged.conditions.push(clause),
                        None => others.push(part.clone()),
                    }
                }
            }
            StageKind::Compute(..) | StageKind::Grok { .. } | StageKind::Dissect { .. } => {
                define(lowering, stage);
            }
            StageKind::Expand(..) => {
                let message = "rows of a group for each value, which this compiler does not make: \
                    MV_EXPAND is understood before STATS";
                lowering.problem("mv-expand", stage.at, message);
            }
            // They change nothing, or were told.
            StageKind::Sort(_) | StageKind::Limit(_) => {}
            StageKind::Aggregate { .. } => return judged,
        }
    }
    if !others.is_empty() {
        other_conditions(lowering, &others, names, &mut judged);
    }
    shown(lowering, names, &mut judged);
    keep_used(&mut judged);
    judged
}

/// Whether a condition is that of a threshold.
pub(super) fn has(condition: &Expression, threshold: &Threshold) -> bool {
    match &condition.node {
        Node::Compare(_, left, right) => left.at == threshold.at || right.at == threshold.at,
        _ => false,
    }
}

/// The number of a column, by the slot that a row has it in.
fn column_of(lowering: &Lowering, judged: &Judged, slot: Slot) -> Option<u8> {
    let node = Node::Slot(slot);
    let kind = lowering.plan.slot(slot).kind;
    let at = weir_esql::span::Span::default();
    let expression = Expression { node, kind, at };
    let slot = lowering.resolved(&expression).as_slot()?;
    let Definition::Field(name) = lowering.definition(slot) else {
        return None;
    };
    let at = judged
        .columns
        .iter()
        .position(|column| column.name == name)?;
    u8::try_from(at).ok()
}

/// The condition of a threshold: of a column that no condition is over yet, or of a computed
/// number. None for what is left to the other conditions.
fn clause(
    lowering: &mut Lowering,
    threshold: &Threshold,
    names: &mut Names,
    judged: &mut Judged,
) -> Option<ClauseSpec> {
    let slot = threshold.slot;
    let comparison = match threshold.comparison {
        Comparison::GreaterOrEqual => model::Comparison::AtLeast,
        Comparison::Greater => model::Comparison::MoreThan,
        Comparison::LessOrEqual => model::Comparison::AtMost,
        Comparison::Less => model::Comparison::LessThan,
        Comparison::Equal => model::Comparison::Equal,
        Comparison::Unequal => model::Comparison::Unequal,
    };
    let number = match threshold.value {
        #[allow(clippy::cast_precision_loss, reason = "it is in range, or refused")]
        Value::Integer(number) => number as f64,
        Value::Double(number) => number,
        _ => return None,
    };
    let integer = match threshold.value {
        Value::Integer(number) => u64::try_from(number).ok().filter(|n| *n <= MAX_COUNT),
        _ => None,
    };
    let range = match integer {
        Some(number) => RangeSpec::Integer(number, 0, MAX_COUNT),
        None if (-MOST..=MOST).contains(&number) => RangeSpec::Number(number, -MOST, MOST),
        None => return None,
    };
    let column = column_of(lowering, judged, slot);
    let figure = match column {
        Some(column) => {
            let figure = FigureSpec::Column(column);
            let spec = judged.columns.get_mut(usize::from(column))?;
            let known = judged.conditions.iter().any(|known| known.figure == figure);
            let fits = spec.kind.is_numeric() && (!spec.kind.is_whole() || integer.is_some());
            let is_list = spec.kind == ColumnKind::Values;
            if known || !fits || is_list {
                return None;
            }
            spec.shown = true;
            figure
        }
        None => {
            let info = lowering.plan.slot(slot);
            let kind = general(info.kind).filter(|kind| kind.is_numeric())?;
            let name = info.name.clone();
            let shown = |clause: &ClauseSpec| matches!(&clause.figure, FigureSpec::Computed(known, _) if *known == name);
            let is_part = is_key(lowering, judged, slot)
                || matches!(lowering.definition(slot), Definition::Paired(..));
            if is_part || judged.conditions.iter().any(shown) {
                return None;
            }
            let value = Expression {
                node: Node::Slot(slot),
                kind: info.kind,
                at: threshold.at,
            };
            let program = lowering.program(&value, kind)?;
            let name = named(lowering, names, &name, threshold.at)?;
            lowering.figures.push((slot, name.clone()));
            FigureSpec::Computed(name, program)
        }
    };
    let parameter = parameter_name(&threshold.name, judged);
    judged.parameters.push(ParameterSpec {
        name: parameter.clone(),
        range,
        summary: format!(
            "What {} is compared with: the rule asks for {} {}.",
            lowering.plan.slot(slot).name,
            threshold.comparison.sign(),
            number
        ),
    });
    Some(ClauseSpec {
        figure,
        comparison,
        parameter,
    })
}

/// Whether a slot is a part of the key.
fn is_key(lowering: &Lowering, judged: &Judged, slot: Slot) -> bool {
    match lowering.definition(slot) {
        Definition::Field(name) => judged.key.iter().any(|part| part.name == name),
        Definition::Window => true,
        _ => false,
    }
}

/// A name for a parameter that neither the engine nor another threshold has.
fn parameter_name(wanted: &str, judged: &Judged) -> String {
    let is_taken = wanted.is_empty()
        || wanted.ends_with("_seconds")
        || wanted.ends_with("_floor")
        || is_reserved(judged.judgement, wanted);
    let plain = match is_taken {
        true => format!("{wanted}_threshold"),
        false => wanted.to_owned(),
    };
    let free = |name: &String| judged.parameters.iter().all(|known| known.name != *name);
    let numbered = (2..100).map(|number| format!("{plain}_{number}"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    candidates.find(free).unwrap_or(plain)
}

/// One condition that all others hold.
fn other_conditions(
    lowering: &mut Lowering,
    others: &[Expression],
    names: &mut Names,
    judged: &mut Judged,
) {
    let at = others.first().map(|other| other.at).unwrap_or_default();
    let b = lowering.conditions(others);
    let b = b.constant(Constant::Boolean(false)).call("coalesce", 2);
    let (Some(program), Some(name)) = (lowering.build(b, at), named(lowering, names, OTHERS, at))
    else {
        return;
    };
    let parameter = parameter_name(&format!("min_{OTHERS}"), judged);
    judged.parameters.push(ParameterSpec {
        name: parameter.clone(),
        range: RangeSpec::Integer(1, 0, 1),
        summary: "1 for the conditions of the rule that are no comparison with a number, 0 to \
            leave them out."
            .to_owned(),
    });
    judged.conditions.push(ClauseSpec {
        figure: FigureSpec::Computed(name, program),
        comparison: model::Comparison::AtLeast,
        parameter,
    });
}

/// Puts the query's output into alerts.
fn shown(lowering: &mut Lowering, names: &mut Names, judged: &mut Judged) {
    let plan = lowering.plan;
    for (name, slot) in plan.columns() {
        let at = weir_esql::span::Span::default();
        if is_key(lowering, judged, slot) && lowering.definition(slot) == Definition::Window {
            if let Some(name) = named(lowering, names, name, at) {
                judged.fields.push((name, FieldSpec::Start));
            }
            continue;
        }
        if lowering.figures.iter().any(|(known, _)| *known == slot) {
            continue;
        }
        if let Some(column) = column_of(lowering, judged, slot) {
            let Some(spec) = judged.columns.get_mut(usize::from(column)) else {
                continue;
            };
            // Its own name was made of its first in the output.
            let mut output = plan.columns();
            let is_first = output
                .find(|(_, known)| *known == slot)
                .map(|(name, _)| name)
                == Some(name)
                && matches!(lowering.definition(slot), Definition::Field(_));
            if is_first {
                spec.shown = true;
            } else if let Some(name) = named(lowering, names, name, at) {
                judged.fields.push((name, FieldSpec::Again(column)));
            }
            continue;
        }
        if is_key(lowering, judged, slot) {
            continue;
        }
        let kind = plan.slot(slot).kind;
        let value = Expression {
            node: Node::Slot(slot),
            kind,
            at,
        };
        let wanted = match general(kind) {
            Some(kind) if is_single(lowering, &value) => kind,
            _ => Type::Text,
        };
        let program = lowering.program(&value, wanted);
        if let (Some(program), Some(name)) = (program, named(lowering, names, name, at)) {
            judged.fields.push((name, FieldSpec::Computed(program)));
        }
    }
}

/// Whether a value over a row is never several.
fn is_single(lowering: &Lowering, value: &Expression) -> bool {
    match &lowering.resolved(value).node {
        Node::Literal(value) => !matches!(value, Value::Many(_)),
        Node::Slot(_) => value.kind != Kind::Keyword,
        Node::Call(function, parts) => match function {
            Function::Case => { parts.iter().enumerate() }
                .filter(|(at, _)| at % 2 == 1 || at + 1 == parts.len())
                .all(|(_, part)| is_single(lowering, part)),
            Function::Coalesce => parts.iter().all(|part| is_single(lowering, part)),
            Function::ToInteger
            | Function::ToLong
            | Function::ToDouble
            | Function::ToBoolean
            | Function::ToDatetime
            | Function::ToIp => parts.iter().all(|part| is_single(lowering, part)),
            Function::MvDedupe
            | Function::MvSort
            | Function::MvSlice
            | Function::MvAppend
            | Function::MvIntersection => false,
            _ => true,
        },
        _ => true,
    }
}

/// The programs over rows.
pub(super) fn programs(judged: &Judged) -> Vec<&Program> {
    let figures = judged
        .conditions
        .iter()
        .filter_map(|clause| match &clause.figure {
            FigureSpec::Computed(_, program) => Some(program),
            FigureSpec::Column(_) => None,
        });
    let fields = judged.fields.iter().filter_map(|(_, field)| match field {
        FieldSpec::Computed(program) => Some(program),
        _ => None,
    });
    figures.chain(fields).collect()
}

/// Leaves out the last of more values than a group keeps, which are shown and read by nothing else;
/// returns their names.
pub(super) fn leave_out(judged: &mut Judged) -> Vec<String> {
    let mut left_out = Vec::new();
    while judged.columns.len() > MAX_COLUMNS {
        let read: Vec<String> = { programs(judged).into_iter() }
            .flat_map(|program| program.fields().iter().map(|field| field.name.clone()))
            .collect();
        let is_again = |at: usize| {
            { judged.fields.iter() }.any(
                |(_, field)| matches!(field, FieldSpec::Again(column) if usize::from(*column) == at),
            )
        };
        let is_free = |at: &usize| {
            judged.columns.get(*at).is_some_and(|column| {
                column.kind == ColumnKind::Values && !read.contains(&column.name) && !is_again(*at)
            })
        };
        let last = (0..judged.columns.len()).rev().find(is_free);
        let Some(column) = last.and_then(|at| judged.columns.get_mut(at)) else {
            break;
        };
        column.shown = false;
        left_out.insert(0, column.name.clone());
        keep_used(judged);
    }
    left_out
}

/// Leaves columns out that nothing shows or reads.
pub(super) fn keep_used(judged: &mut Judged) {
    let names: Vec<String> = { programs(judged).into_iter() }
        .flat_map(|program| program.fields().iter().map(|field| field.name.clone()))
        .collect();
    let mut places: Vec<Option<u8>> = Vec::new();
    let mut kept = Vec::new();
    let again = |column: usize| {
        { judged.fields.iter() }.any(
            |(_, field)| matches!(field, FieldSpec::Again(known) if usize::from(*known) == column),
        )
    };
    for (at, column) in judged.columns.iter().enumerate() {
        let is_used = column.shown || names.contains(&column.name) || again(at);
        places.push(is_used.then(|| u8::try_from(kept.len()).unwrap_or(u8::MAX)));
        if is_used {
            kept.push(column.clone());
        }
    }
    let place = |column: u8| {
        places
            .get(usize::from(column))
            .copied()
            .flatten()
            .unwrap_or_default()
    };
    for clause in &mut judged.conditions {
        if let FigureSpec::Column(column) = &mut clause.figure {
            *column = place(*column);
        }
    }
    for (_, field) in &mut judged.fields {
        if let FieldSpec::Again(column) = field {
            *column = place(*column);
        }
    }
    judged.columns = kept;
}
