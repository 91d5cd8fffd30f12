//! `now()` gates: rules that ask whether a group is new.
//!
//! Such a rule looks back over days, and takes the groups whose first event is within the last run.
//! Over a stream this is the first event of a key in the look-back. It is judged then, as by a run
//! right after it, so that conditions beside the gate have to be such that a single event meets:
//! counts of at most so many, the first time equal to the last, or values of the key.

use super::lower::Lowering;
use super::stages::conjuncts;
use crate::judge::{MAX_HISTORY, Schedule};
use weir_detector::judgement::Judgement;
use weir_esql::functions::{Aggregate, Function};
use weir_esql::plan::{Expression, Node, Origin, Plan, Slot, StageKind};
use weir_esql::shape::{Gate, Shape, Threshold, Windows, column, definition};
use weir_esql::span::Span;
use weir_esql::syntax::Comparison;
use weir_esql::types::Value;

/// How groups are judged that have to be new; None where the rule has no gate, or one that is not
/// understood, which is told.
pub(super) fn judgement(
    lowering: &mut Lowering,
    shape: &Shape,
    schedule: Schedule,
) -> Option<Judgement> {
    let first = shape.gates.first()?;
    if let Some((at, message)) = problem(lowering.plan, shape, schedule) {
        lowering.problem("now-gate", at, message);
        return None;
    }
    let message = "a group is judged at its first event in the look-back, as by a run right after \
        it: what follows until a run of Kibana's is not asked for, a condition on values that this \
        event does not have is not met, and there is one alert";
    lowering.note("now-gate", first.at, message);
    Some(Judgement::FirstSeen {
        history_seconds: schedule.back,
        warm_up_seconds: None,
    })
}

/// Why the gates are not understood, if they are not.
fn problem(plan: &Plan, shape: &Shape, schedule: Schedule) -> Option<(Span, String)> {
    let milliseconds = |seconds: u64| {
        i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000)
    };
    let (back, every) = (milliseconds(schedule.back), milliseconds(schedule.every));
    for gate in &shape.gates {
        let is_new = !gate.last && of_events(plan, gate.slot);
        let within = gate.within.filter(|within| (every..back).contains(within));
        if !is_new || within.is_none() || shape.windows != Windows::Sliding {
            let message = "the rule asks how old a group's first or last event is when it runs, \
                which a stream has no runs for: understood is that the first event is no older \
                than a span that is as long as the interval, or longer";
            return Some((gate.at, message.to_owned()));
        }
        if schedule.back > MAX_HISTORY {
            return Some((gate.at, "a history is 30 days long at most".to_owned()));
        }
    }
    let first = *shape.aggregations.first()?;
    for (index, stage) in plan.stages.iter().enumerate().skip(first + 1) {
        let StageKind::Filter(condition) = &stage.kind else {
            continue;
        };
        for part in conjuncts(condition) {
            if !is_gate(shape, part) && !is_met_by_one(plan, shape, index, part) {
                let message = "it may take several events, and a group that has to be new is \
                    judged at its first: understood are counts that one event has, the first time \
                    equal to the last, and conditions on the key";
                return Some((part.at, message.to_owned()));
            }
        }
    }
    None
}

/// Whether a condition is a gate.
pub(super) fn is_gate(shape: &Shape, condition: &Expression) -> bool {
    let is = |gate: &Gate| gate.at == condition.at;
    shape.gates.iter().any(is)
}

/// Whether a column is the smallest time of all events: the time that they have, or were ingested
/// at, which is the same here.
fn of_events(plan: &Plan, slot: Slot) -> bool {
    let time = |value: &Expression| {
        { definition(plan, value).as_slot() }.is_some_and(|slot| {
            matches!(&plan.slot(slot).origin, Origin::Field(name)
                if name == "@timestamp" || name == "event.ingested")
        })
    };
    column(plan, slot).is_some_and(|column| {
        column.filter.is_none()
            && column.value.as_ref().is_some_and(|value| {
                time(value)
                    || matches!(&definition(plan, value).node, Node::Call(Function::Coalesce, parts)
                        if parts.iter().all(time))
            })
    })
}

/// Whether a group of one event meets a condition, or its key alone decides.
fn is_met_by_one(plan: &Plan, shape: &Shape, stage: usize, condition: &Expression) -> bool {
    let is = |threshold: &&Threshold| {
        threshold.stage == stage && super::having::has(condition, threshold)
    };
    if let Some(threshold) = shape.thresholds.iter().find(is) {
        return counts_one(plan, threshold) || !aggregates(plan, condition);
    }
    if let Node::Compare(Comparison::Equal, left, right) = &condition.node {
        let time = |side: &Expression| {
            let slot = definition(plan, side).as_slot()?;
            let column = column(plan, slot)?;
            let is_end = matches!(column.function, Aggregate::Min | Aggregate::Max);
            column
                .value
                .as_ref()
                .filter(|_| is_end && of_events(plan, slot))
        };
        if let (Some(one), Some(other)) = (time(left), time(right)) {
            let [one, other] = [one, other].map(|value| definition(plan, value).as_slot());
            return one.is_some() && one == other;
        }
    }
    !aggregates(plan, condition)
}

/// Whether one event, or one value, is as many as a threshold of a count asks for.
fn counts_one(plan: &Plan, threshold: &Threshold) -> bool {
    let slot = Expression {
        node: Node::Slot(threshold.slot),
        kind: plan.slot(threshold.slot).kind,
        at: threshold.at,
    };
    let column = { definition(plan, &slot).as_slot() }.and_then(|slot| column(plan, slot));
    let at_most = matches!(
        threshold.comparison,
        Comparison::Less | Comparison::LessOrEqual
    );
    // What counts some events alone may be met by a later one first.
    let counts = column.is_some_and(|column| match column.function {
        Aggregate::Count => at_most || column.filter.is_none() && column.value.is_none(),
        Aggregate::CountDistinct => at_most || column.filter.is_none(),
        _ => false,
    });
    let Value::Integer(number) = threshold.value else {
        return false;
    };
    counts
        && match threshold.comparison {
            Comparison::Equal => number == 1,
            Comparison::Unequal => false,
            Comparison::Less => number > 1,
            Comparison::LessOrEqual => number >= 1,
            Comparison::Greater => number < 1,
            Comparison::GreaterOrEqual => number <= 1,
        }
}

/// Whether an expression is over anything of a group but its key.
fn aggregates(plan: &Plan, value: &Expression) -> bool {
    let value = definition(plan, value);
    let is_key = |slot: Slot| match plan.slot(slot).origin {
        Origin::Stage(stage) => {
            matches!(plan.stages.get(stage).map(|stage| &stage.kind),
            Some(StageKind::Aggregate { keys, .. }) if keys.iter().any(|key| key.slot == slot))
        }
        Origin::Field(_) | Origin::Metadata(_) => false,
    };
    { value.as_slot() }.is_some_and(|slot| !is_key(slot))
        || value.parts().into_iter().any(|part| aggregates(plan, part))
}
