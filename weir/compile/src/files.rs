//! The syntaxes of rule files: TOML, and a JSON object a line.

use crate::node::{Member, Node, Value};
use crate::reason::Reason;
use std::ops::Range;
use toml::de::{DeTable, DeValue};
use weir_detector::scan::{Error, ScanResult, Scanner, unescaped};

/// The document of a TOML file.
///
/// # Errors
/// Everything that is no TOML.
pub(crate) fn toml(text: &str) -> Result<Node, Vec<Reason>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node {
            span: table.span(),
            value: toml_table(table.get_ref(), 0),
        });
    }
    let reason = |error: &toml::de::Error| {
        Reason::new("not-toml", error.span().unwrap_or(0..0), error.message())
    };
    Err(errors.iter().map(reason).collect())
}

/// Deepest nesting of values.
const MAX_DEPTH: usize = 100;

fn toml_table(table: &DeTable, depth: usize) -> Value {
    let member = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue>)| {
        let name: &toml::Spanned<std::borrow::Cow<str>> = name;
        Member {
            name: name.get_ref().to_string(),
            span: name.span(),
            value: toml_value(value, depth),
        }
    };
    Value::Table(table.iter().map(member).collect())
}

fn toml_value(value: &toml::Spanned<DeValue>, depth: usize) -> Node {
    let of = match value.get_ref() {
        _ if depth > MAX_DEPTH => Value::Other,
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            number.map_or(Value::Other, Value::Integer)
        }
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Array(values) => {
            let values = values.iter().map(|value| toml_value(value, depth + 1));
            Value::List(values.collect())
        }
        DeValue::Table(table) => toml_table(table, depth + 1),
        _ => Value::Other,
    };
    Node {
        span: value.span(),
        value: of,
    }
}

/// The objects of a file with one a line.
pub(crate) fn ndjson(text: &str) -> Vec<Result<Node, Reason>> {
    let mut nodes = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            nodes.push(json(line, start));
        }
        start += line.len();
    }
    nodes
}

/// A JSON value at an offset of its file.
pub(crate) fn json(text: &str, start: usize) -> Result<Node, Reason> {
    let mut scanner = Scanner::new(text);
    let read = json_value(&mut scanner, text, start);
    let whole = read.and_then(|node| scanner.end().map(|()| node));
    whole.map_err(|Error { message, at }| {
        let at = start + at;
        Reason::new("not-json", at..at + 1, format!("not JSON: {message}"))
    })
}

fn json_value<'a>(scanner: &mut Scanner<'a>, text: &'a str, start: usize) -> ScanResult<Node> {
    let first = scanner.peek();
    let from = scanner.at();
    let value = match first {
        Some(b'{') => {
            let mut members = Vec::new();
            scanner.object(|scanner, key| {
                // The key is a part of the text.
                let at = start + (key.as_ptr() as usize - text.as_ptr() as usize);
                members.push(Member {
                    name: unescaped(key).into_owned(),
                    span: at..at + key.len(),
                    value: json_value(scanner, text, start)?,
                });
                Ok(())
            })?;
            Value::Table(members)
        }
        Some(b'[') => {
            let mut values = Vec::new();
            scanner.array(|scanner| {
                values.push(json_value(scanner, text, start)?);
                Ok(())
            })?;
            Value::List(values)
        }
        _ => scalar(scanner.value()?),
    };
    let span: Range<usize> = start + from..start + scanner.at();
    Ok(Node { span, value })
}

fn scalar(raw: &str) -> Value {
    match raw.as_bytes() {
        [b'"', ..] => Value::Text(unescaped(&raw[1..raw.len() - 1]).into_owned()),
        b"true" => Value::Boolean(true),
        b"false" => Value::Boolean(false),
        b"null" => Value::Null,
        _ => raw.parse().map_or(Value::Other, Value::Integer),
    }
}
