//! Functions of several values that keep their order.

use crate::program::function::Meter;
use crate::program::value::Value;
use std::cmp::Ordering;
use std::mem::take;

/// The single values of the first argument.
fn first<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Vec<Value<'v>> {
    let value = args.first_mut().map(take).unwrap_or_default();
    meter.bytes(value.bytes());
    let values = value.into_each();
    meter.steps += values.len() as u64;
    values
}

/// Whether one of some values equals a value.
fn has(values: &[Value], wanted: &Value, meter: &mut Meter) -> bool {
    values.iter().any(|value| {
        meter.steps += 1;
        meter.bytes(value.bytes().min(wanted.bytes()));
        value.order(wanted) == Some(Ordering::Equal)
    })
}

/// The values of both.
pub(crate) fn append<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let other = args.get_mut(1).map(take).unwrap_or_default();
    let mut all = first(args, meter);
    all.extend(other.into_each());
    Value::many(all)
}

/// The values from one index to another, both included; negative ones count from the end.
pub(crate) fn slice<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let (Some(Value::Integer(start)), Some(Value::Integer(end))) = (args.get(1), args.get(2))
    else {
        return Value::Null;
    };
    let (start, end) = (*start, *end);
    if start > end || start < 0 && end >= 0 {
        return Value::Null;
    }
    let values = first(args, meter);
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let place = |index: i64| match index < 0 {
        true => index.saturating_add(count),
        false => index,
    };
    let (from, to) = (place(start).max(0), place(end).min(count - 1));
    let inside = (0..).zip(values);
    let inside = inside.filter(|(at, _): &(i64, _)| (from..=to).contains(at));
    Value::many(inside.map(|(_, value)| value))
}

/// The values in order: ascending, or descending for `desc`.
pub(crate) fn sort<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let falls =
        matches!(args.get(1), Some(Value::Text(order)) if order.eq_ignore_ascii_case("desc"));
    let mut values = first(args, meter);
    values.sort_by(|a, b| a.order(b).unwrap_or(Ordering::Equal));
    if falls {
        values.reverse();
    }
    Value::many(values)
}

/// The distinct values, each at its first place.
pub(crate) fn distinct<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let mut found = Vec::new();
    for value in first(args, meter) {
        if !has(&found, &value, meter) {
            found.push(value);
        }
    }
    Value::many(found)
}

/// Whether the first has every value of the second; null has no value.
pub(crate) fn has_all<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [all, wanted] = args else {
        return Value::Null;
    };
    let mut wanted = wanted.each().iter();
    Value::Boolean(wanted.all(|wanted| has(all.each(), wanted, meter)))
}

/// The distinct values of the first that the second has.
pub(crate) fn intersection<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let other = args.get_mut(1).map(take).unwrap_or_default();
    let mut found = Vec::new();
    for value in first(args, meter) {
        if has(other.each(), &value, meter) && !has(&found, &value, meter) {
            found.push(value);
        }
    }
    Value::many(found)
}

/// What stands between the parts of a pair.
const BETWEEN: char = '|';
/// What stands before such a character in the first part, and before itself.
const ESCAPE: char = '\\';
/// A part that is null.
const NONE: &str = "\\0";

/// The texts of a value as parts of pairs.
fn parts(value: &Value, escaped: bool) -> Vec<String> {
    let texts = value.each().iter().filter_map(|value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    });
    let mut parts: Vec<String> = texts
        .map(|text| match escaped && text.contains([BETWEEN, ESCAPE]) {
            true => text.replace(ESCAPE, "\\\\").replace(BETWEEN, "\\|"),
            false => text.to_string(),
        })
        .collect();
    if parts.is_empty() {
        parts.push(NONE.to_owned());
    }
    parts
}

/// A text for each pair of values of two texts; null is a value.
pub(crate) fn pair<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [one, other] = args else {
        return Value::Null;
    };
    let (one, other) = (parts(one, true), parts(other, false));
    let all = one.iter().flat_map(|one| {
        let both = other
            .iter()
            .map(move |other| format!("{one}{BETWEEN}{other}"));
        both.map(Value::text)
    });
    let all = Value::many(all);
    meter.steps += all.each().len() as u64;
    meter.bytes(all.bytes());
    all
}

/// The first part of a pair, None if it is null, and the second.
fn split(text: &str) -> Option<(Option<String>, &str)> {
    let (mut first, mut is_none) = (String::new(), false);
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            BETWEEN => return Some(((!is_none).then_some(first), text.get(at + 1..)?)),
            ESCAPE => match characters.next()?.1 {
                '0' => is_none = true,
                escaped => first.push(escaped),
            },
            c => first.push(c),
        }
    }
    None
}

/// A part of a pair: the first (0) or the second, which may be a pair itself.
pub(crate) fn unpair<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [Value::Text(text), Value::Integer(part)] = args else {
        return Value::Null;
    };
    meter.bytes(text.len());
    match split(text) {
        Some((Some(first), _)) if *part == 0 => Value::text(first),
        Some((_, second)) if *part != 0 && second != NONE => Value::text(second.to_owned()),
        _ => Value::Null,
    }
}
