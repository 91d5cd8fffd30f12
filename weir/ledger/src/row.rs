//! Fields of a row: written from an entry, and read as one again.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use chrono::DateTime;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::columns::{
    ALERTED, COMPLETE, END, FIRST, FLOOR, ID, KEY, LAST, RULE, START, TIMESTAMP, TRUNCATED,
    is_derived,
};
use super::{Entry, Figure, Scheme};
use weir_host::contract::{Condition, KeyPart, TruncationKind, Value, ValueType, Window, is_whole};
use weir_sinks::output::mark_text;

/// A row of a ledger.
pub(super) enum Row {
    /// Entry of the wanted rule.
    Ours(Entry),
    /// Row of the rule with this id.
    Other(String),
}

/// A figure as a value; a count has no fraction.
pub(super) fn figure(value: f64, condition: &Condition) -> Value {
    match is_whole(condition) && value.fract() == 0.0 && value.abs() < 9e15 {
        true => Value::Integer(value as i64),
        false => Value::Number(value),
    }
}

impl Scheme {
    /// The fields of a row in the order of their columns, none for null.
    pub(super) fn fields<'e>(&'e self, entry: &'e Entry) -> Vec<(&'e str, Option<Value>)> {
        let time = |time| Some(Value::Timestamp(time));
        let names = entry.key.iter().map(|part| part.name.clone());
        let mut fields = vec![
            (TIMESTAMP, time(entry.window.end)),
            (RULE, Some(Value::Text(self.rule.clone()))),
            (KEY, Some(Value::TextList(names.collect()))),
        ];
        let parts = entry.key.iter();
        fields.extend(parts.map(|part| (part.name.as_str(), part.value.clone())));
        let marks = entry.is_estimate().then(|| self.marks(entry));
        fields.extend([
            (FIRST, time(entry.first_seen)),
            (LAST, time(entry.last_seen)),
            (START, time(entry.window.start)),
            (END, time(entry.window.end)),
            (ALERTED, Some(Value::Boolean(entry.alerted))),
            (COMPLETE, Some(Value::Boolean(entry.complete))),
            (TRUNCATED, marks.map(Value::TextList)),
            (ID, Some(Value::Text(format!("{:032x}", entry.id)))),
            (FLOOR, Some(Value::Number(entry.floor))),
        ]);
        for ((condition, names), one) in self.clauses().zip(&entry.figures) {
            let [threshold, distance, holds] = names;
            // Two conditions may be over one column.
            if !fields.iter().any(|(name, _)| *name == condition.column) {
                fields.push((&*condition.column, Some(figure(one.value, condition))));
            }
            fields.extend([
                (threshold.as_str(), Some(figure(one.threshold, condition))),
                (distance.as_str(), Some(figure(one.distance(), condition))),
                (holds.as_str(), Some(Value::Boolean(one.holds()))),
            ]);
        }
        fields
    }

    /// A row as the text of a JSON object.
    pub(super) fn line(&self, entry: &Entry) -> serde_json::Result<String> {
        serde_json::to_string(&Written(self.fields(entry)))
    }

    /// A row as a JSON object.
    pub(super) fn object(&self, entry: &Entry) -> Map<String, Json> {
        let json = |value: Option<Value>| value.map_or(Json::Null, |value| value.json());
        let fields = self.fields(entry).into_iter();
        fields
            .map(|(name, value)| (name.to_owned(), json(value)))
            .collect()
    }

    /// The row that these fields make; else what is wrong with them.
    pub(super) fn row(&self, fields: &Fields<'_>) -> Result<Row, String> {
        let rule = fields.get(RULE)?.as_str().unwrap_or_default();
        if rule != self.rule {
            return Ok(Row::Other(rule.to_owned()));
        }
        let names = texts(fields.get(KEY)?);
        let names = names.filter(|names| !names.is_empty() || self.key.is_empty());
        let names = names.ok_or_else(|| format!("{KEY} is no list of names"))?;
        let key = names.into_iter().map(|name| self.part(name, fields));
        let marks = match fields.find(TRUNCATED) {
            None | Some(Json::Null) => Some(Vec::new()),
            Some(marks) => texts(marks),
        };
        let marks = marks.ok_or_else(|| format!("{TRUNCATED} is no list of marks"))?;
        let figures = self.clauses().map(|(condition, [threshold, ..])| {
            let mark = || mark_text(&condition.column, TruncationKind::Approximate);
            Ok::<_, String>(Figure {
                value: fields.number(&condition.column)?,
                comparison: condition.comparison,
                threshold: fields.number(threshold)?,
                estimate: !marks.is_empty() && marks.contains(&mark()),
            })
        });
        let id = |id: &Json| {
            let id = id.as_str().filter(|id| id.len() == 32);
            id.and_then(|id| u128::from_str_radix(id, 16).ok())
        };
        let entry = Entry {
            window: Window {
                start: fields.time(START)?,
                end: fields.time(END)?,
            },
            key: key.collect::<Result<_, _>>()?,
            first_seen: fields.time(FIRST)?,
            last_seen: fields.time(LAST)?,
            alerted: fields.truth(ALERTED)?,
            complete: fields.truth(COMPLETE)?,
            id: fields.read(ID, "no id", id)?,
            floor: fields.number(FLOOR)?,
            figures: figures.collect::<Result<_, _>>()?,
        };
        if entry.alerted != (entry.failing() == 0) {
            return Err("weir.alerted is not what its figures say".to_owned());
        }
        Ok(Row::Ours(entry))
    }

    /// A part of the key.
    fn part(&self, name: String, fields: &Fields<'_>) -> Result<KeyPart, String> {
        let known = fields.find(&name);
        let json = known.ok_or_else(|| format!("it has no {name}, which {KEY} names"))?;
        let field = self.key.iter().find(|field| field.name == name);
        let value = match json {
            Json::Null => None,
            Json::Bool(truth) => Some(Value::Boolean(*truth)),
            Json::String(text) => Some(Value::Text(text.clone())),
            Json::Number(number) => Some(match (number.as_i64(), field.map(|field| field.kind)) {
                // Parquet has times as numbers.
                (Some(time), Some(ValueType::Timestamp)) => Value::Timestamp(time),
                (Some(number), _) => Value::Integer(number),
                (None, _) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            }),
            list => {
                let value = match Vec::deserialize(list) {
                    Ok(numbers) => Some(Value::IntegerList(numbers)),
                    Err(_) => Vec::deserialize(list).ok().map(Value::TextList),
                };
                Some(value.ok_or_else(|| format!("{name} is nothing that a key has"))?)
            }
        };
        Ok(KeyPart { name, value })
    }
}

/// Fields that are written as a JSON object.
struct Written<'e>(Vec<(&'e str, Option<Value>)>);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.iter();
        serializer.collect_map(fields.map(|(name, value)| (name, value.as_ref().map(Value::json))))
    }
}

/// Fields of a row that was read, in their order, but for those that follow from others.
#[derive(Default)]
pub(super) struct Fields<'f> {
    all: Vec<(Cow<'f, str>, Json)>,
    /// Place behind the field that was found last. Rows are mostly read in the order in which they
    /// were written.
    next: Cell<usize>,
}

impl<'de: 'f, 'f> Deserialize<'de> for Fields<'f> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Fields::default();
                while let Some(Name(name)) = map.next_key()? {
                    match is_derived(&name) {
                        true => drop(map.next_value::<IgnoredAny>()?),
                        false => fields.push(name, map.next_value()?),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl<'f> Fields<'f> {
    pub(super) fn push(&mut self, name: impl Into<Cow<'f, str>>, value: Json) {
        self.all.push((name.into(), value));
    }

    fn find(&self, name: &str) -> Option<&Json> {
        let (before, behind) = self.all.split_at_checked(self.next.get())?;
        let mut both = behind.iter().chain(before).enumerate();
        let (at, (_, value)) = both.find(|(_, (known, _))| known == name)?;
        self.next.set((self.next.get() + at) % self.all.len() + 1);
        Some(value)
    }

    fn get(&self, name: &str) -> Result<&Json, String> {
        self.find(name).ok_or_else(|| format!("it has no {name}"))
    }

    /// A field's value; `wrong` says what one is that is not of its type.
    fn read<T>(
        &self,
        name: &str,
        wrong: &str,
        read: impl Fn(&Json) -> Option<T>,
    ) -> Result<T, String> {
        let value = self.get(name)?;
        read(value).ok_or_else(|| format!("{name} is {wrong}: {value}"))
    }

    fn number(&self, name: &str) -> Result<f64, String> {
        self.read(name, "no number", Json::as_f64)
    }

    fn truth(&self, name: &str) -> Result<bool, String> {
        self.read(name, "neither true nor false", Json::as_bool)
    }

    /// A time as a ledger writes it, in milliseconds since 1970.
    fn time(&self, name: &str) -> Result<i64, String> {
        self.read(name, "no time", |value| match value {
            Json::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Some(time.timestamp_millis()),
                // No calendar reaches that far.
                Err(_) => text.parse().ok(),
            },
            number => number.as_i64(),
        })
    }
}

/// A list of texts, or one that is written as JSON.
fn texts(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::String(text) => serde_json::from_str(text).ok(),
        list => Vec::deserialize(list).ok(),
    }
}
