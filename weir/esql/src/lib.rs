//! ES|QL queries of detection rules: parser, types, plan and reference evaluation.
//!
//! [`analyse`] takes a query's text and what is known of fields, and gives a [`plan::Plan`]: typed
//! stages in which every name is resolved. What it does not wholly understand it refuses, with all
//! problems, each with its place. [`shape::shape`] says how a stream judges the plan: event by
//! event, in tumbling or in sliding windows, which thresholds it has, and what else it asks for.
//! [`evaluate::evaluate`] is what a plan means: a naive evaluation over documents, the measure for
//! every other one.
//!
//! ```
//! use weir_esql::types::Type;
//! let query = "FROM logs-* | WHERE event.code == 403 | STATS n = COUNT(*) BY user.id | WHERE n > 9";
//! let schema = |name: &str| (name == "event.code").then_some(Type::Long);
//! let plan = weir_esql::analyse(query, &schema).expect("the query is understood");
//! assert_eq!(plan.columns().map(|(name, _)| name).collect::<Vec<_>>(), ["n", "user.id"]);
//! ```
#![forbid(unsafe_code)]

pub mod address;
pub mod check;
pub mod evaluate;
pub mod functions;
pub mod grok;
mod lexer;
pub mod parser;
pub mod pattern;
pub mod plan;
pub mod problem;
pub mod shape;
pub mod span;
pub mod syntax;
pub mod time;
pub mod types;

pub use weir_detector::program::{dissect, regex};

use check::Schema;
use plan::Plan;
use problem::Problem;

/// The plan of a query.
///
/// # Errors
/// Every problem that was found, in the order of their places.
pub fn analyse(source: &str, schema: Schema) -> Result<Plan, Vec<Problem>> {
    let (query, mut problems) = parser::parse(source);
    if !problems.is_empty() && query.commands.is_empty() {
        return Err(problems);
    }
    let parsed = problems.is_empty();
    let (plan, found) = check::check(&query, source, schema);
    match plan {
        Some(plan) if parsed => Ok(plan),
        _ => {
            problems.extend(found);
            problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests;
