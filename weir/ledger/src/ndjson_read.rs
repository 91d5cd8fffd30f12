//! Reader of NDJSON ledgers: one row a line.

use std::borrow::Cow;
use std::fmt;

use chrono::DateTime;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::columns::{Column, FIXED, KEY, TRUNCATED, of_clause};
use super::{Entry, Figure, Scheme};
use weir_host::contract::{KeyPart, TruncationKind, Value, Window};
use weir_sinks::output::mark_text;

/// A row of a ledger.
pub(super) enum Row {
    /// Entry of the wanted rule.
    Ours(Entry),
    /// Row of the rule with this id.
    Other(String),
}

/// A row in the course of reading.
pub(super) struct Partial<'de> {
    times: [Option<i64>; 4],
    rule: Option<String>,
    /// Problem of the row, unless it is another rule's.
    problem: Option<String>,
    alerted: Option<bool>,
    complete: Option<bool>,
    marks: Vec<String>,
    id: Option<u128>,
    floor: Option<f64>,
    values: Vec<[Option<f64>; 2]>,
    key: Option<Vec<String>>,
    /// Columns that may be parts of the key.
    others: Vec<(Cow<'de, str>, Scalar<'de>)>,
}

impl<'de> Partial<'de> {
    pub(super) fn new(scheme: &Scheme) -> Self {
        Self {
            times: [None; 4],
            rule: None,
            problem: None,
            alerted: None,
            complete: None,
            marks: Vec::new(),
            id: None,
            floor: None,
            values: vec![[None; 2]; scheme.conditions.len()],
            key: None,
            others: Vec::new(),
        }
    }

    /// Takes in one column, or why it cannot be.
    pub(super) fn put(&mut self, name: Cow<'de, str>, column: Option<Column>, value: Scalar<'de>) {
        if let Err(problem) = self.take(name, column, value) {
            self.problem.get_or_insert(problem);
        }
    }

    fn take(
        &mut self,
        name: Cow<'de, str>,
        column: Option<Column>,
        value: Scalar<'de>,
    ) -> Result<(), String> {
        let Some(column) = column else {
            self.others.push((name, value));
            return Ok(());
        };
        let name = &*name;
        let time = |value: &Scalar<'_>| match value {
            Scalar::Text(text) => {
                read_time(text).ok_or_else(|| format!("{name} is no time: {text}"))
            }
            Scalar::Time(time) => Ok(*time),
            _ => Err(format!("{name} is no time")),
        };
        match column {
            Column::First => self.times[0] = Some(time(&value)?),
            Column::Last => self.times[1] = Some(time(&value)?),
            Column::Start => self.times[2] = Some(time(&value)?),
            Column::End => self.times[3] = Some(time(&value)?),
            Column::Rule => self.rule = Some(value.text()),
            Column::Key => self.key = Some(value.names()?),
            Column::Alerted => self.alerted = Some(value.truth(name)?),
            Column::Complete => self.complete = Some(value.truth(name)?),
            Column::Truncated => self.marks = value.marks()?,
            Column::Id => {
                let text = value.text();
                let id = u128::from_str_radix(&text, 16).ok();
                let id = id.filter(|_| text.len() == 32);
                self.id = Some(id.ok_or_else(|| format!("{name} is no id: {text}"))?);
            }
            Column::Floor => self.floor = Some(value.number(name)?),
            Column::Value(at) => self.figure(at, 0, value.number(name)?),
            Column::Threshold(at) => self.figure(at, 1, value.number(name)?),
            Column::Timestamp | Column::Derived => {}
        }
        Ok(())
    }

    fn figure(&mut self, at: usize, which: usize, value: f64) {
        if let Some(pair) = self.values.get_mut(at) {
            pair[which] = Some(value);
        }
    }

    /// The row; else what it lacks.
    pub(super) fn whole(self, scheme: &Scheme) -> Result<Row, String> {
        match &self.rule {
            Some(rule) if *rule != scheme.rule => Ok(Row::Other(rule.clone())),
            _ => self.entry(scheme).map(Row::Ours),
        }
    }

    fn entry(self, scheme: &Scheme) -> Result<Entry, String> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let lacks = |column: Column| {
            let known = FIXED.iter().find(|(_, what)| *what == column);
            format!(
                "it has no {}",
                known.map_or("such column", |(name, _)| name)
            )
        };
        let [first, last, start, end] = self.times;
        let mut figures = Vec::with_capacity(self.values.len());
        for (pair, condition) in self.values.iter().zip(&scheme.conditions) {
            let [value, threshold] = *pair;
            let value = value.ok_or_else(|| format!("it has no {}", condition.column))?;
            let threshold = threshold.ok_or_else(|| {
                let [name, ..] = of_clause(&condition.parameter);
                format!("it has no {name}")
            })?;
            let mark = || mark_text(&condition.column, TruncationKind::Approximate);
            figures.push(Figure {
                value,
                comparison: condition.comparison,
                threshold,
                estimate: !self.marks.is_empty() && self.marks.contains(&mark()),
            });
        }
        if self.rule.is_none() {
            return Err(lacks(Column::Rule));
        }
        let names = self.key.ok_or_else(|| lacks(Column::Key))?;
        if names.is_empty() && !scheme.key.is_empty() {
            return Err(format!("{KEY} is no list of names"));
        }
        let key = key(names, self.others)?;
        let entry = Entry {
            window: Window {
                start: start.ok_or_else(|| lacks(Column::Start))?,
                end: end.ok_or_else(|| lacks(Column::End))?,
            },
            key,
            first_seen: first.ok_or_else(|| lacks(Column::First))?,
            last_seen: last.ok_or_else(|| lacks(Column::Last))?,
            alerted: self.alerted.ok_or_else(|| lacks(Column::Alerted))?,
            complete: self.complete.ok_or_else(|| lacks(Column::Complete))?,
            id: self.id.ok_or_else(|| lacks(Column::Id))?,
            floor: self.floor.ok_or_else(|| lacks(Column::Floor))?,
            figures,
        };
        if entry.alerted != (entry.failing() == 0) {
            return Err("weir.alerted is not what its figures say".to_owned());
        }
        Ok(entry)
    }
}

/// The key whose parts have these names; other columns belong to other programs.
fn key(
    names: Vec<String>,
    mut columns: Vec<(Cow<'_, str>, Scalar<'_>)>,
) -> Result<Vec<KeyPart>, String> {
    let parts = names.into_iter().map(|name| {
        let at = columns.iter().position(|(known, _)| *known == name);
        let at = at.ok_or_else(|| format!("it has no {name}, which {KEY} names"))?;
        let (_, value) = columns.swap_remove(at);
        let value = value.part(&name)?;
        Ok(KeyPart { name, value })
    });
    parts.collect()
}

/// The row that a line holds; else what is wrong with it.
pub(super) fn parse(line: &[u8], scheme: &Scheme) -> Result<Row, String> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    let row = Line(scheme).deserialize(&mut reader);
    row.and_then(|row| reader.end().map(|()| row))
        .map_err(|error| match error.classify() {
            // Its place in the line is what the program would see, not the reader.
            serde_json::error::Category::Data => {
                let text = error.to_string();
                text.split(" at line ").next().unwrap_or(&text).to_owned()
            }
            _ => format!("it is not JSON: {error}"),
        })
}

struct Line<'s>(&'s Scheme);

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Row, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Line<'_> {
    type Value = Row;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a row of a ledger")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        use serde::de::Error as _;
        let scheme = self.0;
        let mut row = Partial::new(scheme);
        let mut near = 0;
        while let Some(Name(name)) = map.next_key()? {
            let known = scheme.column(&name, near);
            near = known.map_or(near, |(at, _)| at + 1);
            let column = known.map(|(_, column)| column);
            row.put(name, column, map.next_value()?);
        }
        row.whole(scheme).map_err(A::Error::custom)
    }
}

/// A field's name, copied only where it has escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(from)? {
            Scalar::Text(text) => Ok(Self(text)),
            other => Ok(Self(Cow::Owned(other.text()))),
        }
    }
}

/// A field's value.
pub(super) enum Scalar<'de> {
    Null,
    Truth(bool),
    Integer(i64),
    Number(f64),
    Text(Cow<'de, str>),
    /// Milliseconds since 1970.
    Time(i64),
    Texts(Vec<String>),
    Integers(Vec<i64>),
    /// Value of a type that no ledger has.
    Other,
}

impl Scalar<'_> {
    fn text(&self) -> String {
        let part = match self {
            Self::Text(text) => return text.clone().into_owned(),
            Self::Null | Self::Other => None,
            Self::Truth(truth) => Some(Value::Boolean(*truth)),
            Self::Integer(number) => Some(Value::Integer(*number)),
            Self::Number(number) => Some(Value::Number(*number)),
            Self::Time(time) => Some(Value::Timestamp(*time)),
            Self::Texts(texts) => Some(Value::TextList(texts.clone())),
            Self::Integers(numbers) => Some(Value::IntegerList(numbers.clone())),
        };
        super::entry::text(part.as_ref()).unwrap_or_else(|| "null".to_owned())
    }

    fn truth(&self, name: &str) -> Result<bool, String> {
        match self {
            Self::Truth(truth) => Ok(*truth),
            _ => Err(format!("{name} is neither true nor false")),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn number(&self, name: &str) -> Result<f64, String> {
        match self {
            Self::Integer(number) => Ok(*number as f64),
            Self::Number(number) => Ok(*number),
            _ => Err(format!("{name} is no number")),
        }
    }

    /// The names of a key's parts: a list, or one that is written as JSON.
    fn names(self) -> Result<Vec<String>, String> {
        let names = match self {
            Self::Texts(names) => Some(names),
            // A list without elements is of no type.
            Self::Integers(none) if none.is_empty() => Some(Vec::new()),
            Self::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        };
        names.ok_or_else(|| format!("{KEY} is no list of names"))
    }

    /// Marks on figures: a list, or one that is written as JSON. Null is none, as is a row of an
    /// earlier weir without them.
    fn marks(self) -> Result<Vec<String>, String> {
        match self {
            Self::Null => Ok(Vec::new()),
            Self::Texts(marks) => Ok(marks),
            Self::Text(text) => serde_json::from_str(&text).map_err(|_| ()),
            _ => Err(()),
        }
        .map_err(|()| format!("{TRUNCATED} is no list of marks"))
    }

    /// As a key's part; none for the null key.
    fn part(self, name: &str) -> Result<Option<Value>, String> {
        Ok(Some(match self {
            Self::Null => return Ok(None),
            Self::Other => return Err(format!("{name} is nothing that a key has")),
            Self::Truth(truth) => Value::Boolean(truth),
            Self::Integer(number) => Value::Integer(number),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::Time(time) => Value::Timestamp(time),
            Self::Texts(texts) => Value::TextList(texts),
            Self::Integers(numbers) => Value::IntegerList(numbers),
        }))
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Scalars)
    }
}

struct Scalars;

impl<'de> Visitor<'de> for Scalars {
    type Value = Scalar<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything that JSON has")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number))
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "only where there is no other way"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Scalar::Number(number as f64), Scalar::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut texts, mut numbers, mut other) = (Vec::new(), Vec::new(), false);
        while let Some(one) = list.next_element()? {
            match one {
                Scalar::Text(text) => texts.push(text.into_owned()),
                Scalar::Integer(number) => numbers.push(number),
                _ => other = true,
            }
        }
        Ok(match (texts.is_empty(), numbers.is_empty()) {
            _ if other => Scalar::Other,
            (true, _) => Scalar::Integers(numbers),
            (_, true) => Scalar::Texts(texts),
            _ => Scalar::Other,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

/// A time as a ledger writes it.
fn read_time(text: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.timestamp_millis()),
        // No calendar reaches that far.
        Err(_) => text.parse().ok(),
    }
}
