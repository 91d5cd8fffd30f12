//! Semantic analysis: from the syntax tree to the plan. Names are resolved through the pipe, types
//! are found and checked, and everything that is wrong or not supported is said.

mod aggregates;
mod calls;
mod commands;
mod expressions;
mod hints;
mod literals;
mod scope;

use crate::plan::{Origin, Plan, Slot, SlotInfo, Stage, StageKind};
use crate::problem::{Problem, ProblemKind};
use crate::span::Span;
use crate::syntax::Query;
use crate::types::Type;
pub use calls::{DifferenceUnit, difference_unit};
use hints::Hints;
use scope::Scope;
use std::collections::HashMap;

/// What is known of fields: the type of a name, or None.
pub type Schema<'a> = &'a dyn Fn(&str) -> Option<Type>;

/// The plan of a query; None with the problems that keep it from having one.
#[must_use]
pub fn check(query: &Query, source: &str, schema: Schema) -> (Option<Plan>, Vec<Problem>) {
    let mut checker = Checker {
        source,
        schema,
        hints: Hints::of(query),
        plan: Plan::default(),
        scope: Scope::default(),
        fields: HashMap::new(),
        problems: Vec::new(),
        lost: false,
        aggregating: None,
    };
    checker.query(query);
    let mut problems = checker.problems;
    problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
    let plan = problems.is_empty().then_some(checker.plan);
    (plan, problems)
}

struct Checker<'a> {
    source: &'a str,
    schema: Schema<'a>,
    hints: Hints,
    plan: Plan,
    scope: Scope,
    /// The slots of fields.
    fields: HashMap<String, Slot>,
    problems: Vec<Problem>,
    /// Whether a command was left out, so that columns may be missing.
    lost: bool,
    /// Inside of STATS, outside of an aggregate's arguments.
    aggregating: Option<aggregates::Aggregating>,
}

impl Checker<'_> {
    /// Reports a problem; None for the expression that it is in.
    fn problem<T>(
        &mut self,
        kind: ProblemKind,
        at: Span,
        subject: &str,
        text: impl Into<String>,
    ) -> Option<T> {
        let problem = Problem::new(kind, at, subject, text);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        None
    }

    fn stage(&mut self, kind: StageKind, at: Span) {
        self.plan.stages.push(Stage { kind, at });
    }

    /// A slot that the next stage sets.
    fn new_slot(&mut self, name: &str, kind: Type) -> Slot {
        let origin = Origin::Stage(self.plan.stages.len());
        self.add_slot(name, kind, origin)
    }

    fn add_slot(&mut self, name: &str, kind: Type, origin: Origin) -> Slot {
        self.plan.slots.push(SlotInfo {
            name: name.to_owned(),
            kind,
            origin,
        });
        Slot(self.plan.slots.len() - 1)
    }

    /// The slot of a field of the document.
    fn field(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.fields.get(name) {
            return *slot;
        }
        let hinted = || {
            if name == "@timestamp" {
                Type::Date
            } else {
                self.hints.of_name(name).unwrap_or(Type::Keyword)
            }
        };
        let kind = (self.schema)(name).unwrap_or_else(hinted);
        let slot = self.add_slot(name, kind, Origin::Field(name.to_owned()));
        self.fields.insert(name.to_owned(), slot);
        slot
    }

    /// The slot of a column; None if there is none, without a report.
    fn find(&mut self, name: &str) -> Option<Slot> {
        match self.scope.find(name) {
            scope::Found::Column(slot) => Some(slot),
            scope::Found::Field => Some(self.field(name)),
            scope::Found::Nothing => None,
        }
    }

    /// The slot of a column, or a report that there is none.
    fn column(&mut self, name: &str, at: Span) -> Option<Slot> {
        if let Some(slot) = self.find(name) {
            return Some(slot);
        }
        self.unknown_column(name, at)
    }

    fn unknown_column<T>(&mut self, name: &str, at: Span) -> Option<T> {
        if self.lost {
            return None;
        }
        let text = format!("There is no column `{name}` at this place.");
        let problem =
            Problem::new(ProblemKind::UnknownColumn, at, name, text).near(self.scope.names());
        self.problems.push(problem);
        None
    }
}
