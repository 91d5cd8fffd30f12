//! The values of programs, and their conversions.

use crate::address;
use crate::network::Network;
use crate::program::pattern::Pattern;
use crate::program::regex::Regex;
use crate::time;
use std::borrow::Cow;

/// Most values of one field or result; further ones are ignored.
pub const MAX_VALUES: usize = 256;
/// Most bytes of the texts of several values; further ones are ignored.
pub const MAX_TEXT: usize = 64 << 10;
/// Longest text in bytes: a longer one is null. Elasticsearch indexes no longer keyword.
pub const MAX_TEXT_LENGTH: usize = 32_766;

/// Largest growth of a text by a conversion of case, as a factor.
pub(crate) const GROWTH: u64 = 3;

/// The years 1 to 9999, in milliseconds since 1970: times outside have no date.
pub(crate) const CALENDAR: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=time::LAST;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A truth value.
    Boolean,
    /// An integer of 64 bits.
    Integer,
    /// A finite double.
    Number,
    /// A text.
    Text,
    /// Milliseconds since 1970.
    Time,
    /// An IP address.
    Address,
    /// A network of addresses; of constants only.
    Network,
    /// A pattern for texts; of constants only.
    Pattern,
    /// A regular expression for texts; of constants only.
    Regex,
}

/// All types, by their numbers in an encoded program.
pub(crate) const TYPES: [Type; 9] = [
    Type::Boolean,
    Type::Integer,
    Type::Number,
    Type::Text,
    Type::Time,
    Type::Address,
    Type::Network,
    Type::Pattern,
    Type::Regex,
];

impl Type {
    /// Whether fields and results can have this type.
    #[must_use]
    pub fn is_general(self) -> bool {
        !matches!(self, Type::Network | Type::Pattern | Type::Regex)
    }

    /// Whether it is numeric.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Integer | Type::Number)
    }
}

/// A value: null, one of a type, or several of a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'v> {
    /// No value.
    #[default]
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A finite double.
    Number(f64),
    /// A text.
    Text(Cow<'v, str>),
    /// Milliseconds since 1970.
    Time(i64),
    /// An address, as [`address::parse`] gives it.
    Address(u128),
    /// A network.
    Network(Network),
    /// A pattern.
    Pattern(&'v Pattern),
    /// A regular expression.
    Regex(&'v Regex),
    /// Two values or more, of one type, none of them null.
    Many(Vec<Value<'v>>),
}

impl<'v> Value<'v> {
    /// A text.
    pub fn text(text: impl Into<Cow<'v, str>>) -> Value<'v> {
        Value::Text(text.into())
    }

    /// A double; null where it is not finite.
    #[must_use]
    pub fn number(number: f64) -> Value<'v> {
        if number.is_finite() {
            Value::Number(number)
        } else {
            Value::Null
        }
    }

    /// Combines values, up to [`MAX_VALUES`] and [`MAX_TEXT`]: none gives null, one gives itself.
    pub fn many(values: impl IntoIterator<Item = Value<'v>>) -> Value<'v> {
        let values = values.into_iter().filter(|value| *value != Value::Null);
        let mut room = MAX_TEXT;
        let fits = |value: &Value| {
            let rest = room.checked_sub(value.bytes());
            room = rest.unwrap_or(0);
            rest.is_some()
        };
        let values = values.take(MAX_VALUES).take_while(fits);
        let mut values: Vec<Value> = values.collect();
        match values.len() {
            0 | 1 => values.pop().unwrap_or_default(),
            _ => Value::Many(values),
        }
    }

    /// The single values; none for null.
    #[must_use]
    pub fn each(&self) -> &[Value<'v>] {
        match self {
            Value::Null => &[],
            Value::Many(values) => values,
            value => std::slice::from_ref(value),
        }
    }

    /// The single values, owned.
    pub(crate) fn into_each(self) -> Vec<Value<'v>> {
        match self {
            Value::Null => Vec::new(),
            Value::Many(values) => values,
            value => vec![value],
        }
    }

    /// Whether there are several values.
    #[must_use]
    pub fn is_many(&self) -> bool {
        matches!(self, Value::Many(_))
    }

    /// The bytes of its texts.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |value: &Value| match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        match self {
            Value::Many(values) => values.iter().map(bytes).sum(),
            value => bytes(value),
        }
    }

    /// The type of a single value.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        match self {
            Value::Null => None,
            Value::Boolean(_) => Some(Type::Boolean),
            Value::Integer(_) => Some(Type::Integer),
            Value::Number(_) => Some(Type::Number),
            Value::Text(_) => Some(Type::Text),
            Value::Time(_) => Some(Type::Time),
            Value::Address(_) => Some(Type::Address),
            Value::Network(_) => Some(Type::Network),
            Value::Pattern(_) => Some(Type::Pattern),
            Value::Regex(_) => Some(Type::Regex),
            Value::Many(values) => values.first().and_then(Value::kind),
        }
    }

    /// The order of two single values of one type, or of two numbers; texts by their bytes.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "an integer beside a double becomes one"
    )]
    pub fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Integer(a), Value::Integer(b)) | (Value::Time(a), Value::Time(b)) => {
                Some(a.cmp(b))
            }
            (Value::Integer(a), Value::Number(b)) => (*a as f64).partial_cmp(b),
            (Value::Number(a), Value::Integer(b)) => a.partial_cmp(&(*b as f64)),
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Address(a), Value::Address(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Converts a field's values for a program: cast to its type and sorted as Elasticsearch's
    /// columns are, with texts and addresses de-duplicated. Values that do not fit the type are
    /// dropped; fractions are truncated for an integer.
    #[must_use]
    pub fn of_field(self, kind: Type) -> Value<'v> {
        if !self.is_many() {
            return self.coerced(kind);
        }
        let values = self
            .into_each()
            .into_iter()
            .take(MAX_VALUES)
            .map(|value| value.coerced(kind));
        let mut values = Value::many(values).into_each();
        values.sort_by(|a, b| a.order(b).unwrap_or(std::cmp::Ordering::Equal));
        if matches!(kind, Type::Text | Type::Address) {
            values.dedup();
        }
        Value::many(values)
    }

    fn coerced(self, kind: Type) -> Value<'v> {
        match (kind, self) {
            (Type::Integer, Value::Number(number)) => integer(number.trunc()),
            (Type::Integer, Value::Text(text)) => match text.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => parsed(&text).map_or(Value::Null, |n| integer(n.trunc())),
            },
            (Type::Boolean, Value::Text(text)) => match &*text {
                "true" => Value::Boolean(true),
                "false" | "" => Value::Boolean(false),
                _ => Value::Null,
            },
            (Type::Boolean, Value::Integer(_) | Value::Number(_)) => Value::Null,
            (Type::Integer | Type::Number, Value::Boolean(_)) => Value::Null,
            (_, value) => value.cast(kind),
        }
    }

    /// Casts a single value to another type; null if it has no such value.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
    pub fn cast(self, kind: Type) -> Value<'v> {
        match (kind, self) {
            (Type::Text, Value::Text(text)) if text.len() > MAX_TEXT_LENGTH => Value::Null,
            (Type::Number, Value::Number(number)) => Value::number(number),
            (_, value) if value.kind() == Some(kind) => value,
            (Type::Boolean, Value::Integer(number)) => Value::Boolean(number != 0),
            (Type::Boolean, Value::Number(number)) => Value::Boolean(number != 0.0),
            (Type::Boolean, Value::Text(text)) => Value::Boolean(text.eq_ignore_ascii_case("true")),
            (Type::Integer, Value::Boolean(value)) => Value::Integer(value.into()),
            (Type::Integer, Value::Number(number)) => integer(nearest(number)),
            (Type::Integer, Value::Time(time)) => Value::Integer(time),
            (Type::Integer, Value::Text(text)) => match text.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => parsed(&text).map_or(Value::Null, |n| integer(nearest(n))),
            },
            (Type::Number, Value::Boolean(value)) => Value::Number(u8::from(value).into()),
            (Type::Number, Value::Integer(number) | Value::Time(number)) => {
                Value::Number(number as f64)
            }
            (Type::Number, Value::Text(text)) => parsed(&text).map_or(Value::Null, Value::Number),
            (Type::Time, Value::Integer(time)) => Value::Time(time),
            (Type::Time, Value::Text(text)) => time::parse(&text).map_or(Value::Null, Value::Time),
            (Type::Address, Value::Text(text)) => {
                address::parse(&text).map_or(Value::Null, Value::Address)
            }
            (Type::Text, value) => value.rendered().map_or(Value::Null, Value::text),
            _ => Value::Null,
        }
    }

    /// The text of a single value.
    fn rendered(&self) -> Option<String> {
        match self {
            Value::Boolean(value) => Some(value.to_string()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Number(number) => Some(number_text(*number)),
            Value::Time(time) if CALENDAR.contains(time) => Some(time_text(*time)),
            Value::Address(bits) => Some(address::render(*bits)),
            _ => None,
        }
    }
}

/// The nearest whole double, of two the upper one, as Java's `Math.round`.
pub(crate) fn nearest(number: f64) -> f64 {
    let below = number.floor();
    // The difference is exact wherever a half is near.
    below + f64::from(number - below >= 0.5)
}

/// A whole double as an integer; null if it does not fit.
#[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
fn integer(whole: f64) -> Value<'static> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    match (-END..END).contains(&whole) {
        true => Value::Integer(whole as i64),
        false => Value::Null,
    }
}

/// Parses a decimal number, with or without an exponent.
fn parsed(text: &str) -> Option<f64> {
    let is_number = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    let number: f64 = text.bytes().all(is_number).then_some(text)?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Formats a double as Java does: always with a point, with an exponent from 10^7 on and below
/// 10^-3.
fn number_text(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

/// Formats a time as ISO 8601 with milliseconds, in UTC.
fn time_text(time: i64) -> String {
    let (days, rest) = (time.div_euclid(86_400_000), time.rem_euclid(86_400_000));
    let (year, month, day) = time::date(days);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    let milli = rest % 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_does() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1234567.0, "1234567.0"),
            (12_345_678.0, "1.2345678E7"),
            (1e7, "1.0E7"),
            (-1.5e300, "-1.5E300"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "2024-02-29T23:59:59.999Z",
            "1969-12-31T23:59:59.001Z",
        ] {
            let time = time::parse(text).unwrap();
            assert_eq!(time_text(time), text);
        }
    }

    #[test]
    fn casts_give_the_nearest_value_or_none() {
        let text = Value::text;
        for (value, kind, wanted) in [
            (text("3.5"), Type::Integer, Value::Integer(4)),
            (text("-3.5"), Type::Integer, Value::Integer(-3)),
            (text("9223372036854775808"), Type::Integer, Value::Null),
            (text("x"), Type::Integer, Value::Null),
            (text("inf"), Type::Number, Value::Null),
            (text("1e3"), Type::Number, Value::Number(1000.0)),
            (text("TRUE"), Type::Boolean, Value::Boolean(true)),
            (text("yes"), Type::Boolean, Value::Boolean(false)),
            (Value::Number(1e19), Type::Integer, Value::Null),
            (Value::Integer(7), Type::Text, text("7")),
            (Value::Integer(7), Type::Address, Value::Null),
            (
                text("::ffff:1.2.3.4"),
                Type::Address,
                Value::Address(address::parse("1.2.3.4").unwrap()),
            ),
        ] {
            assert_eq!(value.clone().cast(kind), wanted, "{value:?}");
        }
        let field = Value::many([Value::Number(3.9), text("3"), text("x"), Value::Integer(1)]);
        let wanted = [1, 3, 3].map(Value::Integer);
        assert_eq!(field.of_field(Type::Integer), Value::Many(wanted.into()));
        let field = Value::many(["b", "a", "b"].map(text));
        assert_eq!(
            field.of_field(Type::Text),
            Value::Many(["a", "b"].map(text).into())
        );
    }
}
