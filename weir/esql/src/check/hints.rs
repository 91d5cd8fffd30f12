//! Types of fields that only their use tells: a field that is compared with a number is one.

use crate::functions::{self, Takes};
use crate::syntax::{CommandKind, Name, Query, Syntax, SyntaxKind};
use crate::types::Type;
use std::collections::HashMap;

/// What the uses of names say. None where they contradict each other.
#[derive(Debug, Default)]
pub(super) struct Hints {
    types: HashMap<String, Option<Type>>,
    /// New and old names.
    renamed: Vec<(String, String)>,
}

impl Hints {
    pub(super) fn of(query: &Query) -> Hints {
        let mut hints = Hints::default();
        // What an expression is named, and the expression: its uses are those of the name.
        let mut named: Vec<(String, &Syntax)> = Vec::new();
        for command in &query.commands {
            match &command.kind {
                CommandKind::Where(condition) => {
                    hints.condition(condition);
                    hints.look(condition);
                }
                CommandKind::Eval(assignments) => {
                    for assignment in assignments {
                        hints.look(&assignment.value);
                        name_value(assignment.name.as_ref(), &assignment.value, &mut named);
                    }
                }
                CommandKind::Stats { aggregates, by, .. } => {
                    for aggregate in aggregates {
                        hints.look(&aggregate.value);
                        if let Some(filter) = &aggregate.filter {
                            hints.condition(filter);
                            hints.look(filter);
                        }
                        name_value(aggregate.name.as_ref(), &aggregate.value, &mut named);
                    }
                    for key in by {
                        hints.look(&key.value);
                        name_value(key.name.as_ref(), &key.value, &mut named);
                    }
                }
                CommandKind::Rename(pairs) => hints.renamed.extend(
                    pairs
                        .iter()
                        .map(|(old, new)| (new.text.clone(), old.text.clone())),
                ),
                _ => {}
            }
        }
        for (name, value) in named.iter().rev() {
            if let Some(kind) = hints.of_name(name) {
                hints.note(value, kind);
            }
        }
        for (new, old) in std::mem::take(&mut hints.renamed) {
            if let Some(kind) = hints.of_name(&new) {
                hints.note_name(&old, kind);
            }
        }
        hints
    }

    /// The type that the uses of a name say.
    pub(super) fn of_name(&self, name: &str) -> Option<Type> {
        self.types.get(name).copied().flatten()
    }

    /// Notes a type of the columns whose values an expression has.
    fn note(&mut self, operand: &Syntax, kind: Type) {
        match &operand.kind {
            SyntaxKind::Column(name) => self.note_name(name, kind),
            SyntaxKind::Call(name, arguments) => {
                let name = name.text.to_lowercase();
                let passed = if SAME.contains(&name.as_str()) {
                    &arguments[..arguments.len().min(1)]
                } else if name == "coalesce" {
                    arguments.as_slice()
                } else {
                    return;
                };
                for argument in passed {
                    self.note(argument, kind);
                }
            }
            _ => {}
        }
    }

    fn note_name(&mut self, name: &str, kind: Type) {
        self.types
            .entry(name.to_owned())
            .and_modify(|known| *known = known.and_then(|known| known.common(kind)))
            .or_insert(Some(kind));
    }

    /// Notes that columns that are conditions are booleans.
    fn condition(&mut self, value: &Syntax) {
        match &value.kind {
            SyntaxKind::And(parts) | SyntaxKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            SyntaxKind::Not(inner) => self.condition(inner),
            SyntaxKind::Column(_) => self.note(value, Type::Boolean),
            _ => {}
        }
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
            let kind = if kind == Type::Integer {
                Type::Long
            } else {
                kind
            };
            self.note(operand, kind);
        }
    }

    fn call(&mut self, name: &str, arguments: &[Syntax]) {
        if ["sum", "avg"]
            .iter()
            .any(|sum| sum.eq_ignore_ascii_case(name))
        {
            for argument in arguments {
                self.note(argument, Type::Long);
            }
        }
        if name.eq_ignore_ascii_case("coalesce")
            && let Some(kind) = arguments.iter().find_map(of_syntax)
        {
            for argument in arguments {
                let kind = if kind == Type::Integer {
                    Type::Long
                } else {
                    kind
                };
                self.note(argument, kind);
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

/// Functions whose values are those of their first argument.
const SAME: [&str; 10] = [
    "values", "min", "max", "top", "first", "last", "mv_first", "mv_last", "mv_min", "mv_max",
];

fn name_value<'a>(name: Option<&Name>, value: &'a Syntax, named: &mut Vec<(String, &'a Syntax)>) {
    if let Some(name) = name {
        named.push((name.text.clone(), value));
    }
}

/// The type of an expression that needs no column.
fn of_syntax(value: &Syntax) -> Option<Type> {
    Some(match &value.kind {
        SyntaxKind::Boolean(_) => Type::Boolean,
        SyntaxKind::Column(name) if name == "@timestamp" => Type::Date,
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
        SyntaxKind::Arithmetic(_, left, right)
            if [left, right]
                .iter()
                .any(|side| of_syntax(side) == Some(Type::Date)) =>
        {
            Type::Date
        }
        _ => return None,
    })
}
