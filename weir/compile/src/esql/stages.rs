//! Stages before the aggregation: conditions on events, and what slots are.

use super::expand;
use super::lower::{Definition, Lowering, milliseconds};
use weir_compiled::format::IDENTITY;
use weir_esql::dissect::Dissect;
use weir_esql::functions::Function;
use weir_esql::grok::Grok;
use weir_esql::plan::{Expression, Node, Origin, Part, Slot, Stage, StageKind};
use weir_esql::shape::Shape;
use weir_esql::span::Span;
use weir_esql::syntax::{Comparison, Operation};

/// The parts of conjunctions.
pub(super) fn conjuncts(condition: &Expression) -> Vec<&Expression> {
    match &condition.node {
        Node::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}

/// Defines the slots that a stage sets for each row; no other stage sets any.
pub(super) fn define(lowering: &mut Lowering, stage: &Stage) {
    match &stage.kind {
        StageKind::Compute(slot, value) => {
            lowering.define(*slot, Definition::Expression(value.clone()));
        }
        StageKind::Grok {
            input,
            patterns,
            parts,
        } => grok(lowering, input, patterns, parts, stage.at),
        StageKind::Dissect {
            input,
            pattern,
            parts,
        } => dissect(lowering, input, pattern, parts),
        _ => {}
    }
}

/// Defines the slots of events, and returns the conditions that all must be true.
pub(super) fn events(lowering: &mut Lowering, shape: &Shape) -> Vec<Expression> {
    for (index, slot) in lowering.plan.slots.iter().enumerate() {
        let definition = match &slot.origin {
            Origin::Field(name) => Definition::Field(name.clone()),
            Origin::Metadata(name) if name == "_id" => Definition::Field(IDENTITY.to_owned()),
            Origin::Metadata(name)
                if matches!(name.as_str(), "_index" | "_version" | "_ignored") =>
            {
                Definition::Field(name.clone())
            }
            _ => continue,
        };
        lowering.define(Slot(index), definition);
    }
    let stages = &lowering.plan.stages;
    let until = shape.aggregations.first().copied();
    let stages = stages
        .get(..until.unwrap_or(stages.len()))
        .unwrap_or_default();
    let mut conditions: Vec<Expression> = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        match &stage.kind {
            StageKind::Filter(condition) => {
                conditions.extend(conjuncts(condition).into_iter().cloned());
            }
            StageKind::Compute(..) | StageKind::Grok { .. } | StageKind::Dissect { .. } => {
                define(lowering, stage);
            }
            StageKind::Expand(from, to) => {
                let later = stages.get(index + 1..).unwrap_or_default();
                conditions.extend(expand::expand(lowering, (*from, *to), later, stage.at));
            }
            // They change nothing, or were told.
            StageKind::Sort(_) | StageKind::Limit(_) | StageKind::Aggregate { .. } => {}
        }
    }
    conditions.retain(|condition| !of_whole(lowering, shape, condition));
    expand::settle(lowering, &mut conditions);
    conditions
}

/// Whether a condition asks for the events of the look-back alone: `@timestamp > now() - span`, the
/// span being no shorter.
fn of_whole(lowering: &mut Lowering, shape: &Shape, condition: &Expression) -> bool {
    let Node::Compare(Comparison::Greater | Comparison::GreaterOrEqual, time, bound) =
        &condition.node
    else {
        return false;
    };
    let Node::Arithmetic(Operation::Subtract, now, span) = &bound.node else {
        return false;
    };
    let is_time = { lowering.resolved(time).as_slot() }.is_some_and(
        |slot| matches!(lowering.definition(slot), Definition::Field(name) if name == "@timestamp"),
    );
    let length = span.as_literal().and_then(milliseconds);
    let back = i64::try_from(lowering.look_back).unwrap_or(i64::MAX);
    let is_whole = is_time
        && matches!(now.node, Node::Call(Function::Now, _))
        && shape.now.contains(&now.at)
        && length.is_some_and(|length| length / 1000 >= back);
    if is_whole {
        let at = now.at;
        lowering
            .problems
            .retain(|known| (known.code, known.at) != ("now", at));
    }
    is_whole
}

/// Defines the parts of a pattern of DISSECT.
fn dissect(lowering: &mut Lowering, input: &Expression, pattern: &Dissect, parts: &[Part]) {
    for part in parts {
        let (pattern, name) = (pattern.clone(), part.name.clone());
        lowering.define(part.slot, Definition::Cut(input.clone(), pattern, name));
    }
}

/// Defines the parts of a pattern of GROK.
fn grok(lowering: &mut Lowering, input: &Expression, patterns: &[Grok], parts: &[Part], at: Span) {
    let [pattern] = patterns else {
        let message = "several patterns of GROK, of which the first that matches counts, are not \
            compiled here: one is understood";
        return lowering.problem("grok-patterns", at, message);
    };
    let names = pattern.regex().names();
    for part in parts {
        let mut groups = names.iter().filter(|(name, _)| *name == part.name);
        let (Some((_, group)), None) = (groups.next(), groups.next()) else {
            let message = format!("GROK takes `{}` several times", part.name);
            lowering.problem("grok-patterns", at, message);
            continue;
        };
        let regex = pattern.regex().clone();
        lowering.define(
            part.slot,
            Definition::Extracted(input.clone(), regex, *group),
        );
    }
}
