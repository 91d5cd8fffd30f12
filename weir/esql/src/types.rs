//! Types and values of the language.

use std::cmp::Ordering;

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// The type of null.
    Null,
    /// A text that is taken as a whole.
    Keyword,
    /// A text that is searched by words.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A floating-point number of 64 bits.
    Double,
    /// True or false.
    Boolean,
    /// A time in milliseconds.
    Date,
    /// An address, IPv4 or IPv6.
    Ip,
    /// A version of software.
    Version,
    /// A span of the calendar: days, weeks, months, years.
    Period,
    /// A span of time: milliseconds to hours.
    Duration,
    /// The whole document, as text.
    Source,
    /// A point on the earth. Not supported.
    GeoPoint,
}

impl Type {
    /// Its name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Keyword => "keyword",
            Type::Text => "text",
            Type::Integer => "integer",
            Type::Long => "long",
            Type::Double => "double",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Ip => "ip",
            Type::Version => "version",
            Type::Period => "date_period",
            Type::Duration => "time_duration",
            Type::Source => "_source",
            Type::GeoPoint => "geo_point",
        }
    }

    /// The type of a name, as in a cast or in a mapping.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Type> {
        Some(match name.to_lowercase().as_str() {
            "null" => Type::Null,
            "keyword" | "string" | "constant_keyword" | "wildcard" | "flattened" => Type::Keyword,
            "text" | "match_only_text" => Type::Text,
            "integer" | "int" | "short" | "byte" => Type::Integer,
            "long" => Type::Long,
            "double" | "float" | "half_float" | "scaled_float" => Type::Double,
            "boolean" | "bool" => Type::Boolean,
            "date" | "datetime" => Type::Date,
            "ip" => Type::Ip,
            "version" => Type::Version,
            "date_period" => Type::Period,
            "time_duration" => Type::Duration,
            "_source" => Type::Source,
            "geo_point" => Type::GeoPoint,
            _ => return None,
        })
    }

    /// Whether it is a text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Type::Keyword | Type::Text)
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Type::Integer | Type::Long | Type::Double)
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Type::Integer | Type::Long)
    }

    /// Whether it is a span of time.
    #[must_use]
    pub fn is_span(self) -> bool {
        matches!(self, Type::Period | Type::Duration)
    }

    /// Itself, but keyword for text: what an expression over a text gives.
    #[must_use]
    pub fn no_text(self) -> Type {
        if self == Type::Text {
            Type::Keyword
        } else {
            self
        }
    }

    /// The type that both are taken as where they stand side by side, if there is one.
    #[must_use]
    pub fn common(self, other: Type) -> Option<Type> {
        match (self, other) {
            (Type::Null, other) => Some(other),
            (this, Type::Null) => Some(this),
            (this, other) if this == other => Some(this),
            (this, other) if this.is_text() && other.is_text() => Some(Type::Keyword),
            (this, other) if this.is_number() && other.is_number() => Some(this.max(other)),
            _ => None,
        }
    }
}

/// A value. What its type is, is known from the expression that gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number of 32 or of 64 bits.
    Integer(i64),
    /// A floating-point number. It is finite.
    Double(f64),
    /// A text.
    Text(String),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Date(i64),
    /// An address, IPv4 ones as `::ffff:a.b.c.d`.
    Ip([u8; 16]),
    /// A version of software.
    Version(String),
    /// A span of the calendar, in months and in days.
    Period {
        /// Months; twelve for a year.
        months: i64,
        /// Days; seven for a week.
        days: i64,
    },
    /// A span of time in milliseconds.
    Duration(i64),
    /// Two or more values of one type, none of them null or a list.
    Many(Vec<Value>),
}

impl Value {
    /// Its single values: none of null.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Null => &[],
            Value::Many(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// Values as one: null for none, itself for one.
    #[must_use]
    pub fn of(mut items: Vec<Value>) -> Value {
        match items.len() {
            0 => Value::Null,
            1 => items.remove(0),
            _ => Value::Many(items),
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// The order of two single values of one type, or of two numbers: texts by their bytes. Values
    /// of different types have an order, too, but without a meaning.
    #[must_use]
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
            (Value::Integer(one), Value::Integer(other))
            | (Value::Date(one), Value::Date(other))
            | (Value::Duration(one), Value::Duration(other)) => one.cmp(other),
            (Value::Double(one), Value::Double(other)) => total(*one, *other),
            (Value::Integer(one), Value::Double(other)) => total(*one as f64, *other),
            (Value::Double(one), Value::Integer(other)) => total(*one, *other as f64),
            (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
            (Value::Ip(one), Value::Ip(other)) => one.cmp(other),
            (Value::Version(one), Value::Version(other)) => version_order(one, other),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Boolean(_) => 1,
            Value::Integer(_) | Value::Double(_) => 2,
            Value::Text(_) => 3,
            Value::Date(_) => 4,
            Value::Ip(_) => 5,
            Value::Version(_) => 6,
            Value::Period { .. } => 7,
            Value::Duration(_) => 8,
            Value::Many(_) => 9,
        }
    }
}

/// The order of two numbers, both zeros being equal.
fn total(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

/// The order of two versions by semantic versioning: numbers by value, before a version its
/// pre-releases; what is no version follows all versions, by its bytes.
fn version_order(one: &str, other: &str) -> Ordering {
    match (version_parts(one), version_parts(other)) {
        (Some(first), Some(second)) => first
            .0
            .cmp(&second.0)
            .then_with(|| match (&first.1, &second.1) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(first), Some(second)) => first.cmp(second),
            })
            .then_with(|| one.as_bytes().cmp(other.as_bytes())),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.as_bytes().cmp(other.as_bytes()),
    }
}

/// A part of a pre-release: numbers before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ReleasePart {
    Number(u64),
    Word(String),
}

fn version_parts(text: &str) -> Option<(Vec<u64>, Option<Vec<ReleasePart>>)> {
    let release = text.split('+').next().unwrap_or(text);
    let (numbers, before) = match release.split_once('-') {
        Some((numbers, before)) => (numbers, Some(before)),
        None => (release, None),
    };
    let mut parts = Vec::new();
    for number in numbers.split('.') {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        parts.push(number.parse().ok()?);
    }
    while parts.len() < 3 {
        parts.push(0);
    }
    let before = before.map(|before| {
        before
            .split('.')
            .map(|part| match part.parse() {
                Ok(number) => ReleasePart::Number(number),
                Err(_) => ReleasePart::Word(part.to_owned()),
            })
            .collect()
    });
    Some((parts, before))
}
