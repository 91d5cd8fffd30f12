//! Cells of expected tables, as values, and how near two values have to be.

use crate::case::split;
use weir_esql::types::{Type, Value};
use weir_esql::{address, time};

/// How far doubles may be apart, of the larger one: sums are added in another order elsewhere.
const NEAR: f64 = 1e-9;

/// The type of a name in a header; None if it is not supported.
pub(crate) fn kind(name: &str) -> Option<Type> {
    Some(match name.to_lowercase().as_str() {
        "i" => Type::Integer,
        "l" => Type::Long,
        "d" => Type::Double,
        "k" | "s" => Type::Keyword,
        "t" | "txt" => Type::Text,
        "dt" => Type::Date,
        "b" => Type::Boolean,
        "v" => Type::Version,
        "n" => Type::Null,
        other => {
            let known = Type::from_name(other)?;
            let plain = !known.is_span() && !matches!(known, Type::GeoPoint | Type::Source);
            return plain.then_some(known);
        }
    })
}

/// The value of a cell; the text that is none of its type.
pub(crate) fn value(cell: Option<&str>, kind: Type) -> Result<Value, String> {
    let Some(text) = cell else {
        return Ok(Value::Null);
    };
    if text.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    let list = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match list {
        Some(list) => {
            let items = split(list, ',');
            let items = items
                .iter()
                .map(|item| single(&item.trim().replace("\\,", ","), kind));
            Ok(Value::of(items.collect::<Result<_, _>>()?))
        }
        None => single(&text.replace("\\,", ",").replace("\\|", "|"), kind),
    }
}

fn single(text: &str, kind: Type) -> Result<Value, String> {
    let text = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    let value = match kind {
        Type::Keyword | Type::Text => Some(Value::Text(text.to_owned())),
        Type::Version => Some(Value::Version(text.to_owned())),
        Type::Integer | Type::Long => text.parse().ok().map(Value::Integer),
        Type::Double => text.parse().ok().map(Value::Double),
        Type::Boolean => text.to_lowercase().parse().ok().map(Value::Boolean),
        Type::Date => time::parse(text).map(Value::Date),
        Type::Ip => address::parse(text).map(Value::Ip),
        _ => None,
    };
    value.ok_or_else(|| format!("the table has `{text}` as {}", kind.name()))
}

/// Whether two values are the same, doubles nearly.
pub(crate) fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Double(one), Value::Double(other)) => {
            one == other || (one - other).abs() <= NEAR * one.abs().max(other.abs())
        }
        (Value::Many(one), Value::Many(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => found == wanted,
    }
}

/// A value as text.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Version(text) => text.clone(),
        Value::Date(at) => time::render(*at),
        Value::Ip(address) => address::render(*address),
        Value::Many(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        other => format!("{other:?}"),
    }
}
