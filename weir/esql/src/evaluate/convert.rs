//! Conversions from type to type.

use super::number;
use crate::types::{Type, Value};
use crate::{address, time};

/// A single value as another type; null where it has no value of that type.
pub(super) fn converted(value: &Value, to: Type) -> Value {
    match to {
        Type::Keyword => text(value).map_or(Value::Null, Value::Text),
        Type::Integer | Type::Long => number::ranged(whole(value), to),
        Type::Double => double(value).map_or(Value::Null, number::finite),
        Type::Boolean => match value {
            Value::Boolean(_) => value.clone(),
            Value::Text(text) => Value::Boolean(text.eq_ignore_ascii_case("true")),
            Value::Integer(number) => Value::Boolean(*number != 0),
            Value::Double(number) => Value::Boolean(*number != 0.0),
            _ => Value::Null,
        },
        Type::Date => match value {
            Value::Date(_) => value.clone(),
            Value::Text(text) => time::parse(text).map_or(Value::Null, Value::Date),
            other => whole(other).map_or(Value::Null, Value::Date),
        },
        Type::Ip => match value {
            Value::Ip(_) => value.clone(),
            Value::Text(text) => address::parse(text).map_or(Value::Null, Value::Ip),
            _ => Value::Null,
        },
        Type::Version => match value {
            Value::Text(text) | Value::Version(text) => Value::Version(text.clone()),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// A single value as text.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) | Value::Version(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => double_text(*number),
        Value::Date(time) => time::render(*time),
        Value::Ip(address) => address::render(*address),
        _ => return None,
    })
}

/// A double as Java writes it: with a point, and with an exponent below a thousandth and from ten
/// millions on.
#[must_use]
pub fn double_text(number: f64) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() {
            "-0.0"
        } else {
            "0.0"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    if (1e-3..1e7).contains(&number.abs()) {
        let plain = number.to_string();
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) | Value::Date(number) => Some(*number),
        Value::Boolean(value) => Some(i64::from(*value)),
        Value::Double(number) => number::whole(number::nearest(*number)),
        Value::Text(text) => text.parse().ok().or_else(|| {
            let number: f64 = text.trim().parse().ok()?;
            number::whole(number::nearest(number))
        }),
        _ => None,
    }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Text(text) => text.trim().parse().ok(),
        Value::Boolean(value) => Some(f64::from(u8::from(*value))),
        Value::Date(time) => Some(*time as f64),
        other => number::double(other),
    }
}
