//! Functions of single values: each is null if an argument is null or has several values.

use super::{number, text, when};
use crate::address::Network;
use crate::functions::Function;
use crate::regex::{Dialect, Regex};
use crate::types::{Type, Value};

/// A call with arguments that are single values and not null.
pub(super) fn call(function: Function, arguments: &[Value], kind: Type) -> Value {
    let found = match arguments.first() {
        Some(Value::Text(first)) => of_text(function, first, &arguments[1..]),
        Some(first) => of_other(function, first, &arguments[1..], kind),
        None => None,
    };
    found.unwrap_or(Value::Null)
}

fn count(number: usize) -> Value {
    number::ranged(i64::try_from(number).ok(), Type::Integer)
}

fn as_text(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn as_whole(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn of_text(function: Function, first: &str, rest: &[Value]) -> Option<Value> {
    let second = as_text(rest.first());
    let number = as_whole(rest.first());
    let result = match function {
        Function::ToLower => first.to_lowercase(),
        Function::ToUpper => first.to_uppercase(),
        Function::Concat => {
            let others = rest.iter().filter_map(|value| as_text(Some(value)));
            std::iter::once(first).chain(others).collect()
        }
        Function::Trim => first.trim_matches(text::is_blank).to_owned(),
        Function::LTrim => first.trim_start_matches(text::is_blank).to_owned(),
        Function::RTrim => first.trim_end_matches(text::is_blank).to_owned(),
        Function::Reverse => first.chars().rev().collect(),
        Function::Left => text::left(first, number?),
        Function::Right => text::right(first, number?),
        Function::Repeat => text::repeated(first, number?)?,
        Function::Substring => text::substring(first, number?, as_whole(rest.get(1)))?,
        Function::UrlDecode => text::url_decoded(first)?,
        Function::FromBase64 => text::from_base64(first)?,
        Function::ToBase64 => text::to_base64(first),
        Function::JsonExtract => text::json_extract(first, second?)?,
        Function::Replace => {
            let regex = Regex::new(second?, Dialect::Java).ok()?;
            regex.replace_all(first, as_text(rest.get(1))?)?
        }
        _ => return of_text_other(function, first, second, rest),
    };
    Some(Value::Text(result))
}

/// Functions of a text whose result is none.
fn of_text_other(
    function: Function,
    first: &str,
    second: Option<&str>,
    rest: &[Value],
) -> Option<Value> {
    Some(match function {
        Function::Length => count(first.chars().count()),
        Function::ByteLength => count(first.len()),
        Function::StartsWith => Value::Boolean(first.starts_with(second?)),
        Function::EndsWith => Value::Boolean(first.ends_with(second?)),
        Function::Contains => Value::Boolean(first.contains(second?)),
        Function::Locate => {
            let start = as_whole(rest.get(1)).unwrap_or(0);
            Value::Integer(text::locate(first, second?, start))
        }
        Function::Split => {
            let parts = text::split(first, second?)?;
            Value::of(parts.into_iter().map(Value::Text).collect())
        }
        Function::DateDiff => match rest {
            [Value::Date(from), Value::Date(to)] => when::difference(first, *from, *to),
            _ => Value::Null,
        },
        _ => return None,
    })
}

fn of_other(function: Function, first: &Value, rest: &[Value], kind: Type) -> Option<Value> {
    Some(match (function, first) {
        (Function::DateTrunc, span) => match rest {
            [Value::Date(time)] => when::truncated(span, *time),
            _ => Value::Null,
        },
        (Function::Bucket, Value::Date(time)) => when::truncated(rest.first()?, *time),
        (Function::Bucket, value) => {
            let span = number::double(rest.first()?)?;
            number::finite((number::double(value)? / span).floor() * span)
        }
        (Function::CidrMatch, Value::Ip(address)) => Value::Boolean(
            rest.iter()
                .filter_map(|network| Network::parse(as_text(Some(network))?))
                .any(|network| network.contains(*address)),
        ),
        (Function::Space, Value::Integer(number)) => Value::Text(text::repeated(" ", *number)?),
        (Function::Round, value) => number::round(value, as_whole(rest.first()).unwrap_or(0), kind),
        (Function::Abs, Value::Integer(number)) => number::ranged(number.checked_abs(), kind),
        (Function::Abs, Value::Double(number)) => Value::Double(number.abs()),
        (Function::Ceil, Value::Double(number)) => Value::Double(number.ceil()),
        (Function::Floor, Value::Double(number)) => Value::Double(number.floor()),
        (Function::Ceil | Function::Floor, value) => value.clone(),
        _ => return None,
    })
}
