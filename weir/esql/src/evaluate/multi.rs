//! Functions that see all values of their arguments.

use super::number;
use crate::functions::Function;
use crate::types::{Type, Value};
use std::cmp::Ordering;

/// The smallest or the largest of values; null of none.
pub(super) fn extreme(value: &Value, largest: bool) -> Value {
    let order = |one: &&Value, other: &&Value| one.order(other);
    let found = if largest {
        value.items().iter().max_by(order)
    } else {
        value.items().iter().min_by(order)
    };
    found.cloned().unwrap_or(Value::Null)
}

/// The distinct values, in their order.
pub(super) fn distinct(items: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for item in items {
        if !has(&found, &item) {
            found.push(item);
        }
    }
    found
}

fn has(items: &[Value], item: &Value) -> bool {
    items
        .iter()
        .any(|known| known.order(item) == Ordering::Equal)
}

/// A call of such a function.
pub(super) fn call(function: Function, arguments: &[Value], kind: Type) -> Value {
    let first = &arguments[0];
    let items = first.items();
    match function {
        Function::Coalesce => {
            let found = arguments.iter().find(|value| !value.is_null());
            found.cloned().unwrap_or(Value::Null)
        }
        Function::Greatest | Function::Least => {
            let all = arguments.iter().flat_map(Value::items).cloned().collect();
            extreme(&Value::of(all), function == Function::Greatest)
        }
        Function::MvFirst => items.first().cloned().unwrap_or(Value::Null),
        Function::MvLast => items.last().cloned().unwrap_or(Value::Null),
        Function::MvMin => extreme(first, false),
        Function::MvMax => extreme(first, true),
        Function::MvCount => number::ranged(i64::try_from(items.len()).ok(), kind),
        Function::MvDedupe => Value::of(distinct(items.iter().cloned())),
        Function::MvSort => {
            let mut items = items.to_vec();
            items.sort_by(Value::order);
            if matches!(arguments.get(1), Some(Value::Text(order)) if order.eq_ignore_ascii_case("desc"))
            {
                items.reverse();
            }
            Value::of(items)
        }
        Function::MvSum => sum(items, kind),
        Function::MvAvg => average(items),
        Function::MvConcat => joined(items, &arguments[1]),
        Function::MvSlice => slice(items, &arguments[1], arguments.get(2)),
        Function::MvAppend => Value::of(arguments.iter().flat_map(Value::items).cloned().collect()),
        Function::MvContains => {
            let wanted = arguments[1].items();
            Value::Boolean(wanted.iter().all(|item| has(items, item)))
        }
        Function::MvIntersection => {
            let other = arguments[1].items();
            let common = items.iter().filter(|item| has(other, item)).cloned();
            Value::of(distinct(common))
        }
        _ => Value::Null,
    }
}

/// The sum of numbers; null of none, and where it overflows.
pub(super) fn sum(items: &[Value], kind: Type) -> Value {
    if items.is_empty() {
        return Value::Null;
    }
    if kind == Type::Double {
        return number::finite(number::sum(items.iter().filter_map(number::double)));
    }
    let total = items.iter().try_fold(0_i64, |total, item| match item {
        Value::Integer(number) => total.checked_add(*number),
        _ => None,
    });
    number::ranged(total, kind)
}

/// The average of numbers; null of none.
pub(super) fn average(items: &[Value]) -> Value {
    if items.is_empty() {
        return Value::Null;
    }
    let whole = sum(items, Type::Long);
    let total = number::double(&whole)
        .unwrap_or_else(|| number::sum(items.iter().filter_map(number::double)));
    number::finite(total / items.len() as f64)
}

fn joined(items: &[Value], separator: &Value) -> Value {
    let Value::Text(separator) = separator else {
        return Value::Null;
    };
    let texts: Vec<&str> = super::texts_of(items).collect();
    if texts.is_empty() {
        return Value::Null;
    }
    Value::Text(texts.join(separator))
}

/// The values from one index to another, both included.
fn slice(items: &[Value], start: &Value, end: Option<&Value>) -> Value {
    let (Value::Integer(start), Value::Integer(end)) = (start, end.unwrap_or(start)) else {
        return Value::Null;
    };
    if start > end || *start < 0 && *end >= 0 {
        return Value::Null;
    }
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = |index: i64| {
        if index < 0 {
            index.saturating_add(count)
        } else {
            index
        }
    };
    let (from, to) = (place(*start).max(0), place(*end).min(count - 1));
    let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else {
        return Value::Null;
    };
    Value::of(
        items
            .get(from..=to)
            .map(<[Value]>::to_vec)
            .unwrap_or_default(),
    )
}
