//! The order of keys that the contract names.

use std::cmp::Ordering;

use super::{KeyPart, Value};

/// Compares two keys of one rule part by part; no value comes before any.
pub fn keys(one: &[KeyPart], other: &[KeyPart]) -> Ordering {
    one.iter()
        .zip(other)
        .map(|(one, other)| match (&one.value, &other.value) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => values(one, other),
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.len().cmp(&other.len()))
}

/// Compares two values of one type.
pub(crate) fn values(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Integer(one), Value::Integer(other))
        | (Value::Timestamp(one), Value::Timestamp(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => one.total_cmp(other),
        (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
        (Value::TextList(one), Value::TextList(other)) => one.cmp(other),
        (Value::IntegerList(one), Value::IntegerList(other)) => one.cmp(other),
        // One part of a key has one type.
        _ => Ordering::Equal,
    }
}
