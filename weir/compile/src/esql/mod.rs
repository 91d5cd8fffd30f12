//! ES|QL rules: from a query to the filter, key, columns and conditions of a definition.
//!
//! Stages before the aggregation become programs over an event, with every value that they name
//! put in its place; stages behind it become programs over a group's row. A query that is not
//! lowered whole is left out with every reason.

mod call;
mod expand;
mod gate;
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

/// Something that is not lowered, or that has to be known, at a place of the query.
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
    (reasons, notes): (&mut Vec<Reason>, &mut Vec<Reason>),
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
    check(&shape, &mut lowering);
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
    for Problem { code, at, message } in lowering.notes {
        add(notes, code, at, message);
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

/// Most alerts that Kibana makes of a run: a LIMIT from there on changes nothing.
const ALERTS: u64 = 100;

/// Checks what of a plan has no meaning over a stream.
fn check(shape: &Shape, lowering: &mut Lowering) {
    let plan: &Plan = lowering.plan;
    for span in &shape.now {
        let message = "the time of a run, which a stream has not";
        lowering.problem("now", *span, message);
    }
    for index in shape.aggregations.iter().skip(1) {
        if let Some(stage) = plan.stages.get(*index) {
            let message =
                "an aggregation of groups, which this compiler does not do: one is understood";
            lowering.problem("second-stats", stage.at, message);
        }
    }
    for index in &shape.limits {
        let Some(stage) = plan.stages.get(*index) else {
            continue;
        };
        use weir_esql::plan::StageKind;
        let later = plan.stages.get(*index + 1..).unwrap_or_default();
        let is_last = !later.iter().any(|stage| {
            matches!(
                stage.kind,
                StageKind::Filter(_) | StageKind::Expand(..) | StageKind::Aggregate { .. }
            )
        });
        if !is_last {
            let message = "rows are left out by their order, which a stream has not, before others \
                are made of them: LIMIT is understood at the end";
            lowering.problem("limit", stage.at, message);
        } else if let StageKind::Limit(most) = stage.kind
            && most < ALERTS
        {
            let message = format!(
                "all rows alert: a run of Kibana's has {most} of them at most, which a stream has \
                 no runs for"
            );
            lowering.note("limit", stage.at, message);
        }
    }
}
