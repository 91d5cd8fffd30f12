//! Types of fields that only their use tells: a field that is compared with a number is one.

use crate::functions::{self, Takes};
use crate::syntax::{CommandKind, Query, Syntax, SyntaxKind};
use crate::types::Type;
use std::collections::HashMap;

/// What the uses of names say. None where they contradict each other.
#[derive(Debug, Default)]
pub(super) struct Hints {
    types: HashMap<String, Option<Type>>,
}

impl Hints {
    pub(super) fn of(query: &Query) -> Hints {
        let mut hints = Hints::default();
        for command in &query.commands {
            match &command.kind {
                CommandKind::Where(condition) => hints.look(condition),
                CommandKind::Eval(assignments) => {
                    for assignment in assignments {
                        hints.look(&assignment.value);
                    }
                }
                CommandKind::Stats { aggregates, by, .. } => {
                    for aggregate in aggregates {
                        hints.look(&aggregate.value);
                        if let Some(filter) = &aggregate.filter {
                            hints.look(filter);
                        }
                    }
                    for key in by {
                        hints.look(&key.value);
                    }
                }
                _ => {}
            }
        }
        hints
    }

    /// The type that the uses of a name say.
    pub(super) fn of_name(&self, name: &str) -> Option<Type> {
        self.types.get(name).copied().flatten()
    }

    fn note(&mut self, operand: &Syntax, kind: Type) {
        let SyntaxKind::Column(name) = &operand.kind else {
            return;
        };
        self.types
            .entry(name.clone())
            .and_modify(|known| *known = known.and_then(|known| known.common(kind)))
            .or_insert(Some(kind));
    }

    fn look(&mut self, value: &Syntax) {
        for part in value.kind.parts() {
            self.look(part);
        }
        match &value.kind {
            SyntaxKind::Compare(_, left, right) | SyntaxKind::Match(left, right) => {
                self.pair(left, right);
                self.pair(right, left);
            }
            SyntaxKind::In(operand, list) => {
                for item in list {
                    self.pair(operand, item);
                }
            }
            SyntaxKind::Arithmetic(_, left, right) => {
                for (operand, other) in [(left, right), (right, left)] {
                    let kind = match of_syntax(other) {
                        Some(Type::Period | Type::Duration) => Type::Date,
                        Some(Type::Double) => Type::Double,
                        _ => Type::Long,
                    };
                    self.note(operand, kind);
                }
            }
            SyntaxKind::Call(name, arguments) => self.call(&name.text, arguments),
            _ => {}
        }
    }

    fn pair(&mut self, operand: &Syntax, other: &Syntax) {
        if let Some(kind) = of_syntax(other) {
            let kind = if kind == Type::Integer { Type::Long } else { kind };
            self.note(operand, kind);
        }
    }

    fn call(&mut self, name: &str, arguments: &[Syntax]) {
        if ["sum", "avg"].iter().any(|sum| sum.eq_ignore_ascii_case(name)) {
            for argument in arguments {
                self.note(argument, Type::Long);
            }
        }
        let Some(entry) = functions::function(name) else {
            return;
        };
        for (index, argument) in arguments.iter().enumerate() {
            let kind = match entry.takes.get(index).or(entry.takes.last()) {
                Some(Takes::Date) => Type::Date,
                Some(Takes::Ip) => Type::Ip,
                Some(Takes::Number | Takes::Whole) => Type::Long,
                Some(Takes::Text) => Type::Keyword,
                _ => continue,
            };
            self.note(argument, kind);
        }
    }
}

/// The type of an expression that needs no column.
fn of_syntax(value: &Syntax) -> Option<Type> {
    Some(match &value.kind {
        SyntaxKind::Boolean(_) => Type::Boolean,
        SyntaxKind::Integer(_) => Type::Integer,
        SyntaxKind::Decimal(_) => Type::Double,
        SyntaxKind::Text(_) => Type::Keyword,
        SyntaxKind::Span(_, unit) => match crate::time::unit(unit)? {
            crate::time::Unit::Milliseconds(_) => Type::Duration,
            _ => Type::Period,
        },
        SyntaxKind::Call(name, _) => match functions::function(&name.text)?.gives {
            functions::Gives::Always(kind) => kind,
            _ => return None,
        },
        SyntaxKind::Arithmetic(_, left, right) => {
            if of_syntax(left) == Some(Type::Date) || of_syntax(right) == Some(Type::Date) {
                Type::Date
            } else {
                return None;
            }
        }
        _ => return None,
    })
}
