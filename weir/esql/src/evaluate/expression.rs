//! Expressions: three-valued logic, comparisons, patterns, calls.

use super::{Context, Row, convert, function, multi, number, when};
use crate::functions::{Function, Gives, Multi};
use crate::pattern::glob;
use crate::plan::{Expression, Node, Origin};
use crate::regex::{Dialect, Regex};
use crate::syntax::{Comparison, Operation};
use crate::types::{Type, Value};
use std::cmp::Ordering;

/// A value that is neither null nor several.
fn single(value: &Value) -> Option<&Value> {
    match value {
        Value::Null | Value::Many(_) => None,
        one => Some(one),
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        _ => None,
    }
}

fn logical(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

impl Context<'_> {
    /// The value of an expression for a row.
    pub(super) fn value(&self, expression: &Expression, row: &Row) -> Value {
        let of = |part: &Expression| self.value(part, row);
        match &expression.node {
            Node::Literal(value) => value.clone(),
            Node::Slot(slot) => row.values[slot.0].clone(),
            Node::Call(function, arguments) => self.call(*function, arguments, expression, row),
            Node::Not(inner) => logical(boolean(&of(inner)).map(|value| !value)),
            Node::And(parts) => logical(decided(parts.iter().map(of), false)),
            Node::Or(parts) => logical(decided(parts.iter().map(of), true)),
            Node::Compare(comparison, left, right) => {
                logical(compared(*comparison, &of(left), &of(right)))
            }
            Node::Arithmetic(operation, left, right) => {
                let (left, right) = (of(left), of(right));
                match (single(&left), single(&right)) {
                    (Some(left), Some(right)) => {
                        arithmetic(*operation, left, right, expression.kind)
                    }
                    _ => Value::Null,
                }
            }
            Node::Negate(inner) => negated(&of(inner), expression.kind),
            Node::In(value, list) => {
                let value = of(value);
                let equal =
                    |item: &Expression| logical(compared(Comparison::Equal, &value, &of(item)));
                logical(decided(list.iter().map(equal), true))
            }
            Node::Like(value, patterns) => match of(value) {
                Value::Text(text) => {
                    Value::Boolean(patterns.iter().any(|pattern| glob(pattern, &text)))
                }
                _ => Value::Null,
            },
            Node::RLike(value, patterns) => match of(value) {
                Value::Text(text) => Value::Boolean(patterns.iter().any(|pattern| {
                    Regex::new(pattern, Dialect::Lucene)
                        .is_ok_and(|regex| regex.matches_whole(&text))
                })),
                _ => Value::Null,
            },
            Node::IsNull(inner) => Value::Boolean(of(inner).is_null()),
            Node::Match(column, query) => Value::Boolean(self.found(column, query, row)),
        }
    }

    fn call(
        &self,
        function: Function,
        arguments: &[Expression],
        whole: &Expression,
        row: &Row,
    ) -> Value {
        match function {
            Function::Now => return Value::Date(self.now),
            Function::Case => return self.case(arguments, row),
            Function::Kql => return self.kql(arguments, row),
            _ => {}
        }
        let values: Vec<Value> = arguments.iter().map(|part| self.value(part, row)).collect();
        let entry = function.entry();
        match entry.multi {
            Multi::All if values.iter().any(Value::is_null) => Value::Null,
            Multi::All | Multi::Own => multi::call(function, &values, whole.kind),
            Multi::One if values.iter().all(|value| single(value).is_some()) => {
                function::call(function, &values, whole.kind)
            }
            Multi::One => Value::Null,
            Multi::Each => {
                let to = match entry.gives {
                    Gives::Always(kind) => kind,
                    _ => whole.kind,
                };
                let each = |item: &Value| match function {
                    Function::ToLower | Function::ToUpper | Function::UrlDecode => {
                        function::call(function, std::slice::from_ref(item), to)
                    }
                    _ => convert::converted(item, to),
                };
                let items = values.first().map(Value::items).unwrap_or_default();
                Value::of(
                    items
                        .iter()
                        .map(each)
                        .filter(|value| !value.is_null())
                        .collect(),
                )
            }
        }
    }

    fn case(&self, arguments: &[Expression], row: &Row) -> Value {
        let mut rest = arguments;
        while let [condition, result, later @ ..] = rest {
            if self.value(condition, row) == Value::Boolean(true) {
                return self.value(result, row);
            }
            rest = later;
        }
        rest.first()
            .map_or(Value::Null, |last| self.value(last, row))
    }

    fn kql(&self, arguments: &[Expression], row: &Row) -> Value {
        let query = arguments.first().and_then(Expression::as_literal);
        match (query, row.document) {
            (Some(Value::Text(query)), Some(document)) => {
                Value::Boolean((self.kql)(query, document))
            }
            _ => Value::Null,
        }
    }

    /// Whether a column has a value, or, of texts by words, one of a query's words.
    fn found(&self, column: &Expression, query: &Value, row: &Row) -> bool {
        let by_words = match &column.node {
            Node::Slot(slot) => self.plan.slot(*slot).kind == Type::Text,
            Node::Call(_, inner) => inner.iter().any(|inner| inner.kind == Type::Text),
            _ => false,
        };
        let is_script = matches!(&column.node, Node::Slot(slot)
            if matches!(&self.plan.slot(*slot).origin, Origin::Field(name) if name == SCRIPT));
        let value = self.value(column, row);
        let mut items = value.items().iter();
        if let (true, Value::Text(query)) = (by_words, query) {
            let words = if is_script { script_words } else { words };
            let wanted = words(query);
            return items.any(|item| match item {
                Value::Text(text) => words(text).iter().any(|word| wanted.contains(word)),
                _ => false,
            });
        }
        items.any(|item| item.order(query) == Ordering::Equal)
    }
}

/// The field whose words have hyphens, as the integration of Windows maps it.
const SCRIPT: &str = "powershell.file.script_block_text";

/// The words of a script, in lower case: of ASCII letters, digits, underscores and hyphens.
fn script_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The words of a text, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What three-valued values come to when one of them decides: AND by false, OR by true.
fn decided(values: impl Iterator<Item = Value>, by: bool) -> Option<bool> {
    let mut unknown = false;
    for value in values {
        match boolean(&value) {
            Some(value) if value == by => return Some(by),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!by)
}

fn compared(comparison: Comparison, left: &Value, right: &Value) -> Option<bool> {
    let order = single(left)?.order(single(right)?);
    Some(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::Unequal => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

fn negated(value: &Value, kind: Type) -> Value {
    match value {
        Value::Integer(number) => number::ranged(number.checked_neg(), kind),
        Value::Double(number) => Value::Double(-number),
        Value::Duration(length) => length.checked_neg().map_or(Value::Null, Value::Duration),
        Value::Period { months, days } => Value::Period {
            months: months.saturating_neg(),
            days: days.saturating_neg(),
        },
        _ => Value::Null,
    }
}

fn arithmetic(operation: Operation, left: &Value, right: &Value, kind: Type) -> Value {
    let sign = if operation == Operation::Subtract {
        -1
    } else {
        1
    };
    match (left, right) {
        (Value::Date(time), span @ (Value::Duration(_) | Value::Period { .. })) => {
            when::shifted(*time, span, sign)
        }
        (span @ (Value::Duration(_) | Value::Period { .. }), Value::Date(time)) => {
            when::shifted(*time, span, 1)
        }
        (Value::Duration(one), Value::Duration(other)) => other
            .checked_mul(sign)
            .and_then(|other| one.checked_add(other))
            .map_or(Value::Null, Value::Duration),
        (
            Value::Period { months, days },
            Value::Period {
                months: more,
                days: further,
            },
        ) => Value::Period {
            months: months.saturating_add(more.saturating_mul(sign)),
            days: days.saturating_add(further.saturating_mul(sign)),
        },
        _ => number::arithmetic(operation, left, right, kind),
    }
}
