//! Functions of texts. Characters are Unicode's code points, counted from 1 on.

use crate::program::function::Meter;
use crate::program::value::{MAX_TEXT_LENGTH, Value};
use memchr::memmem;
use std::borrow::Cow;

/// A new text; null if it is too long.
pub(super) fn made<'v>(text: String, meter: &mut Meter) -> Value<'v> {
    meter.bytes(text.len());
    if text.len() > MAX_TEXT_LENGTH {
        Value::Null
    } else {
        Value::Text(text.into())
    }
}

/// Applies a conversion to one text.
pub(super) fn one<'v>(
    args: &[Value<'v>],
    meter: &mut Meter,
    make: impl FnOnce(&str, &mut Meter) -> Value<'v>,
) -> Value<'v> {
    match args {
        [Value::Text(text), ..] => {
            meter.bytes(text.len());
            make(text, meter)
        }
        _ => Value::Null,
    }
}

fn count<'v>(count: usize) -> Value<'v> {
    i64::try_from(count).map_or(Value::Null, Value::Integer)
}

pub(crate) fn length<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, _| count(text.chars().count()))
}

pub(crate) fn byte_length<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Text(text)] => count(text.len()),
        _ => Value::Null,
    }
}

pub(crate) fn lower<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| made(text.to_lowercase(), meter))
}

pub(crate) fn lower_ascii<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| {
        made(text.to_ascii_lowercase(), meter)
    })
}

pub(crate) fn upper<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| made(text.to_uppercase(), meter))
}

/// A part of a text, without a copy if the text is borrowed.
fn part<'v>(args: &mut [Value<'v>], meter: &mut Meter, part: impl Fn(&str) -> &str) -> Value<'v> {
    match args {
        [Value::Text(Cow::Borrowed(text)), ..] => {
            meter.bytes(text.len());
            Value::Text(Cow::Borrowed(part(text)))
        }
        [Value::Text(text), ..] => {
            meter.bytes(text.len());
            Value::Text(part(text).to_owned().into())
        }
        _ => Value::Null,
    }
}

/// A character that Java's `String.strip` removes.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
        || matches!(c, '\u{1c}'..='\u{1f}')
}

pub(crate) fn trim<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    part(args, meter, |text| text.trim_matches(is_blank))
}

pub(crate) fn trim_start<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    part(args, meter, |text| text.trim_start_matches(is_blank))
}

pub(crate) fn trim_end<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    part(args, meter, |text| text.trim_end_matches(is_blank))
}

pub(crate) fn concat<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let mut all = String::new();
    for text in args.iter() {
        if let Value::Text(text) = text {
            meter.bytes(text.len());
            if all.len() + text.len() > MAX_TEXT_LENGTH {
                return Value::Null;
            }
            all.push_str(text);
        }
    }
    made(all, meter)
}

/// The characters `skipped..skipped + taken` of a text.
fn characters(text: &str, skipped: usize, taken: usize) -> &str {
    let place = |text: &str, n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let rest = &text[place(text, skipped)..];
    &rest[..place(rest, taken)]
}

/// An argument as a number of characters.
fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(if number < 0 { 0 } else { usize::MAX })
}

/// A substring by position and length; a position below 0 counts from the end, 0 is the first
/// character. Null for a negative length.
pub(crate) fn substring<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let (Some(start), Some(taken)) = (number(args.get(1)), number(args.get(2))) else {
        return Value::Null;
    };
    if taken < 0 {
        return Value::Null;
    }
    part(args, meter, |text| {
        let skipped = match start {
            1.. => size(start - 1),
            0 => 0,
            _ => text
                .chars()
                .count()
                .saturating_sub(size(start.saturating_neg())),
        };
        characters(text, skipped, size(taken))
    })
}

pub(crate) fn left<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let taken = number(args.get(1)).unwrap_or(0);
    part(args, meter, |text| characters(text, 0, size(taken)))
}

pub(crate) fn right<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let taken = number(args.get(1)).unwrap_or(0);
    part(args, meter, |text| {
        let skipped = text.chars().count().saturating_sub(size(taken));
        characters(text, skipped, usize::MAX)
    })
}

/// Applies a test to two texts.
fn both<'v>(
    args: &[Value<'v>],
    meter: &mut Meter,
    test: impl FnOnce(&str, &str) -> Value<'v>,
) -> Value<'v> {
    match args {
        [Value::Text(text), Value::Text(other)] => {
            meter.bytes(text.len() + other.len());
            test(text, other)
        }
        _ => Value::Null,
    }
}

pub(crate) fn starts_with<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    both(args, meter, |text, other| {
        Value::Boolean(text.starts_with(other))
    })
}

pub(crate) fn ends_with<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    both(args, meter, |text, other| {
        Value::Boolean(text.ends_with(other))
    })
}

pub(crate) fn contains<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let found = |text: &str, other: &str| memmem::find(text.as_bytes(), other.as_bytes());
    both(args, meter, |text, other| {
        Value::Boolean(found(text, other).is_some())
    })
}

/// The position of the second text in the first; 0 if it is not contained.
pub(crate) fn locate<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    both(args, meter, |text, other| {
        let at = memmem::find(text.as_bytes(), other.as_bytes());
        count(at.map_or(0, |at| text[..at].chars().count() + 1))
    })
}

/// The pieces of a text between separators, empty ones included.
pub(crate) fn split<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    both(args, meter, |text, separator| match separator {
        "" => Value::text(text.to_owned()),
        _ => Value::many(
            text.split(separator)
                .map(|piece| Value::text(piece.to_owned())),
        ),
    })
}
