//! ES|QL rules: from a query to the filter, key, columns and conditions of a definition.
//!
//! Stages before the aggregation become programs over an event, with every value that they name
//! put in its place; stages behind it become programs over a group's row. A query that is not
//! lowered whole is left out with every reason.

mod call;
mod expand;
mod group;
mod having;
mod lower;
mod names;
mod operator;
mod output;
mod stages;

use crate::judge::{self};
use crate::judged::Judged;
use crate::kql::Expression as Kql;
use crate::node::Node;
use crate::reason::Reason;
use crate::types::{self, FieldType};
use lower::Lowering;
use std::ops::Range;
use weir_detector::program::Program;
use weir_esql::plan::Plan;
use weir_esql::problem::ProblemKind;
use weir_esql::shape::{Shape, Windows, shape};
use weir_esql::span::Span;
use weir_esql::types::Type;

/// What a query becomes.
pub(crate) struct Compiled {
    /// The filter of events.
    pub(crate) filter: Program,
    /// The patterns of names of indexes.
    pub(crate) indexes: Vec<String>,
    /// How groups are judged.
    pub(crate) judged: Judged,
}

/// Something that is not lowered, at a place of the query.
struct Problem {
    code: &'static str,
    at: Span,
    message: String,
}

/// Compiles a query; exceptions leave events out. `at` gives the place of a part of the query.
pub(crate) fn compile(
    rule: &Node,
    text: &str,
    exceptions: Option<Kql>,
    at: &dyn Fn(&Range<usize>) -> Range<usize>,
    reasons: &mut Vec<Reason>,
) -> Option<Compiled> {
    let before = reasons.len();
    let add = |reasons: &mut Vec<Reason>, code, span: Span, message: String| {
        reasons.push(Reason::new(code, at(&(span.start..span.end)), message));
    };
    let plan = match weir_esql::analyse(text, &schema) {
        Ok(plan) => plan,
        Err(problems) => {
            for problem in problems {
                let near = problem
                    .suggestion
                    .map(|name| format!(" Is `{name}` meant?"));
                let message = format!("{}{}", problem.text, near.unwrap_or_default());
                add(reasons, code(problem.kind), problem.at, message);
            }
            return None;
        }
    };
    let shape = shape(&plan);
    let schedule = judge::schedule(rule, reasons);
    let mut lowering = Lowering::new(&plan, schedule.back);
    check(&plan, &shape, &mut lowering.problems);
    let conditions = stages::events(&mut lowering, &shape);
    let filter = lowering.filter(&conditions, exceptions.as_ref());
    let judged = match &shape.windows {
        Windows::Each => output::events(rule, schedule, &mut lowering, reasons),
        _ => group::groups(rule, schedule, &mut lowering, &shape, reasons),
    };
    let mut problems = lowering.problems;
    problems.sort_by_key(|problem| (problem.at.start, problem.code));
    problems.dedup_by_key(|problem| (problem.at.start, problem.code));
    for Problem { code, at, message } in problems {
        add(reasons, code, at, message);
    }
    if reasons.len() > before {
        return None;
    }
    Some(Compiled {
        filter: filter?,
        indexes: plan.sources.clone(),
        judged: judged?,
    })
}

/// The type of a field, as the index would have it; None for what only its use tells.
fn schema(name: &str) -> Option<Type> {
    Some(match types::known(name)? {
        FieldType::Integer => Type::Long,
        FieldType::Number => Type::Double,
        FieldType::Boolean => Type::Boolean,
        FieldType::Date => Type::Date,
        FieldType::Address => Type::Ip,
        FieldType::Text => Type::Text,
        FieldType::Point => Type::GeoPoint,
        FieldType::Keyword | FieldType::Nested => return None,
    })
}

fn code(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Syntax => "esql-syntax",
        ProblemKind::UnknownCommand => "esql-unknown-command",
        ProblemKind::UnknownFunction => "esql-unknown-function",
        ProblemKind::UnknownColumn => "esql-unknown-column",
        ProblemKind::UnknownType => "esql-unknown-type",
        ProblemKind::Type => "esql-type",
        ProblemKind::Arity => "esql-arity",
        ProblemKind::Value => "esql-value",
        ProblemKind::Unsupported => "esql-unsupported",
    }
}

/// Smallest LIMIT that is taken: Kibana makes at most so many alerts a run, which is no limit here.
const ALERTS: u64 = 100;

/// Checks what of a plan has no meaning over a stream.
fn check(plan: &Plan, shape: &Shape, problems: &mut Vec<Problem>) {
    let mut add = |code, at, message: &str| {
        let message = message.to_owned();
        problems.push(Problem { code, at, message });
    };
    for gate in &shape.gates {
        let message = "the rule asks how old a group's first or last event is when it runs, which \
            a stream has no runs for: conditions over counts and values are understood";
        add("now-gate", gate.at, message);
    }
    for span in &shape.now {
        let message = "the time of a run, which a stream has not";
        add("now", *span, message);
    }
    for index in shape.aggregations.iter().skip(1) {
        if let Some(stage) = plan.stages.get(*index) {
            let message =
                "an aggregation of groups, which this compiler does not do: one is understood";
            add("second-stats", stage.at, message);
        }
    }
    for index in &shape.limits {
        let Some(stage) = plan.stages.get(*index) else {
            continue;
        };
        let is_wide =
            matches!(stage.kind, weir_esql::plan::StageKind::Limit(most) if most >= ALERTS);
        use weir_esql::plan::StageKind;
        let later = plan.stages.get(*index + 1..).unwrap_or_default();
        let is_last = !later.iter().any(|stage| {
            matches!(
                stage.kind,
                StageKind::Filter(_) | StageKind::Expand(..) | StageKind::Aggregate { .. }
            )
        });
        if !is_wide || !is_last {
            let message = "rows are left out by their order, which a stream has not: LIMIT is \
                understood at the end, from 100 on, where it is Kibana's own and has no effect here";
            add("limit", stage.at, message);
        }
    }
}
