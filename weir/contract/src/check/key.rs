//! Keys, windows and values.

use super::{Checked, Fault, ensure, said, shown, text};
use crate::Limits;
use crate::{Field, KeyPart, Value, ValueType, Window, order};

/// The first millisecond of year 0, and the first after year 9999: what a calendar with years of
/// four digits can say.
const FIRST: i64 = -62_167_219_200_000;
const AFTER: i64 = 253_402_300_800_000;
const DAY: i64 = 86_400_000;
const YEAR: i64 = 366 * DAY;

/// Checks the key of a group: all parts that the rule describes, in order.
pub(super) fn check(key: &[KeyPart], parts: &[Field], limits: &Limits) -> Checked {
    let same = key.len() == parts.len();
    let mut both = key.iter().zip(parts);
    ensure(
        same && both.all(|(part, known)| part.name == known.name),
        "key",
        || {
            let list = |names: Vec<&str>| match names.as_slice() {
                [] => "none".to_owned(),
                names => shown(&names.join(", ")),
            };
            let now = list(key.iter().map(|part| part.name.as_str()).collect());
            let described = list(parts.iter().map(|known| known.name.as_str()).collect());
            format!("its parts are {now} and described are {described}")
        },
    )?;
    for (part, known) in key.iter().zip(parts) {
        let Some(value) = &part.value else { continue };
        let fault = |fault: Fault| fault.within(&format!("key.{}", shown(&known.name)));
        check_value("value", value, limits).map_err(fault)?;
        ensure(
            kind(value) == known.kind,
            "value",
            || "is of another type than described",
        )
        .map_err(fault)?;
    }
    Ok(())
}

/// The type of a value.
pub(super) fn kind(value: &Value) -> ValueType {
    match value {
        Value::Text(_) => ValueType::Text,
        Value::Integer(_) => ValueType::Integer,
        Value::Number(_) => ValueType::Number,
        Value::Boolean(_) => ValueType::Boolean,
        Value::Timestamp(_) => ValueType::Timestamp,
        Value::TextList(_) => ValueType::TextList,
        Value::IntegerList(_) => ValueType::IntegerList,
    }
}

/// Checks a window by itself.
pub(super) fn window(window: Window) -> Checked {
    let Window { start, end } = window;
    ensure(start < end, "window", || {
        format!("ends at {end} and starts at {start}")
    })?;
    time("window.start", start)?;
    // An alert's document has it as its time.
    time("window.end", end)
}

/// Checks a moment.
pub(super) fn time(field: &str, milliseconds: i64) -> Checked {
    ensure((FIRST..AFTER).contains(&milliseconds), field, || {
        format!("{milliseconds} is not in the years 0 to 9999")
    })
}

/// Checks a moment that may lie around those of events, by a window and a lateness.
pub(super) fn near(field: &str, milliseconds: i64) -> Checked {
    let around = FIRST - YEAR..=AFTER + YEAR;
    ensure(around.contains(&milliseconds), field, || {
        format!("{milliseconds} is not about the years 0 to 9999")
    })
}

/// Checks when the first and the last event of a group were.
pub(super) fn seen(first: i64, last: i64, window: Window) -> Checked {
    let inside = |time: i64| (window.start..window.end).contains(&time);
    ensure(inside(first), "first-seen", || "is not in the window")?;
    ensure(inside(last), "last-seen", || "is not in the window")?;
    ensure(first <= last, "last-seen", || "is before first-seen")
}

/// Checks a value.
pub(super) fn check_value(field: &str, value: &Value, limits: &Limits) -> Checked {
    let empty = || "is an empty list";
    match value {
        Value::Text(words) => said(field, words, limits),
        Value::Number(number) => ensure(number.is_finite(), field, || "is no finite number"),
        Value::Timestamp(moment) => time(field, *moment),
        Value::TextList(list) => {
            ensure(!list.is_empty(), field, empty)?;
            let mut texts = list.iter();
            texts.try_for_each(|words| said(field, words, limits))
        }
        Value::IntegerList(list) => ensure(!list.is_empty(), field, empty),
        Value::Integer(_) | Value::Boolean(_) => Ok(()),
    }
}

/// Checks a value that stands in the log, where texts and lists may be empty.
pub(super) fn read(value: &Value, limits: &Limits) -> Checked {
    match value {
        Value::Text(words) => text(words, limits),
        Value::TextList(list) => list.iter().try_for_each(|words| text(words, limits)),
        Value::IntegerList(_) => Ok(()),
        other => check_value("value", other, limits),
    }
}

/// Whether two values are the same, types included.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    kind(one) == kind(other) && order::values(one, other).is_eq()
}

/// Bytes of a value in a document, about.
pub(super) fn written(value: &Value) -> u64 {
    match value {
        Value::Text(words) => super::written(words),
        Value::TextList(list) => list.iter().map(|words| super::written(words)).sum(),
        Value::IntegerList(list) => 12 * list.len() as u64,
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) | Value::Timestamp(_) => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, value: Option<Value>) -> KeyPart {
        KeyPart {
            name: name.to_owned(),
            value,
        }
    }

    #[test]
    fn a_key_has_the_parts_that_are_described_in_their_order() {
        let field = |name: &str, kind| Field {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
        };
        let parts = [
            field("user.id", ValueType::Text),
            field("source.as.number", ValueType::Integer),
        ];
        let user = part("user.id", Some(Value::Text("u".to_owned())));
        let network = part("source.as.number", Some(Value::Integer(7)));
        let check = |key: &[&KeyPart]| {
            let key: Vec<KeyPart> = key.iter().map(|part| (*part).clone()).collect();
            check(&key, &parts, &Limits::default()).is_ok()
        };
        assert!(check(&[&user, &network]));
        assert!(check(&[&part("user.id", None), &network]));
        assert!(!check(&[&network, &user]));
        assert!(!check(&[&user]));
        assert!(!check(&[&user, &network, &network]));
        assert!(!check(&[&user, &user]));
        assert!(!check(&[]));
        let text = part("source.as.number", Some(Value::Text("7".to_owned())));
        assert!(!check(&[&user, &text]));
    }
}
