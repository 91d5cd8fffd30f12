//! Literals, and literals that become others by where they stand.

use super::Checker;
use crate::address;
use crate::functions::Function;
use crate::plan::{Expression, Node};
use crate::problem::ProblemKind;
use crate::span::Span;
use crate::syntax::{Syntax, SyntaxKind};
use crate::time::{self, Unit};
use crate::types::{Type, Value};

pub(super) fn literal(value: Value, kind: Type, at: Span) -> Expression {
    Expression {
        node: Node::Literal(value),
        kind,
        at,
    }
}

/// A span of so many units; None where the numbers are too large.
pub(super) fn span(number: i64, unit: &str) -> Option<(Value, Type)> {
    Some(match time::unit(unit)? {
        Unit::Milliseconds(each) => (Value::Duration(number.checked_mul(each)?), Type::Duration),
        Unit::Days(each) => {
            let days = number.checked_mul(each)?;
            (Value::Period { months: 0, days }, Type::Period)
        }
        Unit::Months(each) => {
            let months = number.checked_mul(each)?;
            (Value::Period { months, days: 0 }, Type::Period)
        }
    })
}

/// A text that stands for a value of another type.
pub(super) fn converted(text: &str, to: Type) -> Option<Value> {
    match to {
        Type::Keyword | Type::Text => Some(Value::Text(text.to_owned())),
        Type::Date => time::parse(text).map(Value::Date),
        Type::Ip => address::parse(text).map(Value::Ip),
        Type::Version => Some(Value::Version(text.to_owned())),
        Type::Boolean => match text.to_lowercase().as_str() {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        Type::Period | Type::Duration => {
            let (number, unit) = text.trim().split_once(' ')?;
            let (value, kind) = span(number.parse().ok()?, &unit.trim().to_lowercase())?;
            (kind == to).then_some(value)
        }
        _ => None,
    }
}

/// Whether a number was written as a whole one that an unsigned long has room for.
fn is_unsigned(number: f64, written: &str) -> bool {
    number < 18_446_744_073_709_551_616.0 && written.bytes().all(|byte| byte.is_ascii_digit())
}

impl Checker<'_> {
    pub(super) fn literal(&mut self, syntax: &Syntax) -> Option<Expression> {
        let at = syntax.at;
        let (value, kind) = match &syntax.kind {
            SyntaxKind::Null => (Value::Null, Type::Null),
            SyntaxKind::Boolean(value) => (Value::Boolean(*value), Type::Boolean),
            SyntaxKind::Integer(number) => {
                let kind = match i32::try_from(*number) {
                    Ok(_) => Type::Integer,
                    Err(_) => Type::Long,
                };
                (Value::Integer(*number), kind)
            }
            SyntaxKind::Decimal(number) if is_unsigned(*number, at.text(self.source)) => {
                let text = "A whole number above 9223372036854775807 is an unsigned_long, which is not supported.";
                return self.problem(ProblemKind::Unsupported, at, "unsigned_long", text);
            }
            SyntaxKind::Decimal(number) if number.is_finite() => {
                (Value::Double(*number), Type::Double)
            }
            SyntaxKind::Text(text) => (Value::Text(text.clone()), Type::Keyword),
            SyntaxKind::Span(number, unit) => match span(*number, unit) {
                Some(found) => found,
                None => return self.bad_literal(at, "A span of time is too large."),
            },
            SyntaxKind::List(items) => return self.list_literal(items, at),
            _ => return self.bad_literal(at, "A number is too large."),
        };
        Some(literal(value, kind, at))
    }

    fn bad_literal(&mut self, at: Span, text: &str) -> Option<Expression> {
        let subject = at.text(self.source).to_owned();
        self.problem(ProblemKind::Value, at, &subject, text)
    }

    fn list_literal(&mut self, items: &[Syntax], at: Span) -> Option<Expression> {
        let mut values = Vec::new();
        let mut kind = Type::Null;
        for item in items {
            let item = self.literal(item)?;
            let common = kind.common(item.kind);
            let (Some(common), false) = (common, item.kind == Type::Null) else {
                return self.bad_literal(at, "A list has values of different types, or null.");
            };
            kind = common;
            match item.node {
                Node::Literal(value) => values.push(value),
                _ => return self.bad_literal(at, "A list has something else than literals."),
            }
        }
        if kind == Type::Double {
            for value in &mut values {
                if let Value::Integer(number) = value {
                    *value = Value::Double(*number as f64);
                }
            }
        }
        Some(literal(Value::of(values), kind, at))
    }

    /// An expression as a type that it is taken as without being asked: a text in quotes as what
    /// it says, a number as a wider one, null as null. None where that is not done.
    pub(super) fn implicit(&mut self, value: Expression, to: Type) -> Option<Expression> {
        if value.kind == to || value.kind.is_text() && to.is_text() {
            return Some(value);
        }
        if value.kind == Type::Null {
            return Some(Expression { kind: to, ..value });
        }
        if let Node::Literal(Value::Text(text)) = &value.node
            && let Some(converted) = converted(text, to)
        {
            return Some(literal(converted, to, value.at));
        }
        if !value.kind.is_number() || !to.is_number() || value.kind > to {
            return None;
        }
        if let Node::Literal(Value::Integer(number)) = value.node {
            let wider = match to {
                Type::Double => Value::Double(number as f64),
                _ => Value::Integer(number),
            };
            return Some(literal(wider, to, value.at));
        }
        let function = match to {
            Type::Double => Function::ToDouble,
            _ => Function::ToLong,
        };
        let at = value.at;
        Some(Expression {
            node: Node::Call(function, vec![value]),
            kind: to,
            at,
        })
    }
}
